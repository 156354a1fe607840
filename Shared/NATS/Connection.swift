import CNATS

/// A connection to NATS. It reconnects by itself for ever and keeps its subscriptions over that. It is the one owner
/// of libnats' connection, freed when the last reference goes; `close` or `drain` it before, since freeing may block.
public final class Connection: Sendable {
    let handle: Handle
    let state: ConnectionState
    /// "_INBOX.<unique>." : a token after it makes the address of one answer.
    let inbox: String

    private init(handle: Handle, state: ConnectionState, inbox: String) throws(NATSError) {
        self.handle = handle
        self.state = state
        self.inbox = inbox
        let subscription = try subscribeToInbox()
        state.inboxSubscription.withLock { $0 = subscription }
    }

    deinit {
        state.waiters.close()
        natsConnection_Destroy(handle.pointer)
    }

    /// Connects to one of the servers. Throws `.authenticationFailed`, `.disconnected` when no server can be reached,
    /// `.timeout`, or `.other` for options the library refuses, TLS among them.
    public static func connect(_ options: ConnectionOptions) async throws(NATSError) -> Connection {
        try await Blocking.run { () throws(NATSError) -> Connection in try connectBlocking(options) }
    }

    private static func connectBlocking(_ options: ConnectionOptions) throws(NATSError) -> Connection {
        guard Subject.isPublishable(options.inboxPrefix) else { throw .invalidSubject(options.inboxPrefix) }
        let inbox = "\(options.inboxPrefix).\(unique())."
        let state = ConnectionState(options, inboxWildcard: inbox + "*")
        let id = CallbackTable.shared.insert(state)
        var pointer: OpaquePointer?
        do throws(NATSError) {
            let native = try NativeOptions(options, callbackID: id)
            try NATSError.check(natsConnection_Connect(&pointer, native.pointer))
        } catch {
            CallbackTable.shared.remove(id)
            throw error
        }
        guard let pointer else { throw .other("libnats gave no connection") }
        return try Connection(handle: Handle(pointer: pointer), state: state, inbox: inbox)
    }

    /// 22 random letters and digits: nobody guesses the inbox of another connection.
    private static func unique() -> String {
        let alphabet = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
        return String((0..<22).map { _ in alphabet[Int.random(in: 0..<alphabet.count)] })
    }

    /// Whether the connection is closed for good.
    public var isClosed: Bool { natsConnection_IsClosed(handle.pointer) }

    /// Whether the connection is up at this moment.
    public var isConnected: Bool { natsConnection_Status(handle.pointer) == NATS_CONN_STATUS_CONNECTED }

    /// How often the connection was lost and came back.
    public var reconnections: UInt64 {
        var statistics: OpaquePointer?
        guard natsStatistics_Create(&statistics) == NATS_OK else { return 0 }
        defer { natsStatistics_Destroy(statistics) }
        var count: UInt64 = 0
        guard natsConnection_GetStats(handle.pointer, statistics) == NATS_OK,
            natsStatistics_GetCounts(statistics, nil, nil, nil, nil, &count) == NATS_OK
        else { return 0 }
        return count
    }

    /// The largest payload the server takes, in bytes.
    public var maximumPayload: Int { Int(natsConnection_GetMaxPayload(handle.pointer)) }

    /// How many requests wait for an answer.
    var requestsInFlight: Int { state.waiters.waiting }

    /// What happens to the connection from now on, as a sequence that ends with `.closed`. A reader that falls behind
    /// by more than `limit` loses the oldest.
    public func events(limit: Int = 64) -> AsyncStream<ConnectionEvent> { state.events(limit: limit) }

    /// Publishes. It is on its way when this returns; that it arrived only an answer can tell. Throws
    /// `.invalidSubject`, `.invalidHeader`, `.payloadTooLarge`, `.closed`, or `.disconnected` when the buffer for the
    /// time of a reconnection is full.
    public func publish(
        _ subject: String, reply: String? = nil, headers: Headers = Headers(), payload: [UInt8] = []
    ) throws(NATSError) {
        if let reply { try Subject.requirePublishable(reply) }
        try send(subject, reply: reply, headers: headers, payload: payload)
    }

    /// Waits until the server has everything published so far. Throws `.timeout`, `.disconnected` or `.closed`.
    public func flush(timeout: Duration) async throws(NATSError) {
        let milliseconds = timeout.clampedMilliseconds
        let handle = handle
        try await Blocking.run { () throws(NATSError) in
            try NATSError.check(natsConnection_FlushTimeout(handle.pointer, milliseconds))
        }
    }

    /// Closes at once: whoever waits for an answer gets `.closed`. What was published and is not sent yet is sent when
    /// the server takes it. Does nothing on a closed connection.
    public func close() async {
        let handle = handle
        // First, so that those who wait learn that it was closed rather than lost.
        state.waiters.close()
        await Blocking.run { natsConnection_Close(handle.pointer) }
    }

    func send(_ subject: String, reply: String?, headers: Headers, payload: [UInt8]) throws(NATSError) {
        try Subject.requirePublishable(subject)
        if headers.isEmpty {
            let status = payload.withUnsafeBytes { bytes in
                if let reply {
                    natsConnection_PublishRequest(handle.pointer, subject, reply, bytes.baseAddress, Int32(bytes.count))
                } else {
                    natsConnection_Publish(handle.pointer, subject, bytes.baseAddress, Int32(bytes.count))
                }
            }
            return try checkSent(status, payload)
        }
        try headers.validate()
        var message: OpaquePointer?
        let created = payload.withUnsafeBytes { bytes in
            natsMsg_Create(&message, subject, reply, bytes.baseAddress, Int32(bytes.count))
        }
        try NATSError.check(created)
        defer { natsMsg_Destroy(message) }
        for field in headers.fields {
            try NATSError.check(natsMsgHeader_Add(message, field.name, field.value))
        }
        try checkSent(natsConnection_PublishMsg(handle.pointer, message), payload)
    }

    private func checkSent(_ status: natsStatus, _ payload: [UInt8]) throws(NATSError) {
        if status == NATS_MAX_PAYLOAD { throw .payloadTooLarge(bytes: payload.count) }
        try NATSError.check(status)
    }
}
