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
    var domain: String
    var roles: [String]
    var account: String?
    var contact: String?
    var locale: String?
    var act: Actor?
}

extension Claims {
    /// The most roles a token may name.
    static let maximumRoles = 128

    /// The caller the claims describe; `mayActAsService` says whether the issuer is trusted to speak of services.
    func caller(mayActAsService: Bool) throws(TokenRefusal) -> Caller {
        guard let domain = DomainPath(domain) else { throw .invalid("the domain is malformed") }
        guard roles.count <= Claims.maximumRoles else { throw .invalid("more than \(Claims.maximumRoles) roles") }
        // Names that are no roles are ignored: an issuer may serve other systems too.
        let granted = roles.filter(RoleCatalog.isGrantable)
        let isService = Claims.isService(sub)
        guard isService || Claims.isIdentifier(sub) else {
            throw .invalid("the subject is neither an id nor a service")
        }
        guard mayActAsService || (!isService && act == nil) else {
            throw .invalid("the issuer may not speak for services")
        }
        if let act, !Claims.isService(act.sub) { throw .invalid("the actor is not a service") }
        let kind = try kind(isService: isService, granted: granted, domain: domain)
        return Caller(
            subject: sub, kind: kind, domain: domain, roles: RoleCatalog.close(granted), account: account,
            contact: contact, locale: locale == "ko" || locale?.hasPrefix("ko-") == true ? "ko" : "en",
            actor: act?.sub)
    }

    private func kind(isService: Bool, granted: [String], domain: DomainPath) throws(TokenRefusal) -> Caller.Kind {
        let external = granted.filter { RoleCatalog.role(named: $0)?.isExternal == true }
        if isService {
            guard account == nil, contact == nil, external.isEmpty else {
                throw .invalid("a service with customer claims")
            }
            return .service
        }
        guard let account else {
            guard external.isEmpty else { throw .invalid("a customer role without an account") }
            guard contact == nil else { throw .invalid("a contact without an account") }
            return .person
        }
        guard Claims.isIdentifier(account), contact.map(Claims.isIdentifier) ?? true else {
            throw .invalid("the account or the contact is not an id")
        }
        // One provider role would open what customers never see, so the two sides do not mix.
        guard external.count == granted.count else { throw .invalid("a provider role with an account") }
        guard domain != .root else { throw .invalid("a customer in the root domain") }
        return .customer
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

    static func invalid(_ cause: String) -> TokenRefusal { TokenRefusal(reason: .invalid, cause: cause) }
}
