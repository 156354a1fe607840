import Records
import Wire
import Workbook

/// Takes the cells of the target's fields from the rows of a sheet, as a person sees them there.
struct RowReader {
    private let columns: [Int?]
    private let keyColumn: Int?
    private let fields: [CheckPlan.Column]
    /// Whether what the cell shows is what counts: numbers, dates, choices and the like are read by their values.
    private let showsText: [Bool]
    private let formats: [(format: String, hasTime: Bool)?]
    /// Whether the field has one line, as nearly every field has.
    private let hasOneLine: [Bool]
    /// Fields of the row of titles in a text file; 0 in a workbook.
    private let width: Int
    /// For the columns of the row of titles, whether they have one.
    private let isTitled: [Bool]
    /// Columns without a title in which something was seen, with the first row of it.
    private var unnamed: [Int: Int] = [:]
    private static let mostNamed = 20
    /// What says the titles again: a row of them is none.
    private let titles: RepeatedTitles
    private var repeated: [Int] = []
    /// Rows that nobody sees: how many, and the first of them.
    private var hidden: (count: Int, first: [Int]) = (0, [])
    /// The rows of a template's example.
    private var examples: [Int] = []
    /// What a builder makes of the cells; nil where they are the target's as they stand.
    private let transform: RowTransform?

    init(_ header: SheetHeader, _ plan: CheckPlan) {
        columns = header.columns
        keyColumn = header.keyColumn
        fields = plan.columns
        showsText = plan.columns.map { column in
            switch column.field.type {
            case .integer, .decimal, .currency, .date, .datetime, .boolean, .choice: false
            default: true
            }
        }
        formats = plan.dateFormats
        hasOneLine = plan.columns.map { $0.field.type != .text }
        width = header.width
        isTitled = header.isTitled
        titles = RepeatedTitles(header, plan)
        // The cells of an error workbook have been made already.
        transform = header.keyColumn == nil ? RowTransform(plan.target) : nil
    }

    /// What was passed over.
    var remarks: [Text] {
        examples.map(TemplateExample.remark)
            + [again, untitled, HiddenParts.rows(hidden.first, count: hidden.count)].compactMap(\.self)
    }

    /// Rows that say the titles again, as reports do at the top of each page; nil when there was none.
    private var again: Text? {
        guard !repeated.isEmpty else { return nil }
        let rows = repeated.map(String.init).joined(separator: ", ")
        return Text(
            en: "Rows that repeat the titles were not read: \(rows).", ko: "제목을 반복한 행은 읽지 않았습니다: \(rows).")
    }

    /// What was passed over for want of a title; nil when nothing was.
    private var untitled: Text? {
        guard !unnamed.isEmpty else { return nil }
        let places = unnamed.sorted { $0.key < $1.key }.map { CellName.cell(column: $0.key, row: $0.value) }
        let list = places.joined(separator: ", ")
        return Text(
            en: "Values in columns without a title were not read: \(list).", ko: "제목이 없는 열의 값은 읽지 않았습니다: \(list).")
    }

    /// The cells in the order of the target's fields; nil for a row in which nothing is seen in any of them. A row of an error
    /// workbook that says which one it is counts whatever is in its cells: they may have been cleared.
    mutating func read(_ row: borrowing SheetRow) -> ReadRow? {
        let key = keyColumn.map { row.kind(at: $0) == .empty ? "" : row.text(at: $0) ?? "" }
        let isKnown = key.flatMap(RowKey.init) != nil
        guard isKnown || !TemplateExample.isMarked(row, first: columns.first ?? nil) else {
            if examples.count < Self.mostNamed { examples.append(row.number) }
            return nil
        }
        guard isKnown || !titles.stand(in: row) else {
            if repeated.count < Self.mostNamed { repeated.append(row.number) }
            return nil
        }
        var cells: [String] = []
        cells.reserveCapacity(columns.count)
        var faults: [CellFault] = []
        var origins: [CellOrigin] = []
        var isEmpty = true
        for position in columns.indices {
            guard let column = columns[position], row.kind(at: column) != .empty else {
                cells.append("")
                continue
            }
            let text = text(row, column, position, &faults)
            if !text.isEmpty { isEmpty = false }
            if formats[position] != nil, let date = writtenDate(text, row, column, position) { origins.append(date) }
            cells.append(text)
        }
        if width > 0 { compare(row, &faults) }
        if let misplaced = row.misplaced { faults.append(CellFault(misplaced, in: row)) }
        passOver(row)
        guard isKnown || !isEmpty || !faults.isEmpty else { return nil }
        if row.isHidden {
            hidden.count += 1
            if hidden.first.count < Self.mostNamed { hidden.first.append(row.number) }
        }
        if let transform {
            origins += transform.apply(to: &cells, &faults) { position in
                columns[position].map { CellName.cell(column: $0, row: row.number) }
            }
        }
        return ReadRow(number: row.number, cells: cells, faults: faults, origins: origins, key: key)
    }

