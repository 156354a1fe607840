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

    /// One element of `Ale-Warning`: `<rule> <field> <message>`, the message percent-encoded, and so is the comma, which
    /// separates elements.
    public var headerValue: String {
        "\(rule) \(field) \(HeaderText.encoded(message, besides: [UInt8(ascii: ",")]))"
    }

    /// The warning of one element; nil when it is not one. What is not encoded well stands for itself.
    public init?(headerValue: String) {
        let parts = headerValue.split(separator: " ", maxSplits: 2)
        guard parts.count == 3 else { return nil }
        self.init(rule: String(parts[0]), field: String(parts[1]), message: HeaderText.decoded(parts[2]))
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
