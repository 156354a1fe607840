import Logging
import Postgres
import RPC
import Records
import Roles
import Tenancy
import TestKit
import Testing
import Wire

@testable import Events
@testable import ImportValidationService
@testable import Records

/// The service's records on a real Postgres, as its own role and under row-level security, fed with events of others.
/// Each test makes its own account with a case.
struct Stage: Sendable {
    private static let shared = Task { try await Stage.database() }

    let database: Database
    let domain: String
    let account = uuid()
    let onboarding = uuid()
    private let handlers: [EventHandler]

    init() async throws {
        database = try await Self.shared.value
        let replicas = Replicas(database, Client(InMemoryTransport()))
        database.register(ImportTask.self)
        handlers = replicas.handlers
        domain = "/provider/d\(UInt32.random(in: 0...UInt32.max))/"
        var account = CustomerAccount()
        account.id = self.account
        account.domain = domain
        account.name = "Ernst Handel"
        try await hear(account, "created")
    }

    private static func database() async throws -> Database {
        let postgres = try await PostgresServer.shared
        let name = "import_validation_tests"
        try await postgres.createDatabase(name)
        for role in ["ale_import_validation", "ale_import_validation_owner"] {
            try await postgres.psql(
                "DO $$ BEGIN CREATE ROLE \(role) LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$")
        }
        try await postgres.psql(
            "CREATE SCHEMA import_validation AUTHORIZATION ale_import_validation_owner", database: name)
        let migrator = try Ground.migrator(
            connectionString: postgres.connectionString(database: name, user: "ale_import_validation_owner"),
            schema: "import_validation", own: Migration.load(folder: ImportValidation.schemaFolder))
        _ = try await migrator.migrate()
        let pool = try Pool(
            PoolConfiguration(
                connectionString: postgres.connectionString(database: name, user: "ale_import_validation"), size: 6,
                queueLimit: 1_024, applicationName: "import-validation"))
        return Database(
            service: ImportValidation.name, pool: pool, clock: Noon(),
            log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    private struct Noon: WallClock {
        var now: Timestamp { Timestamp(seconds: 1_780_000_000, nanos: 0) }
    }

    /// An agent of the provider.
    var agent: Caller {
        Caller(
            subject: uuid(), kind: .person, domain: DomainPath("/provider/") ?? .root,
            roles: RoleCatalog.close(["sn_acct_lc.agent"]))
    }

    /// An event of onboarding comes, as the consumer hands it on.
    func hear<R: RecordMessage>(_ record: R, _ action: String, revision: Int64 = 1) async throws {
        var event = RecordEvent()
        event.eventID = uuid()
        event.table = R.schema.table
        event.action = action
        event.id = record.id
        event.domain = record.domain
        event.revision = revision
        event.record = try record.encodeProtobuf()
        let sent = event
        let handler = try #require(
            handlers.first { $0.name == "import-validation-replica-\(R.schema.table)" })
        let context = WriteContext.system(
            database.service, domain: try #require(DomainPath(record.domain)), now: database.clock.now)
        try await database.transaction(as: context.caller) { tx in try handler.apply(sent, context, tx) }
    }

    /// The case goes to `state`, and the event says so.
    func turn(_ state: String, _ action: String, revision: Int64) async throws {
        var record = OnboardingCase()
        record.id = onboarding
        record.domain = domain
        record.account = account
        record.number = "ALEONB0000001"
        record.state = state
        try await hear(record, action, revision: revision)
    }

    /// The import tasks of the case.
    func tasks() async throws -> [ImportTask] {
        let database = database
        let id = onboarding
        return try await database.transaction(as: .service(database.service, domain: .root), readOnly: true) { tx in
            try Store<ImportTask>(database).find(where: "parent = \(id) ORDER BY number", in: tx)
        }
    }

    /// A new import task of the case by an agent.
    func create(_ edit: (inout ImportTask) -> Void = { _ in }) async throws(Problem) -> ImportTask {
        var task = ImportTask()
        task.parent = onboarding
        task.targetTable = "location"
        edit(&task)
        let draft = task
        let database = database
        let context = WriteContext(caller: agent, now: database.clock.now)
        return try await database.transaction(as: context.caller) { tx in
            try Store<ImportTask>(database).create(draft, context, in: tx)
        }
    }

    /// Changes a task as an agent.
    func update(_ id: String, _ edit: (inout ImportTask) -> Void) async throws(Problem) -> ImportTask {
        var task = ImportTask()
        task.id = id
        edit(&task)
        let values = task
        let database = database
        let context = WriteContext(caller: agent, now: database.clock.now)
        return try await database.transaction(as: context.caller) { tx in
            try Store<ImportTask>(database).update(values, mask: nil, context, in: tx)
        }
    }
}

/// A new id.
func uuid() -> String { RecordID.make(at: Timestamp(seconds: 1_780_000_000, nanos: 0)) }

/// The problem that `body` meets; nil when it succeeds.
func problem<T: Sendable>(of body: () async throws(Problem) -> T) async -> Problem? {
    do throws(Problem) {
        _ = try await body()
        return nil
    } catch {
        return error
    }
}
