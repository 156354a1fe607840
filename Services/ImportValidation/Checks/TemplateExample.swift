import Korean
import OnboardingWire
import Records
import Wire
import Workbook

/// The row of a template that shows how a row is filled in. Its first cell says that it is one, in words that no value
/// begins with, and by these it is known again: such a row is never imported, wherever it stands, and the run says so.
enum TemplateExample {
    /// How the first cell begins, in the language of the template.
    static let mark = Text(en: "Example (not imported):", ko: "예시(가져오지 않음):")

    /// What the run says of such a row.
    static func remark(row: Int) -> Text {
        Text(
            en: "Row \(row) is the example of the template and was not imported.",
            ko: "템플릿의 예시인 \(grouped: row)행은 가져오지 않았습니다.")
    }

    /// The cells in the order of the plan's columns.
    static func row(_ plan: CheckPlan, _ language: String) -> [String] {
        plan.columns.enumerated().map { position, column in
            let value = value(of: column, language)
            return position == 0 ? "\(mark(language)) \(value)" : value
        }
    }

    /// Whether a row is the example of a template, in either language, whatever was typed behind the mark. It stands in the
    /// column of the first field, wherever that was moved, or else in the first cell with content.
    static func isMarked(_ row: borrowing SheetRow, first: Int?) -> Bool {
        if let first, first < row.count, isMarked(row, at: first) { return true }
        for column in 0..<row.count where row.kind(at: column) != .empty { return isMarked(row, at: column) }
        return false
    }

    private static func isMarked(_ row: borrowing SheetRow, at column: Int) -> Bool {
        row.kind(at: column) == .text
            && row.withBytes(at: column) { bytes in marks.contains { bytes.starts(with: $0) } }
    }

    private static let marks = [mark.en, mark.ko].map { Array($0.utf8) }

    private static func value(of column: CheckPlan.Column, _ language: String) -> String {
        let field = column.field
        for case .date(let format) in column.checks { return CellText.format(day(column), as: format) ?? day(column) }
        for case .dateTime(let format) in column.checks { return CellCheck.example(format) }
        switch field.type {
        case .choice: return field.choices.first.map { $0.value.string ?? $0.label(language) } ?? ""
        case .boolean: return "true"
        case .integer: return "10"
        case .decimal, .currency: return "1863.4"
        case .email: return "kim@example.com"
        case .url: return "https://example.com"
        case .reference: return named(field.referencedTable ?? "", language)
        default: return text(field, language)
        }
    }

    /// A period ends after it has begun.
    private static func day(_ column: CheckPlan.Column) -> String {
        column.earlier == nil ? "2026-01-01" : "2026-12-31"
    }

    private static func named(_ table: String, _ language: String) -> String {
        let schema = OnboardingCatalog.records.map { $0.schema }.first { $0.table == table }
        guard let schema, let field = schema.namedBy.first.flatMap(schema.field) else { return "" }
        return field.type == .email ? "kim@example.com" : "\(schema.label(language)) 1"
    }

    private static func text(_ field: FieldSchema, _ language: String) -> String {
        switch field.format {
        case .country: "KR"
        case .timeZone: "Asia/Seoul"
        case .currencyCode: "KRW"
        case nil: "\(field.label(language)) 1"
        }
    }
}