    /// Notes what stands under no title. Surplus fields of a text file are told of their rows.
    private mutating func passOver(_ row: borrowing SheetRow) {
        let end = width > 0 ? min(width, row.count) : row.count
        for column in 0..<end where column >= isTitled.count || !isTitled[column] {
            guard unnamed.count < Self.mostNamed, unnamed[column] == nil, row.kind(at: column) != .empty,
                !(row.text(at: column) ?? "").alike.isEmpty
            else { continue }
            unnamed[column] = row.number
        }
    }

    private func text(
        _ row: borrowing SheetRow, _ column: Int, _ position: Int, _ faults: inout [CellFault]
    ) -> String {
        let text = row.text(at: column) ?? ""
        switch row.kind(at: column) {
        case .empty: return ""
        case .error: faults.append(fault(.error, row, column, position, text.trimmed))
        case .missing: faults.append(fault(.missing, row, column, position))
        case .unreadable: faults.append(fault(.unreadable, row, column, position, String(text.prefix(80))))
        case .date, .dateTime:
            if let wanted = formats[position] { return Self.date(text, row.kind(at: column), wanted) }
            return shown(row, column, position, &faults) ?? text
        case .number, .text, .time: return shown(row, column, position, &faults) ?? seen(text, position)
        // So the cell shows it, in English and in Korean.
        case .bool: return showsText[position] ? text.uppercased() : text
        }
        return seen(text, position)
    }

    private func seen(_ text: String, _ position: Int) -> String {
        // The field itself is looked at no more than it has to be: a copy of it takes longer than the cleaning.
        hasOneLine[position] ? text.visible() : PublishedCell.seen(text, in: fields[position].field)
    }

    /// What the cell shows where that is not simply what it holds.
    private func shown(
        _ row: borrowing SheetRow, _ column: Int, _ position: Int, _ faults: inout [CellFault]
    ) -> String? {
        guard showsText[position] else { return nil }
        switch row.shown(at: column) {
        case .plain: return nil
        case .text(let shown): return seen(shown, position)
        case .unknown(let code):
            faults.append(fault(.format, row, column, position, code))
            return nil
        }
    }

    private func fault(
        _ kind: CellFault.Kind, _ row: borrowing SheetRow, _ column: Int, _ position: Int, _ detail: String = ""
    ) -> CellFault {
        CellFault(
            kind: kind, field: fields[position].field.name, place: CellName.cell(column: column, row: row.number),
            detail: detail)
    }

    /// What a row of a text file says by its fields and quotation marks.
    private func compare(_ row: borrowing SheetRow, _ faults: inout [CellFault]) {
        if row.count > width, (width..<row.count).contains(where: { !(row.text(at: $0) ?? "").alike.isEmpty }) {
            faults.append(CellFault(kind: .surplus, place: "\(row.number)", detail: "\(row.count) > \(width)"))
        }
        if let column = row.swallowed {
            faults.append(
                CellFault(
                    kind: .quotation, place: CellName.cell(column: column, row: row.number),
                    detail: "\(row.lines.lowerBound)–\(row.lines.upperBound)"))
        }
    }

    /// A native date that was written in a format of its own, by which alone its text is that day; nil for any other cell.
    private func writtenDate(
        _ text: String, _ row: borrowing SheetRow, _ column: Int, _ position: Int
    ) -> CellOrigin? {
        let kind = row.kind(at: column)
        guard kind == .date || kind == .dateTime, let date = row.text(at: column), !date.hasPrefix(text) else {
            return nil
        }
        return CellOrigin(
            field: fields[position].field.name, place: CellName.cell(column: column, row: row.number), text: text,
            date: date)
    }

    /// Native dates are written in the format that the column's check asks for (G-60).
    static func date(_ text: String, _ kind: SheetRow.Kind, _ wanted: (format: String, hasTime: Bool)) -> String {
        if kind == .date {
            if wanted.format == CellCheck.standardDate { return text }
            return CellText.format(wanted.hasTime ? text + " 00:00:00" : text, as: wanted.format) ?? text
        }
        if wanted.format == CellCheck.standardDateTime { return text }
        // A time that the cell shows is not left out in silence: the check says that a day is wanted.
        if !wanted.hasTime, kind == .dateTime, !text.hasSuffix(" 00:00:00") { return text }
        // A date that a program wrote with midnight for its time is a date.
        if !wanted.hasTime, text.hasSuffix(" 00:00:00") {
            return CellText.format(String(text.prefix(10)), as: wanted.format) ?? text
        }
        return CellText.format(text, as: wanted.format) ?? text
    }
}
