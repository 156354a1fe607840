import Foundation
import ImportValidationWire
import Postgres
import RPC
import Records
import Tenancy
import Wire
import Work

/// A run that a worker has taken.
struct Claim: Sendable {
    let lease: Lease
    let task: String
    let kind: String
    let domain: DomainPath
    let requester: KeptCaller
    let allReady: Bool
    /// What the person says of the file of a load.
    var options = LoadOptions()
    /// How far the mending by an error workbook is.
    var mending = MendTally()
    /// Whether the file of a load is known to be an error workbook.
    var mends = false

    /// Whether nobody has worked on the run before. A load that mends rows is taken twice, for it awaits its turn.
    var isUninterrupted: Bool { lease.takings == (mends ? 2 : 1) }
    var run: String { lease.row }
    /// Whether it was taken so often that it is only put in order and ended.
    var isGivenUp: Bool { lease.takings > RunQueue.maximumTakings }
}

/// Runs that wait or are under way. Runs that judge, plan, publish or take back the rows of one task have a turn in common and
/// come one after the other; loads go side by side (G-65), but for those that mend rows by an error workbook.
struct RunQueue: Sendable {
    /// Takings of a run after which it is given up: it may be what kills its workers.
    static let maximumTakings = 50

    let database: Database
    private let queue: LeasedQueue

    /// - Parameter workers: most runs at once in this instance.
    init(_ database: Database, workers: Int) {
        self.database = database
        queue = LeasedQueue(database, table: "import_run_work", key: "run", takesTurns: true, limit: workers)
    }

    /// Given when a run is queued, so that no worker has to wait for its next look.
    var wake: Signal { queue.wake }

    /// Hands out runs until the task is cancelled.
    func run(_ work: @escaping @Sendable (Claim) async throws -> Void) async {
        await queue.run { lease in
            if let claim = try await load(lease) { try await work(claim) }
        }
    }

    /// Makes a run and queues it, in the transaction of the request.
    static func enqueue(
        _ run: ImportRun, allReady: Bool = false, options: LoadOptions = LoadOptions(), language: String,
        _ database: Database, _ context: WriteContext, _ tx: Transaction
    ) throws -> ImportRun {
        let stored = try Store<ImportRun>(database).create(run, context.asSystem, in: tx)
        let requester = try KeptCaller(context.caller, language: language).text()
        let said = String(decoding: try JSONEncoder().encode(options), as: UTF8.self)
        tx.send(
            """
            INSERT INTO import_validation.import_run_work (run, domain, import_task, kind, requester, all_ready, options) \
            VALUES (\(stored.id), \(stored.domain), \((stored.importTask ?? "").sqlValue), \
            \((stored.kind ?? "").sqlValue), \(requester)::jsonb, \(allReady), \(said)::jsonb)
            """)
        return stored
    }

    /// What is read of `import_run_work`.
    private enum Column: String {
        case kind, domain, requester, options, mending, mends
        case sentBack = "sent_back"
        case importTask = "import_task"
        case allReady = "all_ready"
    }

    /// What is to be done for a lease; nil when another worker has the run by now.
    private func load(_ lease: Lease) async throws(Problem) -> Claim? {
        let service = Caller.service(database.service, domain: .root)
        return try await database.transaction(as: service, readOnly: true) { tx in
            let rows = try tx.query(
                """
                SELECT import_task, kind, domain, requester, all_ready, options, mending, mends \
                FROM import_validation.import_run_work WHERE \(lease.held)
                """)
            return try rows.first.map { row in
                Claim(
                    lease: lease, task: try row.string(Column.importTask), kind: try row.string(Column.kind),
                    domain: DomainPath(try row.string(Column.domain)) ?? .root,
                    requester: try KeptCaller(text: row.string(Column.requester)),
                    allReady: try row.bool(Column.allReady),
                    options: try Self.options(row.optionalString(Column.options)),
                    mending: MendTally.read(try row.optionalString(Column.mending)),
                    mends: try row.bool(Column.mends))
            }
        }
    }

