import OnboardingWire
import Playbooks
import Postgres
import RPC
import Records
import Roles
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import OnboardingService

/// The service on a real Postgres, as its own role and under row-level security, and a client of it.
struct Server: Sendable {
    static let shared = Task { try await Server.start() }
    /// Today of every server.
    static let today = "2026-03-10"

    let bench: ServiceBench<Onboarding>

    var database: Database { bench.database }
    var client: Client { bench.client }
    var handlers: [EventHandler] { bench.handlers }
    /// The superuser's connection: it sees everything.
    var admin: Pool { bench.admin }

    /// A server with a database of its own, and these playbooks.
    static func start(_ making: (Database) -> Playbooks = Onboarding.playbooks) async throws -> Server {
        var bench = try await ServiceBench<Onboarding>(clock: TestClock(today))
        let replicas = Onboarding.replicas(bench.database, bench.client)
        let playbooks = making(bench.database)
        try await bench.serve(
            Onboarding.endpoints(bench.database, replicas, playbooks),
            handlers: replicas.handlers + [Onboarding.playbookTrigger(playbooks)])
        try await OnboardingSeed.run(bench.database)
        try await Onboarding.recommendedActions(bench.database).seed(ShippedActions.all)
        try await KnowledgeSeed.run(bench.database)
        return Server(bench: bench)
    }

    /// An event of another service's record takes effect.
    func hear<R: RecordMessage>(_ record: R, _ action: String, revision: Int64, from service: String) async throws {
        try await bench.hear(record, action, revision: revision, from: service)
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
