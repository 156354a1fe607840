import Logging
import Postgres
import RPC
import Records
import ServiceTestKit
import Synchronization
import Tenancy
import TestKit
import Wire

@testable import Work

/// Long beyond a test: whatever depends on it must not happen, or the test ends by its limit.
let never: Duration = .seconds(600)

/// A database with the ground of a service, a table of work in it, and the service's way into it.
struct Bench: OwnDatabase {
    /// A service of these tests' own.
    static let service = "work-shop"

    let server: PostgresServer
    let name: String
    let database: Database
    let clock: TestClock

    private static let template = Task {
        let server = try await PostgresServer.shared
        try await server.createDatabase("work_template")
        try await server.psql(
            """
            CREATE ROLE ale_work_shop LOGIN NOINHERIT;
            CREATE ROLE ale_work_shop_owner LOGIN NOINHERIT;
            CREATE SCHEMA work_shop AUTHORIZATION ale_work_shop_owner;
            """, database: "work_template")
        let work = """
            CREATE TABLE work_shop.work (
                id uuid PRIMARY KEY DEFAULT gen_random_uuid(), state text NOT NULL DEFAULT 'open',
                domain text COLLATE "C" NOT NULL DEFAULT '/');
            SELECT work_shop.separate('work');
            SELECT work_shop.make_queue('work');
            CREATE TABLE work_shop.thing (name text, domain text COLLATE "C" NOT NULL DEFAULT '/');
            SELECT work_shop.separate('thing');
            """
        _ = try await Ground.migrator(
            connectionString: server.connectionString(database: "work_template", user: "ale_work_shop_owner"),
            schema: "work_shop", own: [Migration(number: 2, name: "work", sql: work)]
        ).migrate()
        return server
    }

    /// A fresh database on the server that all suites share.
    init(at instant: String = "2027-06-01T12:00:00Z") async throws {
        server = try await Self.template.value
        name = "work_\(UInt64.random(in: 0...UInt64.max))"
        try await server.createDatabase(name, template: "work_template")
        clock = TestClock(instant: Timestamp(rfc3339: instant) ?? Timestamp(seconds: 0, nanos: 0))
        let target = server.connectionString(database: name, user: "ale_work_shop")
        database = Database(
            service: Self.service, pool: try Pool(PoolConfiguration(connectionString: target, size: 6)), clock: clock,
            log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    /// A queue over the table: a name of its own in leases, as another instance has it.
    func queue(
        takesTurns: Bool = false, limit: Int = 16, lease: Duration = never, signOfLife: Duration = never,
        look: Duration = .milliseconds(20)
    ) -> LeasedQueue {
        LeasedQueue(
            database, table: "work", key: "id", open: "state = 'open'", takesTurns: takesTurns, limit: limit,
            pace: .init(lease: lease, signOfLife: signOfLife, look: look))
    }

    func add(_ count: Int) async throws {
        try await psql("INSERT INTO work_shop.work SELECT FROM generate_series(1, \(count))")
    }

    /// A transaction of the service.
    func asking<T: Sendable>(
        within limit: Duration = .seconds(60), _ body: @escaping @Sendable (Transaction) throws -> T
    ) async throws(Problem) -> T {
        try await database.transaction(as: .service(Self.service, domain: .root), deadline: .after(limit), body)
    }

    /// Ends a row, as services do.
    func complete(_ lease: Lease) async throws { try await asking { tx in lease.complete(in: tx) } }
}

/// An instance at work.
struct Instance {
    private let task: Task<Void, Never>

    init(_ queue: LeasedQueue, _ work: @escaping @Sendable (Lease) async throws -> Void) {
        task = Task { await queue.run(work) }
    }

    func stop() async {
        task.cancel()
        await task.value
    }
}

/// What is being done, and was: rows, or the turns they belong to.
final class Deeds: Sendable {
    private let state = Mutex((running: [String: Int](), begun: [String](), mostOfOne: 0, most: 0))

    func begin(_ row: String) {
        state.withLock { state in
            state.running[row, default: 0] += 1
            state.begun.append(row)
            state.mostOfOne = max(state.mostOfOne, state.running[row] ?? 0)
            state.most = max(state.most, state.running.values.reduce(0, +))
        }
    }

    func end(_ row: String) { state.withLock { $0.running[row, default: 1] -= 1 } }

    /// What was begun, in this order.
    var order: [String] { state.withLock { $0.begun } }
    /// How often each was begun.
    var begun: [String: Int] { order.reduce(into: [:]) { $0[$1, default: 0] += 1 } }
    /// Most at work on one at a time.
    var mostOfOne: Int { state.withLock { $0.mostOfOne } }
    /// Most at a time.
    var most: Int { state.withLock { $0.most } }
}

/// Holds those who come until it is opened.
final class Gate: Sendable {
    private let isOpen = Atomic<Bool>(false)

    func open() { isOpen.store(true, ordering: .sequentiallyConsistent) }

    func pass() async throws {
        while !isOpen.load(ordering: .sequentiallyConsistent) { try await Task.sleep(for: .milliseconds(2)) }
    }
}
