import Ground
import Postgres
import RPC
import Synchronization
import Tenancy

/// Work that waits in the rows of a table and is done by any number of instances, each row by one at a time.
///
/// The table has the columns `due_at`, `owner` (uuid) and `lease_until`. A row that is due is taken by lease: the
/// instance that works on it renews the lease, and when it dies the lease runs out and another instance takes the row.
/// So work may begin twice, and must be harmless when repeated; but no instance takes a row that it is still working on,
/// however long it was frozen, so that a row which is its own is its own since the work began. Whoever has done it changes the row in the transaction
/// of the effect: sets another time and no owner, or takes it out of `open`, under the condition `owner = …`.
public final class LeasedQueue: Sendable {
    /// How long things take. Tests take less time than services.
    struct Pace: Sendable {
        /// How long a row stays with an instance that gives no sign of life: four times the pause between signs.
        var lease: Duration = .seconds(8)
        var signOfLife: Duration = .seconds(2)
        /// How long rows added by other instances may stay unseen.
        var look: Duration = .milliseconds(500)
    }

    /// Names this instance in leases.
    public let owner: String
    /// Wakes the queue when a row was added here; rows added elsewhere are found within half a second.
    public let wake = Signal()

    private let database: Database
    private let table: String
    private let key: String
    private let open: SQL
    private let limit: Int
    private let pace: Pace
    private let active = Mutex<Set<String>>([])

    /// A queue over a table of the service's schema.
    /// - Parameters:
    ///   - key: the column that names a row, a uuid.
    ///   - open: which rows are still to be worked on.
    ///   - limit: most rows at work at once in this instance.
    public convenience init(_ database: Database, table: String, key: String, open: SQL = "TRUE", limit: Int = 16) {
        self.init(database, table: table, key: key, open: open, limit: limit, pace: Pace())
    }

    init(_ database: Database, table: String, key: String, open: SQL = "TRUE", limit: Int = 16, pace: Pace) {
        self.database = database
        self.table = "\(SQL.quoted(identifier: database.schema)).\(SQL.quoted(identifier: table))"
        self.key = SQL.quoted(identifier: key)
        self.open = open
        self.limit = limit
        self.pace = pace
        owner = RecordID.make(at: database.clock.now)
    }

    /// Hands out rows to `work` until the task is cancelled. A row whose work throws stays with this instance until the
    /// lease runs out, and is then tried again.
    public func run(_ work: @escaping @Sendable (_ key: String) async throws -> Void) async {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.keepLeases() }
            while !Task.isCancelled {
                let room = limit - active.withLock(\.count)
                let claimed = room > 0 ? await claim(room) : []
                for key in claimed {
                    guard active.withLock({ $0.insert(key).inserted }) else { continue }
                    group.addTask {
                        await self.attempt(key, work)
                        self.active.withLock { _ = $0.remove(key) }
                        self.wake.notify()
                    }
                }
                if claimed.isEmpty || claimed.count == room { await wake.wait(atMost: pace.look) }
            }
        }
    }

    private func attempt(_ key: String, _ work: @Sendable (String) async throws -> Void) async {
        do {
            try await work(key)
        } catch {
            database.log.error("work failed", metadata: ["table": "\(table)", "row": "\(key)", "cause": "\(error)"])
        }
        if Task.isCancelled { await letGo(key) }
    }

    /// Takes rows that are due and nobody's. Those that another instance is just looking at are passed over.
    private func claim(_ count: Int) async -> [String] {
        // A lease may run out over work that goes on: the process was frozen, or the database was away.
        let atWork = Array(active.withLock { $0 })
        do {
            return try await asService { [owner, table, key, open, leaseEnd] tx in
                try tx.query(
                    """
                    UPDATE \(raw: table) taken SET owner = \(owner), \
                    lease_until = \(leaseEnd) \
                    FROM (SELECT \(raw: key) AS key FROM \(raw: table) \
                    WHERE (\(open)) AND due_at <= now() AND (lease_until IS NULL OR lease_until < now()) \
                    AND \(raw: key) <> ALL(\(atWork)::uuid[]) ORDER BY due_at LIMIT \(count) FOR UPDATE SKIP LOCKED) due \
                    WHERE taken.\(raw: key) = due.key RETURNING due.key
                    """
                ).map { try $0.string(at: 0) }
            }
        } catch {
            database.log.warning("work waits for the database", metadata: ["table": "\(table)", "cause": "\(error)"])
            return []
        }
    }

    private func keepLeases() async {
        while !Task.isCancelled {
            try? await Task.sleep(for: pace.signOfLife)
            let keys = Array(active.withLock { $0 })
            guard !keys.isEmpty, !Task.isCancelled else { continue }
            // A lease that could not be renewed runs out, and another instance goes on: no harm.
            try? await asService { [owner, table, key, leaseEnd] tx in
                tx.send(
                    """
                    UPDATE \(raw: table) SET lease_until = \(leaseEnd) \
                    WHERE owner = \(owner) AND \(raw: key) = ANY(\(keys))
                    """)
            }
        }
    }

    /// Gives a row back when this instance stops, so that the next one need not wait for the lease.
    private func letGo(_ row: String) async {
        // A task of its own: this one is cancelled already.
        await Task.detached { [self] in
            try? await asService { [owner, table, key] tx in
                tx.send(
                    """
                    UPDATE \(raw: table) SET owner = NULL, lease_until = NULL \
                    WHERE owner = \(owner) AND \(raw: key) = \(row)
                    """)
            }
        }.value
    }

    /// Until when a row is this instance's, by the clock of the database.
    private var leaseEnd: SQL { "now() + \(Int64(pace.lease / .milliseconds(1)))::int8 * interval '1 millisecond'" }

    private func asService<T: Sendable>(
        _ body: @escaping @Sendable (Transaction) throws -> T
    ) async throws(Problem) -> T {
        try await database.transaction(as: .service(database.service, domain: .root), body)
    }
}
