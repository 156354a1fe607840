import ImportValidationWire
import Postgres
import RPC
import Records
import Wire
import Workbook

/// Mends staged rows by an error workbook that comes back (ADR 0032): each of its rows says by its key which staged row it
/// is, in whatever order they come. Only cells that hold something else are written; the rows are then checked again, with
/// whatever else of the task is yet to validate. It never adds a row.
struct MendRun {
    private static let batch = 500

    let tools: RunTools
    let target: ImportTarget
    let checker: RowChecker
    /// Opens the file, behind its titles.
    let open: () throws -> TableFinder.Table

    private var access: TaskAccess { TaskAccess(database: tools.database) }

    /// Mends batch after batch. A file that cannot be read to its end mends nothing; a run that was interrupted goes on
    /// behind the last row that it has settled.
    func run() async throws -> RunQueue.Ending {
        try await permit()
        let (total, first, remarks) = try survey()
        var tally = tools.claim.mending
        var progress = Progress(tools.claim, total: total, connection: tools.connection)
        progress.add(done: Int(tally.settled), failed: Int(tally.refusals))
        let table = try open()
        var reader = RowReader(table.header, checker.plan)
        var row = SheetRow()
        while true {
            let rows = try Self.next(table.source, &row, &reader, behind: tally.place)
            if rows.isEmpty { break }
            let before = tally
            tally = try await mend(rows, table.header.columns, first, before, total: total)
            progress.add(done: rows.count, failed: Int(tally.refusals - before.refusals))
        }
        var sweep = ValidationSweep(tools: tools, checker: checker, target: target)
        while try await sweep.next() != nil {}
        _ = try await sweep.markDoubles()
        progress.tell()
        let message = RunMessages.mended(tally, attention: try await tools.rows(.needsAttention), remarks)
        return .init(
            total: total, done: total, failed: tally.refusals, says: [message],
            uploadState: Upload.State.loaded)
    }

    /// Importing files is the contact's too, correcting rows is not (G-15).
    private func permit() async throws {
        let (access, claim) = (access, tools.claim)
        let isPermitted = try await tools.database.transaction(as: tools.service) { tx in
            do {
                _ = try access.worked(claim.task, by: claim.requester.caller, in: tx)
                return true
            } catch let problem as Problem where problem.code == .permissionDenied || problem.code == .notFound {
                return false
            }
        }
        guard isPermitted else { throw RunFailure(text: RunMessages.noMending, keepsUpload: true) }
    }

    /// How many rows there are, where each key stands first, and what is passed over in the file.
    private func survey() throws -> (total: Int64, first: [String: Int], remarks: [Text]) {
        let table = try open()
        var reader = RowReader(table.header, checker.plan)
        var row = SheetRow()
        var total: Int64 = 0
        var first: [String: Int] = [:]
        while try table.source.next(into: &row) {
            guard let read = reader.read(row) else { continue }
            total += 1
            guard total <= ErrorWorkbook.mostRows else { throw RunFailure(text: RunMessages.tooManyToMend) }
            guard let key = read.key.flatMap(RowKey.init), first[key.row] == nil else { continue }
            first[key.row] = read.number
        }
        return (total, first, table.remarks + reader.remarks)
    }

    private static func next(
        _ source: any RowSource, _ row: inout SheetRow, _ reader: inout RowReader, behind place: Int
    ) throws(WorkbookError) -> [ReadRow] {
        var rows: [ReadRow] = []
        while rows.count < batch, try source.next(into: &row) {
            guard row.number > place, let read = reader.read(row) else { continue }
            rows.append(read)
        }
        return rows
    }

    /// Mends the rows of a batch, in one transaction with what is counted of them.
    private func mend(
        _ rows: [ReadRow], _ columns: [Int?], _ first: [String: Int], _ before: MendTally, total: Int64
    ) async throws -> MendTally {
        let (tools, target, access, now) = (tools, target, access, tools.database.clock.now)
        let claim = tools.claim
        return try await tools.database.transaction(as: tools.service, deadline: .after(.seconds(60))) { tx in
            let task = try access.worked(claim.task, by: claim.requester.caller, in: tx)
            try TaskAccess.requireOpen(task, tx)
            try tools.hold(in: tx)
            let keys = rows.map { $0.key.flatMap(RowKey.init) }
            let staged = try Self.staged(keys.compactMap { $0?.row }, of: task, tx)
            var tally = before
            var corrections: [StagingCorrection] = []
            for (row, key) in zip(rows, keys) {
                tally.place = row.number
                guard let key else {
                    tally.refuse(row.number, .keyless)
                    continue
                }
                guard first[key.row] == row.number else {
                    tally.refuse(row.number, .repeated)
                    continue
                }
                switch try Self.outcome(row, key, staged[key.row], columns, target, tools.language) {
                case .refused(let reason): tally.refuse(row.number, reason)
                case .unchanged: tally.unchanged += 1
                case .corrected(let correction):
                    tally.mended += 1
                    corrections.append(correction)
                }
            }
            let context = WriteContext(caller: claim.requester.caller, now: now)
            for correction in corrections { correction.write(context, tx) }
            tx.send(
                "UPDATE import_validation.import_run_work SET mending = \(tally.json)::jsonb WHERE \(claim.lease.held)",
                expecting: 1)
            tx.send(
                """
                UPDATE import_validation.import_run SET total_rows = \(total), done_rows = \(tally.settled), \
                failed_rows = \(tally.refusals) WHERE id = \(claim.run)
                """)
            return tally
        }
    }

    /// Rows of the task by their ids, locked. A key of another task names none.
    private static func staged(_ ids: [String], of task: ImportTask, _ tx: Transaction) throws -> [String: Row] {
        let rows = try tx.query(
            StagingEndpoints.selection
                + " WHERE import_task = \(task.id) AND id = ANY(\(ids)::uuid[]) ORDER BY id FOR UPDATE")
        return Dictionary(
            try rows.map { (try $0.string(StagingColumn.id), $0) }, uniquingKeysWith: { first, _ in first })
    }

    private enum Outcome {
        case refused(MendTally.Refusal)
        case unchanged
        case corrected(StagingCorrection)
    }

    /// What becomes of a row. What holds the same as the staged row is unchanged, whoever made it so.
    private static func outcome(
        _ read: ReadRow, _ key: RowKey, _ row: Row?, _ columns: [Int?], _ target: ImportTarget, _ language: String
    ) throws -> Outcome {
        guard let row else { return .refused(.unknown) }
        let cells = try row.strings(StagingColumn.cells)
        var changes: [StagedCell] = []
        for (position, field) in target.fields.enumerated() where columns[position] != nil {
            let held = position < cells.count ? cells[position] : ""
            let found = read.cells[position]
            guard found != held, found != PublishedCell.seen(WorkbookWriter.writable(held), in: field) else { continue }
            var cell = StagedCell()
            (cell.field, cell.value) = (field.name, found)
            changes.append(cell)
        }
        if changes.isEmpty { return .unchanged }
        if try row.string(StagingColumn.status) == RowStatus.published.rawValue { return .refused(.published) }
        guard key.isOf(cells) else { return .refused(.changed) }
        do {
            return .corrected(try StagingCorrection(row, etag: "", changes, target, language, told: read.faults))
        } catch let problem as Problem where problem.code == .invalidArgument {
            return .refused(.tooLong)
        }
    }
}