    /// What the end of a run says of rows that it has sent back to be judged again; empty when there were none.
    private static func sentBack(_ claim: Claim, _ tx: Transaction) throws -> [Text] {
        let rows = try tx.query(
            "SELECT sent_back FROM import_validation.import_run_work WHERE \(claim.lease.held)"
        ).first?.int64(Column.sentBack)
        return [RunMessages.sentBack(rows ?? 0, claim.kind)].compactMap(\.self)
    }

    private static func options(_ text: String?) throws -> LoadOptions {
        guard let text else { return LoadOptions() }
        return try JSONDecoder().decode(LoadOptions.self, from: Data(text.utf8))
    }

    /// Takes a run out that no worker has begun; whether it could.
    func withdraw(_ run: String, in tx: Transaction) throws -> Bool { try queue.withdraw(run, in: tx) }

    /// Has a run retried after a pause.
    func retry(_ claim: Claim, after pause: Duration) async {
        let service = Caller.service(database.service, domain: claim.domain)
        // Where even this fails, the run is taken again when its lease has run out.
        try? await database.transaction(as: service) { tx in claim.lease.retry(after: pause, in: tx) }
    }

    /// Marks the beginning of a run.
    func begin(_ claim: Claim) async throws(Problem) {
        let database = database
        let context = WriteContext.system(database.service, domain: claim.domain, now: database.clock.now)
        try await database.transaction(as: context.caller) { tx in
            try claim.lease.hold(in: tx)
            try Store<ImportRun>(database).change(claim.run, context, in: tx) { run in
                run.state = ImportRun.State.running
                run.startedAt = run.startedAt ?? context.now
            }
        }
    }

    /// Whether somebody has asked for the end of a run.
    static func isCanceled(_ run: String, _ tx: Transaction) throws -> Bool {
        try !tx.query(
            "SELECT 1 FROM import_validation.import_run WHERE id = \(run) AND cancel_requested_at IS NOT NULL"
        ).isEmpty
    }

    /// How a run ended.
    struct Ending: Sendable {
        var state = ImportRun.State.completed
        var total: Int64
        var done: Int64
        var failed: Int64
        /// What it tells, sentence by sentence.
        var says: [Text]
        /// What becomes of the upload of a load.
        var uploadState: String?
        /// What is saved for the next files of the task; nil to leave that as it is.
        var mapping: FileMapping?
    }

    /// Ends a run: the record, its upload, the task's data import state and the queue, in one transaction. A run that
    /// somebody has canceled does not complete (`Problem.isRunCanceled`): what was asked for first is still to be done.
    func end(_ claim: Claim, _ ending: Ending) async throws(Problem) {
        let database = database
        let context = WriteContext.system(database.service, domain: claim.domain, now: database.clock.now)
        try await database.transaction(as: context.caller) { tx in
            // Before every other lock, as requests do.
            tx.send("SELECT 1 FROM import_validation.import_task WHERE id = \(claim.task) FOR UPDATE")
            try claim.lease.hold(in: tx)
            let isCanceled = try Self.isCanceled(claim.run, tx)
            if isCanceled && ending.state == ImportRun.State.completed { throw Problem.runCanceled }
            let sentBack = try Self.sentBack(claim, tx)
            let run = try Store<ImportRun>(database).change(claim.run, context, in: tx) { run in
                run.state = isCanceled ? ImportRun.State.canceled : ending.state
                run.totalRows = ending.total
                run.doneRows = ending.done
                run.failedRows = ending.failed
                run.tell(ending.says + sentBack, claim.requester.caller.locale)
                run.completedAt = context.now
            }
            if let state = ending.uploadState, let upload = run.upload {
                try Store<Upload>(database).change(upload, context, in: tx) { $0.state = state }
            }
            if claim.kind == ImportRun.Kind.publish {
                tx.send("UPDATE import_validation.staging_row SET publish_run = NULL WHERE publish_run = \(claim.run)")
            }
            if let mapping = ending.mapping {
                let requester = claim.requester.caller.subject
                try SavedMapping(mapping, by: requester, at: context.now).save(for: claim.task, claim.domain.path, tx)
            }
            claim.lease.complete(in: tx)
            try DataImportState.refresh(claim.task, database, context, tx)
        }
    }
}
