import Foundation
import ImportValidationWire
import OnboardingWire
import Postgres
import RPC
import Records
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import Events
@testable import ImportValidationService

/// The service on a real Postgres, as its own role and under row-level security, with its workers and a stand-in for
/// onboarding, fed with onboarding's events. Each test makes its own account with a case.
struct Stage: Sendable {
    private static let shared = Task { try await Stage.serve() }

    let bench: ServiceBench<ImportValidation>
    let owner: OnboardingStandIn
    let domain: String
    let account = uuid()
    let onboarding = uuid()
    let contact = uuid()
    /// An agent of the provider.
    let agent = Caller.holding("sn_acct_lc.agent")
    /// The contact of the account.
    let customer: Caller

    var database: Database { bench.database }

    init() async throws {
        (bench, owner) = try await Self.shared.value
        domain = "/provider/d\(UInt32.random(in: 0...UInt32.max))/"
        customer = .customer("sn_customerservice.customer", of: account, in: domain, contact: contact)
        var account = CustomerAccount()
        account.id = self.account
        account.domain = domain
        account.name = "Ernst Handel"
        try await bench.hear(account, "created")
        var contact = CustomerContact()
        contact.id = self.contact
        contact.domain = domain
        contact.account = self.account
        try await bench.hear(contact, "created")
    }

    private static func serve() async throws -> (ServiceBench<ImportValidation>, OnboardingStandIn) {
        var bench = try await ServiceBench<ImportValidation>(poolSize: 8)
        let owner = OnboardingStandIn()
        try await bench.standIn(for: "onboarding", owner.endpoints)
        try await bench.standIn(for: "customer-success", owner.successEndpoints)
        let files = FileManager.default.temporaryDirectory.appending(path: "imports-\(UUID().uuidString)").path
        try await bench.serveWhole(["ALE_FILES_DIRECTORY": files], key: .make())
        return (bench, owner)
    }

    // MARK: Events of onboarding

    /// An event of onboarding comes, as the consumer hands it on.
    func hear<R: RecordMessage>(_ record: R, _ action: String, revision: Int64 = 1) async throws {
        try await bench.hear(record, action, revision: revision)
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

    /// The case gets its import tasks, one for each default target, as onboarding makes them for a playbook.
    func bringTasks() async throws(Problem) {
        let service = Caller.service("onboarding", domain: .root)
        for target in ImportTarget.all {
            var request = CreateImportTaskRequest()
            request.importTask = ImportTask()
            request.importTask?.parent = onboarding
            request.importTask?.targetTable = target.table
            _ = try await call(ImportValidationAPI.createImportTask, request, as: service)
        }
    }

    // MARK: Tasks, past the endpoints

    /// The import tasks of the case.
    func tasks() async throws -> [ImportTask] {
        let database = database
        let id = onboarding
        return try await database.transaction(
            as: .service(database.service, domain: .root), deadline: .patient, readOnly: true
        ) { tx in
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
        return try await database.transaction(as: context.caller, deadline: .patient) { tx in
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
        return try await database.transaction(as: context.caller, deadline: .patient) { tx in
            try Store<ImportTask>(database).update(values, mask: nil, context, in: tx)
        }
    }

    // MARK: Through the endpoints

    func call<Request: Message, Response: Message>(
        _ method: Method<Request, Response>, _ request: Request, as caller: Caller? = nil
    ) async throws(Problem) -> Response {
        try await bench.call(method, request, as: caller ?? agent, deadline: .seconds(60))
    }

    /// A task of the case that imports locations.
    func locations(_ edit: (inout ImportTask) -> Void = { _ in }) async throws -> ImportTask {
        try await turn("active", "updated", revision: 1)
        return try await create(edit)
    }

    /// The problem that `body` meets; it must meet one.
    func refusal<T: Sendable>(
        sourceLocation: SourceLocation = #_sourceLocation, _ body: () async throws(Problem) -> T
    ) async throws -> Problem {
        try #require(await problem(of: body), sourceLocation: sourceLocation)
    }

    static func named(_ id: String) -> GetRequest {
        var request = GetRequest()
        request.id = id
        return request
    }
}
