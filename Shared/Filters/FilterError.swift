import Korean

/// Why a filter or an ordering was refused, where in its text, and what would have been right.
///
/// The two sentences are for people; `code`, `position` and `expected` are for programs. The module depends on nothing,
/// so both languages are plain strings here and become the product's two-language text where the error is answered.
public struct FilterError: Error, Sendable, Hashable {
    /// The kinds of refusal.
    public enum Code: String, Sendable, Hashable {
        /// The text does not follow the grammar.
        case syntax = "FILTER_SYNTAX"
        /// The text is longer than ``Filter/maximumBytes``, nests deeper than ``Filter/maximumDepth`` or holds more
        /// than ``Filter/maximumRestrictions`` restrictions.
        case tooLarge = "FILTER_TOO_LARGE"
        /// A name that is not a field of the collection.
        case unknownField = "FILTER_UNKNOWN_FIELD"
        /// A function that does not exist, or one that stands where it cannot.
        case unknownFunction = "FILTER_UNKNOWN_FUNCTION"
        /// A comparator the field's type does not have.
        case wrongComparator = "FILTER_WRONG_COMPARATOR"
        /// A value that is not of the field's type or not among its choices.
        case wrongValue = "FILTER_WRONG_VALUE"
    }

    /// The kind of refusal.
    public let code: Code
    /// Offset into the text, counted in Unicode scalars from 0.
    public let position: Int
    /// What could have stood at `position`: tokens, field names, choices or a form such as `YYYY-MM-DD`.
    public let expected: [String]
    /// The sentence in English.
    public let english: String
    /// The same sentence in Korean.
    public let korean: String

    init(_ code: Code, at position: Int, expected: [String] = [], _ english: String, _ korean: String) {
        self.code = code
        self.position = position
        self.expected = expected
        self.english = english + " (position \(position))"
        // A text that is too large is so as a whole.
        self.korean = code == .tooLarge ? korean : "\(grouped: position + 1)번째 글자: \(korean)"
    }
}

extension FilterError: CustomStringConvertible {
    /// The English sentence with its code.
    public var description: String { "\(code.rawValue): \(english)" }
}

extension FilterError {
    /// The grammar wanted one thing and met another.
    static func syntax(at position: Int, expected: [FilterToken], found: FilterToken) -> FilterError {
        let names = expected.map(\.english)
        let list = expected.map(\.korean).joined(separator: ", ")
        return FilterError(
            .syntax, at: position, expected: names,
            "Expected \(names.joined(separator: ", ")) but found \(found.english).",
            "여기에 ‘\(found.korean)’ 기호나 단어가 올 수 없습니다. 이 위치에 올 수 있는 것: \(list)")
    }

    /// A value of the wrong form for a field.
    static func wrongValue(at position: Int, _ value: String, field: String, expected: [FilterToken]) -> FilterError {
        let names = expected.map(\.english)
        let list = names.joined(separator: ", ")
        let koreanList = expected.map(\.korean).joined(separator: ", ")
        let shown = FilterError.shortened(value)
        return FilterError(
            .wrongValue, at: position, expected: names,
            "“\(shown)” is not a value of \(field); expected \(list).",
            "‘\(shown)’\(.topic, after: shown) \(field)의 값이 아닙니다. 가능한 값: \(koreanList)")
    }

    /// Text of the caller's, cut so that an error stays short.
    static func shortened(_ text: String) -> String {
        text.unicodeScalars.count <= 40 ? text : String(String.UnicodeScalarView(text.unicodeScalars.prefix(40))) + "…"
    }
}
