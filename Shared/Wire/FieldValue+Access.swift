// What the generated `subscript(fieldAt:)` and `setField(at:to:)` of records are made of.

extension FieldValue {
    /// The value of a plain string field: an empty text is no value.
    package init(plain text: String) { self = text.isEmpty ? .null : .string(text) }
    /// The value of an `optional string` field.
    package init(_ text: String?) { self = text.map(FieldValue.string) ?? .null }
    /// The value of a number field.
    package init(_ number: Int64?) { self = number.map(FieldValue.int) ?? .null }
    /// The value of a number field.
    package init(_ number: Int32?) { self = number.map { .int(Int64($0)) } ?? .null }
    /// The value of a number field.
    package init(_ number: UInt32?) { self = number.map { .int(Int64($0)) } ?? .null }
    /// The value of a boolean field.
    package init(_ flag: Bool?) { self = flag.map(FieldValue.bool) ?? .null }
    /// The value of a time field.
    package init(_ time: Timestamp?) { self = time.map(FieldValue.timestamp) ?? .null }
    /// The value of a list field.
    package init(_ list: [String]) { self = .strings(list) }

    /// The text to write into `field`; nil for `.null`.
    package func text(_ field: StaticString) throws(WireError) -> String? {
        switch self {
        case .null: nil
        case .string(let value): value
        default: throw WireError(.wrongType(expected: "a string"), path: "\(field)")
        }
    }

    /// The number to write into `field`; nil for `.null`.
    package func number<Value: FixedWidthInteger>(_ field: StaticString) throws(WireError) -> Value? {
        switch self {
        case .null: return nil
        case .int(let value):
            guard let number = Value(exactly: value) else { throw WireError(.outOfRange, path: "\(field)") }
            return number
        default: throw WireError(.wrongType(expected: "a number"), path: "\(field)")
        }
    }

    /// The boolean to write into `field`; nil for `.null`.
    package func flag(_ field: StaticString) throws(WireError) -> Bool? {
        switch self {
        case .null: nil
        case .bool(let value): value
        default: throw WireError(.wrongType(expected: "true or false"), path: "\(field)")
        }
    }

    /// The instant to write into `field`; nil for `.null`.
    package func time(_ field: StaticString) throws(WireError) -> Timestamp? {
        switch self {
        case .null: nil
        case .timestamp(let value): value
        default: throw WireError(.wrongType(expected: "a time"), path: "\(field)")
        }
    }

    /// The list to write into `field`; empty for `.null`.
    package func list(_ field: StaticString) throws(WireError) -> [String] {
        switch self {
        case .null: []
        case .strings(let value): value
        default: throw WireError(.wrongType(expected: "a list"), path: "\(field)")
        }
    }
}
