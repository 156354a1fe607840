import ImportValidationWire
import Postgres
import RPC
import Records
import Tenancy
import Wire

/// A row of a workbook on its way into staging.
struct ReadRow: Sendable {
    let number: Int
    let cells: [String]
    var faults: [CellFault] = []
    /// What the file has in the cells that a builder has made others of.
    var origins: [CellOrigin] = []
    /// What the row of an error workbook says of itself; nil in any other file.
    var key: String?
}

/// A staged row that a run works on.
struct HeldRow: Sendable {
    let id: String
    var revision: Int64
    let number: Int64
    let status: String
    var cells: [String]
    var faults: [CellFault] = []
    /// The number of its natural key.
    let key: Int64?
    /// What it was told of rows with the same.
    let doubles: [RowError]
    /// The number of the checks by which it was judged.
    var checkVersion: Int64 = 0
    /// The file and the sheet that it came with; nil is the only sheet of a text file.
    var upload = ""
    var sheet: String?
    /// Who corrected it last; nil for nobody.
    var correctedBy: String?
    /// Where its cells come from, if native dates or empty cells are among them.
    var origins: [CellOrigin] = []
    /// The fields whose values a transform map has given without a cell.
    var given: [String] = []
}

/// The statements over the table of staged rows.
enum StagingStore {
    /// Where rows are taken in: the service may only add to it, and what it adds must be of the transaction's scope (ADR
    /// 0028).
    private static let intake = "import_validation.staging_row_intake"
    private static let columns: [StagingColumn] = [
        .id, .revision, .createdAt, .domain, .importTask, .upload, .rowNumber, .sourceFile, .sourceSheet, .status,
        .comment, .errors, .faults, .origins, .naturalKey, .checkVersion, .cells,
    ]

    /// Adds rows of a sheet that were judged by the checks of `version`; nil is the only sheet of a text file.
    static func add(
        _ rows: [ReadRow], _ verdicts: [RowVerdict], by version: Int64, upload: Upload, sheet: String?, claim: Claim,
        now: Timestamp, _ tx: Transaction
    ) throws {
        let domain = claim.domain.path
        let file = upload.fileName ?? ""
        let ids = RecordID.Series(at: now)
        guard let task = BinaryCopyWriter.halves(of: claim.task), let source = BinaryCopyWriter.halves(of: upload.id)
        else { throw Problem.internalError(cause: "the ids of task and upload are none") }
        // Rows that follow each other often have the same errors.
        var encoder = RowError.Encoder()
        _ = try tx.copyIn(into: intake, columns: columns.map(\.rawValue)) { writer in
            for (row, verdict) in zip(rows, verdicts) {
                writer.beginRow()
                writer.uuid(ids.next())
                writer.bigint(1)
                writer.timestamp(microsSinceUnixEpoch: now.microseconds)
                writer.text(domain)
                writer.uuid(task)
                writer.uuid(source)
                writer.int(Int32(clamping: row.number))
                writer.text(file)
                writer.text(sheet)
                writer.text(verdict.status)
                writer.text(verdict.errors.isEmpty ? nil : verdict.comment)
                writer.json(verdict.errors.isEmpty ? nil : encoder.json(verdict.errors))
                writer.json(row.faults.isEmpty ? nil : CellFault.json(row.faults))
                writer.json(row.origins.isEmpty ? nil : CellOrigin.json(row.origins))
                writer.bigint(verdict.key)
                writer.bigint(version)
                writer.texts(row.cells)
                try writer.endRow()
            }
        }
    }

    /// How far the removal of many rows is.
    struct Sweep: Sendable {
        fileprivate var status = ""
        fileprivate var number: Int64 = 0
        fileprivate var id = "00000000-0000-0000-0000-000000000000"
        /// Rows that went so far.
        fileprivate(set) var removed = 0
        /// Whether more than a batch may be left.
        fileprivate(set) var goesOn = true
    }

    /// Removes the next `limit` unpublished rows of a task, and of one upload unless it is nil. Fewer than that are left to
    /// the transaction that ends the work.
    static func removeBatch(
        of task: String, upload: String? = nil, _ limit: Int, _ sweep: Sweep, _ tx: Transaction
    ) throws -> Sweep {
        var sweep = sweep
        // On from where the batch before ended, for what was removed stays in the index for a while.
        let rows: SQL = """
            FROM import_validation.staging_row WHERE import_task = \(task) AND status <> \(RowStatus.published.sql) \
            AND (status, row_number, id) > (\(sweep.status), \(sweep.number)::int4, \(sweep.id)::uuid) \
            AND coalesce(upload = \(upload)::uuid, true) ORDER BY status, row_number, id
            """
        let last = try tx.query(
            "SELECT status, row_number, id " + rows + " OFFSET \(limit - 1) LIMIT 1"
        ).first
        guard let last else {
            sweep.goesOn = false
            return sweep
        }
        let gone = try tx.query(
            "DELETE FROM import_validation.staging_row WHERE id IN (SELECT id " + rows + " LIMIT \(limit))")
        sweep.status = try last.string(StagingColumn.status)
        sweep.number = try last.int64(StagingColumn.rowNumber)
        sweep.id = try last.string(StagingColumn.id)
        sweep.removed += gone.affected
        return sweep
    }

