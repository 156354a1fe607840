import CNATS
import Synchronization

/// What the threads of libnats share with a `Connection`. It does not hold the connection, so a forgotten connection
/// is freed.
final class ConnectionState: Sendable {
    let waiters: Waiters
    let subscriptions = Subscriptions()
    /// The one subscription all answers come through. It is not among the others: a drain must not end it.
    let inboxSubscription = Mutex<Subscription?>(nil)
    private let failsRequestsOnDisconnect: Bool
    private let onEvent: (@Sendable (ConnectionEvent) -> Void)?
    /// The wildcard on which answers arrive.
    private let inboxWildcard: String

    private struct Watchers {
        var nextID = 0
        var continuations: [Int: AsyncStream<ConnectionEvent>.Continuation] = [:]
        var closed = false
        /// Set when the server forbids the inbox: no request could ever be answered.
        var inboxDenied: NATSError?
    }

    private let watchers = Mutex(Watchers())

    init(_ options: ConnectionOptions, inboxWildcard: String) {
        waiters = Waiters(limit: options.maximumRequestsInFlight)
        failsRequestsOnDisconnect = options.failsRequestsOnDisconnect
        onEvent = options.onEvent
        self.inboxWildcard = inboxWildcard
    }

    /// Why no request can be answered, if so.
    var inboxDenied: NATSError? { watchers.withLock { $0.inboxDenied } }

    func events(limit: Int) -> AsyncStream<ConnectionEvent> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: ConnectionEvent.self, bufferingPolicy: .bufferingNewest(limit))
        let id: Int? = watchers.withLock { watchers in
            if watchers.closed { return nil }
            watchers.nextID += 1
            watchers.continuations[watchers.nextID] = continuation
            return watchers.nextID
        }
        guard let id else {
            continuation.yield(.closed)
            continuation.finish()
            return stream
        }
        continuation.onTermination = { [weak self] _ in
            _ = self?.watchers.withLock { $0.continuations.removeValue(forKey: id) }
        }
        return stream
    }

    func handle(_ event: ConnectionEvent) {
        switch event {
        case .disconnected: waiters.failForDisconnect(answersToo: failsRequestsOnDisconnect)
        case .closed: close()
        case .permissionViolation(let subject?, let text): deny(subject, text)
        case .permissionViolation, .slowConsumer, .reconnected, .lameDuck, .error: break
        }
        onEvent?(event)
        let continuations = watchers.withLock { $0.continuations.values.map { $0 } }
        for continuation in continuations {
            continuation.yield(event)
            if event == .closed { continuation.finish() }
        }
    }

    /// Nobody waits for a closed connection.
    func close() {
        watchers.withLock { $0.closed = true }
        waiters.close()
    }

    private func deny(_ subject: String, _ text: String) {
        if subject == inboxWildcard {
            watchers.withLock { $0.inboxDenied = .permissionDenied(text) }
        }
        waiters.fail(subject: subject, with: .permissionDenied(text))
    }
}

/// The subscriptions of one connection. It keeps them alive until they end, so that a subscription whose value
/// nobody keeps goes on.
final class Subscriptions: Sendable {
    private let active = Mutex<[ObjectIdentifier: Subscription]>([:])

    func insert(_ subscription: Subscription) {
        active.withLock { $0[ObjectIdentifier(subscription.completion)] = subscription }
        if subscription.completion.isOpen { remove(subscription.completion) }
    }

    /// Lets go of the subscription that the gate belongs to.
    func remove(_ completion: Gate) {
        // Let go outside of the lock: freeing a subscription calls libnats.
        let removed = active.withLock { $0.removeValue(forKey: ObjectIdentifier(completion)) }
        withExtendedLifetime(removed) {}
    }

    var all: [Subscription] { active.withLock { $0.values.map { $0 } } }

    func subject(of pointer: OpaquePointer?) -> String? {
        active.withLock { active in active.values.first { $0.handle.pointer == pointer }?.subject }
    }
}
