import CustomerSuccessWire
import Logging
import Postgres
import RPC
import Records
import ServiceTestKit
import Synchronization
import Tenancy
import TestKit
import Wire

/// One database with the tables of ``TestTables``, and a service's way into it: its own role, its pool, its store.
struct Workbench: OwnDatabase {
    let server: PostgresServer
    let name: String
    let database: Database
    let clock: TestClock

    var store: Store<TestTouchpoint> { Store<TestTouchpoint>(database) }
    var pool: Pool { database.pool }

    private static let template = Task {
        let server = try await PostgresServer.shared
        try await prepareTemplate("records_template", on: server)
        return server
    }

    /// A fresh database on the server that all suites share.
    static func make(_ service: String = "customer-success", poolSize: Int = 4) async throws -> Workbench {
        let server = try await template.value
        let name = "records_\(UInt64.random(in: 0...UInt64.max))"
        try await server.createDatabase(name, template: "records_template")
        return try Workbench(server, name, service, poolSize)
    }

    /// A database on a server of its own, which may be killed.
    static func makeMortal(poolSize: Int = 4) async throws -> Workbench {
        let server = try await PostgresServer.start()
        try await prepareTemplate("records", on: server)
        return try Workbench(server, "records", "customer-success", poolSize)
    }

    private init(_ server: PostgresServer, _ name: String, _ service: String, _ poolSize: Int) throws {
        self.server = server
        self.name = name
        clock = TestClock(instant: Timestamp(seconds: 1_720_000_000, nanos: 0))
        database = Database(
            service: service,
            pool: try Workbench.pool(server, name, "ale_" + Database.schemaName(of: service), size: poolSize),
            clock: clock, log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        database.register(TestTouchpoint.self)
        database.register(TestDefinitionRecord.self)
    }

    /// The same database after a restart of the service: nothing remembered, new connections.
    func restarted() throws -> Workbench { try Workbench(server, name, database.service, 4) }

    /// Connections of one role.
    func pool(as role: String, size: Int = 2) throws -> Pool { try Workbench.pool(server, name, role, size: size) }

    /// The connection string of the service.
    var connectionString: String { server.connectionString(database: name, user: "ale_\(database.schema)") }

    private static func pool(_ server: PostgresServer, _ name: String, _ role: String, size: Int) throws -> Pool {
        try Pool(
            PoolConfiguration(connectionString: server.connectionString(database: name, user: role), size: size))
    }

    private static func prepareTemplate(_ name: String, on server: PostgresServer) async throws {
        try await server.createDatabase(name)
        for (schema, tables) in [
            ("customer_success", TestTables.touchpoints), ("play_launcher", TestTables.definitions),
        ] {
            // Schema and roles as the deployment makes them: the login owns nothing.
            try await server.makeRoles(of: schema, "LOGIN NOINHERIT")
            try await server.psql(
                """
                CREATE SCHEMA \(schema) AUTHORIZATION ale_\(schema)_owner;
                """, database: name)
            _ = try await Ground.migrator(
                connectionString: server.connectionString(database: name, user: "ale_\(schema)_owner"),
                schema: schema, own: [Migration(number: 2, name: "records", sql: tables)]
            ).migrate()
        }
    }
}

extension Caller {
    /// An employee with every right in `domain`.
    static func person(_ domain: String = "/provider/", subject: String = "alice") -> Caller {
        Caller(subject: subject, kind: .person, domain: DomainPath(domain) ?? .root, roles: ["admin"])
    }
}

extension TestTouchpoint {
    /// A touchpoint that may be created.
    static func draft(_ subject: String) -> TestTouchpoint {
        var draft = TestTouchpoint()
        draft.subject = subject
        draft.description = "What was said."
        draft.engagement = RecordID.derived(from: "engagement")
        return draft
    }
}

extension Workbench {
    /// Runs `body` as a request of `caller`, in a transaction of its own.
    func asking<T: Sendable>(
        _ caller: Caller = .person(), readOnly: Bool = false, _ body: @escaping @Sendable (Transaction) throws -> T
    ) async throws(Problem) -> T {
        try await database.transaction(as: caller, deadline: .patient, readOnly: readOnly, body)
    }

    /// Creates a touchpoint.
    func create(_ subject: String, _ caller: Caller = .person()) async throws(Problem) -> TestTouchpoint {
        let context = WriteContext(caller: caller, now: clock.now)
        let store = store
        return try await asking(caller) { tx in try store.create(.draft(subject), context, in: tx) }
    }

    /// Changes the fields that `change` sets, without a request.
    @discardableResult
    func change(
        _ id: String, _ caller: Caller = .person(), _ change: @escaping @Sendable (inout TestTouchpoint) -> Void
    ) async throws(Problem) -> TestTouchpoint {
        let context = WriteContext(caller: caller, now: clock.now)
        let store = store
        return try await asking(caller) { tx in try store.change(id, context, in: tx, change) }
    }

    /// A create by way of `perform`, as the endpoint does it.
    func perform(
        create draft: TestTouchpoint, requestID: String = "", validateOnly: Bool = false, caller: Caller = .person()
    ) async throws(Problem) -> TestTouchpoint {
        var request = CreateTouchpointRequest()
        request.touchpoint = draft.wrapped
        request.requestID = requestID
        request.validateOnly = validateOnly
        let store = store
        return try await database.perform(
            Call(caller: caller, deadline: .patient), "CreateTouchpoint", request, requestID: requestID,
            validateOnly: validateOnly
        ) { tx, context in try store.create(draft, context, in: tx) }
    }

    /// One page of a list.
    func list(_ request: ListRequest, _ caller: Caller = .person()) async throws(Problem) -> Store<TestTouchpoint>.Page
    {
        let store = store
        return try await asking(caller, readOnly: true) { tx in try store.list(request, as: caller, in: tx) }
    }
}

/// The problem of a body that must fail with one.
func problem(_ body: () async throws -> Void) async throws -> Problem {
    do { try await body() } catch let problem as Problem { return problem }
    throw NoProblem()
}

/// Nothing went wrong where something should have.
struct NoProblem: Error {}
