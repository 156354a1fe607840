import Foundation
import Records
import Wire

/// What the text of one cell is to the field it goes into.
enum PublishedCell: Equatable, Sendable {
    case value(FieldValue)
    /// The natural text, or the id, of a record to be found.
    case reference(String)
    case fault(Text)

    /// Reads `text` after the type of `field`: dates YYYY-MM-DD, decimals with a point, true or false, choices by
    /// value or by label in either language (G-59 to G-61). Outer spaces do not count; an empty cell is no value.
    init(_ text: String, for field: FieldSchema) {
        let text = text.trimmingCharacters(in: .whitespacesAndNewlines)
        guard !text.isEmpty else {
            self = .value(.null)
            return
        }
        switch field.type {
        case .reference: self = .reference(text)
        case .boolean: self = Self.boolean(text, field)
        case .integer: self = Self.integer(text, field)
        case .choice: self = Self.choice(text, field)
        case .listOfReferences, .listOfUsers, .listOfRoles, .attachment, .journal, .datetime, .documentID:
            self = .fault(
                Text(en: "\(field.label.en) cannot be imported.", ko: "\(field.label.ko)은(는) 가져올 수 없습니다."))
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
        case "true": .value(.bool(true))
        case "false": .value(.bool(false))
        default:
            .fault(
                Text(en: "\(field.label.en) must be true or false.", ko: "\(field.label.ko)은(는) true 또는 false여야 합니다."))
        }
    }

    private static func integer(_ text: String, _ field: FieldSchema) -> PublishedCell {
        // Excel writes whole numbers of decimal cells with a zero behind the point.
        let whole = text.hasSuffix(".0") ? String(text.dropLast(2)) : text
        guard whole.first != "+", let number = Int32(whole) else {
            return .fault(
                Text(en: "\(field.label.en) must be a whole number.", ko: "\(field.label.ko)은(는) 정수여야 합니다."))
        }
        return .value(.int(Int64(number)))
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
                ko: "\(field.label.ko)은(는) 다음 중 하나여야 합니다: \(labels.map(\.ko).joined(separator: ", "))."))
    }
}
