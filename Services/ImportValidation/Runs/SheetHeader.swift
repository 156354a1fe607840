import Wire
import Workbook

/// What the row of titles says about the columns of a sheet (G-57).
struct SheetHeader {
    /// The number of the row.
    let row: Int
    /// For each field of the target the column it is in; nil where the sheet has none.
    let columns: [Int?]
    /// What people should know about headers that mean nothing; nil when there are none.
    let remark: Text?
    /// For each field of the target its title as the sheet writes it; empty where it has none.
    let titles: [String]
    /// Fields of the row in a text file, empty ones included; 0 in a workbook.
    let width: Int
    /// For the columns of the row, whether they have a title, or a field by hand.
    let isTitled: [Bool]
    /// The column of the row keys, by which an error workbook says which rows it mends; nil in any other file.
    let keyColumn: Int?

    /// Finds the titles of a target.
    static func matcher(_ target: ImportTarget) -> HeaderMatcher {
        HeaderMatcher(
            fields: target.heads.map { position in
                let field = target.fields[position]
                return .init(
                    name: field.name, english: field.label.en, korean: field.label.ko, titles: field.titles,
                    mandatory: target.needsColumn(position))
            })
    }

    /// Reads the header. A mandatory field without a column, or a field with two, stops the load.
    init(_ row: SheetRow, _ match: HeaderMatcher.Match, _ target: ImportTarget) throws(RunFailure) {
        self.row = row.number
        width = row.fields
        let untold = Self.untold(row)
        let foreign = match.unmatched.filter { !ErrorWorkbook.hasTitle($0.header) }
        let unmatched = foreign.prefix(20).map { Self.text(of: $0) }
        keyColumn = match.unmatched.first { ErrorWorkbook.isKeyTitle($0.header) }?.column
        // Without its keys its rows would be loaded a second time. That is said first: its titles may be none of a file's.
        guard keyColumn != nil || foreign.count == match.unmatched.count else { throw ErrorWorkbook.withoutKeys }
        guard match.isUsable else {
            let missing = match.missing.map { Text(en: "\"\($0.english)\"", ko: "‘\($0.korean)’") }
            let doubled = match.duplicates.map { Self.text(of: $0, target) }
            var parts: [Text] = []
            if !missing.isEmpty {
                parts.append(
                    Text(
                        en:
                            "Mandatory columns are missing: \(Self.list(missing, \.en)). Correct their titles, or map the columns in the import.",
                        ko: "필수 열이 누락되었습니다: \(Self.list(missing, \.ko)). 제목을 고치거나 가져오기에서 열을 매핑하세요."))
            }
            if !doubled.isEmpty {
                parts.append(
                    Text(
                        en:
                            "Several columns are for the same field: \(Self.list(doubled, \.en)). Keep one of them, or say in the import which is meant.",
                        ko: "같은 필드에 해당하는 열이 여러 개입니다: \(Self.list(doubled, \.ko)). 하나만 남기거나 가져오기에서 사용할 열을 지정하세요."
                    ))
            }
            if !unmatched.isEmpty { parts.append(Self.ignored(unmatched)) }
            if let untold { parts.append(untold) }
            throw RunFailure(text: Text(en: Self.joined(parts, \.en), ko: Self.joined(parts, \.ko)))
        }
        columns = target.fields.indices.map { position in
            target.head(of: position).flatMap { match.columns[target.fields[$0].name] }
        }
        titles = columns.map { $0.flatMap { row.text(at: $0) } ?? "" }
        let read = Set(columns.compactMap(\.self))
        isTitled = (0..<row.count).map { column in
            row.kind(at: column) != .text && row.kind(at: column) != .empty
                || !HeaderMatcher.key(row.text(at: column) ?? "").isEmpty || read.contains(column)
        }
        let remarks =
            (unmatched.isEmpty ? [] : [Self.ignored(unmatched)]) + (untold.map { [$0] } ?? [])
            + (row.misplaced.map { [CellFault($0, in: row).text(target.schema.label)] } ?? [])
        remark = remarks.isEmpty ? nil : Text(en: Self.joined(remarks, \.en), ko: Self.joined(remarks, \.ko))
    }

    /// Titles that are errors, or formulas without a result: their columns are not read, and that is said.
    private static func untold(_ row: SheetRow) -> Text? {
        let cells = (0..<row.count).filter { [.error, .missing, .unreadable].contains(row.kind(at: $0)) }.prefix(20)
        guard !cells.isEmpty else { return nil }
        let names = cells.map { column in
            let name = CellName.cell(column: column, row: row.number)
            return row.text(at: column).map { Text(en: "\(name) (\($0))", ko: "\(name)(\($0))") }
                ?? Text(en: name, ko: name)
        }
        return Text(
            en:
                "Titles that are errors or formulas without a stored result, so that their columns were not read: \(list(names, \.en)).",
            ko: "제목이 오류이거나 계산 결과가 없는 수식이어서 읽지 않은 열: \(list(names, \.ko)).")
    }

    private static func ignored(_ headers: [Text]) -> Text {
        Text(
            en: "Columns without a field: \(list(headers, \.en)).", ko: "일치하는 필드가 없어 가져오지 않은 열: \(list(headers, \.ko))."
        )
    }

    /// The header, with the nearest label where one is near.
    private static func text(of header: HeaderMatcher.Unmatched) -> Text {
        let shown = header.header.prefix(80)
        guard let near = header.suggestion else { return Text(en: "\"\(shown)\"", ko: "‘\(shown)’") }
        return Text(en: "\"\(shown)\" (\"\(near.english)\"?)", ko: "‘\(shown)’(‘\(near.korean)’?)")
    }

    /// A field with its columns.
    private static func text(of duplicate: HeaderMatcher.Duplicate, _ target: ImportTarget) -> Text {
        let label = target.schema.field(duplicate.field)?.label ?? Text(en: duplicate.field, ko: duplicate.field)
        let columns = duplicate.columns.prefix(20).map { CellName.column($0) }.joined(separator: ", ")
        return Text(en: "\"\(label.en)\" (\(columns))", ko: "‘\(label.ko)’(\(columns))")
    }

    private static func list(_ texts: [Text], _ language: KeyPath<Text, String>) -> String {
        texts.map { $0[keyPath: language] }.joined(separator: ", ")
    }

    private static func joined(_ texts: [Text], _ language: KeyPath<Text, String>) -> String {
        texts.map { $0[keyPath: language] }.joined(separator: " ")
    }
}
