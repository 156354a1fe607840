import RPC
import Tenancy

/// What a token proves by itself, before it is known whether the person still stands.
public struct TokenProof: Sendable, Hashable {
    /// The caller the claims describe.
    public var caller: Caller
    /// Whether the token says which roles the caller uses; without, it is all that were granted.
    public var namesRoles: Bool
    /// Whether the token says for which domain; without, it is the person's.
    public var namesDomain: Bool
    /// Until when the roles count without a grant, in seconds since 1970, because their issuer is trusted for them.
    public var rolesTrustedUntil: Int64?
}

extension Claims {
    /// What the claims prove when `issuer` has signed them; nil for an outside system, which speaks for itself alone.
    ///
    /// What a trusted issuer said of roles holds as long as its own token, also for what a service does for the person
    /// later: longer than a day nobody's word counts without being asked for again.
    func proof(signedBy issuer: TrustedIssuer?, leewaySeconds: Int64 = 0) throws(TokenRefusal) -> TokenProof {
        var end: Int64?
        if roles != nil, issuer?.isTrustedForRoles == true {
            end = Int64(exp) + leewaySeconds
        } else if roles != nil, issuer?.mayActAsService == true, act != nil {
            end = rolesTrustedUntil
        }
        return TokenProof(
            caller: try caller(mayActAsService: issuer?.mayActAsService == true), namesRoles: roles != nil,
            namesDomain: domain != nil, rolesTrustedUntil: end)
    }
}