    /// Only rows of files whose load has ended: until then it may find fault with them, or take them back. The state of the
    /// upload does not tell, for it can be imported again while published rows of it are staged. (Where all rows are of one
    /// file Postgres takes such a comparison for one that nothing meets, but for `coalesce`.)
    static func isLoaded(_ task: String) -> SQL {
        """
        coalesce(upload <> ALL (ARRAY(SELECT r.upload FROM import_validation.import_run AS r WHERE r.import_task = \(task) \
        AND r.kind = \(literal: ImportRun.Kind.load) AND r.upload IS NOT NULL \
        AND r.state IN (\(literal: ImportRun.State.queued), \(literal: ImportRun.State.running)))), true)
        """
    }

    /// How many rows would be ready if their files were loaded, of those that meet a condition.
    static func stillLoading(_ task: String, _ which: SQL, _ tx: Transaction) throws -> Int64 {
        let counting: SQL =
            "SELECT count(*) FROM import_validation.staging_row WHERE import_task = \(task) AND status = "
            + "\(RowStatus.readyToPublish.sql) AND " + which + " AND NOT (" + isLoaded(task) + ")"
        return try tx.query(counting).first?.int64(UnnamedColumn.count) ?? 0
    }

    /// The next rows of a task with a status, behind `last`.
    static func page(
        _ task: String, status: RowStatus, after last: HeldRow?, limit: Int, _ tx: Transaction
    ) throws -> [HeldRow] {
        try page(
            "WHERE import_task = \(task) AND status = \(status.sql)", after: last, limit: limit, walks: true, tx)
    }

    /// The next rows of a task for a publication, from a place of it on: those that are ready by the checks of `version`, whose
    /// files are loaded, and that it was asked for, which are those of `run` or, when that is nil, all that no other was.
    static func page(
        _ task: String, chosenFor run: String?, by version: Int64, from place: PublicationPlace, limit: Int,
        _ tx: Transaction
    ) throws -> [HeldRow] {
        var statement: SQL = "WHERE import_task = \(task) AND status = \(RowStatus.readyToPublish.sql) AND publish_run "
        statement += run.map { "= \($0)" } ?? "IS NULL"
        statement += " AND check_version = \(version)::int8 AND " + isLoaded(task)
        if !place.sentRows.isEmpty { statement += " AND id <> ALL(\(place.sentRows)::uuid[])" }
        return try page(statement, after: place.row, limit: limit, walks: run == nil, tx)
    }

    /// The next rows of an upload with numbers of a span that are checked and not published, behind `last`.
    static func page(
        of task: String, upload: String, _ span: ClosedRange<Int>, after last: HeldRow?, limit: Int, _ tx: Transaction
    ) throws -> [HeldRow] {
        let checked = [RowStatus.readyToPublish.rawValue, RowStatus.needsAttention.rawValue]
        return try page(
            """
            WHERE import_task = \(task) AND upload = \(upload) AND status = ANY(\(checked)::text[]) \
            AND row_number BETWEEN \(span.lowerBound)::int4 AND \(span.upperBound)::int4
            """, after: last, limit: limit, tx)
    }

    /// The next rows that meet a condition, behind `last`. Of one that most rows of a task meet `walks` reads them in the
    /// order of the index and no further: what the server expects is of before the load, and for every page it would sort
    /// all rows that are left.
    static func page(
        _ which: SQL, after last: HeldRow?, limit: Int, walks: Bool = false, _ tx: Transaction
    ) throws -> [HeldRow] {
        var statement: SQL =
            """
            SELECT id, revision, row_number, status, cells, faults, natural_key, errors, upload, source_sheet, updated_by, \
            check_version, CASE WHEN origins @? '$[*] ? (exists (@.d) || @.t == "")' THEN origins END AS origins \
            FROM import_validation.staging_row
            """
        statement += " " + which
        if let last { statement += " AND (row_number, id) > (\(last.number)::int4, \(last.id)::uuid)" }
        statement += " ORDER BY row_number, id LIMIT \(limit)"
        guard walks else { return try tx.query(statement).map(held) }
        return try tx.walking { try tx.query(statement) }.map(held)
    }

