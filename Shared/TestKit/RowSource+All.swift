import Workbook

extension RowSource {
    /// All rows that are left. The product reads row by row, with bounded memory.
    public func readAll() throws(WorkbookError) -> [SheetRow] {
        var rows: [SheetRow] = []
        var row = SheetRow()
        while try next(into: &row) { rows.append(row) }
        return rows
    }
}
