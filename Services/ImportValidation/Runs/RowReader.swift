import Records
import Wire
import Workbook

/// Takes the cells of the target's fields from the rows of a sheet, as a person sees them there.
struct RowReader {
    private let columns: [Int?]
    private let fields: [FieldSchema]
    private let formats: [(format: String, hasTime: Bool)?]
    /// Fields of the row of titles in a text file; 0 in a workbook.
    private let width: Int

    init(_ header: SheetHeader, _ plan: CheckPlan) {
        columns = header.columns
        fields = plan.target.fields
        formats = plan.dateFormats
        width = header.width
    }

    /// The cells in the order of the target's fields; nil for a row in which nothing is seen in any of them.
    func read(_ row: borrowing SheetRow) -> ReadRow? {
        var cells: [String] = []
        cells.reserveCapacity(columns.count)
        var faults: [CellFault] = []
        var isEmpty = true
        for position in columns.indices {
            guard let column = columns[position], row.kind(at: column) != .empty else {
                cells.append("")
                continue
            }
            let text = text(row, column, position, &faults)
            if !text.isEmpty { isEmpty = false }
            cells.append(text)
        }
        if width > 0 { compare(row, &faults) }
        return isEmpty && faults.isEmpty ? nil : ReadRow(number: row.number, cells: cells, faults: faults)
    }

    private func text(
        _ row: borrowing SheetRow, _ column: Int, _ position: Int, _ faults: inout [CellFault]
    ) -> String {
        let text = row.text(at: column) ?? ""
        switch row.kind(at: column) {
        case .empty: return ""
        case .error: faults.append(fault(.error, row, column, position, text))
        case .missing: faults.append(fault(.missing, row, column, position))
        case .unreadable: faults.append(fault(.unreadable, row, column, position, String(text.prefix(80))))
        case .date, .dateTime:
            if let wanted = formats[position] { return Self.date(text, row.kind(at: column), wanted) }
            return shown(row, column, position, &faults) ?? text
        case .number, .text, .time: return shown(row, column, position, &faults) ?? seen(text, position)
        // So the cell shows it, in English and in Korean.
        case .bool: return showsText(position) ? text.uppercased() : text
        }
        return seen(text, position)
    }

    private func seen(_ text: String, _ position: Int) -> String { PublishedCell.seen(text, in: fields[position]) }

    /// What the cell shows where that is not simply what it holds.
    private func shown(
        _ row: borrowing SheetRow, _ column: Int, _ position: Int, _ faults: inout [CellFault]
    ) -> String? {
        guard showsText(position) else { return nil }
        switch row.shown(at: column) {
        case .plain: return nil
        case .text(let shown): return seen(shown, position)
        case .unknown(let code):
            faults.append(fault(.format, row, column, position, code))
            return nil
        }
    }

    /// Whether what the cell shows is what counts: numbers, dates, choices and the like are read by their values.
    private func showsText(_ position: Int) -> Bool {
        switch fields[position].type {
        case .integer, .decimal, .currency, .date, .datetime, .boolean, .choice: false
        default: true
        }
    }

    private func fault(
        _ kind: CellFault.Kind, _ row: borrowing SheetRow, _ column: Int, _ position: Int, _ detail: String = ""
    ) -> CellFault {
        CellFault(
            kind: kind, field: fields[position].name, place: CellName.cell(column: column, row: row.number),
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

    /// Native dates are written in the format that the column's check asks for (G-60).
    private static func date(_ text: String, _ kind: SheetRow.Kind, _ wanted: (format: String, hasTime: Bool)) -> String
    {
        if kind == .date {
            if wanted.format == CellCheck.standardDate { return text }
            return CellText.format(wanted.hasTime ? text + " 00:00:00" : text, as: wanted.format) ?? text
        }
        if wanted.format == CellCheck.standardDateTime { return text }
        // A date that a program wrote with midnight for its time is a date.
        if !wanted.hasTime, text.hasSuffix(" 00:00:00") {
            return CellText.format(String(text.prefix(10)), as: wanted.format) ?? text
        }
        return CellText.format(text, as: wanted.format) ?? text
    }
}