    private static func held(_ row: Row) throws -> HeldRow {
        HeldRow(
            id: try row.string(StagingColumn.id), revision: try row.int64(StagingColumn.revision),
            number: try row.int64(StagingColumn.rowNumber), status: try row.string(StagingColumn.status),
            cells: try row.strings(StagingColumn.cells),
            faults: CellFault.read(try row.optionalString(StagingColumn.faults)),
            key: try row.optionalInt64(StagingColumn.naturalKey),
            doubles: RowError.read(try row.optionalString(StagingColumn.errors), comment: nil)
                .filter { $0.check == .double },
            checkVersion: try row.int64(StagingColumn.checkVersion),
            upload: try row.string(StagingColumn.upload), sheet: try row.optionalString(StagingColumn.sourceSheet),
            correctedBy: try row.optionalString(StagingColumn.updatedBy),
            origins: CellOrigin.read(try row.optionalString(StagingColumn.origins)))
    }

    /// Writes what the checks of `version` said of rows of a task that have not changed since they were read, and what the file
    /// says of them. Says which rows these are: another sweep may have judged some of them meanwhile.
    @discardableResult static func judge(
        _ rows: [HeldRow], _ verdicts: [RowVerdict], by version: Int64, of task: String, in domain: DomainPath,
        _ context: WriteContext, _ tx: Transaction
    ) throws -> Set<String> {
        JudgedRows.note(version, of: task, in: domain, tx)
        let judged = try tx.joiningByHash {
            try tx.query(
                """
                UPDATE import_validation.staging_row s SET revision = s.revision + 1, \
                status = CASE WHEN u.comment = '' THEN \(RowStatus.readyToPublish.sql) ELSE \(RowStatus.needsAttention.sql) END, \
                comment = nullif(u.comment, ''), errors = nullif(u.errors, '')::jsonb, \
                faults = nullif(u.faults, '')::jsonb, natural_key = nullif(u.key, '')::int8, \
                check_version = \(version)::int8, updated_at = \(context.now.sqlValue) \
                FROM unnest(\(rows.map(\.id))::uuid[], \(rows.map(\.revision))::int8[], \(verdicts.map(\.comment))::text[], \
                \(verdicts.map { RowError.json($0.errors) })::text[], \
                \(verdicts.map { $0.key.map(String.init) ?? "" })::text[], \(rows.map { CellFault.json($0.faults) })::text[]) \
                AS u(id, revision, comment, errors, key, faults) \
                WHERE s.id = u.id AND s.id = ANY(\(rows.map(\.id))::uuid[]) AND s.revision = u.revision \
                AND s.status <> \(RowStatus.published.sql) RETURNING s.id
                """)
        }
        return Set(try judged.map { try $0.string(StagingColumn.id) })
    }

    /// Writes what became of rows that were sent to their target table. A row that was edited meanwhile keeps its new
    /// text and is checked again, but knows its record.
    static func settle(
        _ rows: [HeldRow], _ outcomes: [PublishOutcome], _ context: WriteContext, _ tx: Transaction
    ) {
        tx.joiningByHash {
            tx.send(
                """
                UPDATE import_validation.staging_row s SET revision = s.revision + 1, publish_run = NULL, \
                status = CASE WHEN s.revision <> u.revision THEN s.status \
                WHEN u.errors = '' THEN \(RowStatus.published.sql) ELSE \(RowStatus.needsAttention.sql) END, \
                comment = CASE WHEN s.revision <> u.revision THEN s.comment ELSE nullif(u.comment, '') END, \
                errors = CASE WHEN s.revision <> u.revision THEN s.errors ELSE nullif(u.errors, '')::jsonb END, \
                target_record = coalesce(nullif(u.record, '')::uuid, s.target_record), updated_at = \(context.now.sqlValue) \
                FROM unnest(\(rows.map(\.id))::uuid[], \(rows.map(\.revision))::int8[], \
                \(outcomes.map(\.record))::text[], \(outcomes.map(\.comment))::text[], \
                \(outcomes.map { RowError.json($0.errors) })::text[]) AS u(id, revision, record, comment, errors) \
                WHERE s.id = u.id AND s.id = ANY(\(rows.map(\.id))::uuid[])
                """)
        }
    }
}

/// What became of one row in its target table.
struct PublishOutcome: Sendable {
    /// The record; empty when there is none.
    let record: String
    /// Why it failed; empty when it did not.
    var errors: [RowError] = []
    /// The same in the language of whoever asked, one reason a line.
    var comment = ""
}
