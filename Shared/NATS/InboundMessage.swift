import CNATS

/// A message that arrived.
public struct InboundMessage: Sendable, Hashable {
    /// The subject it was published to.
    public let subject: String
    /// Where an answer is expected, if one is.
    public let reply: String?
    /// Its headers.
    public let headers: Headers
    /// Its content.
    public let payload: [UInt8]

    /// A message from its parts, for handlers under test.
    public init(subject: String, reply: String? = nil, headers: Headers = Headers(), payload: [UInt8] = []) {
        self.subject = subject
        self.reply = reply
        self.headers = headers
        self.payload = payload
    }

    /// Copies what libnats received; the caller still owns the message.
    init(copying message: OpaquePointer) {
        subject = natsMsg_GetSubject(message).map { String(cString: $0) } ?? ""
        reply = natsMsg_GetReply(message).map { String(cString: $0) }
        headers = Headers(of: message)
        let length = Int(natsMsg_GetDataLength(message))
        payload = natsMsg_GetData(message).map { Array(UnsafeRawBufferPointer(start: $0, count: length)) } ?? []
    }
}
