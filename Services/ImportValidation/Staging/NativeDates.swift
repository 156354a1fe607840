import Postgres
import Records
import Wire
import Workbook

/// Native dates of workbooks, which are staged as texts in the format of their check (G-60). Where that format has changed
/// since, the text would be another day: it is written anew from the date itself, before the row is judged by it.
enum NativeDates {
    /// Rows as the formats of a plan have them. Those that change are written; one that somebody has changed meanwhile is left
    /// out, for whoever judges it next.
    static func rewritten(_ rows: [HeldRow], by plan: CheckPlan, _ tools: RunTools) async throws -> [HeldRow] {
        let formats = plan.dateFormats
        let changed = rows.map { row in row.origins.isEmpty ? nil : rewritten(row, plan, formats) }
        guard changed.contains(where: { $0 != nil }) else { return rows }
        let now = tools.writing.now
        return try await tools.database.transaction(as: tools.service, deadline: .after(.seconds(60))) { tx in
            try tools.hold(in: tx)
            return try zip(rows, changed).compactMap { row, changed in
                guard var changed else { return row }
                let written = try tx.query(
                    """
                    UPDATE import_validation.staging_row SET revision = revision + 1, cells = \(changed.cells)::text[], \
                    origins = \(CellOrigin.json(changed.origins))::jsonb, updated_at = \(now.sqlValue) \
                    WHERE id = \(row.id) AND revision = \(row.revision)
                    """)
                guard written.affected == 1 else { return nil }
                changed.revision += 1
                return changed
            }
        }
    }

    /// A row whose dates are written in the formats of a plan; nil for one that has them so already. A cell that holds
    /// something else by now was corrected, and is the text that a person meant.
    static func rewritten(
        _ row: HeldRow, _ plan: CheckPlan, _ formats: [(format: String, hasTime: Bool)?]
    ) -> HeldRow? {
        var changed = row
        for (index, origin) in row.origins.enumerated() {
            guard let date = origin.date, let position = plan.target.position(of: origin.field),
                position < row.cells.count, row.cells[position] == origin.text
            else { continue }
            let kind: SheetRow.Kind = date.utf8.count == 10 ? .date : .dateTime
            let text = formats[position].map { RowReader.date(date, kind, $0) } ?? date
            guard text != origin.text else { continue }
            changed.cells[position] = text
            changed.origins[index].text = text
        }
        return changed.cells == row.cells ? nil : changed
    }
}
