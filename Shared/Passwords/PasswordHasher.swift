import CSodium
import Foundation
import Synchronization

/// Hashes passwords with argon2id (RFC 9106), which takes memory as well as time, so that guessing is dear.
///
/// Each hash has a thread of its own for as long as it takes; so many work at once, so many wait, and what is beyond is
/// refused: neither memory nor the threads that serve others are at the mercy of who sends passwords.
public final class PasswordHasher: Sendable {
    /// What a hash costs.
    public struct Cost: Sendable {
        /// How often the memory is gone through.
        public var passes: UInt64
        /// Memory of one hash.
        public var memoryBytes: Int

        /// Three passes over 32 MiB: above what OWASP asks for (two over 19 MiB), some fifty milliseconds.
        public static let standard = Cost(passes: 3, memoryBytes: 32 << 20)
        /// The least there is, for tests.
        public static let least = Cost(passes: 1, memoryBytes: 8 << 10)
    }

    /// Too many wait already.
    public struct Overloaded: Error {}

    private struct State {
        var working = 0
        var waiting: [@Sendable () -> Void] = []
    }

    private let cost: Cost
    private let most: Int
    private let mostWaiting: Int
    private let state = Mutex(State())
    /// Stands in for the hash of who has none, so that nobody can tell by the time it takes.
    private let nobodys: String

    /// - Parameters:
    ///   - most: hashes at once.
    ///   - mostWaiting: how many may wait behind them.
    public init(cost: Cost = .standard, most: Int = 2, mostWaiting: Int = 64) {
        precondition(sodium_init() >= 0, "libsodium cannot be set up")
        self.cost = cost
        self.most = max(1, most)
        self.mostWaiting = mostWaiting
        nobodys = Self.hash("", cost)
    }

    /// The hash of a password, with salt and cost in it: `$argon2id$v=19$m=…,t=…,p=1$…`. Texts that look the same are the
    /// same password (NFC).
    public func hash(_ password: String) async throws(Overloaded) -> String {
        let cost = cost
        return try await onThread { Self.hash(password, cost) }
    }

    /// Whether it is the password of `hash`. Takes as long for nil, which no password fits.
    public func verify(_ password: String, against hash: String?) async throws(Overloaded) -> Bool {
        let known = hash ?? nobodys
        let isRight = try await onThread { Self.verify(password, known) }
        return isRight && hash != nil
    }

    /// Whether a hash was made at another cost than is asked for now.
    public func isOutdated(_ hash: String) -> Bool {
        crypto_pwhash_argon2id_str_needs_rehash(hash, cost.passes, cost.memoryBytes) != 0
    }

    private static func bytes(_ password: String) -> [CChar] {
        password.precomposedStringWithCanonicalMapping.utf8.map { CChar(bitPattern: $0) }
    }

    private static func hash(_ password: String, _ cost: Cost) -> String {
        let bytes = bytes(password)
        var text = [CChar](repeating: 0, count: Int(crypto_pwhash_argon2id_strbytes()))
        let code = crypto_pwhash_argon2id_str(&text, bytes, UInt64(bytes.count), cost.passes, cost.memoryBytes)
        precondition(code == 0, "no memory for the hash of a password")
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private static func verify(_ password: String, _ hash: String) -> Bool {
        let bytes = bytes(password)
        return crypto_pwhash_argon2id_str_verify(hash, bytes, UInt64(bytes.count)) == 0
    }

    private func onThread<T: Sendable>(_ work: @escaping @Sendable () -> T) async throws(Overloaded) -> T {
        let result: T? = await withCheckedContinuation { continuation in
            take({ continuation.resume(returning: work()) }, orRefuse: { continuation.resume(returning: nil) })
        }
        guard let result else { throw Overloaded() }
        return result
    }

    private func take(_ job: @escaping @Sendable () -> Void, orRefuse refuse: () -> Void) {
        enum Place { case thread, line, none }
        let place: Place = state.withLock { state in
            if state.working < most {
                state.working += 1
                return .thread
            }
            guard state.waiting.count < mostWaiting else { return .none }
            state.waiting.append(job)
            return .line
        }
        switch place {
        case .thread: start(with: job)
        case .line: break
        case .none: refuse()
        }
    }

    private func start(with first: @escaping @Sendable () -> Void) {
        let thread = Thread { [self] in
            var next: (@Sendable () -> Void)? = first
            while let job = next {
                job()
                next = state.withLock { state in
                    guard state.waiting.isEmpty else { return state.waiting.removeFirst() }
                    state.working -= 1
                    return nil
                }
            }
        }
        thread.name = "passwords"
        thread.start()
    }
}
