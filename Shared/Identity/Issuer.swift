import JWTKit
import RPC
import Roles
import Synchronization
import Tenancy

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The built-in issuer: signs tokens with an Ed25519 key from a file.
///
/// The operator's tool mints tokens of people with it, services mint short-lived ones for themselves and for the people
/// they act for. Whoever holds the key file holds every role.
public struct Issuer: Sendable {
    /// The `iss` of its tokens.
    public let name: String
    /// The `aud` of its tokens.
    public let audience: String
    private let keyID: String
    private let signer: any JWTAlgorithm
    private let now: @Sendable () -> Int64
    private let delegated = DelegatedTokens()

    /// Reads a key file written by ``generateKey(keyFile:keySetFile:)``.
    /// - Throws: ``KeyError`` when it is not one.
    public init(
        keyFile: String, name: String = "ale", audience: String = "ale",
        now: @escaping @Sendable () -> Int64 = Verifier.systemTime
    ) async throws(KeyError) {
        guard let bytes = try? Data(contentsOf: URL(filePath: keyFile)), bytes.count <= KeySet.maximumBytes else {
            throw KeyError("\(keyFile): cannot be read")
        }
        guard let key = try? JSONDecoder().decode(JSONKey.self, from: bytes), key.kty == "OKP", key.crv == "Ed25519",
            let keyID = key.kid, !keyID.isEmpty, let d = key.d,
            let signer = try? await JWTKeyCollection().add(eddsa: EdDSA.PrivateKey(d: d, curve: .ed25519)).getKey()
        else { throw KeyError("\(keyFile): not a private Ed25519 key") }
        self.name = name
        self.audience = audience
        self.keyID = keyID
        self.signer = signer
        self.now = now
    }

    /// Makes a key pair: the private key goes to `keyFile` (readable by its owner alone), the public key in front of the
    /// others in `keySetFile`. Run again, it rotates: tokens signed with the last seven keys stay valid.
    /// - Throws: ``KeyError`` when a file cannot be written or the key set there is not one.
    public static func generateKey(keyFile: String, keySetFile: String) throws(KeyError) {
        var keySet = JSONKeySet(keys: [])
        if FileManager.default.fileExists(atPath: keySetFile) {
            guard let bytes = try? Data(contentsOf: URL(filePath: keySetFile)),
                let existing = try? JSONDecoder().decode(JSONKeySet.self, from: bytes)
            else { throw KeyError("\(keySetFile): not a JSON Web Key Set") }
            keySet = existing
        }
        let (publicKey, privateKey) = try makeKeyPair()
        keySet.keys.insert(publicKey, at: 0)
        keySet.keys = Array(keySet.keys.prefix(16))
        // The public key first: a token signed before it is known would be refused.
        try writePublic(keySet, to: keySetFile)
        try writePrivate(privateKey, to: keyFile)
    }

    private static func makeKeyPair() throws(KeyError) -> (publicKey: JSONKey, privateKey: JSONKey) {
        guard let pair = try? EdDSA.PrivateKey() else { throw KeyError("no key could be made") }
        let x = Base64URL.encode(pair.publicKey.rawRepresentation)
        let publicKey = JSONKey(kty: "OKP", crv: "Ed25519", alg: "EdDSA", kid: "ale-\(x.prefix(16))", use: "sig", x: x)
        var privateKey = publicKey
        privateKey.d = Base64URL.encode(pair.rawRepresentation)
        return (publicKey, privateKey)
    }

    /// Makes a key pair without a key set; the private key goes to `keyFile`.
    static func writeKeyPair(to keyFile: String) throws(KeyError) -> JSONKey {
        let (publicKey, privateKey) = try makeKeyPair()
        try writePrivate(privateKey, to: keyFile)
        return publicKey
    }

    /// A token for the caller, with the roles of its own and none it contains.
    /// - Parameter lifetimeSeconds: from now to `exp`.
    /// - Throws: UNAUTHENTICATED for a caller whom no service would admit: see ``fault(of:)``.
    public func token(for caller: Caller, lifetimeSeconds: Int64) throws(Problem) -> String {
        try token(for: caller, lifetimeSeconds: lifetimeSeconds, backdated: 0)
    }

    /// How far the clocks of machines may differ for tokens that services mint for each other, besides the leeway of
    /// whoever verifies: such a token begins so much earlier, and lives at least so long when it is used.
    public static let clockToleranceSeconds: Int64 = 300

    /// A token that is valid from `backdated` seconds ago.
    private func token(for caller: Caller, lifetimeSeconds: Int64, backdated: Int64) throws(Problem) -> String {
        if let fault = Issuer.fault(of: caller) {
            throw .unauthenticated(reason: TokenRefusal.Reason.invalid.rawValue, cause: fault)
        }
        let now = now()
        let start = Double(now - backdated)
        var claims = Issuer.claims(of: caller)
        claims.iss = name
        claims.aud = .init([audience])
        (claims.exp, claims.nbf, claims.iat) = (Double(now + lifetimeSeconds), start, start)
        return try sign(claims)
    }

    /// Why there is no token for such a caller; nil when there is one. A customer without an account, or with roles of
    /// the provider, is nobody; nor has an account the domain of the provider.
    public static func fault(of caller: Caller) -> String? {
        do throws(TokenRefusal) {
            let admitted = try claims(of: caller).caller(mayActAsService: true)
            return admitted.kind == caller.kind ? nil : "a \(caller.kind.rawValue) by name, not by subject or account"
        } catch {
            return error.cause
        }
    }

