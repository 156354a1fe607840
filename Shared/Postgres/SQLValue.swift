/// One value bound to a statement, or read from a row whose type is not known beforehand.
///
/// Values travel as text with no declared type, so the server infers the type from where the parameter stands: a
/// `text` works for uuid, date, numeric, timestamptz and jsonb columns alike. Where nothing tells the type, write a
/// cast: `\(n)::int8`.
public enum SQLValue: Sendable, Hashable {
    /// NULL of any type.
    case null
    /// Any text; a NUL character is refused before anything is sent, because Postgres cannot store one.
    case text(String)
    /// Any integer type, or numeric.
    case int(Int64)
    /// A boolean.
    case bool(Bool)
    /// A floating-point number; NaN and the infinities included.
    case double(Double)
    /// A `bytea`, sent in binary.
    case bytes([UInt8])
    /// A one-dimensional array, sent as an array literal; works for text[], uuid[] and any other element type.
    case textArray([String])
    /// An instant in microseconds since 1970-01-01 UTC. `Int64.max` and `Int64.min` are `infinity` and `-infinity`.
    case timestamp(microsSinceUnixEpoch: Int64)
}

/// A Swift type that can be bound to a statement by interpolation.
public protocol SQLConvertible {
    /// What is sent to the server.
    var sqlValue: SQLValue { get }
}

extension SQLValue: SQLConvertible {
    public var sqlValue: SQLValue { self }
}

extension String: SQLConvertible {
    public var sqlValue: SQLValue { .text(self) }
}

extension Substring: SQLConvertible {
    public var sqlValue: SQLValue { .text(String(self)) }
}

extension Int: SQLConvertible {
    public var sqlValue: SQLValue { .int(Int64(self)) }
}

extension Int64: SQLConvertible {
    public var sqlValue: SQLValue { .int(self) }
}

extension Int32: SQLConvertible {
    public var sqlValue: SQLValue { .int(Int64(self)) }
}

extension Int16: SQLConvertible {
    public var sqlValue: SQLValue { .int(Int64(self)) }
}

extension UInt32: SQLConvertible {
    public var sqlValue: SQLValue { .int(Int64(self)) }
}

extension Bool: SQLConvertible {
    public var sqlValue: SQLValue { .bool(self) }
}

extension Double: SQLConvertible {
    public var sqlValue: SQLValue { .double(self) }
}

extension Array: SQLConvertible where Element: SQLArrayElement {
    public var sqlValue: SQLValue { Element.sqlArray(self) }
}

/// The element types whose arrays can be bound. Swift allows one conditional conformance of `Array`, hence this step.
public protocol SQLArrayElement {
    /// The bound form of a whole array of this element.
    static func sqlArray(_ elements: [Self]) -> SQLValue
}

extension String: SQLArrayElement {
    public static func sqlArray(_ elements: [String]) -> SQLValue { .textArray(elements) }
}

extension Int64: SQLArrayElement {
    public static func sqlArray(_ elements: [Int64]) -> SQLValue { .textArray(elements.map(\.description)) }
}

extension Int: SQLArrayElement {
    public static func sqlArray(_ elements: [Int]) -> SQLValue { .textArray(elements.map(\.description)) }
}

extension UInt8: SQLArrayElement {
    public static func sqlArray(_ elements: [UInt8]) -> SQLValue { .bytes(elements) }
}

extension Optional: SQLConvertible where Wrapped: SQLConvertible {
    public var sqlValue: SQLValue { self?.sqlValue ?? .null }
}
