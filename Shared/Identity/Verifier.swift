import JWTKit
import RPC
import Synchronization
import Tenancy

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// An issuer of tokens and the file with its public keys.
public struct TrustedIssuer: Sendable, Hashable {
    /// The `iss` of its tokens.
    public var name: String
    /// Path of its JSON Web Key Set.
    public var keySetFile: String
    /// Whether its tokens may be for services (`service:…`) and for services that act for a person (`act`). For the
    /// system's own issuer only: an identity provider of people must not mint services.
    public var mayActAsService: Bool
    /// Whether the roles in its tokens count without having been granted here: for an identity provider that manages
    /// them. The person must be known and active all the same.
    public var isTrustedForRoles: Bool

    /// An issuer; only the system's own `mayActAsService`.
    public init(name: String, keySetFile: String, mayActAsService: Bool = false, isTrustedForRoles: Bool = false) {
        self.name = name
        self.keySetFile = keySetFile
        self.mayActAsService = mayActAsService
        self.isTrustedForRoles = isTrustedForRoles
    }
}

/// How tokens are verified. Times are in seconds.
public struct VerifierOptions: Sendable {
    /// What `aud` must contain.
    public var audience = "ale"
    /// How far clocks may differ.
    public var leewaySeconds: Int64 = 30
    /// The longest time from `iat` to `exp` of a person's token: what is printed for somebody to try things.
    public var maximumLifetimeSeconds: Int64 = 86_400
    /// The same of tokens that services mint, for themselves or to act for somebody.
    public var maximumServiceLifetimeSeconds: Int64 = 900
    /// The same of tokens that outside systems sign themselves.
    public var maximumSystemLifetimeSeconds: Int64 = 3_600
    /// How long a change of a JWKS file may go unnoticed.
    public var keyFileInterval: Duration = .seconds(1)
    /// How many verified tokens are remembered, at least; twice as many at most.
    public var rememberedTokens = 1_024
    /// How often in a second the key of an outside system is asked for whose signature was never seen: the issuer of a
    /// token is anybody's word until then.
    public var strangersPerSecond = 50

    /// The defaults.
    public init() {}
}

/// Verifies bearer tokens: JSON Web Tokens signed with EdDSA (Ed25519) or ES256 by a trusted issuer.
///
/// Every refusal is UNAUTHENTICATED with the same sentence. The reason tells only what the holder of the token knows
/// already (`TOKEN_MISSING`, `TOKEN_EXPIRED`, `TOKEN_NOT_YET_VALID`, else `TOKEN_INVALID`); the cause goes to the log.
public final class Verifier: Authenticator {
    /// The longest token that is looked at, in bytes.
    public static let maximumTokenBytes = 8_192

    private struct Source: Sendable {
        let issuer: TrustedIssuer
        let keys: KeyFile
    }

    /// Whose signature counts for a token, at the moment.
    private enum Signer {
        case issuer(TrustedIssuer, KeySet)
        /// An outside system that speaks for itself, with its key.
        case system(String)

        /// Nil for an outside system.
        var trusted: TrustedIssuer? {
            if case .issuer(let issuer, _) = self { issuer } else { nil }
        }
    }

    private let sources: [String: Source]
    private let people: (any People)?
    private let options: VerifierOptions
    private let now: @Sendable () -> Int64
    private let verified: Mutex<TokenMemory>
    private let strangers: StrangerLimit

    /// Reads the key sets.
    /// - Parameters:
    ///   - people: know the keys of outside systems; nil when these are not accepted.
    ///   - now: seconds since 1970; for tests.
    ///   - report: gets a sentence when a changed key set cannot be read.
    /// - Throws: ``KeyError`` when a key set cannot be used, or an issuer is named twice.
    public init(
        issuers: [TrustedIssuer], options: VerifierOptions = VerifierOptions(), people: (any People)? = nil,
        now: @escaping @Sendable () -> Int64 = Verifier.systemTime,
        report: @escaping @Sendable (String) -> Void = { _ in }
    ) async throws(KeyError) {
        var sources: [String: Source] = [:]
        for issuer in issuers {
            guard sources[issuer.name] == nil else { throw KeyError("the issuer \(issuer.name) is named twice") }
            let keys = try await KeyFile(path: issuer.keySetFile, interval: options.keyFileInterval, report: report)
            sources[issuer.name] = Source(issuer: issuer, keys: keys)
        }
        guard !sources.isEmpty else { throw KeyError("no issuer of tokens is trusted") }
        self.sources = sources
        self.people = people
        self.options = options
        self.now = now
        verified = Mutex(TokenMemory(capacity: options.rememberedTokens))
        strangers = StrangerLimit(perSecond: options.strangersPerSecond, remembered: options.rememberedTokens)
    }

