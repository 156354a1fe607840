import ImportValidationWire
import Postgres
import RPC
import Records
import Wire

/// Corrected cells of one staged row. The row is then to be checked anew, and knows no reason any more.
struct StagingCorrection {
    /// The longest text of a cell, as in a workbook.
    private static let longestCell = 32_767

    /// The row as it is after the correction, for whoever asked.
    let message: StagingRow
    private let cells: [String]
    private let faults: [CellFault]

    /// What a request wants to become of a row that was read and locked. Throws where the row has changed since the caller
    /// read it or is published, and where a cell is none of the target's. `told` is what the file that a correction comes in
    /// says against the corrected cells and the row.
    init(
        _ row: Row, etag: String, _ changes: [StagedCell], _ target: ImportTarget, _ language: String,
        told: [CellFault] = []
    ) throws {
        var message = try StagingEndpoints.message(row, target, language)
        guard etag.isEmpty || etag == message.etag else { throw Self.changed }
        guard message.status != RowStatus.published.rawValue else { throw Self.published }
        var cells = try row.strings(StagingColumn.cells)
        while cells.count < target.fields.count { cells.append("") }
        try Self.apply(changes, to: &cells, target)
        // A person has looked at the row: what the file said against its corrected cells, or against it as a whole, is past.
        let corrected = Set(changes.compactMap { target.position(of: $0.field) }.map { target.fields[$0].name })
        faults =
            CellFault.read(try row.optionalString(StagingColumn.faults)).filter { fault in
                fault.field.map { !corrected.contains($0) } ?? false
            } + told.filter { fault in fault.field.map(corrected.contains) ?? true }
        message.etag = String(try row.int64(StagingColumn.revision) + 1)
        message.status = RowStatus.yetToValidate.rawValue
        message.statusLabel = RowStatus.yetToValidate.label(language)
        message.comment = ""
        message.errors = []
        message.cells = StagingEndpoints.staged(cells, target)
        self.message = message
        self.cells = cells
    }

    /// Writes the correction. The caller refreshes the state of the task, once for all rows.
    func write(_ context: WriteContext, _ tx: Transaction) {
        StagingDoubles.release([message.id], of: message.importTask, tx)
        tx.send(
            """
            UPDATE import_validation.staging_row SET \(Self.isCorrected(context)), \
            faults = nullif(\(CellFault.json(faults)), '')::jsonb, cells = \(cells)::text[] WHERE id = \(message.id)
            """, expecting: 1)
    }

    /// What becomes of a row that a person has corrected, beside its cells and what the file said of them.
    static func isCorrected(_ context: WriteContext) -> SQL {
        """
        revision = revision + 1, status = \(RowStatus.yetToValidate.sql), comment = NULL, errors = NULL, \
        publish_run = NULL, natural_key = NULL, updated_at = \(context.now.sqlValue), \
        updated_by = \(context.caller.subject)
        """
    }

    private static let changed = Problem.aborted(
        Text(
            en: "The row has changed since you read it. Read it again.",
            ko: "행을 보는 동안 다른 사용자가 변경했습니다. 새로 고친 후 다시 시도해 주세요."),
        reason: "ETAG_MISMATCH")

    private static let published = Problem(
        .failedPrecondition,
        Text(en: "The row is published; change its record instead.", ko: "이미 게시된 행입니다. 대상 레코드를 변경하세요."),
        reason: "ROW_PUBLISHED")

    private static func apply(_ changes: [StagedCell], to cells: inout [String], _ target: ImportTarget) throws {
        guard !changes.isEmpty else {
            throw Problem.invalid(
                field: UpdateStagingRowRequest.Field.cells, Text(en: "No cell is named.", ko: "변경할 셀을 지정하세요."))
        }
        for change in changes {
            let position = try position(of: change.field, named: "cells.field", target)
            cells[position] = try stored(change.value, named: "cells.value", target.fields[position])
        }
    }

    /// The place of a column among the cells.
    static func position(of column: String, named field: String, _ target: ImportTarget) throws(Problem) -> Int {
        if let position = target.position(of: column) { return position }
        let shown = column.prefix(80)
        throw .invalid(field: field, Text(en: "There is no column \(shown).", ko: "‘\(shown)’ 열이 없습니다."))
    }

    /// A text as the cell of a column holds it.
    static func stored(_ value: String, named field: String, _ column: FieldSchema) throws(Problem) -> String {
        guard value.utf8.count <= longestCell || value.utf16.count <= longestCell else {
            throw .invalid(
                field: field,
                Text(en: "A cell holds at most \(longestCell) characters.", ko: "셀은 최대 \(grouped: longestCell)자입니다."))
        }
        return PublishedCell.seen(value, in: column)
    }
}
