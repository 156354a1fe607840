import Wire
import Workbook

/// What the first row of a sheet says about its columns (G-57).
struct SheetHeader {
    /// For each field of the target the column it is in; nil where the sheet has none.
    let columns: [Int?]
    /// What people should know about headers that mean nothing; nil when there are none.
    let remark: Text?

    /// Reads the header. A mandatory field without a column, or a field with two, stops the load.
    init(_ row: Row, _ target: ImportTarget) throws(RunFailure) {
        let matcher = HeaderMatcher(
            fields: target.fields.map { field in
                .init(name: field.name, english: field.label.en, korean: field.label.ko, mandatory: field.mandatory)
            })
        let match = matcher.match(row)
        let unmatched = match.unmatched.prefix(20).map { Self.text(of: $0) }
        guard match.isUsable else {
            let missing = match.missing.map { Text(en: "\"\($0.english)\"", ko: "\"\($0.korean)\"") }
            let doubled = match.duplicates.map { "\"\($0.field)\"" }.joined(separator: ", ")
            var parts: [Text] = []
            if !missing.isEmpty {
                parts.append(
                    Text(
                        en: "Mandatory columns are missing: \(Self.list(missing, \.en)).",
                        ko: "필수 열이 없습니다: \(Self.list(missing, \.ko))."))
            }
            if !doubled.isEmpty {
                parts.append(
                    Text(
                        en: "Several columns are for the same field: \(doubled).", ko: "여러 열이 같은 필드를 가리킵니다: \(doubled)."
                    ))
            }
            if !unmatched.isEmpty { parts.append(Self.ignored(unmatched)) }
            throw RunFailure(text: Text(en: Self.joined(parts, \.en), ko: Self.joined(parts, \.ko)))
        }
        columns = target.fields.map { match.columns[$0.name] }
        remark = unmatched.isEmpty ? nil : Self.ignored(unmatched)
    }

    private static func ignored(_ headers: [Text]) -> Text {
        Text(en: "Columns without a field: \(list(headers, \.en)).", ko: "필드가 없는 열: \(list(headers, \.ko)).")
    }

    /// The header, with the nearest label where one is near.
    private static func text(of header: HeaderMatcher.Unmatched) -> Text {
        let shown = header.header.prefix(80)
        guard let near = header.suggestion else { return Text(en: "\"\(shown)\"", ko: "\"\(shown)\"") }
        return Text(en: "\"\(shown)\" (\"\(near.english)\"?)", ko: "\"\(shown)\"(\"\(near.korean)\"?)")
    }

    private static func list(_ texts: [Text], _ language: KeyPath<Text, String>) -> String {
        texts.map { $0[keyPath: language] }.joined(separator: ", ")
    }

    private static func joined(_ texts: [Text], _ language: KeyPath<Text, String>) -> String {
        texts.map { $0[keyPath: language] }.joined(separator: " ")
    }
}

/// Takes the cells of the target's fields from the rows of a sheet.
struct RowReader {
    private let columns: [Int?]
    private let formats: [(format: String, hasTime: Bool)?]

    init(_ header: SheetHeader, _ plan: CheckPlan) {
        columns = header.columns
        formats = plan.dateFormats
    }

    /// The cells in the order of the target's fields; nil for a row that holds nothing in any of them.
    func cells(_ row: borrowing Row) -> [String]? {
        var cells: [String] = []
        cells.reserveCapacity(columns.count)
        var isEmpty = true
        for position in columns.indices {
            guard let column = columns[position], row.kind(at: column) != .empty else {
                cells.append("")
                continue
            }
            isEmpty = false
            cells.append(text(row, column, position))
        }
        return isEmpty ? nil : cells
    }

    /// Native dates are written in the format that the column's check asks for (G-60).
    private func text(_ row: borrowing Row, _ column: Int, _ position: Int) -> String {
        let text = row.text(at: column) ?? ""
        guard let wanted = formats[position] else { return text }
        switch row.kind(at: column) {
        case .date:
            if wanted.format == CellCheck.standardDate { return text }
            return CellText.format(wanted.hasTime ? text + " 00:00:00" : text, as: wanted.format) ?? text
        case .dateTime:
            // A date that a program wrote with midnight for its time is a date.
            if !wanted.hasTime, text.hasSuffix(" 00:00:00") {
                return CellText.format(String(text.prefix(10)), as: wanted.format) ?? text
            }
            return CellText.format(text, as: wanted.format) ?? text
        default: return text
        }
    }
}
