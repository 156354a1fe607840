import Postgres
import RPC
import Records
import Tenancy
import Wire

/// What daily jobs did when they ran: kept for whoever looks after the system, the newest of each job.
public struct JobRuns: Sendable {
    /// The columns of `job_run`.
    private enum Column: String {
        case job, domain, records, failed
        case startedAt = "started_at"
        case endedAt = "ended_at"
        case askedBy = "asked_by"
    }

    /// Runs of one job that are kept, in each domain.
    private static let kept = 20

    let database: Database

    public init(_ database: Database) { self.database = database }

    private var table: SQL { "\(identifier: database.schema).job_run" }

    /// Notes a run of `job` in `domain`: how many records it touched, nil when it failed, and who asked for it.
    func note(
        _ job: String, in domain: DomainPath, from start: Timestamp, records: Int?, by asker: String? = nil
    ) async throws(Problem) {
        let (now, id) = (database.clock.now, RecordID.make(at: database.clock.now))
        let table = table
        try await database.transaction(as: .service(database.service, domain: domain)) { tx in
            tx.send(
                """
                INSERT INTO \(table) (id, job, domain, started_at, ended_at, records, asked_by, failed) \
                VALUES (\(id), \(job), \(domain.path), \(start.sqlValue), \(now.sqlValue), \
                \(records.map { Int64($0) }), \(asker), \(records == nil))
                """)
            tx.send(
                """
                DELETE FROM \(table) WHERE id IN (SELECT id FROM \(table) WHERE job = \(job) \
                AND domain = \(domain.path) ORDER BY started_at DESC, id DESC OFFSET \(Self.kept))
                """)
        }
    }

    /// The last runs of a job that the caller may know of, the newest first. How much there was to do elsewhere is nobody's
    /// business: of a run over more than the own domain that is left out.
    public func last(_ job: String, _ most: Int, for caller: Caller, _ tx: Transaction) throws -> [JobRun] {
        let rows = try tx.query(
            """
            SELECT domain, started_at, ended_at, records, asked_by, failed FROM \(table) \
            WHERE job = \(job) ORDER BY started_at DESC, id DESC LIMIT \(most)
            """)
        return try rows.map { row in
            var run = JobRun()
            run.startedAt = Timestamp(microseconds: try row.timestamp(Column.startedAt))
            run.endedAt = Timestamp(microseconds: try row.timestamp(Column.endedAt))
            run.failed = try row.optionalBool(Column.failed) == true
            let isOwn = try row.string(Column.domain).hasPrefix(caller.domain.path)
            run.records = isOwn ? try row.optionalInt(Column.records).map { Int64($0) } : nil
            run.askedBy = try row.optionalString(Column.askedBy) ?? ""
            return run
        }
    }
}
