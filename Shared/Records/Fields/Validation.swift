import Addresses
import Filters
import Ground
import Korean
import RPC
import Wire

/// Checks of single fields against the dictionary: type, choices, form and length.
public enum Validation {
    /// Longest value of a one-line text, in characters.
    static let lineLimit = 1_000
    /// Longest value of a text, in characters.
    static let textLimit = 65_536
    /// Most digits of a decimal number before the point, and behind it.
    static let (wholePlaces, decimalPlaces) = (18, 6)
    /// Most elements of a list field.
    static let listLimit = 500

    /// What is wrong with the value of a field; nil when nothing is.
    public static func fault(_ value: FieldValue, _ field: FieldSchema) -> Text? {
        guard !value.isEmpty else { return nil }
        switch value {
        case .string(let text) where field.keptAsName: return nameFault(text, field)
        case .string(let text): return stringFault(text, field)
        case .strings(let list): return listFault(list, field)
        case .int(let number):
            if let fault = boundsFault(String(number), field) { return fault }
            guard !field.choices.isEmpty, !field.choices.contains(where: { $0.value == value }) else { return nil }
            return notAChoice(field)
        case .null, .bool, .timestamp: return nil
        }
    }

    /// What is wrong with a text by which a record is named, before it is looked for.
    static func nameFault(_ text: String, _ field: FieldSchema) -> Text? {
        text.utf8.contains(0) ? holdsNUL(field) : tooLong(text, lineLimit, field)
    }

    private static func stringFault(_ text: String, _ field: FieldSchema) -> Text? {
        guard !text.utf8.contains(0) else { return holdsNUL(field) }
        switch field.type {
        case .choice:
            return field.choices.contains { $0.value == .string(text) } ? nil : notAChoice(field)
        case .date:
            guard CivilDate(text) == nil else { return nil }
            return Text(
                en: "\(field.label.en) must be an existing date, YYYY-MM-DD.",
                ko: "\(field.label.ko, .topic) 올바른 날짜여야 합니다(예: 2026-11-28).")
        case .decimal, .currency:
            guard !isDecimal(text) else { return boundsFault(text, field) }
            return Text(
                en:
                    "\(field.label.en) must be a decimal number such as 1863.4, of at most \(wholePlaces) digits before the point and \(decimalPlaces) behind it.",
                ko:
                    "\(field.label.ko, .topic) 1863.4와 같은 숫자여야 하며 정수부는 \(grouped: wholePlaces)자리, 소수부는 \(grouped: decimalPlaces)자리까지입니다."
            )
        case .reference where field.reference != "user", .documentID:
            guard !isUUID(text) else { return nil }
            return Text(
                en: "\(field.label.en) must be the id of a record.", ko: "\(field.label.ko, .topic) 레코드 ID여야 합니다.")
        case .email:
            guard !isEmail(text) else { return nil }
            return Text(
                en: "\(field.label.en) must have the form name@example.com.",
                ko: "\(field.label.ko, .topic) 'name@example.com' 형식이어야 합니다.")
        case .url:
            guard !(text.hasPrefix("https://") || text.hasPrefix("http://")) || text.utf8.count > 2_000 else {
                return nil
            }
            return Text(en: "\(field.label.en) must be a web address.", ko: "\(field.label.ko, .topic) 웹 주소여야 합니다.")
        case .text, .script, .json, .journal: return tooLong(text, textLimit, field)
        default: return tooLong(text, lineLimit, field) ?? formatFault(text, field)
        }
    }

    private static func formatFault(_ text: String, _ field: FieldSchema) -> Text? {
        switch field.format {
        case .currencyCode where !CurrencyCode.exists(text):
            Text(
                en: "\(field.label.en) must be a currency code of ISO 4217 such as EUR.",
                ko: "\(field.label.ko, .topic) KRW와 같은 ISO 4217 통화 코드여야 합니다.")
        case .country where !CountryName.exists(text):
            Text(
                en: "\(field.label.en) must be a country: a code of ISO 3166-1 such as KR or KOR, or its name.",
                ko: "\(field.label.ko, .topic) 'KR', 'KOR'와 같은 ISO 3166-1 국가 코드 또는 국가 이름이어야 합니다.")
        case .timeZone where !TimeZoneName.exists(text):
            Text(
                en: "\(field.label.en) must be a time zone of the IANA list such as Asia/Seoul.",
                ko: "\(field.label.ko, .topic) 'Asia/Seoul'과 같은 시간대 이름이어야 합니다.")
        case .currencyCode, .country, .timeZone, nil: nil
        }
    }

