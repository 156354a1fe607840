import NATS
import Synchronization
import TestKit

extension NATSServer {
    /// Connects to this server.
    func connect(_ change: (inout ConnectionOptions) -> Void = { _ in }) async throws -> Connection {
        var options = ConnectionOptions(urls: [url], name: "nats-tests")
        options.reconnectWait = .milliseconds(50)
        change(&options)
        return try await Connection.connect(options)
    }
}

/// The fact did not come true in time.
struct NeverTrue: Error {}

/// Waits for a fact, at most a minute: what has to come true does so at once on a machine that has time.
func waitUntil(_ isTrue: () async throws -> Bool) async throws {
    let deadline = ContinuousClock.now + .seconds(60)
    while try await !isTrue() {
        guard ContinuousClock.now < deadline else { throw NeverTrue() }
        try await Task.sleep(for: .milliseconds(2))
    }
}

/// A number that handlers and tests share.
final class Counter: Sendable {
    private let number = Atomic<Int>(0)

    var value: Int { number.load(ordering: .sequentiallyConsistent) }

    func add(_ amount: Int) { number.add(amount, ordering: .sequentiallyConsistent) }
}
