import ImportValidationWire
import Postgres
import RPC
import Records
import Tenancy
import Wire
import Work

/// Published rows are kept until their task is closed or canceled, and removed after the backup period (G-55). Their records
/// stay, and so do the counts of the task: what goes is counted in the transaction that removes it.
struct PublishedRows: Sendable {
    let database: Database
    /// Rows that go at once.
    var batch = 10_000

    /// Each day.
    var daily: DailyJob { DailyJob("published-rows", run) }

    /// Removes the published rows of every task in `domain` and below that was closed or canceled the backup period ago; how
    /// many.
    func run(in domain: DomainPath) async throws(Problem) -> Int {
        let service = Caller.service(database.service, domain: domain)
        let due = due
        let tasks = try await database.transaction(as: service, readOnly: true) { tx in
            try tx.query(
                """
                SELECT task.id FROM import_validation.import_task task WHERE \(due) AND EXISTS ( \
                SELECT 1 FROM import_validation.staging_row staged \
                WHERE staged.import_task = task.id AND staged.status = \(RowStatus.published.sql)) ORDER BY task.id
                """
            ).map { try $0.string(ImportTask.Field.id) }
        }
        var removed = 0
        for task in tasks { removed += try await remove(task, service) }
        return removed
    }

    /// Removes those of one task, batch after batch, so that nobody waits behind a million.
    private func remove(_ task: String, _ service: Caller) async throws(Problem) -> Int {
        var removed = 0
        var last: (number: Int64, id: String)? = (-1, "00000000-0000-0000-0000-000000000000")
        while let place = last {
            let due = due
            let (count, next) = try await database.transaction(as: service, deadline: .after(.seconds(60))) { tx in
                // It may have been reopened; the lock comes before every other one, as requests do.
                let found = try tx.query(
                    "SELECT 1 FROM import_validation.import_task task WHERE id = \(task) AND \(due) FOR UPDATE")
                guard !found.isEmpty else { return (0, nil as (number: Int64, id: String)?) }
                return try removeBatch(of: task, behind: place, tx)
            }
            removed += count
            last = next
        }
        return removed
    }

    /// The next rows in the order of the index, behind what went before, and the last of them; nil when there are no more.
    private func removeBatch(
        of task: String, behind place: (number: Int64, id: String), _ tx: Transaction
    ) throws -> (Int, (number: Int64, id: String)?) {
        let gone = try tx.query(
            """
            WITH gone AS (DELETE FROM import_validation.staging_row WHERE id IN (SELECT id \
            FROM import_validation.staging_row WHERE import_task = \(task) AND status = \(RowStatus.published.sql) \
            AND (row_number, id) > (\(place.number)::int4, \(place.id)::uuid) ORDER BY row_number, id LIMIT \(batch)) \
            RETURNING id, row_number, upload, domain), counted AS ( \
            INSERT INTO import_validation.removed_rows (upload, domain, import_task, published) \
            SELECT upload, domain, \(task)::uuid, count(*) FROM gone GROUP BY upload, domain \
            ON CONFLICT (upload) DO UPDATE SET published = removed_rows.published + EXCLUDED.published) \
            SELECT row_number, id, (SELECT count(*) FROM gone) AS count FROM gone ORDER BY row_number DESC, id DESC LIMIT 1
            """)
        guard let row = gone.first else { return (0, nil) }
        let count = try row.int(UnnamedColumn.count)
        let last = (number: try row.int64(StagingColumn.rowNumber), id: try row.string(StagingColumn.id))
        return (count, count < batch ? nil : last)
    }

    /// Whether a task was closed or canceled the backup period ago, and nothing is being done with its rows: an undo that was
    /// asked for in time needs them.
    private var due: SQL {
        """
        NOT (\(ImportTask.isOpen)) AND (task.closed_at AT TIME ZONE 'UTC')::date \
        <= \(database.clock.today.description)::date - \(BackupPeriod.days(of: "task.domain")) \
        AND NOT EXISTS (SELECT FROM import_validation.import_run_work AS work WHERE work.import_task = task.id)
        """
    }
}
