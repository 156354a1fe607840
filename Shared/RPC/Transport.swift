/// What carries requests and answers: NATS in production, memory in tests. A seam, so that everything above it can be
/// proven at both depths with the same test body.
public protocol Transport: Sendable {
    /// The most bytes one message may have, headers included. A server tells it when the connection is made.
    var maximumMessageBytes: Int { get }

    /// Sends a message. Returns when the message is queued for sending.
    func publish(_ payload: [UInt8], to subject: String, headers: Headers) throws(TransportFailure)

    /// As ``publish(_:to:headers:)``, for a message of a crowd: it may wait a moment for others to be sent together with.
    func publishInCompany(_ payload: [UInt8], to subject: String, headers: Headers) throws(TransportFailure)

    /// Sends a request and waits for the first answer, at most `timeout`. Fails at once when nobody listens.
    func request(
        _ payload: [UInt8], to subject: String, headers: Headers, timeout: Duration
    ) async throws(TransportFailure) -> Delivery

    /// Hands every message on `subject` to `onMessage`, on the transport's thread: it must return quickly and must not
    /// wait. With a queue group each message goes to one member only. The server knows of the subscription when the
    /// next ``flush(limit:)`` returns.
    func subscribe(
        _ subject: String, queue: String?, onMessage: @escaping @Sendable (Delivery) -> Void
    ) async throws(TransportFailure) -> any TransportSubscription

    /// Returns when everything published so far has reached the server, at most `limit` later.
    func flush(limit: Duration) async throws(TransportFailure)
}

extension Transport {
    /// A transport for which company makes no difference sends it at once.
    public func publishInCompany(
        _ payload: [UInt8], to subject: String, headers: Headers
    ) throws(TransportFailure) {
        try publish(payload, to: subject, headers: headers)
    }
}

/// A standing interest in a subject.
public protocol TransportSubscription: Sendable {
    /// Stops taking messages and returns when those already received have been handed over. Fails with
    /// ``TransportFailure/timeout`` when that takes longer than `limit`; some may then be lost.
    func drain(limit: Duration) async throws(TransportFailure)
}

/// A message received.
public struct Delivery: Sendable {
    /// The subject it was sent to.
    public var subject: String
    /// Where an answer goes; nil when none is wanted.
    public var reply: String?
    /// Its headers.
    public var headers: Headers
    /// Its content.
    public var payload: [UInt8]

    /// A message with the given parts.
    public init(subject: String, reply: String?, headers: Headers, payload: [UInt8]) {
        self.subject = subject
        self.reply = reply
        self.headers = headers
        self.payload = payload
    }
}

/// Why a transport could not carry a message.
public enum TransportFailure: Error, Sendable, Equatable {
    /// Nobody listens on the subject. The message was not delivered.
    case noResponders
    /// No answer came in time. The message may have been delivered.
    case timeout
    /// The message is larger than the server takes. It was not sent.
    case tooLarge
    /// The connection is closed. The message may have been delivered.
    case closed
    /// The waiting task was cancelled.
    case cancelled
    /// The server does not allow it. The text is for the log.
    case forbidden(String)
    /// As much is waiting already as the connection allows. It was not sent.
    case overloaded
    /// A header's name or value cannot be sent; the name is given. It was not sent.
    case invalidHeader(String)
    /// Anything else, in the transport's own words.
    case other(String)
}
