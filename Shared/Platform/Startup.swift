import Logging
import NATS
import Postgres
import RPC
import UnixSignals

/// The time before a service is ready: what it needs may come up after it, and is waited for as long as that takes.
///
/// Waiting is for what is not there. What is there and says no (a password, a schema that is behind) ends the start.
public struct Startup: Sendable {
    /// How long lies between two attempts, and how often it is said that one waits.
    private static let pause: Duration = .seconds(1)
    private static let attemptsPerLine = 10

    let log: Logger
    private let signals: UnixSignalsSequence
    /// What the process is told after the start, and from its beginning on: nothing falls between the two.
    public let lateSignals: UnixSignalsSequence

    /// From here on SIGTERM and SIGINT end the start in order; a program that is the first of its container would not
    /// notice them at all.
    public init(_ log: Logger) async {
        self.log = log
        signals = await UnixSignalsSequence(trapping: [.sigterm, .sigint])
        lateSignals = await UnixSignalsSequence(trapping: [.sigterm, .sigint])
    }

    /// Tries until it succeeds or fails for good; `what` is named in the log: `Postgres at db:5432 (ALE_POSTGRES_HOST)`.
    public func wait<T>(for what: String, _ attempt: () async throws -> T) async throws -> T {
        var attempts = 0
        while true {
            do {
                let value = try await attempt()
                if attempts > 0 { log.info("\(what) is there") }
                return value
            } catch  where Self.mayPass(error) {
                if attempts.isMultiple(of: Self.attemptsPerLine) {
                    log.warning("waiting for \(what)", metadata: ["cause": "\(error)"])
                }
                attempts += 1
                try await Task.sleep(for: Self.pause)
            }
        }
    }

    /// Whether the same attempt may succeed later by itself: somebody was not there, or not ready.
    public static func mayPass(_ error: any Error) -> Bool {
        switch error {
        case let error as PostgresError: error.isWorthWaiting
        case let error as NATSError: error.isWorthWaiting
        case let error as Problem: error.code == .unavailable || error.code == .deadlineExceeded
        default: false
        }
    }

    /// Runs `body`, or cancels it when the process is told to end before it is done; nil then.
    public func untilStopped<T: Sendable>(_ body: @escaping @Sendable () async throws -> T) async throws -> T? {
        try await withThrowingTaskGroup(of: T?.self) { group in
            group.addTask { try await body() }
            group.addTask {
                for await _ in signals { return nil }
                // Cancelled: the body is done, or the caller's task is.
                return nil
            }
            defer { group.cancelAll() }
            return try await group.next() ?? nil
        }
    }
}

extension PostgresError {
    /// Whether the server cannot be reached, or takes nobody at present.
    fileprivate var isWorthWaiting: Bool {
        switch kind {
        case .connectionFailure, .timedOut, .poolExhausted: !isAccessRefused
        default: false
        }
    }
}

extension NATSError {
    /// Whether no server could be reached.
    fileprivate var isWorthWaiting: Bool {
        switch self {
        case .disconnected, .timeout, .noResponders: true
        default: false
        }
    }
}