    /// What a token says of the caller.
    private static func claims(of caller: Caller) -> Claims {
        var claims = Claims(
            iss: "", sub: caller.subject, aud: .init([]), exp: 0, iat: 0, domain: caller.domain.path,
            roles: widest(caller.roles), locale: caller.locale, act: caller.actor.map { Claims.Actor(sub: $0) },
            rolesTrustedUntil: caller.actor == nil ? nil : caller.rolesTrustedUntil)
        if caller.memberships.count == 1, let only = caller.memberships.first {
            (claims.domain, claims.account, claims.contact) = (only.domain.path, only.account, only.contact)
        } else if !caller.memberships.isEmpty {
            claims.accounts = caller.memberships.map {
                Claims.Account(account: $0.account, domain: $0.domain.path, contact: $0.contact)
            }
        }
        return claims
    }

    /// A token for a service itself.
    /// - Parameter service: its name, `play-launcher`.
    public func serviceToken(
        _ service: String, roles: Set<String> = [RoleCatalog.administrator], domain: DomainPath = .root,
        lifetimeSeconds: Int64 = 300
    ) throws(Problem) -> String {
        let caller = Caller(
            subject: "service:\(service)", kind: .service, domain: domain, roles: RoleCatalog.close(roles))
        return try token(
            for: caller, lifetimeSeconds: lifetimeSeconds, backdated: Self.clockToleranceSeconds)
    }

    /// A token with which a service acts for a caller, who keeps domain, roles and accounts; `act` names the service.
    public func delegatedToken(
        for caller: Caller, by service: String, lifetimeSeconds: Int64 = 300
    ) throws(Problem) -> String {
        var caller = caller
        caller.actor = "service:\(service)"
        return try token(
            for: caller, lifetimeSeconds: lifetimeSeconds, backdated: Self.clockToleranceSeconds)
    }

    /// What a service calls others with for a caller: tokens of ``delegatedToken(for:by:lifetimeSeconds:)``, each used for half
    /// a minute.
    public func credential(for caller: Caller, by service: String) -> Credential {
        .provider { () async throws(Problem) in
            try delegated.token(for: caller, by: service, at: now()) { () throws(Problem) in
                try delegatedToken(for: caller, by: service)
            }
        }
    }

    /// The service's own tokens for its calls, minted anew after half of their ten minutes.
    public func credential(for service: String, roles: Set<String> = [RoleCatalog.administrator]) -> Credential {
        let source = ServiceTokens(issuer: self, service: service, roles: roles)
        return .provider { () async throws(Problem) in try source.token() }
    }

    private func sign(_ claims: Claims) throws(Problem) -> String {
        do {
            let header = try JSONEncoder().encode(TokenHeader(alg: "EdDSA", kid: keyID, typ: "JWT"))
            let content = Base64URL.encode(header) + "." + Base64URL.encode(try JSONEncoder().encode(claims))
            return content + "." + Base64URL.encode(try signer.sign(Array(content.utf8)))
        } catch {
            throw .internalError(cause: "a token could not be signed: \(error)")
        }
    }

    /// The roles that no other role of the set contains; the closure of the result is the closure of the set.
    private static func widest(_ roles: Set<String>) -> [String] {
        roles.filter { role in
            !roles.contains { $0 != role && RoleCatalog.role(named: $0)?.closure.contains(role) == true }
        }.sorted()
    }

    /// The key set is replaced in one step, since verifiers may read it at any moment.
    private static func writePublic(_ keys: JSONKeySet, to path: String) throws(KeyError) {
        do {
            try encoder.encode(keys).write(to: URL(filePath: path), options: .atomic)
        } catch {
            throw KeyError("\(path): cannot be written")
        }
    }

    /// The private key never stands in a file others can read: the file has its mode before it has content.
    private static func writePrivate(_ key: JSONKey, to path: String) throws(KeyError) {
        let partial = path + ".partial"
        let manager = FileManager.default
        do {
            try? manager.removeItem(atPath: partial)
            let isMade = manager.createFile(
                atPath: partial, contents: try encoder.encode(key), attributes: [.posixPermissions: 0o600])
            guard isMade else { throw KeyError("\(path): cannot be written") }
            try? manager.removeItem(atPath: path)
            try manager.moveItem(atPath: partial, toPath: path)
        } catch {
            throw KeyError("\(path): cannot be written")
        }
    }

    private static var encoder: JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        return encoder
    }
}

/// The token of a service, kept until half of its life is over.
final class ServiceTokens: Sendable {
    private static let lifetimeSeconds = 2 * Issuer.clockToleranceSeconds

    private let issuer: Issuer
    private let service: String
    private let roles: Set<String>
    private let minted = Mutex<(token: String, at: ContinuousClock.Instant)?>(nil)

    init(issuer: Issuer, service: String, roles: Set<String>) {
        self.issuer = issuer
        self.service = service
        self.roles = roles
    }

    func token() throws(Problem) -> String {
        let now = ContinuousClock.now
        let known = minted.withLock { $0 }
        if let known, now - known.at < .seconds(ServiceTokens.lifetimeSeconds / 2) { return known.token }
        let token = try issuer.serviceToken(service, roles: roles, lifetimeSeconds: ServiceTokens.lifetimeSeconds)
        minted.withLock { $0 = (token, now) }
        return token
    }
}
