import CustomerSuccessWire
import Foundation
import ImportValidationWire
import OnboardingWire
import PlaybooksWire
import Postgres
import RPC
import Records
import ServiceTestKit
import Synchronization
import Tenancy
import Testing
import Wire

@testable import OnboardingService
@testable import Playbooks

/// A world with the shipped playbook, and import-validation as far as a playbook asks it.
struct PlaybookStage: Sendable {
    private static let shared = Task { try await serve() }

    let world: World
    let imports: ImportStandIn
    let squads: SquadStandIn
    let agent: Caller

    var server: Server { world.server }

    /// - Parameter isAlone: in a database of its own: what is done to every case there is would be done to those of other
    ///   tests, too.
    init(isAlone: Bool = false) async throws {
        let server: Server
        (server, imports, squads) = try await isAlone ? Self.serve() : Self.shared.value
        world = try await World(server)
        agent = world.agent
    }

    private static func serve() async throws -> (Server, ImportStandIn, SquadStandIn) {
        let server = try await Server.start()
        let imports = ImportStandIn()
        try await server.bench.standIn(for: "import-validation", imports.endpoints)
        let squads = SquadStandIn()
        try await server.bench.standIn(for: "customer-success", [squads.endpoint])
        let playbooks = try #require(Playbooks.of(server.database))
        try await PlaybookSeed.run(playbooks)
        _ = work(playbooks, server)
        return (server, imports, squads)
    }

    /// The durable work of an instance, until it is canceled.
    private static func work(_ playbooks: Playbooks, _ server: Server) -> Task<Void, Never> {
        let client = Client(
            server.bench.transport, credential: CallerTokens.credential(.service("onboarding", domain: .root)))
        let calls = RemoteCalls(playbooks, client)
        let dates = DateMoveCalls(playbooks.database, client) { CallerTokens.credential($0.caller) }
        return Task.detached {
            async let first: Void = calls.run()
            async let second: Void = MigrationCalls(playbooks).run()
            async let third: Void = dates.run()
            _ = await (first, second, third)
        }
    }

    /// Another instance of the service over the same database, with connections of its own: it answers nobody, and takes part in
    /// the durable work.
    func otherInstance() throws -> Task<Void, Never> {
        let pool = try Pool(
            PoolConfiguration(
                connectionString: server.bench.connectionString("ale_onboarding"), size: 3,
                applicationName: "onboarding of another instance"))
        let database = Database(
            service: "onboarding", pool: pool, clock: server.database.clock, log: server.database.log)
        let playbooks = Onboarding.playbooks(database)
        // Its copies and rules come with its endpoints.
        _ = Onboarding.endpoints(database, Onboarding.replicas(database, server.client), playbooks)
        return Self.work(playbooks, server)
    }

    // MARK: Runs

    /// A case of the account whose playbook has begun by its event.
    func begin(_ edit: (inout OnboardingCase) -> Void = { _ in }) async throws -> OnboardingCase {
        let made = try await world.openCase { record in
            record.assignedTo = nil
            record.goLiveDate = nil
            record.serviceBridgeIntegration = nil
            edit(&record)
        }
        try await hear(made)
        return made
    }

    /// The event that the case was made comes.
    func hear(_ record: OnboardingCase) async throws { try await server.bench.hear(record, "created") }

    func stages(_ record: OnboardingCase) async throws -> StagePicker {
        var request = GetStagePickerRequest()
        request.table = "onboarding_case"
        request.record = record.id
        return try await world.call(OnboardingAPI.getStagePicker, request, as: agent)
    }

    func activities(_ record: OnboardingCase, lane: String = "") async throws -> [PlaybookActivity] {
        var request = ListPlaybookActivitiesRequest()
        request.run = try #require(try await stages(record).run?.id)
        request.lane = lane
        return try await world.call(OnboardingAPI.listPlaybookActivities, request, as: agent).activities
    }

    func activity(_ record: OnboardingCase, _ key: String) async throws -> PlaybookActivity {
        try #require(try await activities(record).first { $0.key == key })
    }

    // MARK: Playbooks of their own

    /// The run of another playbook over a case; `yaml` is what follows its key.
    func run(_ yaml: String, over record: OnboardingCase) async throws -> PlaybookRun {
        let designer = try World.person(uuid(), "process_automation_designer")
        var request = ImportPlaybookRequest()
        request.yaml = "key: own_\(UInt32.random(in: 0...UInt32.max))\n\(yaml)"
        var activate = ActionRequest()
        activate.id = try await world.call(OnboardingAPI.importPlaybookDefinition, request, as: designer).id
        _ = try await world.call(OnboardingAPI.activatePlaybookDefinition, activate, as: designer)
        return try await start(activate.id, over: record)
    }

    func start(_ definition: String, over record: OnboardingCase) async throws -> PlaybookRun {
        var start = StartPlaybookRunRequest()
        (start.definition, start.table, start.record) = (definition, "onboarding_case", record.id)
        return try await world.call(OnboardingAPI.startPlaybookRun, start, as: agent)
    }

    func now(_ run: PlaybookRun) async throws -> PlaybookRun {
        var request = GetRequest()
        request.id = run.id
        return try await world.call(OnboardingAPI.getPlaybookRun, request, as: agent)
    }

