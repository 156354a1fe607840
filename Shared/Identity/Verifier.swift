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

    /// An issuer; only the system's own `mayActAsService`.
    public init(name: String, keySetFile: String, mayActAsService: Bool = false) {
        self.name = name
        self.keySetFile = keySetFile
        self.mayActAsService = mayActAsService
    }
}

/// How tokens are verified. Times are in seconds.
public struct VerifierOptions: Sendable {
    /// What `aud` must contain.
    public var audience = "ale"
    /// How far clocks may differ.
    public var leewaySeconds: Int64 = 30
    /// The longest time from `iat` to `exp`.
    public var maximumLifetimeSeconds: Int64 = 31 * 86_400
    /// How long a change of a JWKS file may go unnoticed.
    public var keyFileInterval: Duration = .seconds(1)
    /// How many verified tokens are remembered, at least; twice as many at most.
    public var rememberedTokens = 1_024

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

    private let sources: [String: Source]
    private let options: VerifierOptions
    private let now: @Sendable () -> Int64
    private let verified: Mutex<TokenMemory>

    /// Reads the key sets.
    /// - Parameters:
    ///   - now: seconds since 1970; for tests.
    ///   - report: gets a sentence when a changed key set cannot be read.
    /// - Throws: ``KeyError`` when a key set cannot be used, or an issuer is named twice.
    public init(
        issuers: [TrustedIssuer], options: VerifierOptions = VerifierOptions(),
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
        self.options = options
        self.now = now
        verified = Mutex(TokenMemory(capacity: options.rememberedTokens))
    }

    /// Seconds since 1970 by the system's clock.
    public static func systemTime() -> Int64 { Int64(Date().timeIntervalSince1970) }

    /// The caller a token proves.
    /// - Parameter bearer: the token without the word `Bearer`.
    /// - Throws: UNAUTHENTICATED.
    public func authenticate(_ bearer: String?) async throws(Problem) -> Caller {
        do {
            return try await caller(bearer)
        } catch {
            var problem = Problem.unauthenticated(reason: error.reason.rawValue, cause: error.cause)
            // What time it is here is no secret, and lets whoever minted the token tell that clocks differ.
            if error.reason == .expired || error.reason == .notYetValid {
                problem.metadata[Problem.serverTime] = String(now())
            }
            throw problem
        }
    }

    private func caller(_ bearer: String?) async throws(TokenRefusal) -> Caller {
        guard let bearer, !bearer.isEmpty else { throw TokenRefusal(reason: .missing, cause: "no token") }
        guard bearer.utf8.count <= Verifier.maximumTokenBytes else { throw .invalid("the token is too long") }
        if let known = verified.withLock({ $0.entry(of: bearer) }), let source = sources[known.stamp.issuer],
            await source.keys.current().generation == known.stamp.generation
        {
            try checkTimes(known.times)
            return known.caller
        }
        let parts = bearer.utf8.split(separator: UInt8(ascii: "."), maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 3, let payload = Base64URL.decode(parts[1]),
            let claims = try? JSONDecoder().decode(Claims.self, from: Data(payload))
        else { throw .invalid("not a token with our claims") }
        // The claims are not trusted yet: the issuer only says whose keys to try.
        guard let source = sources[claims.iss] else { throw .invalid("unknown issuer") }
        let (keys, generation) = await source.keys.current()
        try checkSignature(parts, keys)
        guard claims.aud.values.contains(options.audience) else { throw .invalid("wrong audience") }
        let times = TokenMemory.Times(expires: claims.exp, issued: claims.iat, notBefore: claims.nbf)
        try checkTimes(times)
        let caller = try claims.caller(mayActAsService: source.issuer.mayActAsService)
        let stamp = TokenMemory.Stamp(issuer: claims.iss, generation: generation)
        verified.withLock { $0.remember(bearer, .init(caller: caller, times: times, stamp: stamp)) }
        return caller
    }

    private func checkSignature(_ parts: [Substring.UTF8View.SubSequence], _ keys: KeySet) throws(TokenRefusal) {
        guard let bytes = Base64URL.decode(parts[0]),
            let header = try? JSONDecoder().decode(TokenHeader.self, from: Data(bytes)),
            let signature = Base64URL.decode(parts[2])
        else { throw .invalid("malformed header or signature") }
        guard header.crit == nil else { throw .invalid("the header demands extensions") }
        guard header.isAccessToken else { throw .invalid("the token is of another kind") }
        guard let kid = header.kid, let key = keys.keys[kid] else { throw .invalid("unknown key") }
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
        guard lifetime > 0, lifetime <= Double(options.maximumLifetimeSeconds) else {
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
    }

    /// When a token is valid, in seconds since 1970; looked at each time it is used.
    struct Times: Hashable {
        var expires: Double
        var issued: Double
        var notBefore: Double?
    }

    /// What a token proved.
    struct Entry: Equatable {
        var caller: Caller
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
