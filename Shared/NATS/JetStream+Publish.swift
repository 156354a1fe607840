/// What JetStream answers when it has stored a message.
public struct PublishAck: Sendable, Hashable {
    /// The stream that took the message.
    public let stream: String
    /// Its place there.
    public let sequence: UInt64
    /// True when a message with the same id was stored within the stream's duplicate window; `sequence` is then that
    /// of the first.
    public let isDuplicate: Bool

    /// An acknowledgement from its parts, for code under test.
    public init(stream: String, sequence: UInt64, isDuplicate: Bool) {
        self.stream = stream
        self.sequence = sequence
        self.isDuplicate = isDuplicate
    }
}

/// A message on its way to a stream.
public struct OutboundMessage: Sendable {
    let subject: String
    let headers: Headers
    let payload: [UInt8]
    let messageID: String

    /// A message that is stored once within the stream's duplicate window, under its `messageID`.
    public init(_ subject: String, headers: Headers, payload: [UInt8], messageID: String) {
        self.subject = subject
        self.payload = payload
        self.messageID = messageID
        var headers = headers
        headers.set("Nats-Msg-Id", messageID)
        self.headers = headers
    }
}

extension JetStream {
    /// Publishes messages in this order, each right behind the other, and returns when the server has answered for all of
    /// them: what became of each, in the same order. `mayGoOn` is asked before each; what it forbids is not sent, and
    /// ends with `.cancelled`. How many are given at once is for the caller to bound.
    public func publish(
        _ publications: [OutboundMessage], while mayGoOn: () -> Bool
    ) async -> [Result<PublishAck, NATSError>] {
        if let denied = connection.state.inboxDenied { return publications.map { _ in .failure(denied) } }
        let kinds = publications.map { Waiters.Kind.answer(subject: $0.subject) }
        let answers = await connection.state.waiters.gather(kinds, timeout: timeout) {
            (index, token) throws(NATSError) in
            guard mayGoOn() else { throw .cancelled }
            let publication = publications[index]
            try connection.send(
                publication.subject, reply: connection.inbox + String(token, radix: 36),
                headers: publication.headers, payload: publication.payload)
        }
        return zip(publications, answers).map { acknowledgement(of: $1, $0.subject) }
    }

    /// What an answer says of the message that it is to.
    func acknowledgement(
        of answer: Result<Waiters.Outcome, NATSError>, _ subject: String
    ) -> Result<PublishAck, NATSError> {
        Result { () throws(NATSError) -> PublishAck in
            guard case .message(let message) = try Self.reachable(answer, subject) else {
                throw .other("an answer of the wrong kind")
            }
            return try Self.acknowledgement(message)
        }
    }

    /// Publishes and returns when a stream has stored the message. With a `messageID` (header `Nats-Msg-Id`) a second
    /// publication within the duplicate window is not stored again. Run many at once from tasks of your own; when as
    /// many wait as the context allows, this waits for a slot, up to the timeout. Throws `.jetStream` with error 10059
    /// (`isStreamNotFound`) when no stream takes the subject, which is also so for a moment after a server's start.
    public func publish(
        _ subject: String, headers: Headers = Headers(), payload: [UInt8], messageID: String? = nil
    ) async throws(NATSError) -> PublishAck {
        var headers = headers
        if let messageID { headers.set("Nats-Msg-Id", messageID) }
        try await publishSlots.take(timeout: timeout)
        defer { publishSlots.release() }
        let answer: InboundMessage
        do throws(NATSError) {
            answer = try await connection.request(subject, headers: headers, payload: payload, timeout: timeout)
        } catch .noResponders {
            throw Self.streamNotFound(subject)
        }
        return try Self.acknowledgement(answer)
    }

    /// An outcome, where nobody listens as the error that it is.
    private static func reachable(
        _ outcome: Result<Waiters.Outcome, NATSError>, _ subject: String
    ) throws(NATSError) -> Waiters.Outcome {
        do throws(NATSError) {
            return try outcome.get()
        } catch .noResponders {
            throw streamNotFound(subject)
        }
    }

    private static func streamNotFound(_ subject: String) -> NATSError {
        .jetStream(code: 503, errCode: JetStreamErrorCode.streamNotFound, description: "no stream takes \(subject)")
    }

    private static func acknowledgement(_ answer: InboundMessage) throws(NATSError) -> PublishAck {
        if let ack = PublishAck(json: answer.payload) { return ack }
        let slow = try JSON.decode(SlowAck.self, from: answer.payload)
        if let error = slow.error { throw error.natsError }
        guard let stream = slow.stream, let sequence = slow.seq else { throw .other("not an answer of JetStream") }
        return PublishAck(stream: stream, sequence: sequence, isDuplicate: slow.duplicate ?? false)
    }
}

/// Any answer, read the slow way.
private struct SlowAck: Decodable {
    var error: APIFailure.Detail?
    var stream: String?
    var seq: UInt64?
    var duplicate: Bool?
}

extension PublishAck {
    /// Reads `{"stream":"NAME", "seq":1,"duplicate":true}`, which is what the server sends for a message stored, at a
    /// hundredth of the cost of a JSON parser. Nil for every other form.
    init?(json: [UInt8]) {
        var scanner = AckScanner(bytes: json)
        var stream: String?
        var sequence: UInt64?
        var isDuplicate = false
        guard scanner.take("{") else { return nil }
        repeat {
            guard let key = scanner.string(), scanner.take(":") else { return nil }
            switch key {
            case "stream": stream = scanner.string()
            case "seq": sequence = scanner.number()
            case "duplicate":
                guard scanner.take("true") else { return nil }
                isDuplicate = true
            default: return nil
            }
        } while scanner.take(",")
        guard scanner.take("}"), let stream, let sequence else { return nil }
        self.init(stream: stream, sequence: sequence, isDuplicate: isDuplicate)
    }
}

private struct AckScanner {
    let bytes: [UInt8]
    var index = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    mutating func take(_ text: StaticString) -> Bool {
        skipSpaces()
        let count = text.utf8CodeUnitCount
        guard bytes.count - index >= count else { return false }
        for offset in 0..<count where bytes[index + offset] != text.utf8Start[offset] { return false }
        index += count
        return true
    }

    mutating func string() -> String? {
        guard take("\"") else { return nil }
        let start = index
        while index < bytes.count, bytes[index] != UInt8(ascii: "\"") {
            if bytes[index] == UInt8(ascii: "\\") { return nil }
            index += 1
        }
        guard index < bytes.count else { return nil }
        defer { index += 1 }
        return String(decoding: bytes[start..<index], as: UTF8.self)
    }

    mutating func number() -> UInt64? {
        skipSpaces()
        let start = index
        while index < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[index]) { index += 1 }
        return UInt64(String(decoding: bytes[start..<index], as: UTF8.self))
    }

    private mutating func skipSpaces() {
        while index < bytes.count, bytes[index] == UInt8(ascii: " ") { index += 1 }
    }
}
