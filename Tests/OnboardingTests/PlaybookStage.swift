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
    let agent: Caller

    var server: Server { world.server }

    init() async throws {
        let (server, imports) = try await Self.shared.value
        world = try await World(server)
        self.imports = imports
        agent = world.agent
    }

    private static func serve() async throws -> (Server, ImportStandIn) {
        let server = try await Server.start()
        let imports = ImportStandIn()
        try await server.bench.standIn(for: "import-validation", imports.endpoints)
        let playbooks = try #require(Playbooks.of(server.database))
        try await PlaybookSeed.run(playbooks)
        let calls = RemoteCalls(
            playbooks,
            Client(
                server.bench.transport,
                credential: CallerTokens.credential(.service("onboarding", domain: .root))))
        Task.detached { await calls.run() }
        return (server, imports)
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

/// Import-validation as far as playbooks ask it: it makes tasks, each request id once, finds and ends them.
final class ImportStandIn: Sendable {
    private struct State {
        var tasks: [String: ImportTask] = [:]
        var requests: [String: String] = [:]
        var refused: Set<String> = []
        var failures = 0
        var calls = 0
    }
    private let state = Mutex(State())

    /// The tasks of a case.
    func tasks(of parent: String) -> [ImportTask] {
        state.withLock { $0.tasks.values.filter { $0.parent == parent } }
    }

    func task(_ id: String, _ wanted: String) -> ImportTask? {
        state.withLock { $0.tasks[id].flatMap { $0.state == wanted ? $0 : nil } }
    }

    /// Refuses tasks for this case.
    func refuse(_ parent: String, _ isRefused: Bool) {
        state.withLock { if isRefused { $0.refused.insert(parent) } else { $0.refused.remove(parent) } }
    }

    /// The next so many creations are done, but nobody learns of it.
    func loseAnswers(_ count: Int) { state.withLock { $0.failures = count } }

    /// A task that was there before.
    func put(_ task: ImportTask) { state.withLock { $0.tasks[task.id] = task } }

    var endpoints: [Endpoint] {
        [
            Endpoint(ImportValidationAPI.createImportTask) { [self] _, request async throws(Problem) in
                try create(request)
            },
            Endpoint(ImportValidationAPI.listImportTasks) { [self] _, request async throws(Problem) in
                var answer = ListImportTasksResponse()
                answer.importTasks = state.withLock { state in
                    state.tasks.values.filter {
                        request.filter
                            == "parent = \"\($0.parent ?? "")\" AND target_table = \"\($0.targetTable ?? "")\""
                    }
                }
                return answer
            },
            Endpoint(ImportValidationAPI.closeImportTask) { [self] _, request async throws(Problem) in
                try end(request, "closed")
            },
            Endpoint(ImportValidationAPI.cancelImportTask) { [self] _, request async throws(Problem) in
                try end(request, "canceled")
            },
        ]
    }

    private func create(_ request: CreateImportTaskRequest) throws(Problem) -> ImportTask {
        let (answer, problem): (ImportTask?, Problem?) = state.withLock { state in
            var task = request.importTask ?? ImportTask()
            if state.refused.contains(task.parent ?? "") {
                return (nil, .failedPrecondition(rule: "G-128", Text(en: "The case is closed.", ko: "케이스가 종결되었습니다.")))
            }
            if let known = state.requests[request.requestID] { return (state.tasks[known], nil) }
            task.id = uuid()
            task.number = "IMPTSK\(state.tasks.count)"
            task.state = "open"
            task.domain = "/provider/"
            state.tasks[task.id] = task
            state.requests[request.requestID] = task.id
            if state.failures > 0 {
                state.failures -= 1
                return (nil, .unavailable())
            }
            return (task, nil)
        }
        if let problem { throw problem }
        return answer ?? ImportTask()
    }

    private func end(_ request: CloseRequest, _ name: String) throws(Problem) -> ImportTask {
        let ended = state.withLock { state -> ImportTask? in
            state.tasks[request.id]?.state = name
            state.tasks[request.id]?.closeNotes = request.closeNotes
            return state.tasks[request.id]
        }
        guard let ended else { throw .notFound(ImportTask.schema.label, id: request.id) }
        return ended
    }
}
