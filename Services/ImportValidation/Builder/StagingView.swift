import ImportValidationWire
import RPC
import Records
import Wire

/// One of the two list views of staged rows (G-71): the columns that a builder shows of them. Without a builder, and without a
/// view, all are shown.
struct StagingView {
    private let columns: [String]?

    /// The view of a name; INVALID_ARGUMENT for one that there is not.
    init(_ name: String, _ target: ImportTarget) throws(Problem) {
        guard !name.isEmpty else {
            columns = nil
            return
        }
        guard BuilderActivity.views.contains(name) else {
            let names = BuilderActivity.views.joined(separator: ", ")
            throw .invalid(
                field: ListStagingRowsRequest.Field.view,
                Text(en: "There is no such view; there are \(names).", ko: "이러한 뷰가 없습니다. 가능한 뷰: \(names)"), rule: "G-71"
            )
        }
        columns = target.built?.columns(of: name)
    }

    /// The row with the columns of the view, in their order.
    func shown(_ row: StagingRow) -> StagingRow {
        guard let columns else { return row }
        var row = row
        let cells = Dictionary(row.cells.map { ($0.field, $0) }) { first, _ in first }
        row.cells = columns.compactMap { cells[$0] }
        return row
    }
}

extension StagingError {
    /// The same with what the file has in the place of the cell, where a builder's map has made it.
    func coming(from origins: [CellOrigin], _ target: ImportTarget, _ language: String) -> StagingError {
        guard let built = target.built, let position = target.fields.firstIndex(where: { $0.name == field }) else {
            return self
        }
        var error = self
        error.sourceTitle = built.columns[position].title
        guard let origin = origins.first(where: { $0.field == field && $0.date == nil }) else { return error }
        error.sourceCell = origin.place
        error.sourceValue = origin.text
        let shown = origin.text.prefix(80)
        error.message += Text(
            en: " The file has \"\(shown)\" in \(origin.place).",
            ko: " 파일의 \(origin.place) 셀 값: ‘\(shown)’")(language)
        return error
    }
}
