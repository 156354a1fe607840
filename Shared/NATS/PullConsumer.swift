import CNATS
import Glibc
import Synchronization

/// A reader of a durable consumer. Several readers, here or in other processes, share its messages. One fetch runs at
/// a time; a second one waits for the first.
public final class PullConsumer: Sendable {
    /// Its stream.
    public let stream: String
    /// Its durable name.
    public let name: String
    private let jetStream: JetStream
    /// "_INBOX.<unique>.pull.<number>." : a token after it makes the address of one pull.
    private let inbox: String
    private let subscription: Subscription
    private let turn: Slots
    private let current: CurrentPull
    /// Whether nothing was left when the last pull was answered. Then the next need not ask for what is there.
    private let isDrained = Atomic<Bool>(false)

    private static let nextNumber = Atomic<Int>(1)
    /// How long the server may take to say that it has no messages.
    private static let answerLimit: Duration = .seconds(1)

    init(jetStream: JetStream, stream: String, name: String) throws(NATSError) {
        self.jetStream = jetStream
        self.stream = stream
        self.name = name
        let connection = jetStream.connection
        let waiters = connection.state.waiters
        let current = CurrentPull()
        inbox = "\(connection.inbox)pull.\(PullConsumer.nextNumber.add(1, ordering: .relaxed).oldValue)."
        let prefixLength = inbox.utf8.count
        turn = Slots(waiters, limit: 1)
        self.current = current
        // The messages of a pull come with the subject they were published to, so the wildcard inbox of requests could
        // not tell whose they are: each reader has a subscription of its own. Statuses come with the pull's address.
        subscription = try connection.makeSubscription(inbox + "*", nil, PendingLimit()) { connection, message in
            if natsMsg_GetDataLength(message) == 0, natsMsg_GetReply(message) == nil,
                let status = serverStatus(of: message)
            {
                guard let subject = natsMsg_GetSubject(message), strlen(subject) > prefixLength,
                    let token = UInt64(String(cString: subject + prefixLength), radix: 36)
                else { return }
                return waiters.deliver(status: status.code, text: status.text, to: token)
            }
            let token = current.token.load(ordering: .acquiring)
            if token != 0 && waiters.deliver(InboundMessage(copying: message), to: token) { return }
            returnUnwanted(message, of: (stream, name), connection)
        }
    }

    deinit { subscription.unsubscribe() }

    /// Gives up to `batch` messages: at once when some are there, otherwise as soon as the first comes, or none after
    /// `timeout`. Throws `isConsumerNotFound`, `isStreamNotFound`, `.disconnected`, `.closed`, `.cancelled`, or
    /// `.timeout` when the server does not answer at all. A message that comes after a cancellation is given back to
    /// the server, which counts it as delivered once more.
    public func fetch(batch: Int, timeout: Duration) async throws(NATSError) -> [JetStreamMessage] {
        let deadline = ContinuousClock.now + timeout
        try await turn.take(timeout: timeout + jetStream.timeout)
        defer { turn.release() }
        if ContinuousClock.now >= deadline || !isDrained.load(ordering: .relaxed) {
            let ready = try await pull(batch, wait: nil)
            if !ready.isEmpty { return ready }
        }
        let remaining = deadline - ContinuousClock.now
        guard remaining > .zero else { return [] }
        // One is asked for at first: with more, those that come after the first would be on their way to nobody.
        let first = try await pull(1, wait: remaining)
        if first.isEmpty || batch <= 1 || isDrained.load(ordering: .relaxed) { return first }
        do throws(NATSError) {
            return first + (try await pull(batch - 1, wait: nil))
        } catch {
            // What has arrived is the caller's; the same error will meet the next fetch.
            return first
        }
    }

    /// One pull: what is there now (`wait` nil), or what comes within `wait`.
    private func pull(_ batch: Int, wait: Duration?) async throws(NATSError) -> [JetStreamMessage] {
        let body = Self.request(batch, wait)
        let connection = jetStream.connection
        if let denied = connection.state.inboxDenied { throw denied }
        defer { current.token.store(0, ordering: .releasing) }
        let outcome: Waiters.Outcome
        do throws(NATSError) {
            // The server ends the pull at its deadline; the time beyond is for its answer to arrive.
            let limit = (wait ?? .zero) + min(jetStream.timeout, PullConsumer.answerLimit)
            outcome = try await connection.state.waiters.wait(.batch(limit: batch), timeout: limit) {
                (token) throws(NATSError) in
                current.token.store(token, ordering: .releasing)
                let subject = "$JS.API.CONSUMER.MSG.NEXT.\(stream).\(name)"
                try connection.send(
                    subject, reply: inbox + String(token, radix: 36), headers: Headers(), payload: body)
            }
        } catch  where error == .timeout || error == .noResponders {
            // The server says nothing to a pull of a consumer that is gone; its information says what is missing.
            _ = try await jetStream.consumerInfo(name, on: stream)
            throw error
        }
        guard case .batch(let messages) = outcome else { throw .other("an answer of the wrong kind") }
        // An acknowledgement is sent to the reply of the message: only to one of this consumer.
        let own = messages.compactMap { JetStreamMessage($0, connection) }
            .filter { $0.stream == stream && $0.consumer == name }
        isDrained.store((own.last?.pending ?? 0) == 0, ordering: .relaxed)
        return own
    }
}

extension PullConsumer {
    /// A pull in the server's JSON. Written down by hand: a consumer sends one for each event of a quiet time, and an encoder
    /// takes longer than all the rest.
    static func request(_ batch: Int, _ wait: Duration?) -> [UInt8] {
        let end = wait.map { #""expires":\#($0.wireNanoseconds)"# } ?? #""no_wait":true"#
        return Array(#"{"batch":\#(batch),\#(end)}"#.utf8)
    }
}

/// The token of the pull that runs, or 0; shared with the thread that delivers.
private final class CurrentPull: Sendable {
    let token = Atomic<UInt64>(0)
}

/// A message that came after its pull had been given up is given back, so that it is delivered again now and not only
/// after the acknowledgement wait. Only one of this consumer: nothing is sent to where any other reply says.
private func returnUnwanted(
    _ message: OpaquePointer, of origin: (stream: String, consumer: String), _ connection: OpaquePointer?
) {
    guard let reply = natsMsg_GetReply(message),
        let metadata = JetStreamMessage.metadata(in: String(cString: reply)),
        metadata[0] == origin.stream, metadata[1] == origin.consumer
    else { return }
    _ = natsConnection_PublishString(connection, reply, "-NAK")
}

/// The status line of a message that the server itself sent.
private func serverStatus(of message: OpaquePointer) -> (code: Int, text: String)? {
    // First, since the library's own look at the headers cuts the block up.
    if let block = HeaderBlock(of: message) { return block.status }
    var value: UnsafePointer<CChar>?
    guard natsMsgHeader_Get(message, "Status", &value) == NATS_OK, let value, let code = Int(String(cString: value))
    else { return nil }
    var text: UnsafePointer<CChar>?
    _ = natsMsgHeader_Get(message, "Description", &text)
    return (code, text.map { String(cString: $0) } ?? "")
}
