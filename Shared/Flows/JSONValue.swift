/// A JSON value, as flows read, compute and store it.
///
/// Numbers are doubles (jq knows no others); 64-bit integers travel as strings in protobuf-JSON. Objects have no order
/// of their own: they are written with sorted keys, so equal values always give equal bytes.
public enum JSONValue: Sendable, Hashable {
    /// `null`.
    case null
    /// `true` or `false`.
    case bool(Bool)
    /// A finite number.
    case number(Double)
    /// A string.
    case string(String)
    /// An array.
    case array([JSONValue])
    /// An object.
    case object([String: JSONValue])

    /// The member of an object; `nil` when this is no object or has no such member.
    public subscript(_ key: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members[key]
    }

    /// The text of a string, else `nil`.
    public var string: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }

    /// The number as an integer, when it is one and fits exactly.
    public var int: Int? {
        guard case .number(let number) = self else { return nil }
        return Int(exactly: number)
    }

    /// The truth value, else `nil`.
    public var bool: Bool? {
        guard case .bool(let value) = self else { return nil }
        return value
    }

    /// The elements of an array, else `nil`.
    public var array: [JSONValue]? {
        guard case .array(let elements) = self else { return nil }
        return elements
    }

    /// The members of an object, else `nil`.
    public var object: [String: JSONValue]? {
        guard case .object(let members) = self else { return nil }
        return members
    }

    /// Whether this is `null`.
    public var isNull: Bool { self == .null }

    /// What a person calls the kind of value: "object", "string", …
    public var kind: String {
        switch self {
        case .null: "null"
        case .bool: "boolean"
        case .number: "number"
        case .string: "string"
        case .array: "array"
        case .object: "object"
        }
    }

    /// The value without the members that are `null`, at every depth: in protobuf-JSON null and absent mean the same.
    public var withoutNulls: JSONValue {
        switch self {
        case .array(let elements): .array(elements.map(\.withoutNulls))
        case .object(let members): .object(members.filter { !$0.value.isNull }.mapValues(\.withoutNulls))
        default: self
        }
    }
}

extension JSONValue: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByFloatLiteral, ExpressibleByStringLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    public init(nilLiteral: ()) { self = .null }
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    public init(integerLiteral value: Int) { self = .number(Double(value)) }
    public init(floatLiteral value: Double) { self = .number(value) }
    public init(stringLiteral value: String) { self = .string(value) }
    public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    public init(dictionaryLiteral elements: (String, JSONValue)...) {
        self = .object(Dictionary(elements) { _, last in last })
    }
}

/// Bounds on a JSON text or value.
public struct JSONLimits: Sendable {
    /// Most bytes of text.
    public var bytes: Int
    /// Deepest nesting of arrays and objects.
    public var depth: Int
    /// Most values, counting every element and member.
    public var values: Int

    /// Bounds with the defaults of this module: 1 MiB, 64 levels, 100,000 values.
    public init(bytes: Int = 1 << 20, depth: Int = 64, values: Int = 100_000) {
        self.bytes = bytes
        self.depth = depth
        self.values = values
    }
}

/// Why a text is not JSON, or too large.
public struct JSONError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Byte at which the text went wrong, from 0.
    public let offset: Int
    /// What was wrong there.
    public let reason: String

    /// One sentence for the log.
    public var description: String { "JSON byte \(offset): \(reason)" }
}
