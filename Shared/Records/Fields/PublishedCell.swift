import Ground
import Korean
import Wire

/// What the text of one cell is to the field it goes into: the one rule book that the check of an import asks, so that
/// it calls nothing ready which the owner of the table would refuse, and that the owner publishes by.
public enum PublishedCell: Equatable, Sendable {
    /// The value of the field; `.null` for an empty cell.
    case value(FieldValue)
    /// The natural text, or the id, of a record to be found.
    case reference(String)
    /// Why the field does not take it.
    case fault(Text)

    /// Reads `text` after the type of `field`: dates YYYY-MM-DD, with a time HH:MM:SS behind where the field has one,
    /// decimals with a point, true or false, choices by value or by label in either language (G-59 to G-61). What nobody sees does not count; a cell in which nothing is
    /// seen is no value.
    public init(_ text: String, for field: FieldSchema) {
        self.init(seen: Self.seen(text, in: field), for: field)
    }

    /// The text of a cell as a person sees it: in one line, unless the field takes several.
    public static func seen(_ text: String, in field: FieldSchema) -> String {
        guard field.type == .text else { return text.visible() }
        let text = text.visible(oneLine: false)
        return text.alike.isEmpty ? "" : text.trimmed
    }

    /// Reads a text that is as `seen(_:in:)` gives it.
    public init(seen text: String, for field: FieldSchema) {
        guard !text.isEmpty else {
            self = .value(.null)
            return
        }
        guard field.isImportable else {
            self = .fault(
                Text(en: "\(field.label.en) cannot be imported.", ko: "\(field.label.ko, .topic) 가져올 수 없습니다."))
            return
        }
        switch field.type {
        case .reference where !field.keptAsName:
            self = Validation.nameFault(text, field).map(PublishedCell.fault) ?? .reference(text)
        case .boolean:
            self = CellText.bool(text).map { PublishedCell.value(.bool($0)) } ?? .fault(Self.noBoolean(field.label))
        case .integer: self = Self.integer(text, field)
        case .choice: self = Self.choice(text, field)
        case .decimal, .currency: self = Self.decimal(text, field)
        case .datetime: self = Self.instant(text, field)
        default: self = Self.checked(.string(text), field)
        }
    }

    private static func checked(_ value: FieldValue, _ field: FieldSchema) -> PublishedCell {
        Validation.fault(value, field).map(PublishedCell.fault) ?? .value(value)
    }

    // MARK: Single types, which checks of an administrator ask for as well

    /// Why a text is not true or false.
    public static func noBoolean(_ label: Text) -> Text {
        Text(en: "\(label.en) must be true or false.", ko: "\(label.ko, .topic) TRUE 또는 FALSE여야 합니다.")
    }

    /// Why a text is no whole number.
    public static func noInteger(_ label: Text) -> Text {
        Text(en: "\(label.en) must be a whole number.", ko: "\(label.ko, .topic) 정수여야 합니다.")
    }

    /// The whole number that a text says, however large. Programs write those of decimal cells with zeros behind the
    /// point.
    public static func integer(_ text: String) -> Int64? {
        guard let point = text.utf8.firstIndex(of: UInt8(ascii: ".")) else { return CellText.integer(text) }
        let fraction = text[point...].utf8.dropFirst()
        guard !fraction.isEmpty, fraction.allSatisfy({ $0 == UInt8(ascii: "0") }) else { return nil }
        return CellText.integer(String(text[..<point]))
    }

    /// Whether a text is a whole number, however large: a field that cannot hold it says so itself.
    public static func isInteger(_ text: String) -> Bool {
        integer(text) != nil || CellText.decimal(text).map { !$0.contains(".") } ?? false
    }

    private static func integer(_ text: String, _ field: FieldSchema) -> PublishedCell {
        guard let number = integer(text) else {
            return .fault(isInteger(text) ? outOfRange(field) : noInteger(field.label))
        }
        guard FieldRules.Limits.wholeNumbers.contains(number) else { return .fault(outOfRange(field)) }
        return checked(.int(number), field)
    }

    private static func outOfRange(_ field: FieldSchema) -> Text {
        let all = FieldRules.Limits.wholeNumbers
        return Text(
            en: "\(field.label.en) must be a whole number from \(all.lowerBound) to \(all.upperBound).",
            ko: "\(field.label.ko, .topic) \(grouped: all.lowerBound)부터 \(grouped: all.upperBound)까지의 정수여야 합니다.")
    }

    /// Zeros behind the last digit that counts are no digits to lose.
    private static func decimal(_ text: String, _ field: FieldSchema) -> PublishedCell {
        guard var plain = CellText.decimal(text) else { return checked(.string(text), field) }
        let places = plain.utf8.firstIndex(of: UInt8(ascii: ".")).map {
            plain.utf8.distance(from: $0, to: plain.endIndex) - 1
        }
        if var places, places > Validation.decimalPlaces {
            while places > Validation.decimalPlaces, plain.utf8.last == UInt8(ascii: "0") {
                plain.removeLast()
                places -= 1
            }
            if places > Validation.decimalPlaces {
                return .fault(
                    Text(
                        en: "\(field.label.en) may have at most \(Validation.decimalPlaces) digits behind the point.",
                        ko: "\(field.label.ko, .topic) 소수점 아래 \(grouped: Validation.decimalPlaces)자리까지 입력할 수 있습니다."))
            }
        }
        return checked(.string(plain), field)
    }

    /// A date and time, in UTC: YYYY-MM-DD HH:MM:SS.
    private static func instant(_ text: String, _ field: FieldSchema) -> PublishedCell {
        let parts = text.split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[1].utf8.count == 8, CivilDate(String(parts[0])) != nil,
            let instant = Timestamp(rfc3339: "\(parts[0])T\(parts[1])Z")
        else {
            return .fault(
                Text(
                    en: "\(field.label.en) must be an existing date and time, YYYY-MM-DD HH:MM:SS.",
                    ko: "\(field.label.ko, .topic) 올바른 날짜와 시간이어야 합니다(예: 2026-11-28 09:30:00)."))
        }
        return .value(.timestamp(instant))
    }

    private static func choice(_ text: String, _ field: FieldSchema) -> PublishedCell {
        // What a check has passed is the value already.
        let stored = field.choices.first { ChoiceNames.text($0.value) == text }?.value
        if let value = stored ?? ChoiceNames(field.choices)[text] { return .value(value) }
        let labels = field.choices.map(\.label)
        return .fault(
            Text(
                en: "\(field.label.en) must be one of: \(labels.map(\.en).joined(separator: ", ")).",
                ko: "\(field.label.ko, .topic) 다음 중 하나여야 합니다: \(labels.map(\.ko).joined(separator: ", "))."))
    }
}
