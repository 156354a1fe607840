import Synchronization

/// A fact did not come true in time.
public struct NeverTrue: Error, CustomStringConvertible {
    /// Which one, and in what time.
    public let description: String
}

/// Waits for a fact, within a bound that a busy machine does not reach: what has to come true does so at once on a machine
/// that has time. Throws ``NeverTrue``.
public func waitUntil(
    _ what: String = "the fact", within bound: Duration = .seconds(200), _ isTrue: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + bound
    while try await !isTrue() {
        guard ContinuousClock.now < deadline else { throw NeverTrue(description: "not within \(bound): \(what)") }
        try await Task.sleep(for: .milliseconds(5))
    }
}

/// A number that tasks and tests share.
public final class Counter: Sendable {
    private let number = Mutex(0)

    /// Begins at 0.
    public init() {}

    /// The number.
    public var value: Int { number.withLock { $0 } }

    /// Adds to it; what it is then.
    @discardableResult
    public func add(_ difference: Int = 1) -> Int {
        number.withLock { number in
            number += difference
            return number
        }
    }

    /// Lifts it to `value` when it is less.
    public func raise(to value: Int) { number.withLock { $0 = max($0, value) } }
}
