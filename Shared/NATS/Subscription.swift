import CNATS

/// How much a subscription may hold while its handler is busy; what comes beyond it is dropped, and the connection
/// reports `.slowConsumer`.
public struct PendingLimit: Sendable, Hashable {
    /// Messages.
    public var messages: Int
    /// Bytes of payload.
    public var bytes: Int

    /// A limit of messages and bytes.
    public init(messages: Int = 16_384, bytes: Int = 64 * 1_024 * 1_024) {
        self.messages = messages
        self.bytes = bytes
    }
}

/// A subscription of a connection. It lives until it is unsubscribed, drained or its connection closes; letting go of
/// the value does not end it.
public final class Subscription: Sendable {
    /// The subject, wildcards included.
    public let subject: String
    /// The queue group, if any: each message goes to one member.
    public let queue: String?

    let handle: Handle
    /// Opens when the last handler has returned.
    let completion: Gate

    init(subject: String, queue: String?, handle: Handle, completion: Gate) {
        self.subject = subject
        self.queue = queue
        self.handle = handle
        self.completion = completion
    }

    deinit { natsSubscription_Destroy(handle.pointer) }

    /// How many messages were dropped because the handler was too slow.
    public var dropped: Int {
        var count: Int64 = 0
        _ = natsSubscription_GetDropped(handle.pointer, &count)
        return Int(count)
    }

    /// How many messages wait for the handler.
    public var pending: Int {
        var messages: Int32 = 0
        _ = natsSubscription_GetPending(handle.pointer, &messages, nil)
        return Int(messages)
    }

    /// Ends the subscription now; what has arrived and was not handled is dropped. Does nothing when it has ended.
    public func unsubscribe() {
        _ = natsSubscription_Unsubscribe(handle.pointer)
    }

    /// Tells the server that no more is wanted and returns when everything that had arrived was handled. Throws
    /// `.timeout` when that takes longer; the subscription has ended then too.
    public func drain(timeout: Duration) async throws(NATSError) {
        if completion.isOpen { return }
        let status = natsSubscription_DrainTimeout(handle.pointer, timeout.clampedMilliseconds)
        switch status {
        case NATS_OK: break
        // It ended meanwhile; the last handler may still be running.
        case NATS_INVALID_SUBSCRIPTION, NATS_CONNECTION_CLOSED, NATS_DRAINING: break
        default: throw NATSError(status)
        }
        guard await completion.wait(timeout: timeout) else {
            unsubscribe()
            throw .timeout
        }
        // libnats ends a drain at its own deadline by dropping what is left, and then reports completion all the same.
        switch natsSubscription_DrainCompletionStatus(handle.pointer) {
        case NATS_TIMEOUT: throw .timeout
        case NATS_INVALID_SUBSCRIPTION, NATS_CONNECTION_CLOSED: throw .closed
        default: return
        }
    }
}

/// Messages of a subscription as a bounded sequence, for one reader. What arrives while the buffer is full is dropped
/// and reported as `.slowConsumer`. Ending the iteration ends the subscription.
public struct MessageSequence: AsyncSequence, Sendable {
    /// The subscription behind the sequence, to drain it for example.
    public let subscription: Subscription
    let stream: AsyncStream<InboundMessage>

    /// The iterator over the messages.
    public func makeAsyncIterator() -> AsyncStream<InboundMessage>.AsyncIterator { stream.makeAsyncIterator() }
}

extension Connection {
    /// Subscribes. The handler runs on a thread of libnats, one message after the other: it must be quick and must not
    /// block, so it hands longer work on. A handler that captures the connection keeps it until the subscription ends.
    /// Members of one `queue` share the messages. Throws `.invalidSubject` or `.closed`; that the server forbids the
    /// subject is only reported later, as a `.permissionViolation` event.
    @discardableResult
    public func subscribe(
        _ subject: String, queue: String? = nil, pendingLimit: PendingLimit = PendingLimit(),
        handler: @escaping @Sendable (InboundMessage) -> Void
    ) throws(NATSError) -> Subscription {
        let subscription = try makeSubscription(subject, queue, pendingLimit) { _, message in
            handler(InboundMessage(copying: message))
        }
        state.subscriptions.insert(subscription)
        return subscription
    }

    /// Subscribes and gives the messages as a sequence that holds at most `bufferLimit` of them. Throws as `subscribe`.
    public func messages(
        _ subject: String, queue: String? = nil, bufferLimit: Int = 1_024
    ) throws(NATSError) -> MessageSequence {
        let (stream, continuation) = AsyncStream.makeStream(
            of: InboundMessage.self, bufferingPolicy: .bufferingOldest(bufferLimit))
        let state = state
        let subscription = try makeSubscription(
            subject, queue, PendingLimit(),
            finished: { continuation.finish() },
            receive: { _, message in
                if case .dropped = continuation.yield(InboundMessage(copying: message)) {
                    state.handle(.slowConsumer(subject: subject))
                }
            })
        continuation.onTermination = { [weak subscription] _ in subscription?.unsubscribe() }
        state.subscriptions.insert(subscription)
        return MessageSequence(subscription: subscription, stream: stream)
    }

    func makeSubscription(
        _ subject: String, _ queue: String?, _ limit: PendingLimit, finished: @escaping @Sendable () -> Void = {},
        receive: @escaping @Sendable (_ connection: OpaquePointer?, _ message: OpaquePointer) -> Void
    ) throws(NATSError) -> Subscription {
        try Subject.requireSubscribable(subject)
        if let queue { try Subject.requireName(queue) }
        let completion = Gate()
        let subscriptions = state.subscriptions
        let holder = SubscriptionHolder(
            receive: receive,
            completed: {
                completion.open()
                subscriptions.remove(completion)
                finished()
            })
        let closure = Unmanaged.passRetained(holder).toOpaque()
        var pointer: OpaquePointer?
        let status =
            if let queue {
                natsConnection_QueueSubscribe(&pointer, handle.pointer, subject, queue, natsReceived, closure)
            } else {
                natsConnection_Subscribe(&pointer, handle.pointer, subject, natsReceived, closure)
            }
        guard status == NATS_OK, let pointer else {
            Unmanaged<SubscriptionHolder>.fromOpaque(closure).release()
            throw NATSError(status)
        }
        let subscription = Subscription(
            subject: subject, queue: queue, handle: Handle(pointer: pointer), completion: completion)
        _ = natsSubscription_SetPendingLimits(pointer, Int32(clamping: limit.messages), Int32(clamping: limit.bytes))
        // This fails only when the connection closed in between. The handler may be running at this moment, so the
        // holder is then left to the process rather than freed under it.
        try NATSError.check(natsSubscription_SetOnCompleteCB(pointer, natsCompleted, closure))
        return subscription
    }
}
