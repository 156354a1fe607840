import Postgres
import RPC
import Records
import Synchronization
import Tenancy

/// Work that waits in the rows of a table and is done by any number of instances, each row by one at a time.
///
/// The table was made a queue by `make_queue` in its migration. A row that is due is taken by lease: the instance that
/// works on it renews the lease, and when it dies the lease runs out and another instance takes the row. So work may
/// begin twice, and must be harmless when repeated; but no instance takes a row that it is still working on, however long
/// it was frozen, so that a row which is its own is its own since the work began. Rows of one `turn` are done one after
/// another: while one of them is being worked on nobody takes a second.
///
/// What becomes of a row is said by its ``Lease``, in the transaction of the effect.
public final class LeasedQueue: Sendable {
    /// How long things take. Tests take less time than services.
    struct Pace: Sendable {
        /// How long a row stays with an instance that gives no sign of life: four times the pause between signs.
        var lease: Duration = .seconds(8)
        var signOfLife: Duration = .seconds(2)
        /// How long rows added by other instances may stay unseen.
        var look: Duration = .milliseconds(500)
    }

    /// A row at work in this instance.
    private struct AtWork {
        var task: Task<Void, any Error>?
        /// At how many signs of life in a row it was not this instance's.
        var missed = 0
    }

    /// Signs of life without the row after which its work is ended: work that has just given its row up is given the
    /// time to return by itself.
    private static let missedSigns = 2

    /// Wakes the queue when a row was added here; rows added elsewhere are found within half a second.
    public let wake = Signal()

    private let database: Database
    private let table: QueueTable
    private let open: SQL
    private let takesTurns: Bool
    private let limit: Int
    private let pace: Pace
    /// Names this instance in leases.
    private let owner: String
    private let atWork = Mutex<[String: AtWork]>([:])
    /// Rows that come with their lease.
    private let given: GivenWork
    /// Whether there may be more rows that are due than there was room for.
    private let isShort = Mutex(false)

    /// A queue over a table of the service's schema.
    /// - Parameters:
    ///   - key: the column that names a row, a uuid.
    ///   - open: which rows are still to be worked on.
    ///   - takesTurns: whether there are rows with a `turn`; then instances take rows one instance after another.
    ///   - limit: most rows at work at once in this instance.
    public convenience init(
        _ database: Database, table: String, key: String, open: SQL = "TRUE", takesTurns: Bool = false, limit: Int = 16
    ) {
        self.init(
            database, table: table, key: key, open: open, takesTurns: takesTurns, limit: limit, pace: Pace())
    }

    init(
        _ database: Database, table: String, key: String, open: SQL = "TRUE", takesTurns: Bool = false,
        limit: Int = 16, pace: Pace
    ) {
        self.database = database
        self.table = QueueTable(database.schema, table, key: key)
        self.open = open
        self.takesTurns = takesTurns
        self.limit = limit
        self.pace = pace
        owner = RecordID.make(at: database.clock.now)
        given = GivenWork()
    }

