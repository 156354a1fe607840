/// Follows the conversation with the server, to know what it said about each recipient: libcurl itself tells only the
/// last code. Keeps codes and short reasons, never bodies or credentials.
struct SMTPTranscript {
    struct Reply {
        let code: Int
        let reason: String
    }

    private enum Command { case other, hello, mail, recipient, data }

    private(set) var sender: Reply?
    private(set) var recipients: [Reply] = []
    /// Replies to DATA: to the command, and after the body.
    private(set) var data: [Reply] = []
    private(set) var last: Reply?
    /// Whether the server was greeted and did not say that it carries addresses beyond ASCII (RFC 6531). Told when MAIL goes
    /// out: behind TLS a server may offer more than before.
    private(set) var lacksUTF8 = false
    private var offersUTF8 = false
    private var command = Command.other

    /// A line this side sent.
    mutating func sent(_ bytes: UnsafeRawBufferPointer) {
        func begins(_ text: StaticString) -> Bool {
            let word = UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
            return bytes.count >= word.count
                && UnsafeRawBufferPointer(rebasing: bytes[..<word.count]).elementsEqual(word)
        }
        command =
            begins("MAIL ")
            ? .mail
            : begins("RCPT ") ? .recipient : begins("DATA") ? .data : begins("EHLO ") ? .hello : .other
        if command == .hello { offersUTF8 = false }
        if command == .mail { lacksUTF8 = !offersUTF8 }
    }

    /// A line the server sent. Only the last line of a reply counts: "250-…" goes on, "250 …" ends.
    mutating func received(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count >= 3, let code = Int(String(decoding: bytes[..<3], as: UTF8.self)) else { return }
        if command == .hello, String(decoding: bytes.dropFirst(4), as: UTF8.self).uppercased().hasPrefix("SMTPUTF8") {
            offersUTF8 = true
        }
        guard bytes.count == 3 || bytes[3] != UInt8(ascii: "-") else { return }
        let text = String(decoding: bytes[min(4, bytes.count)...].prefix(200), as: UTF8.self)
        let reason = String(
            String.UnicodeScalarView(text.unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7F }))
        let reply = Reply(code: code, reason: reason)
        last = reply
        switch command {
        case .mail: sender = reply
        case .recipient: recipients.append(reply)
        case .data: data.append(reply)
        case .other, .hello: break
        }
    }

    /// The outcome for each recipient, in the order they were named.
    func outcomes(for count: Int, succeeded: Bool, failure: String) -> [MailDelivery.Outcome] {
        (0..<count).map { index in
            if index < recipients.count, let refused = Self.refusal(recipients[index]) { return refused }
            if succeeded { return .accepted }
            // Refused as a whole: by the reply to MAIL or to DATA. A final 2xx after the body stands even when the
            // connection broke right after it.
            if let sender, let refused = Self.refusal(sender) { return refused }
            if data.count == 2, data[1].code / 100 == 2, index < recipients.count { return .accepted }
            if let refused = data.lazy.compactMap(Self.refusal).first { return refused }
            let code = (last?.code).flatMap { $0 >= 400 ? $0 : nil } ?? 0
            // Before MAIL, nothing a server says is about this mail (a wrong password, "too busy").
            return sender == nil ? .unreached(code: code, reason: failure) : .transient(code: code, reason: failure)
        }
    }

    private static func refusal(_ reply: Reply) -> MailDelivery.Outcome? {
        switch reply.code {
        case 500...: .permanent(code: reply.code, reason: reply.reason)
        case 400..<500: .transient(code: reply.code, reason: reply.reason)
        default: nil
        }
    }
}