    private static func boundsFault(_ number: String, _ field: FieldSchema) -> Text? {
        guard field.minimum != nil || field.maximum != nil else { return nil }
        // What has no sign is not below zero.
        if let minimum = field.minimum, minimum > 0 || number.utf8.first == UInt8(ascii: "-"),
            isLess(number, String(minimum))
        {
            return Text(
                en: "\(field.label.en) must be at least \(minimum).",
                ko: "\(field.label.ko, .topic) \(grouped: minimum) 이상이어야 합니다.")
        }
        if let maximum = field.maximum, isLess(String(maximum), number) {
            return Text(
                en: "\(field.label.en) must be at most \(maximum).",
                ko: "\(field.label.ko, .topic) \(grouped: maximum) 이하여야 합니다.")
        }
        return nil
    }

    private static func isLess(_ left: String, _ right: String) -> Bool {
        guard let left = DecimalText(left), let right = DecimalText(right) else { return false }
        return left.compare(right) < 0
    }

    private static func listFault(_ list: [String], _ field: FieldSchema) -> Text? {
        if list.count > listLimit {
            return Text(
                en: "\(field.label.en) may hold at most \(listLimit) entries.",
                ko: "\(field.label.ko, .topic) 최대 \(grouped: listLimit)개까지 담을 수 있습니다.")
        }
        if field.type == .listOfReferences, let wrong = list.first(where: { !isUUID($0) }) {
            let shown = String(wrong.prefix(40))
            return Text(
                en: "\(field.label.en) holds \(shown), which is not the id of a record.",
                ko: "\(field.label.ko)에 레코드 ID가 아닌 \(shown, .subject) 있습니다.")
        }
        if list.contains(where: { $0.utf8.contains(0) }) { return holdsNUL(field) }
        return list.lazy.compactMap { tooLong($0, lineLimit, field) }.first
    }

    /// Postgres cannot keep the character U+0000.
    private static func holdsNUL(_ field: FieldSchema) -> Text {
        Text(
            en: "\(field.label.en) must not hold the character U+0000.",
            ko: "\(field.label.ko)에는 U+0000 문자를 사용할 수 없습니다.")
    }

    private static func tooLong(_ text: String, _ limit: Int, _ field: FieldSchema) -> Text? {
        guard text.utf8.count > limit, text.unicodeScalars.count > limit else { return nil }
        return Text(
            en: "\(field.label.en) may be at most \(limit) characters long.",
            ko: "\(field.label.ko, .topic) 최대 \(grouped: limit)자입니다.")
    }

    /// What can be chosen, by its words, each with what a request says for it.
    private static func notAChoice(_ field: FieldSchema) -> Text {
        func allowed(_ language: Language) -> String {
            field.choices.map { choice in
                let value =
                    switch choice.value {
                    case .string(let text): text
                    case .int(let number): String(number)
                    default: ""
                    }
                return language == .ko ? "\(choice.label.ko)('\(value)')" : "\(choice.label.en) ('\(value)')"
            }.joined(separator: ", ")
        }
        return Text(
            en: "\(field.label.en) must be one of: \(allowed(.en)).",
            ko: "\(field.label.ko, .topic) 다음 중 하나여야 합니다: \(allowed(.ko)).")
    }

    /// Whether `text` is a UUID in lower case with hyphens.
    public static func isUUID(_ text: String) -> Bool {
        let bytes = text.utf8
        guard bytes.count == 36 else { return false }
        for (position, byte) in bytes.enumerated() {
            switch position {
            case 8, 13, 18, 23: guard byte == UInt8(ascii: "-") else { return false }
            default:
                let isDigit = byte >= 0x30 && byte <= 0x39
                guard isDigit || (byte >= 0x61 && byte <= 0x66) else { return false }
            }
        }
        return true
    }

    /// Digits with at most one point between them and an optional sign; at most 18 before the point, 6 behind.
    public static func isDecimal(_ text: String) -> Bool {
        var digits = text.utf8[...]
        if digits.first == UInt8(ascii: "-") { digits = digits.dropFirst() }
        let whole = digits.prefix { 0x30...0x39 ~= $0 }
        guard 1...wholePlaces ~= whole.count else { return false }
        digits = digits.dropFirst(whole.count)
        guard digits.first == UInt8(ascii: ".") else { return digits.isEmpty }
        let fraction = digits.dropFirst()
        return 1...decimalPlaces ~= fraction.count && fraction.allSatisfy { 0x30...0x39 ~= $0 }
    }

    /// The most characters that a text of the field may have; nil where that is not what bounds it.
    static func maximumLength(_ field: FieldSchema) -> Int? {
        switch field.type {
        case .text, .script, .json, .journal: textLimit
        case .string: lineLimit
        case .email: 254
        case .url: 2_000
        default: nil
        }
    }

    /// The one form in which a decimal number is kept and answered: without zeros that mean nothing and without a sign
    /// before zero, so that `007.50` is `7.5`.
    public static func canonicalDecimal(_ text: String) -> String { DecimalText(text)?.text ?? text }

    /// Whether mail can be sent to the address.
    public static func isEmail(_ text: String) -> Bool { (try? EmailAddress(text)) != nil }
}
