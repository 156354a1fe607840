import Logging
import Postgres
import RPC
import Records
import Roles
import Synchronization
import Tenancy
import TestKit
import Testing
import Wire

@testable import OnboardingService

/// The service on a real Postgres, as its own role and under row-level security, and a client of it.
struct Server: Sendable {
    static let shared = Task { try await Server.start() }

    let database: Database
    let client: Client
    let handlers: [EventHandler]
    /// The superuser's connection: it sees everything.
    let admin: Pool

    /// A server with a database of its own.
    static func start() async throws -> Server {
        let postgres = try await PostgresServer.shared
        let name = "onboarding_\(String(UInt64.random(in: 0...UInt64.max), radix: 36))"
        try await postgres.createDatabase(name, template: template.value)
        let pool = try Pool(
            PoolConfiguration(
                connectionString: postgres.connectionString(database: name, user: "ale_onboarding"), size: 4,
                queueLimit: 1_024, applicationName: "onboarding"))
        let database = Database(
            service: Onboarding.name, pool: pool, clock: FixedClock(),
            log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let transport = InMemoryTransport()
        let replicas = Onboarding.replicas(database, Client(transport))
        let service = try Service(
            .init(name: Onboarding.name, version: "0.1.0", description: Onboarding.summary),
            endpoints: Onboarding.endpoints(database, replicas).endpoints, transport: transport,
            authenticator: CallerTokens(),
            logger: database.log)
        try await service.start()
        running.withLock { $0.append(service) }
        try await Seed.run(database)
        return Server(
            database: database, client: Client(transport), handlers: replicas.handlers,
            admin: try Pool(PoolConfiguration(connectionString: postgres.connectionString(database: name), size: 1)))
    }

    /// A database with the migrated schema, copied for each server.
    private static let template = Task {
        let postgres = try await PostgresServer.shared
        let name = "onboarding_template"
        try await postgres.createDatabase(name)
        for role in ["ale_onboarding", "ale_onboarding_owner"] {
            try await postgres.psql(
                "DO $$ BEGIN CREATE ROLE \(role) LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$")
        }
        try await postgres.psql("CREATE SCHEMA onboarding AUTHORIZATION ale_onboarding_owner", database: name)
        let migrator = try Ground.migrator(
            connectionString: postgres.connectionString(database: name, user: "ale_onboarding_owner"),
            schema: "onboarding", own: Migration.load(folder: Onboarding.schemaFolder))
        _ = try await migrator.migrate()
        return name
    }

    /// Services that answer until the process ends.
    private static let running = Mutex<[Service]>([])
}

/// Noon of 2026-03-10.
struct FixedClock: WallClock {
    var now: Timestamp {
        Timestamp(seconds: Int64(CivilDate(year: 2026, month: 3, day: 10).days) * 86_400 + 43_200, nanos: 0)
    }
}

/// Tokens of these tests spell the caller out; who may be whom is not what they are about.
struct CallerTokens: Authenticator {
    func authenticate(_ bearer: String?) async throws(Problem) -> Caller {
        let parts = (bearer ?? "").split(separator: "|", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 6, let kind = Caller.Kind(rawValue: parts[1]), let domain = DomainPath(parts[2]) else {
            throw .unauthenticated()
        }
        let roles = Set(parts[3].split(separator: ",").map(String.init))
        let memberships = parts[4].split(separator: ",").compactMap { text -> Membership? in
            let facts = text.split(separator: ";").map(String.init)
            return DomainPath(facts[1]).map {
                Membership(account: facts[0], domain: $0, contact: facts.count > 2 ? facts[2] : nil)
            }
        }
        let customer = Caller(subject: parts[0], roles: roles, memberships: memberships, locale: parts[5])
        return customer ?? Caller(subject: parts[0], kind: kind, domain: domain, roles: roles, locale: parts[5])
    }

    static func credential(_ caller: Caller) -> Credential {
        let roles = caller.roles.sorted().joined(separator: ",")
        let memberships = caller.memberships.map {
            [$0.account, $0.domain.path, $0.contact].compactMap { $0 }.joined(separator: ";")
        }.joined(separator: ",")
        return .token(
            [caller.subject, caller.kind.rawValue, caller.domain.path, roles, memberships, caller.locale]
                .joined(separator: "|"))
    }
}

/// An account with a contact, an agent who made it, and callers on both sides. Each test makes its own.
struct World: Sendable {
    let server: Server
    let administrator: Caller
    let agent: Caller
    let successAgent: Caller
    let account: CustomerAccount
    let contact: CustomerContact

