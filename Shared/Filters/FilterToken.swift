import Korean

/// What stands, or could stand, in a filter or an ordering, as an error names it. A literal is a token as it is written:
/// `AND`, `(`, `YYYY-MM-DD`.
struct FilterToken: Sendable, Hashable, ExpressibleByStringLiteral {
    /// For programs, and for people who read English.
    let english: String
    /// For people who read Korean.
    let korean: String

    init(_ english: String, _ korean: String) {
        self.english = english
        self.korean = korean
    }

    init(stringLiteral token: String) { self.init(token) }

    /// A token as it is written.
    init(_ token: String) { self.init(token, token) }

    static let field = FilterToken("field", "필드")
    static let fieldAfterDot = FilterToken("field after .", "마침표 뒤의 필드")
    static let value = FilterToken("value", "값")
    static let text = FilterToken("text", "텍스트")
    static let wholeNumber = FilterToken("a whole number", "정수")
    static let number = FilterToken("a number", "숫자")
    static let id = FilterToken("an id (UUID)", "ID(UUID)")
    static let restriction = FilterToken("a restriction", "조건식")
    static let end = FilterToken("end of filter", "필터의 끝")
    static let nothing = FilterToken("nothing", "빈 항목")
    static let printable = FilterToken("printable text", "표시할 수 있는 텍스트")
    static let control = FilterToken("a control character", "제어 문자")
    static let escaped = FilterToken("escaped character", "이스케이프 문자")
    static let noArgument = FilterToken("no argument", "인수 없음")

    static func value(of field: String) -> FilterToken { .init("value of \(field)", "\(field)의 값") }
    static func space(after keyword: String) -> FilterToken { .init("a space after \(keyword)", "\(keyword) 뒤의 공백") }
    static func closing(_ quote: Unicode.Scalar) -> FilterToken { .init("closing \(quote)", "닫는 따옴표(\(quote))") }
    static func days(atMost limit: Int) -> FilterToken {
        .init("one whole number of days, at most \(limit)", "\(grouped: limit) 이하의 정수 하나")
    }
}
