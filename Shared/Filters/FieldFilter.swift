import Wire

/// A filter that code writes over the records of one type: fields by their keys, so that a misspelt one does not compile,
/// and values quoted here. What people write is a ``Filter``.
public struct FieldFilter<Field: FieldKey>: Sendable, Hashable {
    /// As requests carry it, in the language of ``Filter``: parts joined by `AND`, or empty.
    public let text: String

    private init(_ text: String) { self.text = text }

    /// Keeps every record.
    public static var everything: FieldFilter { FieldFilter("") }

    /// The field is `value`: a text, an id or a choice.
    public static func equal(_ field: Field, _ value: String) -> FieldFilter {
        FieldFilter("\(field.rawValue) = \(Filter.quoted(value))")
    }

    /// The field is `value`.
    public static func equal(_ field: Field, _ value: Bool) -> FieldFilter {
        FieldFilter("\(field.rawValue) = \(value)")
    }

    /// The field is one of `values`, of which there is at least one.
    public static func equal(_ field: Field, oneOf values: [String]) -> FieldFilter {
        if values.count == 1 { return equal(field, values[0]) }
        return FieldFilter("\(field.rawValue) = (\(values.map(Filter.quoted).joined(separator: " OR ")))")
    }

    /// Every one of these fields has the value that stands by it.
    public static func equal(_ values: [Field: String]) -> FieldFilter {
        values.sorted { $0.key.rawValue < $1.key.rawValue }.reduce(everything) { $0.and(.equal($1.key, $1.value)) }
    }

    /// What both keep.
    public func and(_ other: FieldFilter) -> FieldFilter {
        FieldFilter([text, other.text].filter { !$0.isEmpty }.joined(separator: " AND "))
    }
}

extension Filter {
    /// A text as a value in the language of filters. The quotation mark, the mark of an escape, and what stands for any text
    /// mean themselves.
    public static func quoted(_ value: String) -> String {
        let escaped = value.map { "\\\"*".contains($0) ? "\\\($0)" : "\($0)" }
        return "\"\(escaped.joined())\""
    }
}
