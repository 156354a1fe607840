import ImportValidationWire
import OnboardingWire
import Postgres
import RPC
import Records
import Wire

/// What a run has published, row by row, for undo and lineage: it stays when the staged rows are removed (G-133).
struct Publication: Sendable {
    /// The columns of `publication`, `publication_batch`, `publication_row` and `publication_undo`.
    enum Column: String {
        case id, number, plan, outcome, fields, kept, checks, state, request, rows, given, map
        case importTask = "import_task"
        case targetTable = "target_table"
        case publishedBy = "published_by"
        case checkVersion = "check_version"
        case stagingRow = "staging_row"
        case sourceSheet = "source_sheet"
        case rowNumber = "row_number"
        case correctedBy = "corrected_by"
        case targetRecord = "target_record"
        case publishedAt = "published_at"
        case undoneAt = "undone_at"
        case undoneBy = "undone_by"
        case undoRun = "undo_run"
    }

    let id: String
    let targetTable: String
    /// The plan that it applies; nil for none.
    let plan: ImportPlan?

    /// Whether its records may refer to others of their table.
    var refersToItself: Bool { ImportTarget.named(targetTable)?.schema.refers(to: targetTable) ?? false }

    /// Keeps the beginning of a publication; one that has begun stays as it is.
    static func begin(
        _ run: String, of task: ImportTask, plan: String?, by person: String, _ tx: Transaction
    ) throws {
        let version = try CheckVersion.current(for: task, tx)
        let target = try ImportTarget.of(task, tx)
        tx.send(
            """
            INSERT INTO import_validation.publication (id, domain, import_task, target_table, plan, published_by, \
            check_version, checks) VALUES (\(run), \(task.domain), \(task.id), \(target.table), \
            \(plan)::uuid, \(person), \(version.name), \(version.checks)) ON CONFLICT (id) DO NOTHING
            """)
    }

    /// The publication of a run; nil when there is none in the scope of the transaction.
    static func find(_ run: String, _ tx: Transaction) throws -> Publication? {
        guard Validation.isUUID(run) else { return nil }
        let rows = try tx.query(
            "SELECT id, target_table, plan FROM import_validation.publication WHERE id = \(run)")
        return try rows.first.map { row in
            Publication(
                id: try row.string(Column.id), targetTable: try row.string(Column.targetTable),
                plan: try row.optionalString(Column.plan).flatMap { try ImportPlan.find($0, tx) })
        }
    }

    /// Keeps what was written for rows, those that were refused left out. Where a row came from is taken from the row as it
    /// was sent: it may be gone from staging by now.
    func add(_ rows: [HeldRow], _ results: [PublishResult], _ context: WriteContext, _ tx: Transaction) {
        let written = zip(rows, results).filter { $1.written != nil }
        guard !written.isEmpty else { return }
        tx.walking {
            tx.send(
                """
                INSERT INTO import_validation.publication_row (publication, number, domain, staging_row, upload, source_sheet, \
                row_number, corrected_by, check_version, target_record, outcome, published_at, fields, given) \
                SELECT p.id, u.place + coalesce((SELECT number FROM import_validation.publication_row \
                WHERE publication = \(id) ORDER BY number DESC LIMIT 1), 0), p.domain, u.id, u.upload, nullif(u.sheet, ''), u.number, \
                nullif(u.corrector, ''), nullif(u.checks, 0), u.record, u.outcome, \(context.now.sqlValue), \
                nullif(u.fields, '')::jsonb, string_to_array(nullif(u.given, ''), ' ') \
                FROM import_validation.publication AS p, \
                unnest(\(written.map { $0.0.id })::uuid[], \(written.map { $0.0.upload })::uuid[], \
                \(written.map { $0.0.sheet ?? "" })::text[], \(written.map { $0.0.number })::int8[], \
                \(written.map { $0.0.correctedBy ?? "" })::text[], \(written.map { $0.0.checkVersion })::int8[], \
                \(written.map { $0.1.targetRecord })::uuid[], \
                \(written.map { $1.written ?? "" })::text[], \(written.map { KeptChange.json($1.fields) })::text[], \
                \(written.map { $0.0.given.joined(separator: " ") })::text[]) \
                WITH ORDINALITY AS u (id, upload, sheet, number, corrector, checks, record, outcome, fields, given, place) \
                WHERE p.id = \(id)
                """)
        }
        // The file may be loaded again with other columns.
        tx.send(
            """
            INSERT INTO import_validation.publication_source (publication, upload, domain, fields, letters, map) \
            SELECT \(id)::uuid, upload, domain, fields, letters, map FROM import_validation.import_source \
            WHERE upload = ANY(\(Set(written.map { $0.0.upload }).sorted())::uuid[]) ON CONFLICT DO NOTHING
            """)
    }

