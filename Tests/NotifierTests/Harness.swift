import Logging
import Mail
import Platform
import Postgres
import RPC
import Records
import Roles
import Tenancy
import TestKit
import Testing
import Wire

@testable import NotifierService

/// The notifier's parts on a real Postgres, as its own role and under row-level security.
struct Stage: Sendable {
    static let shared = Task { try await Stage() }
    static let account = "/provider/d0000001/"

    let database: Database
    let follower: PlayFollower
    let watchLists: WatchLists
    let client: Client
    private let service: RPC.Service

    init() async throws {
        let postgres = try await PostgresServer.shared
        let name = "notifier_\(String(UInt64.random(in: 0...UInt64.max), radix: 36))"
        try await postgres.createDatabase(name, template: Self.template.value)
        let pool = try Pool(
            PoolConfiguration(
                connectionString: postgres.connectionString(database: name, user: "ale_notifier"), size: 4,
                queueLimit: 1_024, applicationName: "notifier"))
        database = Database(
            service: Notifier.name, pool: pool, clock: SystemClock(),
            log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let transport = InMemoryTransport()
        client = Client(transport)
        let replicas = Notifier.replicas(database, client)
        let people = PeopleLookup(replicas: replicas, client: client)
        let messenger = Messenger(database: database, templates: try MailTemplates())
        follower = PlayFollower(database: database, people: people, messenger: messenger)
        watchLists = WatchLists(database: database, people: people, messenger: messenger)
        service = try RPC.Service(
            .init(name: Notifier.name, version: "0.1.0", description: Notifier.summary),
            endpoints: Notifier.endpoints(database, replicas).endpoints, transport: transport, authenticator: Tokens(),
            logger: database.log)
        try await service.start()
    }

    /// A database with the migrated schema, copied for each stage.
    private static let template = Task {
        let postgres = try await PostgresServer.shared
        let name = "notifier_template"
        try await postgres.createDatabase(name)
        for role in ["ale_notifier", "ale_notifier_owner"] {
            try await postgres.psql(
                "DO $$ BEGIN CREATE ROLE \(role) LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$")
        }
        try await postgres.psql("CREATE SCHEMA notifier AUTHORIZATION ale_notifier_owner", database: name)
        let migrator = try Ground.migrator(
            connectionString: postgres.connectionString(database: name, user: "ale_notifier_owner"),
            schema: "notifier", own: Migration.load(folder: Notifier.schemaFolder))
        _ = try await migrator.migrate()
        return name
    }

    /// Enters a person as the events of onboarding would.
    func meet(
        _ role: String, domain: String = "/provider/", language: String = "en", email: String? = "p@provider.example",
        account: String? = nil
    ) async throws -> String {
        let id = uuid()
        try await inside("/") { tx in
            tx.send(
                """
                INSERT INTO notifier."user" (id, revision, domain, name, email, language, account, active) \
                VALUES (\(id), 1, \(domain), 'Pat', \(email), \(language), \(account), true)
                """)
            tx.send(
                """
                INSERT INTO notifier.role_grant (id, revision, domain, "user", role) \
                VALUES (\(uuid()), 1, \(domain), \(id), \(role))
                """)
        }
        return id
    }

    /// Has a run's event take effect, as the consumer does it.
    func follow(_ run: FlowRun, _ action: String = "updated") async throws {
        try await apply(event("flow_run", action, try run.encodeProtobuf(), id: run.id), follower.apply)
    }

    func apply(
        _ event: RecordEvent, _ effect: @escaping @Sendable (RecordEvent, WriteContext, Transaction) throws -> Void
    ) async throws {
        let domain = try #require(DomainPath(event.domain))
        let context = WriteContext.system(database.service, domain: domain, now: database.clock.now)
        try await database.transaction(as: context.caller) { tx in try effect(event, context, tx) }
    }

    func inside<T: Sendable>(_ domain: String, _ body: @escaping @Sendable (Transaction) throws -> T) async throws -> T
    {
        try await database.transaction(as: .service(Notifier.name, domain: try #require(DomainPath(domain))), body)
    }

    /// Notifications of a person, oldest first.
    func notifications(of user: String) async throws -> [InAppNotification] {
        let database = database
        return try await inside("/") { tx in
            try Store<InAppNotification>(database).find(where: "\"user\" = \(user) ORDER BY id", in: tx)
        }
    }

    /// Mails to a person, oldest first.
    func mails(to user: String) async throws -> [EmailDelivery] {
        let database = database
        return try await inside("/") { tx in
            try Store<EmailDelivery>(database).find(where: "\"user\" = \(user) ORDER BY id", in: tx)
        }
    }

    func notifiers(of run: String) async throws -> [SuccessLauncherNotifier] {
        let database = database
        return try await inside("/") { tx in
            try Store<SuccessLauncherNotifier>(database).find(where: "flow_run = \(run)", in: tx)
        }
    }
}

/// Tokens of these tests are "subject|role|domain", of customers with "|account=domain" for each account.
struct Tokens: Authenticator {
    func authenticate(_ bearer: String?) async throws(Problem) -> Caller {
        let parts = (bearer ?? "").split(separator: "|").map(String.init)
        guard parts.count >= 3, let domain = DomainPath(parts[2]) else { throw .unauthenticated() }
        let memberships = parts.dropFirst(3).compactMap { text -> Membership? in
            let pair = text.split(separator: "=").map(String.init)
            return DomainPath(pair[1]).map { Membership(account: pair[0], domain: $0) }
        }
        let customer = Caller(subject: parts[0], roles: RoleCatalog.close([parts[1]]), memberships: memberships)
        return customer
            ?? Caller(subject: parts[0], kind: .person, domain: domain, roles: RoleCatalog.close([parts[1]]))
    }
}

func event(
    _ table: String, _ action: String, _ record: [UInt8], id: String, domain: String = Stage.account,
    _ edit: (inout RecordEvent) -> Void = { _ in }
) -> RecordEvent {
    var event = RecordEvent()
    event.eventID = uuid()
    (event.table, event.action, event.id, event.domain) = (table, action, id, domain)
    event.record = record
    event.actor = "service:customer-success"
    edit(&event)
    return event
}

func uuid() -> String { RecordID.make(at: SystemClock().now) }

let successAgent = "sn_acct_lc.ale_success_agent"
