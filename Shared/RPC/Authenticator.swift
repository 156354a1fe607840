import Tenancy

/// Finds out who calls. One implementation verifies tokens; tests bring their own.
public protocol Authenticator: Sendable {
    /// The caller that `bearer` proves; nil when the request brought no token. Everything that is not a valid proof is
    /// a problem with the code UNAUTHENTICATED.
    func authenticate(_ bearer: String?) async throws(Problem) -> Caller
}

extension Caller {
    /// Whoever calls an anonymous endpoint. It holds no role, and its domain is one no account can have, so that it
    /// sees no data.
    public static let anonymous = Caller(subject: "anonymous", kind: .customer, domain: nobody, roles: [])

    // A child of the root by the name "-" is well-formed; the fallback cannot happen and would see no rows either way.
    private static let nobody = DomainPath("/-/") ?? .root
}
