import Foundation
import Korean
import RPC
import Wire

/// Values of fields as the texts that definitions, forms and publications hold: numbers and booleans as JSON writes them,
/// instants as RFC 3339, lists as JSON.
extension FieldSchema {
    /// The value that `text` says; nothing for an empty text. INVALID_ARGUMENT where the field cannot hold it.
    package func value(ofText text: String, in table: String) throws(Problem) -> FieldValue {
        guard !text.isEmpty else { return .null }
        let value: FieldValue? =
            switch storage {
            case .string: .string(text)
            case .int: Int64(text).map(FieldValue.int)
            case .bool: text == "true" ? .bool(true) : text == "false" ? .bool(false) : nil
            case .timestamp: Timestamp(rfc3339: text).map(FieldValue.timestamp)
            case .strings: Self.list(text).map(FieldValue.strings)
            }
        guard let value else { throw refusal(of: text, in: table) }
        return value
    }

    /// What is said of a text that the field cannot hold.
    func refusal(of text: String, in table: String) -> Problem {
        .invalid(
            field: "\(table).\(name)",
            Text(
                en: "\(label.en) cannot be '\(text)'.",
                ko: "\(label.ko, .object) '\(text)'\(.direction, after: text) 지정할 수 없습니다."))
    }

    /// Why `text` is no value of the field; nil for one that is, as an empty text.
    package func fault(inText text: String) -> Text? {
        do throws(Problem) {
            return Validation.fault(try value(ofText: text, in: ""), self)
        } catch {
            return error.text
        }
    }

    private static func list(_ text: String) -> [String]? {
        try? JSONDecoder().decode([String].self, from: Data(text.utf8))
    }
}

extension FieldSchema {
    /// The tables whose records the field may name.
    package var referencedTables: [String] { (reference ?? "").tablesNamed }
}

extension RecordSchema {
    /// Whether its records may name one of `table` by the id.
    package func refers(to table: String) -> Bool {
        fields.contains { !$0.keptAsName && $0.referencedTables.contains(table) }
    }
}

extension String {
    /// The tables that a reference names, as the dictionary writes it.
    package var tablesNamed: [String] { split(separator: " | ").map(String.init) }
}

extension FieldValue {
    /// The text that ``FieldSchema/value(ofText:in:)`` reads.
    package var text: String {
        switch self {
        case .null: ""
        case .string(let text): text
        case .int(let number): String(number)
        case .bool(let flag): flag ? "true" : "false"
        case .timestamp(let instant): instant.rfc3339
        case .strings(let list):
            (try? JSONEncoder().encode(list)).map { String(decoding: $0, as: UTF8.self) } ?? "[]"
        }
    }
}
