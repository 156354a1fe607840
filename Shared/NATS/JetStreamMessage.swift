/// A message that a consumer delivered. It must be acknowledged, or it comes again. The acknowledging functions send
/// and do not wait for the server; one that is lost only means another delivery. They throw what `publish` throws.
public struct JetStreamMessage: Sendable {
    /// Subject, headers and payload.
    public let message: InboundMessage
    /// Its stream.
    public let stream: String
    /// The consumer that delivered it.
    public let consumer: String
    /// Its place in the stream.
    public let streamSequence: UInt64
    /// The number of this delivery among all of the consumer.
    public let consumerSequence: UInt64
    /// How often this message was delivered, this time included.
    public let deliveries: Int
    /// When it was stored, nanoseconds since 1970.
    public let timestampNanoseconds: Int64
    /// How many messages the consumer has after this one.
    public let pending: UInt64
    private let connection: Connection
    private let acknowledgementSubject: String

    /// The message's id (`Nats-Msg-Id`), when its publisher gave one.
    public var messageID: String? { message.headers["Nats-Msg-Id"] }

    /// What a reply subject tells, from the stream on, seven parts at least; nil for one that is no place of
    /// acknowledgements: `$JS.ACK.<stream>.<consumer>.<deliveries>.<stream sequence>.<consumer sequence>.<time>.<pending>`;
    /// newer servers put a domain and an account before the stream.
    static func metadata(in reply: String) -> [Substring]? {
        let tokens = reply.split(separator: ".").dropFirst(2)
        guard reply.hasPrefix("$JS.ACK."), tokens.count >= 7 else { return nil }
        return Array(tokens.count >= 9 ? tokens.dropFirst(2) : tokens)
    }

    /// Reads the reply subject, which carries the metadata.
    init?(_ message: InboundMessage, _ connection: Connection) {
        guard let reply = message.reply, let parts = Self.metadata(in: reply) else { return nil }
        guard let deliveries = Int(parts[2]), let streamSequence = UInt64(parts[3]),
            let consumerSequence = UInt64(parts[4]), let timestamp = Int64(parts[5]), let pending = UInt64(parts[6])
        else { return nil }
        self.message = message
        self.stream = String(parts[0])
        self.consumer = String(parts[1])
        self.deliveries = deliveries
        self.streamSequence = streamSequence
        self.consumerSequence = consumerSequence
        self.timestampNanoseconds = timestamp
        self.pending = pending
        self.connection = connection
        acknowledgementSubject = reply
    }

    /// Done: it does not come again.
    public func ack() throws(NATSError) { try answer("+ACK") }

    /// Never to be delivered again, though it could not be handled.
    public func term() throws(NATSError) { try answer("+TERM") }

    /// Still at work: the wait for the acknowledgement begins anew.
    public func inProgress() throws(NATSError) { try answer("+WPI") }

    private func answer(_ text: String) throws(NATSError) {
        try connection.publish(acknowledgementSubject, payload: Array(text.utf8))
    }
}
