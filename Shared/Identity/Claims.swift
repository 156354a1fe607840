import RPC
import Roles
import Tenancy

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The header of a token. Only what is needed to find the key is read from it.
struct TokenHeader: Codable {
    var alg: String
    var kid: String?
    var typ: String?
    /// Extensions the verifier would have to understand; we understand none (RFC 7515, section 4.1.11).
    var crit: [String]?
}

extension TokenHeader {
    /// Whether the token says to be an access token (`at+jwt`, RFC 9068, 2.1) or nothing more particular than a JWT. Of
    /// other kinds, such as `logout+jwt`, it is none (RFC 8725, 3.11). A media type may leave out `application/` and is
    /// read in any case (RFC 7515, 4.1.9).
    var isAccessToken: Bool {
        guard let typ else { return true }
        let kind = typ.lowercased()
        let short = kind.hasPrefix("application/") ? kind.dropFirst("application/".count) : kind[...]
        return short == "jwt" || short == "at+jwt"
    }
}

/// The claims of a token.
struct Claims: Codable {
    struct Actor: Codable {
        var sub: String
    }

    /// An account of a customer who acts for several.
    struct Account: Codable {
        var account: String
        var domain: String
        var contact: String?
    }

    /// One audience or several (RFC 7519, section 4.1.3).
    struct Audience: Codable {
        var values: [String]

        init(_ values: [String]) { self.values = values }

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let value = try? container.decode(String.self) {
                values = [value]
            } else {
                values = try container.decode([String].self)
            }
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            if values.count == 1 { try container.encode(values[0]) } else { try container.encode(values) }
        }
    }

    var iss: String
    var sub: String
    var aud: Audience
    /// Seconds since 1970, as are `nbf` and `iat`. RFC 7519 allows fractions.
    var exp: Double
    var nbf: Double?
    var iat: Double
    /// May be left out where `accounts` name their own, and by people of the provider for all of theirs.
    var domain: String?
    /// Nil for all that were granted.
    var roles: [String]?
    /// Customers of one account: it, in the domain `domain`, and who they are there.
    var account: String?
    var contact: String?
    /// Customers of several accounts.
    var accounts: [Account]?
    var locale: String?
    var act: Actor?
    /// Of delegated tokens: until when the roles count without a grant, because the service was shown a token of an
    /// identity provider that is trusted for them; it is when that token ended. Nobody but services is believed.
    var rolesTrustedUntil: Int64?

    enum CodingKeys: String, CodingKey {
        case iss, sub, aud, exp, nbf, iat, domain, roles, account, contact, accounts, locale, act
        case rolesTrustedUntil = "roles_trusted_until"
    }
}

extension Claims {
    /// The most roles a token may name.
    static let maximumRoles = 128

    /// The caller the claims describe; `mayActAsService` says whether the issuer is trusted to speak of services.
    func caller(mayActAsService: Bool) throws(TokenRefusal) -> Caller {
        let names = self.roles ?? []
        guard names.count <= Claims.maximumRoles else { throw .invalid("more than \(Claims.maximumRoles) roles") }
        // Names that are no roles are ignored: an issuer may serve other systems too.
        let granted = names.filter(RoleCatalog.isGrantable)
        let isService = Claims.isService(sub)
        guard isService || Claims.isIdentifier(sub) else {
            throw .invalid("the subject is neither an id nor a service")
        }
        guard mayActAsService || (!isService && act == nil) else {
            throw .invalid("the issuer may not speak for services")
        }
        if let act, !Claims.isService(act.sub) { throw .invalid("the actor is not a service") }
        guard !isService || (self.roles != nil && domain != nil) else {
            throw .invalid("a service without domain or roles")
        }
        let memberships = try memberships()
        let external = granted.filter { RoleCatalog.role(named: $0)?.isExternal == true }
        let roles = RoleCatalog.close(granted)
        let language = locale == "ko" || locale?.hasPrefix("ko-") == true ? "ko" : "en"
        if !memberships.isEmpty {
            guard !isService else { throw .invalid("a service with an account") }
            // One provider role would open what customers never see, so the two sides do not mix.
            guard external.count == granted.count else { throw .invalid("a provider role with an account") }
        } else {
            guard external.isEmpty else { throw .invalid("a customer role without an account") }
        }
        if let customer = Caller(
            subject: sub, roles: roles, memberships: memberships, locale: language, actor: act?.sub)
        {
            return customer
        }
        return Caller(
            // A domain of nobody's, until it is known whose the person's is.
            subject: sub, kind: isService ? .service : .person,
            domain: domain == nil ? Caller.anonymous.domain : try path(domain), roles: roles, locale: language,
            actor: act?.sub)
    }

