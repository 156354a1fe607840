import Foundation
import Postgres
import RPC
import Records
import Tenancy
import Wire

/// A run that a worker has taken over.
struct Claim: Sendable {
    let run: String
    let task: String
    let kind: String
    let domain: DomainPath
    let requester: Caller
    let allReady: Bool
    let attempts: Int
    let worker: String
    /// What the person says of the file of a load.
    var options = LoadOptions()
}

/// Thrown when another worker has taken the run over, because this one had fallen silent.
struct ClaimLost: Error {}

/// Runs that wait or are under way. The queue is in the database: a run outlives the process that works on it.
struct RunQueue: Sendable {
    /// A worker that has not been heard of for so long has died.
    static let silentSeconds = 6
    static let heartbeat: Duration = .seconds(2)
    /// Takings of a run after which it is given up.
    static let maximumAttempts = 50

    let database: Database
    /// Given when a run is queued, so that no worker has to wait for its next look.
    let signal: Signal

    /// Makes a run and queues it, in the transaction of the request.
    static func enqueue(
        _ run: ImportRun, allReady: Bool = false, options: LoadOptions = LoadOptions(), language: String,
        _ database: Database, _ context: WriteContext, _ tx: Transaction
    ) throws -> ImportRun {
        let stored = try Store<ImportRun>(database).create(run, context.asSystem, in: tx)
        let requester = try Requester(context.caller, language: language).text()
        let said = String(decoding: try JSONEncoder().encode(options), as: UTF8.self)
        tx.send(
            """
            INSERT INTO import_validation.import_run_work (run, domain, import_task, kind, requester, all_ready, options) \
            VALUES (\(stored.id), \(stored.domain), \((stored.importTask ?? "").sqlValue), \
            \((stored.kind ?? "").sqlValue), \(requester)::jsonb, \(allReady), \(said)::jsonb)
            """)
        return stored
    }

    /// Takes the oldest run that nobody works on; nil when there is none. Runs that publish or validate the rows of one
    /// task come one after the other; loads go side by side (G-65).
    func claim(_ worker: String) async throws(Problem) -> Claim? {
        let service = Caller.service(database.service, domain: .root)
        let silence: SQL = "\(Self.silentSeconds)::int8 * interval '1 second'"
        return try await database.transaction(as: service) { tx in
            // One at a time, so that two workers do not both find a task free.
            tx.send("SELECT pg_advisory_xact_lock(hashtextextended('import_validation.claim', 0))")
            let rows = try tx.query(
                """
                WITH next AS (
                    SELECT w.run FROM import_validation.import_run_work w
                    WHERE (w.beat_at IS NULL OR w.beat_at < clock_timestamp() - \(silence))
                    AND w.not_before <= clock_timestamp()
                    AND (w.kind = 'load' OR NOT EXISTS (
                        SELECT 1 FROM import_validation.import_run_work o
                        WHERE o.import_task = w.import_task AND o.kind = w.kind AND o.run <> w.run
                        AND o.beat_at >= clock_timestamp() - \(silence)))
                    ORDER BY w.queued_at LIMIT 1)
                UPDATE import_validation.import_run_work w
                SET worker = \(worker), beat_at = clock_timestamp(), attempts = w.attempts + 1
                FROM next WHERE w.run = next.run
                RETURNING w.run, w.import_task, w.kind, w.domain, w.requester, w.all_ready, w.attempts, w.options
                """)
            guard let row = rows.first else { return nil }
            return Claim(
                run: try row.string(at: 0), task: try row.string(at: 1), kind: try row.string(at: 2),
                domain: DomainPath(try row.string(at: 3)) ?? .root, requester: try Requester.caller(row.string(at: 4)),
                allReady: try row.bool(at: 5), attempts: try row.int(at: 6), worker: worker,
                options: try Self.options(row.optionalString(at: 7)))
        }
    }

    private static func options(_ text: String?) throws -> LoadOptions {
        guard let text else { return LoadOptions() }
        return try JSONDecoder().decode(LoadOptions.self, from: Data(text.utf8))
    }

    /// Part of every transaction of a run: nothing is written by a worker whose run another has taken over.
    static func hold(_ claim: Claim, _ tx: Transaction) {
        tx.send(
            """
            UPDATE import_validation.import_run_work SET beat_at = clock_timestamp() \
            WHERE run = \(claim.run) AND worker = \(claim.worker)
            """, expecting: 1)
    }

    /// Says that the worker lives; false when the run is another's by now.
    func beat(_ claim: Claim) async throws(Problem) -> Bool {
        let service = Caller.service(database.service, domain: claim.domain)
        return try await database.transaction(as: service) { tx in
            let rows = try tx.query(
                """
                UPDATE import_validation.import_run_work SET beat_at = clock_timestamp() \
                WHERE run = \(claim.run) AND worker = \(claim.worker)
                """)
            return rows.affected == 1
        }
    }

    /// Gives a run back, to be taken again after a pause.
    func release(_ claim: Claim, after pause: Duration) async {
        let service = Caller.service(database.service, domain: claim.domain)
        let milliseconds = Int64(pause / .milliseconds(1))
        // Where even this fails, the run is taken again when its worker has been silent for long enough.
        try? await database.transaction(as: service) { tx in
            tx.send(
                """
                UPDATE import_validation.import_run_work SET beat_at = NULL, worker = NULL, \
                not_before = clock_timestamp() + \(milliseconds)::int8 * interval '1 millisecond' \
                WHERE run = \(claim.run) AND worker = \(claim.worker)
                """)
        }
    }

    /// Marks the beginning of a run.
    func begin(_ claim: Claim) async throws(Problem) {
        let database = database
        let context = WriteContext.system(database.service, domain: claim.domain, now: database.clock.now)
        try await database.transaction(as: context.caller) { tx in
            Self.hold(claim, tx)
            try Store<ImportRun>(database).change(claim.run, context, in: tx) { run in
                run.state = "running"
                run.startedAt = run.startedAt ?? context.now
            }
        }
    }

    /// How a run ended.
    struct Ending: Sendable {
        var state = "completed"
        var total: Int64
        var done: Int64
        var failed: Int64
        var message: String
        /// What becomes of the upload of a load.
        var uploadState: String?
    }

    /// Ends a run: the record, its upload, the task's data import state and the queue, in one transaction.
    func end(_ claim: Claim, _ ending: Ending) async throws(Problem) {
        let database = database
        let context = WriteContext.system(database.service, domain: claim.domain, now: database.clock.now)
        try await database.transaction(as: context.caller) { tx in
            // Before every other lock, as requests do.
            tx.send("SELECT 1 FROM import_validation.import_task WHERE id = \(claim.task) FOR UPDATE")
            Self.hold(claim, tx)
            let run = try Store<ImportRun>(database).change(claim.run, context, in: tx) { run in
                run.state = ending.state
                run.totalRows = ending.total
                run.doneRows = ending.done
                run.failedRows = ending.failed
                run.message = ending.message
                run.completedAt = context.now
            }
            if let state = ending.uploadState, let upload = run.upload {
                try Store<Upload>(database).change(upload, context, in: tx) { $0.state = state }
            }
            if claim.kind == "publish" {
                tx.send("UPDATE import_validation.staging_row SET publish_run = NULL WHERE publish_run = \(claim.run)")
            }
            tx.send("DELETE FROM import_validation.import_run_work WHERE run = \(claim.run)")
            try DataImportState.refresh(claim.task, database, context, tx)
        }
    }
}