    /// Hands out rows to `work` until the task is cancelled. A row whose work throws stays with this instance until the
    /// lease runs out, and is then retried. Work whose row has become another instance's is cancelled.
    public func run(_ work: @escaping @Sendable (Lease) async throws -> Void) async {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.keepLeases() }
            let leases = given.open()
            group.addTask {
                await withDiscardingTaskGroup { group in
                    for await lease in leases {
                        self.begin(lease, work, in: &group)
                        self.given.hasBegun()
                    }
                }
            }
            while !Task.isCancelled {
                let room = limit - atWork.withLock(\.count) - given.count
                let taken = room > 0 ? await take(room) : []
                for lease in taken { begin(lease, work, in: &group) }
                isShort.withLock { $0 = taken.count >= room }
                // Less than there was room for is all that was due; with no room the end of some work gives the word.
                await wake.wait(atMost: pace.look)
            }
            given.close()
        }
    }

    private func begin(
        _ lease: Lease, _ work: @escaping @Sendable (Lease) async throws -> Void, in group: inout DiscardingTaskGroup
    ) {
        let isNew = atWork.withLock { $0.updateValue(AtWork(), forKey: lease.row) == nil }
        guard isNew else { return }
        group.addTask {
            await self.attempt(lease, work)
            self.atWork.withLock { _ = $0.removeValue(forKey: lease.row) }
            if self.isShort.withLock({ $0 }) { self.wake.notify() }
        }
    }

    private func attempt(_ lease: Lease, _ work: @escaping @Sendable (Lease) async throws -> Void) async {
        // A task of its own, so that it can be ended by itself.
        let task = Task { try await work(lease) }
        atWork.withLock { $0[lease.row]?.task = task }
        do {
            try await withTaskCancellationHandler {
                try await task.value
            } onCancel: {
                task.cancel()
            }
        } catch {
            database.log.error(
                "work failed", metadata: ["table": "\(table.name)", "row": "\(lease.row)", "cause": "\(error)"])
        }
        if Task.isCancelled { await letGo(lease) }
    }

    // MARK: Rows that come with their lease

    /// Whether this instance hands out rows.
    var isRunning: Bool { given.isOpen }

    /// A lease for a row that is about to be added here, so that it need not be looked for; nil when this instance has no
    /// room for it, or is stopping: then the row is added without, and found. It is to be followed by ``begin(_:)`` or
    /// ``abandon(_:)``.
    public func claim(_ row: String) -> Lease? {
        // A quarter of the room is for rows that wait: however many are added, those get their turn.
        given.claim(room: limit - limit / 4 - atWork.withLock(\.count))
            ? Lease(row: row, takings: 1, table: table, owner: owner) : nil
    }

    /// Has the row of a claim, which the transaction has added, be this instance's as soon as it is there.
    public func add(_ claim: Lease, in tx: Transaction) {
        tx.send(
            """
            UPDATE \(raw: table.name) SET owner = \(owner), lease_until = \(leaseEnd), takings = \(claim.takings) \
            WHERE \(raw: table.key) = \(claim.row)
            """, expecting: 1)
    }

    /// The transaction of ``add(_:in:)`` is committed: the work begins. When the queue has stopped meanwhile, others find the
    /// row as soon as the lease has run out.
    public func begin(_ claim: Lease) { given.begin(claim) }

    /// The row was not added, or nobody knows.
    public func abandon(_ claim: Lease) { given.hasBegun() }

    /// Takes a row out that no instance has ever taken; whether it could: one that was begun is its worker's to end.
    public func withdraw(_ row: String, in tx: Transaction) throws -> Bool {
        try tx.query(
            "DELETE FROM \(raw: table.name) WHERE \(raw: table.key) = \(row) AND owner IS NULL AND takings = 0"
        ).affected == 1
    }

    /// Has a row that waits for its time be taken at once. For one that is being worked on nothing changes.
    public func hasten(_ row: String, in tx: Transaction) {
        tx.send(
            """
            UPDATE \(raw: table.name) SET due_at = statement_timestamp() \
            WHERE \(raw: table.key) = \(row) AND due_at > statement_timestamp()
            """)
    }

    // MARK: Taking

    /// Takes rows that are due and nobody's. Those that another instance is just looking at, and those that a transaction
    /// of their work holds, are passed over.
    private func take(_ count: Int) async -> [Lease] {
        // A lease may run out over work that goes on: the process was frozen, or the database was away.
        let own = Array(atWork.withLock(\.keys))
        do {
            return try await asService { [self] tx in
                // One after another, so that two instances do not both find a turn free.
                if takesTurns {
                    tx.send("SELECT pg_advisory_xact_lock(hashtextextended(\(database.schema + ".claim"), 0))")
                }
                let rows = try tx.query(taking(count, own))
                let leases = try rows.map { row in
                    Lease(
                        row: try row.string(Column.key), takings: try row.int(Column.takings), table: table,
                        owner: owner)
                }
                let turns = try rows.compactMap { try $0.optionalString(Column.turn) }
                if !turns.isEmpty { disown(turns, but: leases.map(\.row), tx) }
                return leases
            }
        } catch {
            database.log.warning(
                "work waits for the database", metadata: ["table": "\(table.name)", "cause": "\(error)"])
            return []
        }
    }

    private enum Column: String {
        case key, takings, turn
    }

    private func taking(_ count: Int, _ own: [String]) -> SQL {
        let (name, key) = (table.name, table.key)
        // Besides nothing else of its turn is at work, and it is the first of those that are due.
        let inTurn: SQL = """
            AND (next.turn IS NULL OR NOT EXISTS (SELECT 1 FROM \(raw: name) other \
            WHERE (\(open)) AND other.turn = next.turn AND other.\(raw: key) <> next.\(raw: key) \
            AND (other.lease_until >= statement_timestamp() OR other.\(raw: key) = ANY(\(own)::uuid[]) \
            OR (other.due_at <= statement_timestamp() \
            AND (other.due_at, other.\(raw: key)) < (next.due_at, next.\(raw: key))))))
            """
        return """
            UPDATE \(raw: name) taken SET owner = \(owner), lease_until = \(leaseEnd), takings = taken.takings + 1 \
            FROM (SELECT \(raw: key) AS key FROM \(raw: name) next \
            WHERE (\(open)) AND due_at <= statement_timestamp() \
            AND (lease_until IS NULL OR lease_until < statement_timestamp()) \
            AND \(raw: key) <> ALL(\(own)::uuid[]) \(takesTurns ? inTurn : SQL()) \
            ORDER BY due_at, \(raw: key) LIMIT \(count) FOR UPDATE SKIP LOCKED) due \
            WHERE taken.\(raw: key) = due.key RETURNING due.key, taken.takings, taken.turn
            """
    }

    /// Whoever had another row of these turns and let its lease run out has lost it: the turn has gone on. Waits for
    /// what such a one has under way.
    private func disown(_ turns: [String], but taken: [String], _ tx: Transaction) {
        tx.send(
            """
            UPDATE \(raw: table.name) SET owner = NULL, lease_until = NULL WHERE \(raw: table.key) IN ( \
            SELECT \(raw: table.key) FROM \(raw: table.name) WHERE turn = ANY(\(turns)) AND owner IS NOT NULL \
            AND \(raw: table.key) <> ALL(\(taken)::uuid[]) FOR UPDATE)
            """)
    }

    // MARK: Keeping

    private func keepLeases() async {
        while !Task.isCancelled {
            try? await Task.sleep(for: pace.signOfLife)
            let rows = Array(atWork.withLock(\.keys))
            guard !rows.isEmpty, !Task.isCancelled else { continue }
            // A lease that could not be renewed runs out, and another instance goes on: no harm.
            if let kept = try? await renew(rows) { endLost(of: rows, kept: kept) }
        }
    }

    /// Renews the leases of rows that are still this instance's; answers which these are. A row that a transaction of
    /// its own work is changing is passed over, so that the others do not wait for it: nobody can take it meanwhile.
    private func renew(_ rows: [String]) async throws(Problem) -> Set<String> {
        try await asService { [owner, table, leaseEnd] tx in
            let (name, key) = (table.name, table.key)
            let own: SQL =
                "SELECT \(raw: key) AS key FROM \(raw: name) WHERE owner = \(owner) AND \(raw: key) = ANY(\(rows)::uuid[])"
            let kept = try tx.query(
                """
                WITH renewed AS (UPDATE \(raw: name) SET lease_until = \(leaseEnd) \
                WHERE \(raw: key) IN (\(own) FOR NO KEY UPDATE SKIP LOCKED)) \(own)
                """)
            return Set(try kept.map { try $0.string(Column.key) })
        }
    }

    private func endLost(of rows: [String], kept: Set<String>) {
        let lost = atWork.withLock { atWork in
            rows.filter { row in
                let missed = kept.contains(row) ? 0 : (atWork[row]?.missed ?? 0) + 1
                atWork[row]?.missed = missed
                if missed == Self.missedSigns { atWork[row]?.task?.cancel() }
                return missed == Self.missedSigns
            }
        }
        guard !lost.isEmpty else { return }
        database.log.warning(
            "work was taken over by another instance", metadata: ["table": "\(table.name)", "rows": "\(lost)"])
    }

    /// Gives a row back when this instance stops, so that the next one need not wait for the lease.
    private func letGo(_ lease: Lease) async {
        // A task of its own: this one is cancelled already.
        await Task.detached { [self] in
            try? await asService { tx in tx.send(lease.freeing) }
        }.value
    }

    /// Until when a row is this instance's, by the clock of the database.
    private var leaseEnd: SQL { "statement_timestamp() + \(pace.lease.interval)" }

    private func asService<T: Sendable>(
        _ body: @escaping @Sendable (Transaction) throws -> T
    ) async throws(Problem) -> T {
        try await database.transaction(as: .service(database.service, domain: .root), body)
    }
}