    // MARK: Undoing

    /// One row on its way to be undone.
    struct Written: Sendable {
        let number: Int64
        let stagingRow: String
        let record: String
        let outcome: String
        let fields: [KeptChange]
        let publishedAt: Timestamp
        /// The undo that dealt with it last; nil for none.
        let undo: String?
    }

    /// The rows of publications that meet a condition.
    static func written(_ which: SQL, _ tx: Transaction) throws -> [Written] {
        let rows = try tx.query(
            """
            SELECT number, staging_row, target_record, outcome, fields, published_at, undo_run \
            FROM import_validation.publication_row WHERE \(which)
            """)
        return try rows.map { row in
            Written(
                number: try row.int64(Column.number), stagingRow: try row.string(Column.stagingRow),
                record: try row.string(Column.targetRecord), outcome: try row.string(Column.outcome),
                fields: KeptChange.read(try row.optionalString(Column.fields)),
                publishedAt: Timestamp(microseconds: try row.timestamp(Column.publishedAt)),
                undo: try row.optionalString(Column.undoRun))
        }
    }

    /// Keeps what became of rows that were to be undone; `kept` says why one was not, and is empty for the others, which
    /// can be published again.
    func settle(
        _ rows: [Written], kept: [Int64: [RowError]], run: String, by person: String, _ context: WriteContext,
        _ tx: Transaction
    ) {
        let reasons = rows.map { RowError.json(kept[$0.number] ?? []) }
        tx.joiningByHash {
            tx.send(
                """
                UPDATE import_validation.publication_row AS p SET undo_run = \(run), kept = nullif(u.reasons, '')::jsonb, \
                undone_at = CASE WHEN u.reasons = '' THEN \(context.now.sqlValue)::timestamptz END, \
                undone_by = CASE WHEN u.reasons = '' THEN \(person) END \
                FROM unnest(\(rows.map(\.number))::int8[], \(reasons)::text[]) AS u (number, reasons) \
                WHERE p.publication = \(id) AND p.number = u.number AND p.number = ANY(\(rows.map(\.number))::int8[])
                """)
        }
        let undone = rows.filter { kept[$0.number] == nil }
        guard !undone.isEmpty else { return }
        // A row that was edited while it was published stays as it is, but for the record that is gone.
        tx.joiningByHash {
            tx.send(
                """
                UPDATE import_validation.staging_row AS s SET revision = s.revision + 1, target_record = NULL, \
                status = CASE s.status WHEN \(RowStatus.published.sql) THEN \(RowStatus.readyToPublish.sql) ELSE s.status END, \
                updated_at = \(context.now.sqlValue) \
                FROM unnest(\(undone.map(\.stagingRow))::uuid[], \(undone.map(\.record))::uuid[]) AS u (id, record) \
                WHERE s.id = u.id AND s.id = ANY(\(undone.map(\.stagingRow))::uuid[]) \
                AND (s.status = \(RowStatus.published.sql) OR s.target_record = u.record)
                """)
        }
    }
}
