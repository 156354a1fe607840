import RPC
import Roles
import Tenancy

/// Tokens that spell the caller out; who may be whom is not what tests of a service are about.
public struct CallerTokens: Authenticator {
    /// Believes every token of ``credential(_:)``.
    public init() {}

    /// The caller a token spells; UNAUTHENTICATED for any other token.
    public func authenticate(_ bearer: String?) async throws(Problem) -> Caller {
        let parts = (bearer ?? "").split(separator: "|", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 7, let kind = Caller.Kind(rawValue: parts[1]), let domain = DomainPath(parts[2]) else {
            throw .unauthenticated()
        }
        let roles = Set(parts[3].split(separator: ",").map(String.init))
        let memberships = parts[4].split(separator: ",").compactMap { text -> Membership? in
            let facts = text.split(separator: ";").map(String.init)
            return DomainPath(facts[1]).map {
                Membership(account: facts[0], domain: $0, contact: facts.count > 2 ? facts[2] : nil)
            }
        }
        let actor = parts[6].isEmpty ? nil : parts[6]
        let customer = Caller(
            subject: parts[0], roles: roles, memberships: memberships, locale: parts[5], actor: actor)
        return customer
            ?? Caller(subject: parts[0], kind: kind, domain: domain, roles: roles, locale: parts[5], actor: actor)
    }

    /// The token of a caller.
    public static func credential(_ caller: Caller) -> Credential {
        let roles = caller.roles.sorted().joined(separator: ",")
        let memberships = caller.memberships.map {
            [$0.account, $0.domain.path, $0.contact].compactMap { $0 }.joined(separator: ";")
        }.joined(separator: ",")
        return .token(
            [
                caller.subject, caller.kind.rawValue, caller.domain.path, roles, memberships, caller.locale,
                caller.actor ?? "",
            ].joined(separator: "|"))
    }
}

/// Lets everybody in as a service: of a stand-in that answers whoever asks.
public struct Anybody: Authenticator {
    /// Asks for no token.
    public init() {}

    /// A service that sees everything.
    public func authenticate(_ bearer: String?) async throws(Problem) -> Caller { .service("test", domain: .root) }
}

extension Caller {
    /// An employee of the provider, or of the domain `domain`, with `role` and all it contains; each time another one
    /// unless `subject` says who.
    public static func holding(
        _ role: String, domain: String = "/provider/", subject: String = uuid(), locale: String = "en"
    ) -> Caller {
        Caller(
            subject: subject, kind: .person, domain: path(domain), roles: RoleCatalog.close([role]), locale: locale)
    }

    /// A contact of `account`, whose domain is `domain`, with `role` and all it contains.
    public static func customer(
        _ role: String, of account: String, in domain: String, contact: String? = nil, subject: String = uuid()
    ) -> Caller {
        Caller(
            subject: subject, kind: .customer, domain: path(domain), roles: RoleCatalog.close([role]),
            account: account, contact: contact)
    }

    /// A customer with `role` who acts for accounts of their own in each of `domains`.
    public static func customer(_ role: String, in domains: [String], subject: String = uuid()) -> Caller {
        let memberships = domains.map { Membership(account: uuid(), domain: path($0)) }
        guard let caller = Caller(subject: subject, roles: RoleCatalog.close([role]), memberships: memberships) else {
            preconditionFailure("a customer has an account")
        }
        return caller
    }

    private static func path(_ text: String) -> DomainPath {
        guard let path = DomainPath(text) else { preconditionFailure("\(text) is no domain") }
        return path
    }
}
