/// Where an answer may go: the address of somebody who waits for one, and nothing else.
///
/// A request names the subject of its answer itself, and the answer is published under the rights of the service. With
/// any subject allowed, whoever may ask could write events, or change streams and consumers, in the service's name. So
/// answers have this type, and a request that names something else is not carried out.
struct ReplyInbox: Sendable, Hashable {
    /// The subject.
    let subject: String

    /// The longest one accepted, in bytes. Client libraries make some sixty.
    static let maximumLength = 255

    /// Inboxes begin with the first. With the second begins what a NATS server puts in the place of the inbox when a
    /// request comes from another account: it refuses clients that name such a subject themselves.
    private static let prefixes = ["_INBOX.", "_R_."]

    /// Reads the reply subject of a message; nil when it is no inbox. The tokens after the prefix are letters, digits,
    /// `_` and `-`: no wildcard, nothing empty, nothing that could end the line of the protocol.
    init?(_ subject: String) {
        guard subject.utf8.count <= Self.maximumLength,
            let prefix = Self.prefixes.first(where: { subject.hasPrefix($0) })
        else { return nil }
        let tokens = subject.utf8.dropFirst(prefix.utf8.count)
            .split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard tokens.allSatisfy({ !$0.isEmpty && $0.allSatisfy(Self.isAllowed) }) else { return nil }
        self.subject = subject
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
