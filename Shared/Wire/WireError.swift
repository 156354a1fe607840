import Korean

/// Why bytes could not become a message, or a message bytes, and which field was to blame.
///
/// The only error the codecs throw. It speaks of the input alone (never of memory addresses or values, which may be
/// personal data), so it may be shown to the caller as it is.
public struct WireError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kind of fault.
    public enum Reason: Sendable, Hashable {
        /// The input, or the output to be, is larger than `limit` bytes.
        case tooLarge(limit: Int)
        /// Messages or JSON values are nested deeper than `limit`.
        case tooDeep(limit: Int)
        /// The input ends in the middle of a value.
        case truncated
        /// The bytes follow neither protobuf's nor JSON's grammar; the string says what was expected.
        case malformed(String)
        /// A text is not valid UTF-8, or has a lone surrogate.
        case invalidUTF8
        /// A text holds U+0000, which protobuf-c cannot carry.
        case embeddedNUL
        /// A protobuf group, which no proto3 schema has.
        case group
        /// The protobuf wire type is not the one of the field.
        case wrongWireType
        /// More than `limit` fields are unknown to this version of the schema.
        case tooManyUnknownFields(limit: Int)
        /// JSON names a field the message does not have.
        case unknownField
        /// A field is given twice (JSON key, or a singular protobuf message).
        case duplicateField
        /// JSON has another kind of value than the field; the string names the expected one.
        case wrongType(expected: String)
        /// A number, time or mask is outside the range of its type.
        case outOfRange
        /// JSON names an enum value that does not exist.
        case unknownEnumValue
    }

    /// The field, in lowerCamelCase from the outermost message: `touchpoint.meetingDate`, `items[3].name`.
    /// Empty when the whole input is to blame.
    public private(set) var path: String
    /// The kind of fault.
    public let reason: Reason

    /// An error at `path`; the outer codecs put their own field in front as it passes.
    public init(_ reason: Reason, path: String = "") {
        self.reason = reason
        self.path = path
    }

    /// The same error seen from the message that holds `field`.
    public func inside(_ field: String) -> WireError {
        if path.isEmpty { return WireError(reason, path: field) }
        return WireError(reason, path: path.utf8.first == UInt8(ascii: "[") ? field + path : field + "." + path)
    }

    /// The same error seen from the list that holds the element `index`.
    public func inside(element index: Int) -> WireError {
        inside("[\(index)]")
    }

    /// For logs: `touchpoint.meetingDate: expected a string`.
    public var description: String { path.isEmpty ? text.en : "\(path): \(text.en)" }

    /// The fault in words, without the path.
    public var text: Text {
        switch reason {
        case .tooLarge(let limit):
            Text(en: "The message is larger than \(limit) bytes.", ko: "메시지가 \(bytes: limit)보다 큽니다.")
        case .tooDeep(let limit):
            Text(en: "The message is nested deeper than \(limit) levels.", ko: "메시지의 중첩이 \(grouped: limit)단계를 넘습니다.")
        case .truncated: Text(en: "The message is cut off.", ko: "메시지가 중간에 잘렸습니다.")
        case .malformed(let what):
            Text(en: "The message is malformed: \(what).", ko: "메시지 형식이 잘못되었습니다: \(WireWords.korean(what)).")
        case .invalidUTF8: Text(en: "The text is not valid UTF-8.", ko: "텍스트가 올바른 UTF-8이 아닙니다.")
        case .embeddedNUL: Text(en: "The text holds a NUL character.", ko: "텍스트에 NUL 문자가 있습니다.")
        case .group: Text(en: "The message holds a protobuf group.", ko: "메시지에 프로토버프 그룹이 있습니다.")
        case .wrongWireType: Text(en: "The wire type is not the field's.", ko: "와이어 타입이 필드와 맞지 않습니다.")
        case .tooManyUnknownFields(let limit):
            Text(en: "The message holds more than \(limit) unknown fields.", ko: "알 수 없는 필드가 \(grouped: limit)개를 넘습니다.")
        case .unknownField: Text(en: "There is no such field.", ko: "알 수 없는 필드입니다.")
        case .duplicateField: Text(en: "The field is given twice.", ko: "필드가 두 번 지정되었습니다.")
        case .wrongType(let expected):
            Text(en: "Expected \(expected).", ko: "값의 형식이 잘못되었습니다. 필요한 형식: \(WireWords.korean(expected)).")
        case .outOfRange: Text(en: "The value is out of range.", ko: "값이 범위를 벗어났습니다.")
        case .unknownEnumValue: Text(en: "There is no such value.", ko: "알 수 없는 값입니다.")
        }
    }
}