    init(_ given: Server? = nil) async throws {
        server = if let given { given } else { try await Server.shared.value }
        administrator = try Self.person(uuid(), "admin")
        var user = User()
        user.name = "Ann Agent"
        user.email = "\(uuid())@provider.example"
        var creation = CreateUserRequest()
        creation.user = user
        let stored = try await server.client.call(
            OnboardingAPI.createUser, creation, as: CallerTokens.credential(administrator))
        agent = try Self.person(stored.id, "sn_acct_lc.agent")
        successAgent = try Self.person(stored.id, "sn_acct_lc.ale_success_agent")
        var request = CreateCustomerAccountRequest()
        request.customerAccount = CustomerAccount()
        request.customerAccount?.name = "Ernst Handel"
        account = try await server.client.call(
            OnboardingAPI.createCustomerAccount, request, as: CallerTokens.credential(agent))
        contact = try await Self.addContact("r@ernst.example", to: account, agent, server)
    }

    /// A caller of the provider.
    static func person(_ subject: String, _ role: String) throws -> Caller {
        Caller(
            subject: subject, kind: .person, domain: try #require(DomainPath("/provider/")),
            roles: RoleCatalog.close([role]))
    }

    static func addContact(
        _ email: String, to account: CustomerAccount, _ agent: Caller, _ server: Server
    ) async throws -> CustomerContact {
        var contact = CustomerContact()
        contact.firstName = "Roland"
        contact.lastName = "Mendel"
        contact.email = email
        contact.account = account.id
        var request = CreateCustomerContactRequest()
        request.customerContact = contact
        return try await server.client.call(
            OnboardingAPI.createCustomerContact, request, as: CallerTokens.credential(agent))
    }

    /// The account's contact, with a role of customers.
    func customer(_ role: String = "sn_customerservice.customer", contact other: String? = nil) throws -> Caller {
        Caller(
            subject: uuid(), kind: .customer, domain: try #require(DomainPath(account.domain)),
            roles: RoleCatalog.close([role]), account: account.id, contact: other ?? contact.id)
    }

    func call<Request: Message, Response: Message>(
        _ method: Method<Request, Response>, _ request: Request, as caller: Caller
    ) async throws(Problem) -> Response {
        try await server.client.call(method, request, as: CallerTokens.credential(caller))
    }

    /// The problem that a call meets; nil when it succeeds.
    func problem<Request: Message, Response: Message>(
        _ method: Method<Request, Response>, _ request: Request, as caller: Caller
    ) async -> Problem? {
        do throws(Problem) {
            _ = try await call(method, request, as: caller)
            return nil
        } catch {
            return error
        }
    }

    /// A case of the account in state New.
    func openCase(_ edit: (inout OnboardingCase) -> Void = { _ in }) async throws -> OnboardingCase {
        var record = OnboardingCase()
        record.account = account.id
        record.assignedTo = agent.subject
        record.goLiveDate = "2026-03-20"
        record.serviceBridgeIntegration = "not_required"
        edit(&record)
        var request = CreateOnboardingCaseRequest()
        request.onboardingCase = record
        return try await call(OnboardingAPI.createOnboardingCase, request, as: agent)
    }

    /// A person of the provider, or of the account.
    func addUser(isCustomer: Bool = false, isActive: Bool = true) async throws -> User {
        var user = User()
        user.name = "Pat"
        user.email = "\(uuid())@people.example"
        if isCustomer { user.account = account.id }
        user.active = isActive
        var request = CreateUserRequest()
        request.user = user
        return try await call(OnboardingAPI.createUser, request, as: administrator)
    }

    func update(_ id: String, as caller: Caller, _ edit: (inout OnboardingCase) -> Void) async throws(Problem)
        -> OnboardingCase
    {
        var record = OnboardingCase()
        record.id = id
        edit(&record)
        var request = UpdateOnboardingCaseRequest()
        request.onboardingCase = record
        return try await call(OnboardingAPI.updateOnboardingCase, request, as: caller)
    }

    func createTask(_ parent: OnboardingCase, _ edit: (inout LifecycleTask) -> Void = { _ in }) async throws
        -> LifecycleTask
    {
        var record = LifecycleTask()
        record.parent = parent.id
        record.shortDescription = "Send locations"
        edit(&record)
        var request = CreateLifecycleTaskRequest()
        request.lifecycleTask = record
        return try await call(OnboardingAPI.createLifecycleTask, request, as: agent)
    }

    /// Publishes rows; the result of each row as "outcome message".
    func publish(
        _ table: String, _ columns: [String], _ rows: [[String]], requestID: String = "", as caller: Caller? = nil
    ) async throws(Problem) -> PublishRowsResponse {
        var request = PublishRowsRequest()
        request.targetTable = table
        request.account = account.id
        request.columns = columns
        request.requestID = requestID
        request.rows = rows.enumerated().map { number, values in
            var row = PublishRow()
            row.rowID = String(number)
            row.values = values
            return row
        }
        return try await call(OnboardingAPI.publishRows, request, as: caller ?? agent)
    }
}

/// A new id.
func uuid() -> String { RecordID.make(at: Timestamp(seconds: 1_780_000_000, nanos: 0)) }