    /// Seconds since 1970 by the system's clock.
    public static func systemTime() -> Int64 { Int64(Date().timeIntervalSince1970) }

    /// The caller a token describes, whether or not the person still stands: see ``StandingAuthenticator``.
    /// - Parameter bearer: the token without the word `Bearer`.
    /// - Throws: UNAUTHENTICATED.
    public func authenticate(_ bearer: String?) async throws(Problem) -> Caller { try await verify(bearer).caller }

    /// What a token proves.
    /// - Parameter bearer: the token without the word `Bearer`.
    /// - Throws: UNAUTHENTICATED; UNAVAILABLE when the key of an outside system cannot be asked for.
    public func verify(_ bearer: String?) async throws(Problem) -> TokenProof {
        do {
            var proof = try await proof(bearer)
            if let end = proof.rolesTrustedUntil, now() >= end { proof.rolesTrustedUntil = nil }
            return proof
        } catch {
            if let undecided = error.undecided { throw undecided }
            var problem = Problem.unauthenticated(reason: error.reason.rawValue, cause: error.cause)
            // What time it is here is no secret, and lets whoever minted the token tell that clocks differ.
            if error.reason == .expired || error.reason == .notYetValid {
                problem.metadata[Problem.serverTime] = String(now())
            }
            throw problem
        }
    }

