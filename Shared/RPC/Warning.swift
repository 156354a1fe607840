import Synchronization
import Wire

extension Warning {
    /// The most that the headers of one answer carry.
    public static let limit = 16

    /// A warning of the rule `rule` about `field`.
    public init(rule: String, field: String, message: String) {
        self.init()
        self.rule = rule
        self.field = field
        self.message = message
    }

    /// One element of `Ale-Warning`: `<rule> <field> <message>`, the message percent-encoded as gRPC does with
    /// `grpc-message`, since headers have no agreed character set; and so is the comma, which separates elements.
    public var headerValue: String {
        let encoded = message.utf8.reduce(into: "") { text, byte in
            if (0x20...0x7E).contains(byte), byte != UInt8(ascii: "%"), byte != UInt8(ascii: ",") {
                text.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                text += byte < 0x10 ? "%0" : "%"
                text += String(byte, radix: 16, uppercase: true)
            }
        }
        return "\(rule) \(field) \(encoded)"
    }

    /// The warning of one element; nil when it is not one. What is not encoded well stands for itself.
    public init?(headerValue: String) {
        let parts = headerValue.split(separator: " ", maxSplits: 2)
        guard parts.count == 3 else { return nil }
        var bytes: [UInt8] = []
        var rest = parts[2].utf8[...]
        while let byte = rest.first {
            rest = rest.dropFirst()
            if byte == UInt8(ascii: "%"), let value = Self.byte(rest.prefix(2)) {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        self.init(rule: String(parts[0]), field: String(parts[1]), message: String(decoding: bytes, as: UTF8.self))
    }

    /// The header of an answer: all in one value, because many a client keeps one value of a name only.
    static func header(_ warnings: [Warning]) -> String {
        warnings.map(\.headerValue).joined(separator: ", ")
    }

    /// The warnings of an answer's headers. A header that was split into several means the same.
    static func read(_ headers: Headers) -> [Warning] {
        headers.values(HeaderName.warning).flatMap { value in
            value.split(separator: ",").compactMap { Warning(headerValue: String($0)) }
        }
    }

    private static func byte(_ digits: Substring.UTF8View.SubSequence) -> UInt8? {
        guard digits.count == 2, digits.allSatisfy({ $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "-") }) else {
            return nil
        }
        return UInt8(Substring(digits), radix: 16)
    }
}

/// What one call has warned of so far.
final class WarningList: Sendable {
    private let list = Mutex<[Warning]>([])

    var all: [Warning] { list.withLock { $0 } }

    /// Keeps as many as an answer carries.
    func add(_ warnings: [Warning]) {
        list.withLock { list in list += warnings.prefix(Warning.limit - list.count) }
    }
}
