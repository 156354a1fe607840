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
}

/// A staged row that a run works on.
struct HeldRow: Sendable {
    let id: String
    let revision: Int64
    let number: Int64
    let cells: [String]
    var faults: [CellFault] = []
}

/// The statements over the table of staged rows.
enum StagingStore {
    /// Adds checked rows in one statement. A list of columns is much faster than rows one by one, and unlike COPY it is
    /// possible under row-level security.
    static func insertion(
        _ rows: [ReadRow], _ verdicts: [RowVerdict], width: Int, upload: Upload, claim: Claim, now: Timestamp
    ) -> SQL {
        var columns: [[String]] = Array(repeating: [], count: width)
        for position in 0..<width {
            columns[position].reserveCapacity(rows.count)
            for row in rows { columns[position].append(row.cells[position]) }
        }
        var lists: SQL = """
            \(rows.map { _ in RecordID.make(at: now) })::uuid[], \(rows.map { String($0.number) })::int4[], \
            \(verdicts.map(\.comment))::text[], \(verdicts.map { $0.key.map(String.init) ?? "" })::text[]
            """
        // Rows that the file says nothing against, the usual ones, carry nothing more.
        let hasFaults = rows.contains { !$0.faults.isEmpty }
        if hasFaults { lists += ", \(rows.map { CellFault.json($0.faults) })::text[]" }
        for column in columns { lists += ", \(column)::text[]" }
        let faults: SQL = hasFaults ? "nullif(u.faults, '')::jsonb" : "NULL"
        let listed: SQL = hasFaults ? "id, number, comment, key, faults" : "id, number, comment, key"
        let names = (0..<width).map { "c\($0)" }.joined(separator: ", ")
        // Adds nothing when the run has become another worker's.
        return """
            WITH held AS MATERIALIZED (\(claim.lease.holding)) \
            INSERT INTO import_validation.staging_row (id, revision, created_at, domain, import_task, upload, row_number, \
            source_file, status, comment, natural_key, faults, cells) \
            SELECT u.id, 1, \(now.sqlValue), \(claim.domain.path), \(claim.task)::uuid, \(upload.id)::uuid, u.number, \
            \(upload.fileName ?? "")::text, \
            CASE WHEN u.comment = '' THEN 'ready_to_publish' ELSE 'needs_attention' END, nullif(u.comment, ''), \
            nullif(u.key, '')::int8, \(faults), ARRAY[\(raw: names)] FROM held, unnest(\(lists)) AS u(\(listed), \(raw: names))
            """
    }

    /// The next rows of a task with a status, behind `last`.
    static func page(
        _ task: String, status: String, after last: HeldRow?, limit: Int, chosenFor run: String? = nil,
        unchosen: Bool = false, _ tx: Transaction
    ) throws -> [HeldRow] {
        var statement: SQL = """
            SELECT id, revision, row_number, cells, faults FROM import_validation.staging_row \
            WHERE import_task = \(task) AND status = \(status)
            """
        if let run { statement += " AND publish_run = \(run)" }
        if unchosen { statement += " AND publish_run IS NULL" }
        if let last { statement += " AND (row_number, id) > (\(last.number)::int4, \(last.id)::uuid)" }
        statement += " ORDER BY row_number, id LIMIT \(limit)"
        return try tx.query(statement).map { row in
            HeldRow(
                id: try row.string("id"), revision: try row.int64("revision"), number: try row.int64("row_number"),
                cells: try row.strings("cells"), faults: CellFault.read(try row.optionalString("faults")))
        }
    }

    /// Writes what the checks said of rows that have not changed since they were read.
    static func judge(_ rows: [HeldRow], _ verdicts: [RowVerdict], _ context: WriteContext, _ tx: Transaction) {
        tx.send(
            """
            UPDATE import_validation.staging_row s SET revision = s.revision + 1, \
            status = CASE WHEN u.comment = '' THEN 'ready_to_publish' ELSE 'needs_attention' END, \
            comment = nullif(u.comment, ''), natural_key = nullif(u.key, '')::int8, updated_at = \(context.now.sqlValue) \
            FROM unnest(\(rows.map(\.id))::uuid[], \(rows.map(\.revision))::int8[], \(verdicts.map(\.comment))::text[], \
            \(verdicts.map { $0.key.map(String.init) ?? "" })::text[]) AS u(id, revision, comment, key) \
            WHERE s.id = u.id AND s.revision = u.revision AND s.status = 'yet_to_validate'
            """)
    }

    /// Writes what became of rows that were sent to their target table. A row that was edited meanwhile keeps its new
    /// text and is checked again, but knows its record.
    static func settle(
        _ rows: [HeldRow], _ outcomes: [PublishOutcome], _ context: WriteContext, _ tx: Transaction
    ) {
        tx.send(
            """
            UPDATE import_validation.staging_row s SET revision = s.revision + 1, publish_run = NULL, \
            status = CASE WHEN s.revision <> u.revision THEN s.status \
            WHEN u.message = '' THEN 'published' ELSE 'needs_attention' END, \
            comment = CASE WHEN s.revision <> u.revision THEN s.comment ELSE nullif(u.message, '') END, \
            target_record = coalesce(nullif(u.record, '')::uuid, s.target_record), updated_at = \(context.now.sqlValue) \
            FROM unnest(\(rows.map(\.id))::uuid[], \(rows.map(\.revision))::int8[], \
            \(outcomes.map(\.record))::text[], \(outcomes.map(\.message))::text[]) AS u(id, revision, record, message) \
            WHERE s.id = u.id
            """)
    }
}

/// What became of one row in its target table.
struct PublishOutcome: Sendable {
    /// The record; empty when there is none.
    let record: String
    /// Why it failed; empty when it did not.
    let message: String
}