    private func proof(_ bearer: String?) async throws(TokenRefusal) -> TokenProof {
        guard let bearer, !bearer.isEmpty else { throw TokenRefusal(reason: .missing, cause: "no token") }
        guard bearer.utf8.count <= Verifier.maximumTokenBytes else { throw .invalid("the token is too long") }
        if let known = verified.withLock({ $0.entry(of: bearer) }),
            try await signer(known.stamp.issuer, known.proof.caller.subject).stamp == known.stamp
        {
            if known.stamp.key != nil { strangers.meet(known.stamp.issuer) }
            try checkTimes(known.times)
            return known.proof
        }
        let parts = bearer.utf8.split(separator: UInt8(ascii: "."), maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 3, let payload = Base64URL.decode(parts[1]),
            let claims = try? JSONDecoder().decode(Claims.self, from: Data(payload))
        else { throw .invalid("not a token with our claims") }
        // The claims are not trusted yet: the issuer only says whose keys to try.
        let (signer, stamp) = try await signer(claims.iss, claims.sub)
        try checkSignature(parts, await keys(of: signer))
        if signer.trusted == nil { strangers.meet(claims.iss) }
        guard claims.aud.values.contains(options.audience) else { throw .invalid("wrong audience") }
        let times = TokenMemory.Times(
            expires: claims.exp, issued: claims.iat, notBefore: claims.nbf,
            longest: longestLifetime(claims, signedBy: signer))
        try checkTimes(times)
        let proof = try claims.proof(signedBy: signer.trusted, leewaySeconds: options.leewaySeconds)
        verified.withLock { $0.remember(bearer, .init(proof: proof, times: times, stamp: stamp)) }
        return proof
    }

    /// Who signs for an issuer: one of those that are trusted, or an outside system, which is the subject as well.
    private func signer(
        _ name: String, _ subject: String
    ) async throws(TokenRefusal) -> (signer: Signer, stamp: TokenMemory.Stamp) {
        if let source = sources[name] {
            let (keys, generation) = await source.keys.current()
            return (.issuer(source.issuer, keys), .init(issuer: name, generation: generation))
        }
        guard let people, name == subject, Claims.isIdentifier(name) else { throw .invalid("unknown issuer") }
        guard strangers.admit(name) else {
            throw TokenRefusal(
                reason: .invalid, cause: "too many unknown issuers",
                undecided: .unavailable(reason: "TOO_MANY_UNKNOWN_ISSUERS", cause: "too many unknown issuers"))
        }
        let person: KnownPerson?
        do {
            person = try await people.person(name)
        } catch {
            throw TokenRefusal(reason: .invalid, cause: "the key is not known here", undecided: error)
        }
        guard let person, person.isSystem, let key = person.publicKey else { throw .invalid("unknown issuer") }
        return (.system(key), .init(issuer: name, generation: 0, key: key))
    }

    private func keys(of signer: Signer) async throws(TokenRefusal) -> KeySet {
        switch signer {
        case .issuer(_, let keys): return keys
        case .system(let key):
            guard let keys = try? await KeySet.read(system: key) else { throw .invalid("the system's key is unusable") }
            return keys
        }
    }

    private func longestLifetime(_ claims: Claims, signedBy signer: Signer) -> Double {
        let seconds =
            switch signer {
            case .system: options.maximumSystemLifetimeSeconds
            case .issuer:
                claims.act != nil || Claims.isService(claims.sub)
                    ? options.maximumServiceLifetimeSeconds : options.maximumLifetimeSeconds
            }
        return Double(seconds)
    }

    private func checkSignature(_ parts: [Substring.UTF8View.SubSequence], _ keys: KeySet) throws(TokenRefusal) {
        guard let bytes = Base64URL.decode(parts[0]),
            let header = try? JSONDecoder().decode(TokenHeader.self, from: Data(bytes)),
            let signature = Base64URL.decode(parts[2])
        else { throw .invalid("malformed header or signature") }
        guard header.crit == nil else { throw .invalid("the header demands extensions") }
        guard header.isAccessToken else { throw .invalid("the token is of another kind") }
        guard let key = header.kid.map({ keys.keys[$0] }) ?? keys.only else { throw .invalid("unknown key") }
        // The key says which algorithm it is for. A header that names another is an attempt at confusion.
        guard header.alg == key.algorithm else { throw .invalid("the algorithm is not the key's") }
        let signed = Array(parts[0]) + [UInt8(ascii: ".")] + Array(parts[1])
        guard (try? key.verifier.verify(signature, signs: signed)) == true else { throw .invalid("wrong signature") }
    }

    private func checkTimes(_ times: TokenMemory.Times) throws(TokenRefusal) {
        // A year far away would overflow; none is meant seriously after 9999.
        let moments: ClosedRange<Double> = 0...253_402_300_799
        guard moments.contains(times.expires), moments.contains(times.issued), moments.contains(times.notBefore ?? 0)
        else { throw .invalid("a moment out of range") }
        let now = Double(now())
        let leeway = Double(options.leewaySeconds)
        let lifetime = times.expires - times.issued
        guard lifetime > 0, lifetime <= times.longest else {
            throw .invalid("the lifetime is wrong")
        }
        guard now < times.expires + leeway else { throw TokenRefusal(reason: .expired, cause: "expired") }
        guard now + leeway >= max(times.issued, times.notBefore ?? 0) else {
            throw TokenRefusal(reason: .notYetValid, cause: "not yet valid")
        }
    }
}

/// Tokens that were verified, since a signature costs about as much as the rest of a request, and reading the claims a
/// twentieth of it.
///
/// Two generations of entries: a full young one becomes the old one, and what is asked for again moves back to the
/// young. Memory stays within twice the capacity, and each step is one look-up.
struct TokenMemory {
    /// The keys a token was verified with; with other keys it must be verified again.
    struct Stamp: Hashable {
        var issuer: String
        var generation: Int
        /// The key of an outside system.
        var key: String?
    }

    /// When a token is valid, in seconds since 1970; looked at each time it is used.
    struct Times: Hashable {
        var expires: Double
        var issued: Double
        var notBefore: Double?
        /// The longest time from `issued` to `expires` that is accepted, in seconds.
        var longest: Double
    }

    /// What a token proved.
    struct Entry: Equatable {
        var proof: TokenProof
        var times: Times
        var stamp: Stamp
    }

    private let capacity: Int
    // Whole tokens are the keys: no two tokens can be taken for one another.
    private var young: [String: Entry] = [:]
    private var old: [String: Entry] = [:]

    init(capacity: Int) { self.capacity = max(1, capacity) }

    var count: Int { young.count + old.count }

    mutating func entry(of token: String) -> Entry? {
        if let entry = young[token] { return entry }
        guard let entry = old[token] else { return nil }
        remember(token, entry)
        return entry
    }

    mutating func remember(_ token: String, _ entry: Entry) {
        if young.count >= capacity, young[token] == nil {
            old = young
            young = [:]
        }
        old[token] = nil
        young[token] = entry
    }
}