    /// The accounts of a customer; none for everybody else.
    ///
    /// A shape cannot tell that a domain is the account's own, only that it may be. What the two reach is therefore
    /// decided by both together, in every service.
    private func memberships() throws(TokenRefusal) -> [Membership] {
        let several = accounts ?? []
        guard several.isEmpty || account == nil && contact == nil else { throw .invalid("an account beside accounts") }
        guard several.count <= Membership.limit else { throw .invalid("more than \(Membership.limit) accounts") }
        guard account != nil || contact == nil else { throw .invalid("a contact without an account") }
        let single = try account.map { id throws(TokenRefusal) in
            Account(account: id, domain: try path(domain).path, contact: contact)
        }
        let memberships = try (single.map { [$0] } ?? several).map { claim throws(TokenRefusal) in
            try membership(claim)
        }
        guard Set(memberships.map(\.account)).count == memberships.count else { throw .invalid("an account twice") }
        guard Set(memberships.map(\.domain)).count == memberships.count else {
            throw .invalid("two accounts with one domain")
        }
        if let domain, !several.isEmpty {
            let own = try path(domain)
            guard memberships.contains(where: { $0.domain == own }) else {
                throw .invalid("a domain that is of none of the accounts")
            }
        }
        return memberships
    }

    private func membership(_ claim: Account) throws(TokenRefusal) -> Membership {
        guard Claims.isIdentifier(claim.account), claim.contact.map(Claims.isIdentifier) ?? true else {
            throw .invalid("the account or the contact is not an id")
        }
        let domain = try path(claim.domain)
        // Accounts lie below a provider, and providers below the root.
        guard domain.segments.count >= 2 else { throw .invalid("a domain that cannot be an account's") }
        return Membership(account: claim.account, domain: domain, contact: claim.contact)
    }

    private func path(_ text: String?) throws(TokenRefusal) -> DomainPath {
        guard let text, let domain = DomainPath(text) else { throw .invalid("the domain is missing or malformed") }
        return domain
    }

    /// `service:` and a name such as `play-launcher`.
    static func isService(_ subject: String) -> Bool {
        guard subject.utf8.starts(with: "service:".utf8) else { return false }
        let name = subject.utf8.dropFirst("service:".utf8.count)
        return (1...64).contains(name.count)
            && name.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == UInt8(ascii: "-") }
    }

    /// A UUID in lower case.
    static func isIdentifier(_ text: String) -> Bool {
        guard text.utf8.count == 36 else { return false }
        return text.utf8.enumerated().allSatisfy { index, byte in
            [8, 13, 18, 23].contains(index)
                ? byte == UInt8(ascii: "-") : (48...57).contains(byte) || (97...102).contains(byte)
        }
    }
}

/// Why a token is refused: what the caller is told, and what goes to the log.
struct TokenRefusal: Error {
    enum Reason: String {
        case missing = "TOKEN_MISSING"
        case invalid = "TOKEN_INVALID"
        case expired = "TOKEN_EXPIRED"
        case notYetValid = "TOKEN_NOT_YET_VALID"
    }

    var reason: Reason
    /// For the log alone. Holds nothing of the token but names of claims.
    var cause: String
    /// What is answered instead when it could not be found out whether the token is good.
    var undecided: Problem?

    static func invalid(_ cause: String) -> TokenRefusal { TokenRefusal(reason: .invalid, cause: cause) }
}
