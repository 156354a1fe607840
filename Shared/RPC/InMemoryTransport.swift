import Synchronization

/// A transport within the process, for tests without a server. It keeps what callers rely on: no responders at once,
/// one member per queue group, time-outs, a size limit, and a drain that loses nothing.
public final class InMemoryTransport: Transport {
    private struct State {
        var subscriptions: [String: [Subscription]] = [:]
        var waiting: [String: CheckedContinuation<Result<Delivery, TransportFailure>, Never>] = [:]
        var next: UInt64 = 0
        var closed = false
    }

    /// The most bytes one message may have.
    public let maximumMessageBytes: Int
    private let inboxPrefix: String
    private let state = Mutex(State())

    /// A transport nobody listens on yet; inboxes of requests begin with `inboxPrefix`, as those of one NATS user do.
    public init(maximumMessageBytes: Int = 1 << 20, inboxPrefix: String = "_INBOX.memory") {
        self.maximumMessageBytes = maximumMessageBytes
        self.inboxPrefix = inboxPrefix
    }

    /// Behaves from now on as if the connection were gone; requests that wait fail.
    public func close() {
        let waiting = state.withLock { state in
            state.closed = true
            defer { state.waiting.removeAll() }
            return Array(state.waiting.values)
        }
        for continuation in waiting { continuation.resume(returning: .failure(.closed)) }
    }

    /// Sends a message; also an answer to a request that waits.
    public func publish(_ payload: [UInt8], to subject: String, headers: Headers) throws(TransportFailure) {
        _ = try send(Delivery(subject: subject, reply: nil, headers: headers, payload: payload))
    }

    /// Sends a request and waits for the first answer.
    public func request(
        _ payload: [UInt8], to subject: String, headers: Headers, timeout: Duration
    ) async throws(TransportFailure) -> Delivery {
        let inbox = state.withLock { state in
            state.next += 1
            return "\(inboxPrefix).\(state.next)"
        }
        let outcome = await withTaskCancellationHandler {
            await withCheckedContinuation {
                (continuation: CheckedContinuation<Result<Delivery, TransportFailure>, Never>) in
                // Under cancellation the handler may have run before there was anything to end.
                if Task.isCancelled { return continuation.resume(returning: .failure(.cancelled)) }
                state.withLock { $0.waiting[inbox] = continuation }
                Task { [weak self] in
                    try? await Task.sleep(for: timeout)
                    self?.end(inbox, .failure(.timeout))
                }
                do throws(TransportFailure) {
                    let delivery = Delivery(subject: subject, reply: inbox, headers: headers, payload: payload)
                    if try !send(delivery) { end(inbox, .failure(.noResponders)) }
                } catch {
                    end(inbox, .failure(error))
                }
                if Task.isCancelled { end(inbox, .failure(.cancelled)) }
            }
        } onCancel: {
            end(inbox, .failure(.cancelled))
        }
        return try outcome.get()
    }

    /// Listens on a subject without wildcards.
    public func subscribe(
        _ subject: String, queue: String?, onMessage: @escaping @Sendable (Delivery) -> Void
    ) async throws(TransportFailure) -> any TransportSubscription {
        let subscription = Subscription(transport: self, subject: subject, queue: queue, onMessage: onMessage)
        let closed = state.withLock { state in
            if !state.closed { state.subscriptions[subject, default: []].append(subscription) }
            return state.closed
        }
        if closed { throw .closed }
        return subscription
    }

    /// Everything is delivered when it is sent.
    public func flush(limit: Duration) async throws(TransportFailure) {
        if state.withLock({ $0.closed }) { throw .closed }
    }

    private func end(_ inbox: String, _ outcome: Result<Delivery, TransportFailure>) {
        let continuation = state.withLock { $0.waiting.removeValue(forKey: inbox) }
        continuation?.resume(returning: outcome)
    }

    /// Hands the message to those who listen; false when nobody does.
    private func send(_ delivery: Delivery) throws(TransportFailure) -> Bool {
        guard delivery.payload.count + delivery.headers.byteCount <= maximumMessageBytes else { throw .tooLarge }
        for field in delivery.headers.fields where field.value.utf8.contains(where: { $0 == 10 || $0 == 13 || $0 == 0 })
        {
            throw .invalidHeader(field.name)
        }
        let receivers = state.withLock { state -> [Subscription]? in
            guard !state.closed else { return nil }
            let all = state.subscriptions[delivery.subject] ?? []
            let groups = Dictionary(grouping: all.filter { $0.queue != nil }) { $0.queue }
            return all.filter { $0.queue == nil } + groups.values.compactMap { $0.randomElement() }
        }
        guard let receivers else { throw .closed }
        for receiver in receivers { receiver.hand(delivery) }
        if receivers.isEmpty, state.withLock({ $0.waiting[delivery.subject] != nil }) {
            end(delivery.subject, .success(delivery))
            return true
        }
        return !receivers.isEmpty
    }

    private func remove(_ subscription: Subscription) {
        state.withLock { $0.subscriptions[subscription.subject]?.removeAll { $0 === subscription } }
    }

    private final class Subscription: TransportSubscription {
        let subject: String
        let queue: String?
        private let onMessage: @Sendable (Delivery) -> Void
        private weak let transport: InMemoryTransport?
        private let handing = Mutex(())

        init(
            transport: InMemoryTransport, subject: String, queue: String?,
            onMessage: @escaping @Sendable (Delivery) -> Void
        ) {
            self.transport = transport
            self.subject = subject
            self.queue = queue
            self.onMessage = onMessage
        }

        func hand(_ delivery: Delivery) {
            handing.withLock { _ in onMessage(delivery) }
        }

        func drain(limit: Duration) async throws(TransportFailure) {
            transport?.remove(self)
            // Whoever is being handed a message now holds the lock.
            handing.withLock { _ in }
        }
    }
}
