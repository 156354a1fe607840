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

    /// Reads `text` after the type of `field`: dates YYYY-MM-DD, decimals with a point, true or false, choices by
    /// value or by label in either language (G-59 to G-61). What nobody sees does not count; a cell in which nothing is
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
        switch field.type {
        case .reference: self = .reference(text)
        case .boolean: self = Self.boolean(text, field)
        case .integer: self = Self.integer(text, field)
        case .choice: self = Self.choice(text, field)
        case .decimal, .currency: self = Self.decimal(text, field)
        case .listOfReferences, .listOfUsers, .listOfRoles, .attachment, .journal, .datetime, .documentID:
            self = .fault(
                Text(en: "\(field.label.en) cannot be imported.", ko: "\(field.label.ko, .topic) 가져올 수 없습니다."))
        default:
            if let fault = Validation.fault(.string(text), field) {
                self = .fault(fault)
            } else {
                self = .value(.string(text))
            }
        }
    }

    private static func boolean(_ text: String, _ field: FieldSchema) -> PublishedCell {
        switch text.lowercased() {
        case "true", "예": .value(.bool(true))
        case "false", "아니요", "아니오": .value(.bool(false))
        default:
            .fault(
                Text(
                    en: "\(field.label.en) must be true or false.", ko: "\(field.label.ko, .topic) TRUE 또는 FALSE여야 합니다."
                ))
        }
    }

    private static func integer(_ text: String, _ field: FieldSchema) -> PublishedCell {
        // Excel writes whole numbers of decimal cells with a zero behind the point.
        let whole = text.hasSuffix(".0") ? String(text.dropLast(2)) : text
        guard whole.first != "+", !whole.isEmpty,
            whole.utf8.drop(while: { $0 == 0x2D }).allSatisfy({ $0 >= 0x30 && $0 <= 0x39 })
        else {
            return .fault(
                Text(en: "\(field.label.en) must be a whole number.", ko: "\(field.label.ko, .topic) 정수여야 합니다."))
        }
        guard let number = Int32(whole) else {
            return .fault(
                Text(
                    en: "\(field.label.en) must be a whole number from \(Int32.min) to \(Int32.max).",
                    ko: "\(field.label.ko, .topic) \(grouped: Int32.min)부터 \(grouped: Int32.max)까지의 정수여야 합니다."))
        }
        let value = FieldValue.int(Int64(number))
        return Validation.fault(value, field).map(PublishedCell.fault) ?? .value(value)
    }

    /// Zeros behind the last digit that counts are no digits to lose.
    private static func decimal(_ text: String, _ field: FieldSchema) -> PublishedCell {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        var text = text
        if parts.count == 2, parts[1].count > Validation.decimalPlaces {
            var fraction = parts[1]
            while fraction.count > Validation.decimalPlaces, fraction.last == "0" { fraction.removeLast() }
            text = "\(parts[0]).\(fraction)"
            if fraction.count > Validation.decimalPlaces, fraction.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) {
                return .fault(
                    Text(
                        en: "\(field.label.en) may have at most \(Validation.decimalPlaces) digits behind the point.",
                        ko: "\(field.label.ko, .topic) 소수점 아래 \(Validation.decimalPlaces)자리까지 입력할 수 있습니다."))
            }
        }
        let value = FieldValue.string(text)
        return Validation.fault(value, field).map(PublishedCell.fault) ?? .value(value)
    }

    private static func choice(_ text: String, _ field: FieldSchema) -> PublishedCell {
        let match = field.choices.first { choice in
            switch choice.value {
            case .string(let value): value == text
            case .int(let value): String(value) == text
            default: false
            }
        }
        if let choice = match ?? field.choices.first(where: { $0.label.en == text || $0.label.ko == text }) {
            return .value(choice.value)
        }
        let labels = field.choices.map(\.label)
        return .fault(
            Text(
                en: "\(field.label.en) must be one of: \(labels.map(\.en).joined(separator: ", ")).",
                ko: "\(field.label.ko, .topic) 다음 중 하나여야 합니다: \(labels.map(\.ko).joined(separator: ", "))."))
    }
}
