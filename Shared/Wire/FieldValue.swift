/// The value of one field of a record, free of its type: what lists, filters, rules, journals and imports handle.
///
/// A plain string field without a value reads as `.null`, a plain number as `.int(0)`, a plain boolean as
/// `.bool(false)`; `optional` fields and times without a value read as `.null`, lists always as `.strings`.
public enum FieldValue: Sendable, Hashable {
    /// No value.
    case null
    /// A text, a date `YYYY-MM-DD`, a decimal, a choice or a lower-case UUID.
    case string(String)
    /// A whole number.
    case int(Int64)
    /// Yes or no.
    case bool(Bool)
    /// An instant.
    case timestamp(Timestamp)
    /// A list of texts, in order.
    case strings([String])

    /// Whether a person would say that the field is not filled in: no value, an empty text or an empty list.
    public var isEmpty: Bool {
        switch self {
        case .null: true
        case .string(let text): text.isEmpty
        case .strings(let list): list.isEmpty
        case .int, .bool, .timestamp: false
        }
    }

    /// The text, if it is one.
    public var string: String? { if case .string(let value) = self { value } else { nil } }
    /// The number, if it is one.
    public var int: Int64? { if case .int(let value) = self { value } else { nil } }
    /// The boolean, if it is one.
    public var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
    /// The instant, if it is one.
    public var timestamp: Timestamp? { if case .timestamp(let value) = self { value } else { nil } }
    /// The list, if it is one.
    public var strings: [String]? { if case .strings(let value) = self { value } else { nil } }
}

/// How a field of a record is kept in its message.
public enum FieldStorage: String, Sendable, Hashable {
    /// `string`.
    case string
    /// `int32`, `int64` or `uint32`.
    case int
    /// `bool`.
    case bool
    /// `google.protobuf.Timestamp`.
    case timestamp
    /// `repeated string`.
    case strings
}