    func activity(of run: PlaybookRun, _ key: String) async throws -> PlaybookActivity {
        var request = ListPlaybookActivitiesRequest()
        request.run = run.id
        let found = try await world.call(OnboardingAPI.listPlaybookActivities, request, as: agent).activities
        return try #require(found.first { $0.key == key })
    }

    // MARK: Doing

    static func entering(_ activity: PlaybookActivity, _ values: [String: String], etag: String = "")
        -> EnterPlaybookActivityRequest
    {
        var request = EnterPlaybookActivityRequest()
        request.id = activity.id
        request.etag = etag
        request.values = values.sorted { $0.key < $1.key }.map { input, value in
            var entered = EnteredValue()
            entered.input = input
            entered.value = value
            return entered
        }
        return request
    }

    static func moving(_ activity: PlaybookActivity) -> MovePlaybookActivityRequest {
        var request = MovePlaybookActivityRequest()
        request.id = activity.id
        return request
    }

    @discardableResult
    func complete(
        _ record: OnboardingCase, _ key: String, _ values: [String: String] = [:], as caller: Caller? = nil
    ) async throws -> PlaybookActivity {
        let request = Self.entering(try await activity(record, key), values)
        return try await world.call(OnboardingAPI.completePlaybookActivity, request, as: caller ?? agent)
    }

    /// The problem that completing meets.
    func refusal(
        _ record: OnboardingCase, _ key: String, _ values: [String: String] = [:], as caller: Caller? = nil
    ) async throws -> Problem {
        let request = Self.entering(try await activity(record, key), values)
        return try #require(
            await world.problem(OnboardingAPI.completePlaybookActivity, request, as: caller ?? agent))
    }

    /// What the second activity asks for.
    func info(_ bridge: String = "not_required") -> [String: String] {
        [
            "assigned_to": agent.subject, "service_bridge_integration": bridge, "type": "full",
            "go_live_date": "2026-06-30",
        ]
    }

    static func rows(_ rows: [[String: String]]) throws -> String {
        String(decoding: try JSONEncoder().encode(rows), as: UTF8.self)
    }

    /// Completes the first stage, with `developer` as the provider's ServiceNow developer; answers the contact that was
    /// added.
    @discardableResult
    func setUp(_ record: OnboardingCase, _ bridge: String = "not_required", developer: String? = nil) async throws
        -> String
    {
        try await complete(record, "enter_info", info(bridge))
        let added = try await complete(
            record, "add_contacts",
            ["contacts": Self.rows([["first_name": "Ida", "last_name": "Berg", "email": "\(uuid())@ernst.example"]])])
        let contact = try #require(added.created.first?.id)
        try await complete(
            record, "add_responsibilities",
            [
                "members": Self.rows([
                    [
                        "contact": contact,
                        "responsibility": OnboardingSeed.responsibility("customer", "Customer onboarding contact"),
                    ]
                ])
            ])
        try await complete(
            record, "add_account_team",
            [
                "members": Self.rows([
                    [
                        "responsibility": OnboardingSeed.responsibility("provider", OnboardingSeed.administrator),
                        "user": developer ?? agent.subject,
                    ]
                ])
            ])
        let squad = try await activity(record, "add_squad")
        _ = try await world.call(OnboardingAPI.skipPlaybookActivity, Self.moving(squad), as: agent)
        return contact
    }

    /// The activities of the import tasks, as soon as all tasks have been made.
    func importActivities(_ record: OnboardingCase) async throws -> [PlaybookActivity] {
        try await eventually("eight import tasks") {
            let own = try await activities(record, lane: "data_capture").filter { $0.kind == "create_task" }
            return own.count == 8 && own.allSatisfy { $0.created.first?.id.isEmpty == false } ? own : nil
        }
    }

    /// Closes the import tasks as the summary does, and has their events come.
    func finishImports(_ record: OnboardingCase) async throws {
        let made = try await importActivities(record).compactMap(\.created.first)
        try await complete(
            record, "data_summary",
            ["close_notes": Self.rows(made.map { ["record": $0.id, "close_notes": "Loaded."] })])
        for task in made {
            let closed = try await eventually("the end of \(task.number)") { imports.task(task.id, "closed") }
            try await server.bench.hear(closed, "closed", revision: 2, from: "import-validation")
        }
    }

    func eventually<T: Sendable>(_ what: String, _ look: () async throws -> T?) async throws -> T {
        for _ in 0..<1_200 {
            if let found = try await look() { return found }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw Problem.internalError(cause: "in vain: \(what)")
    }
}

/// Customer-success as far as it knows squads.
final class SquadStandIn: Sendable {
    private let members = Mutex<[String: SquadMember]>([:])

    /// A member of the squad of an account, of which nobody else has heard yet.
    func add(_ user: String, to account: CustomerAccount) -> SquadMember {
        var member = SquadMember()
        member.id = uuid()
        member.etag = "1"
        member.domain = account.domain
        member.account = account.id
        member.user = user
        members.withLock { $0[member.id] = member }
        return member
    }

    var endpoint: Endpoint {
        Endpoint(CustomerSuccessAPI.getSquadMember) { [self] _, request async throws(Problem) in
            guard let member = members.withLock({ $0[request.id] }) else {
                throw .notFound(SquadMember.schema.label, id: request.id)
            }
            return member
        }
    }
}
