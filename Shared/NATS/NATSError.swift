import CNATS

/// What can go wrong when talking to NATS. Every throwing function of this module throws this type and no other.
public enum NATSError: Error, Sendable, Hashable {
    /// Nothing answered before the deadline. Whether the other side acted is unknown.
    case timeout
    /// The server knows nobody who listens on the subject; nothing was done.
    case noResponders
    /// The connection was closed, here or for good by the server.
    case closed
    /// The connection is down and being re-established, or the buffer for that time is full. Whether a request in
    /// flight was acted upon is unknown.
    case disconnected
    /// The server's permissions forbid it. The text is the server's.
    case permissionDenied(String)
    /// The server refused the credentials.
    case authenticationFailed(String)
    /// More messages arrived than the subscription may hold; some were dropped.
    case slowConsumer
    /// The subject is malformed, or has a wildcard where none is allowed.
    case invalidSubject(String)
    /// A header name or value cannot be sent: the name is given, never the value.
    case invalidHeader(String)
    /// The payload is larger than the server takes.
    case payloadTooLarge(bytes: Int)
    /// As many requests as the connection allows are in flight already; nothing was sent.
    case tooManyRequests(limit: Int)
    /// The task that waited was cancelled.
    case cancelled
    /// JetStream refused: HTTP-like code, JetStream's own error number (10059: no such stream) and its text.
    case jetStream(code: Int, errCode: Int, description: String)
    /// Anything else, with the library's text.
    case other(String)
}

extension NATSError {
    /// True when JetStream says that the stream does not exist, or that no stream takes the subject.
    public var isStreamNotFound: Bool { jetStreamErrorCode == JetStreamErrorCode.streamNotFound }

    /// True when JetStream says that the consumer does not exist.
    public var isConsumerNotFound: Bool { jetStreamErrorCode == JetStreamErrorCode.consumerNotFound }

    /// JetStream's own error number, when it was JetStream that refused.
    public var jetStreamErrorCode: Int? {
        if case .jetStream(_, let errCode, _) = self { errCode } else { nil }
    }
}

/// JetStream's error numbers that callers act upon.
public enum JetStreamErrorCode {
    /// The consumer does not exist.
    public static let consumerNotFound = 10014
    /// The stream has no message of that sequence.
    public static let messageNotFound = 10037
    /// The stream does not exist.
    public static let streamNotFound = 10059
}

extension NATSError: CustomStringConvertible {
    /// One line for a log; it holds no payloads.
    public var description: String {
        switch self {
        case .timeout: "timed out"
        case .noResponders: "no responders"
        case .closed: "connection closed"
        case .disconnected: "disconnected"
        case .permissionDenied(let text): "permission denied: \(text)"
        case .authenticationFailed(let text): "authentication failed: \(text)"
        case .slowConsumer: "slow consumer, messages were dropped"
        case .invalidSubject(let subject): "invalid subject: \(subject.debugDescription)"
        case .invalidHeader(let name): "invalid header: \(name.debugDescription)"
        case .payloadTooLarge(let bytes): "payload too large: \(bytes) bytes"
        case .tooManyRequests(let limit): "too many requests in flight, the limit is \(limit)"
        case .cancelled: "cancelled"
        case .jetStream(let code, let errCode, let description): "JetStream \(code)/\(errCode): \(description)"
        case .other(let text): text
        }
    }
}

extension NATSError {
    /// The error for a status of libnats. Call it on the thread of the failed call: libnats keeps the text there.
    init(_ status: natsStatus) {
        let detail = nats_GetLastError(nil).map { String(cString: $0) } ?? ""
        let text = natsStatus_GetText(status).map { String(cString: $0) } ?? "status \(status.rawValue)"
        let full = detail.isEmpty ? text : "\(text): \(detail)"
        switch status {
        case NATS_TIMEOUT: self = .timeout
        case NATS_NO_RESPONDERS: self = .noResponders
        case NATS_CONNECTION_CLOSED, NATS_INVALID_SUBSCRIPTION, NATS_DRAINING: self = .closed
        // While reconnecting, the only buffer that can be too small is the one that keeps what is published.
        case NATS_CONNECTION_DISCONNECTED, NATS_STALE_CONNECTION, NATS_INSUFFICIENT_BUFFER, NATS_NO_SERVER,
            NATS_IO_ERROR:
            self = .disconnected
        case NATS_NOT_PERMITTED: self = .permissionDenied(full)
        case NATS_CONNECTION_AUTH_FAILED: self = .authenticationFailed(full)
        case NATS_SLOW_CONSUMER: self = .slowConsumer
        case NATS_INVALID_SUBJECT: self = .invalidSubject(detail)
        default: self = .other(full)
        }
    }

    /// Throws unless the status is NATS_OK.
    static func check(_ status: natsStatus) throws(NATSError) {
        if status != NATS_OK { throw NATSError(status) }
    }
}
