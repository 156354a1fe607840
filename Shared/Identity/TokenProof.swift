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
    /// Whether the issuer is trusted for roles, so that they count without a grant.
    public var rolesAreTrusted: Bool
}

extension Claims {
    /// What the claims prove when `issuer` has signed them; nil for an outside system, which speaks for itself alone.
    func proof(signedBy issuer: TrustedIssuer?) throws(TokenRefusal) -> TokenProof {
        let isDelegated = issuer?.mayActAsService == true && act != nil && rolesTrusted == true
        return TokenProof(
            caller: try caller(mayActAsService: issuer?.mayActAsService == true), namesRoles: roles != nil,
            namesDomain: domain != nil,
            rolesAreTrusted: roles != nil && (issuer?.isTrustedForRoles == true || isDelegated))
    }
}
