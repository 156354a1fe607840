/// Checks of subjects and their tokens. Nothing reaches the wire unchecked: a space or a line break in a subject
/// would be read by the server as a part of its protocol.
public enum Subject {
    /// The longest subject accepted, in bytes; the server's own limit is its control line of 4,096.
    public static let maximumLength = 1_024

    /// Returns the token when it is one or more of `[a-z0-9_-]`: the only alphabet of subjects made by this system.
    /// Throws `.invalidSubject` otherwise.
    public static func token(_ token: String) throws(NATSError) -> String {
        guard isToken(token) else { throw .invalidSubject(token) }
        return token
    }

    /// Whether the text is one or more of `[a-z0-9_-]`.
    public static func isToken(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                    || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
            }
    }

    /// Whether a message can be published to the subject: printable bytes without spaces, no empty token and no
    /// wildcard.
    public static func isPublishable(_ subject: String) -> Bool {
        let length = subject.utf8.count
        guard length > 0, length <= maximumLength else { return false }
        var subject = subject
        return subject.withUTF8 { bytes in
            var previous = UInt8(ascii: ".")
            for byte in bytes {
                switch byte {
                case 0...0x20, 0x7F, UInt8(ascii: "*"), UInt8(ascii: ">"): return false
                case UInt8(ascii: ".") where previous == UInt8(ascii: "."): return false
                default: previous = byte
                }
            }
            return previous != UInt8(ascii: ".")
        }
    }

    /// Whether one can subscribe to the subject: as `isPublishable`, but a token may be `*` and the last may be `>`.
    public static func isSubscribable(_ subject: String) -> Bool {
        guard subject.utf8.count <= maximumLength else { return false }
        let tokens = subject.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        for (index, token) in tokens.enumerated() {
            if token.isEmpty || token.contains(where: { $0 <= 0x20 || $0 == 0x7F }) { return false }
            let isOnlyByte = token.count == 1
            if token.contains(UInt8(ascii: ">")) && !(isOnlyByte && index == tokens.count - 1) { return false }
            if token.contains(UInt8(ascii: "*")) && !isOnlyByte { return false }
        }
        return true
    }

    static func requirePublishable(_ subject: String) throws(NATSError) {
        if !isPublishable(subject) { throw .invalidSubject(subject) }
    }

    static func requireSubscribable(_ subject: String) throws(NATSError) {
        if !isSubscribable(subject) { throw .invalidSubject(subject) }
    }

    /// Names of streams, consumers and queue groups: a token that is safe in a subject, upper case allowed.
    static func requireName(_ name: String) throws(NATSError) {
        let isSafe = name.utf8.allSatisfy { byte in
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
        }
        guard !name.isEmpty, name.utf8.count <= 255, isSafe else { throw .invalidSubject(name) }
    }
}
