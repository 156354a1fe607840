import CustomerSuccessWire
import Identity
import OnboardingWire
import Platform
import PlayLauncherWire
import PlaybooksWire
import Postgres
import RPC
import Records
import ServiceTestKit
import Synchronization
import Tenancy
import Testing
import Wire

@testable import PlayLauncherService

/// The service on a real Postgres, as its own role and under row-level security, with its runner and a stand-in for the
/// owner of the records plays are launched from.
struct Stage: Sendable {
    static let shared = Task { try await Stage() }
    /// One whose database writes down the plans of its statements.
    static let watched = Task { try await Stage(isWatched: true) }

    let issuer: Issuer
    let owner = StandIn()
    let foundation = FoundationStandIn()
    let journal = JournalStandIn()
    let triggers: PlayTriggers
    let runner: Runner
    let seed: PlaySeed
    let heard: HeardTypes
    let events: PlayEvents
    let web = WebStandIn()
    /// The host that flows may ask.
    static let host = "api.example"
    let people = PeopleRegistry.everybody()
    private let bench: ServiceBench<PlayLauncher>

    var database: Database { bench.database }
    var client: Client { bench.client }
    /// The superuser's connection: it sees everything.
    var admin: Pool { bench.admin }

    init(isWatched: Bool = false, clock: any WallClock = SystemClock()) async throws {
        var bench = try await ServiceBench<PlayLauncher>(clock: clock, poolSize: 6)
        if isWatched { try await bench.watchPlans() }
        let key = try await ServiceKey.make()
        let issuer = key.issuer
        self.issuer = issuer
        bench.credential = { caller throws(Problem) in
            .token(try issuer.token(for: caller, lifetimeSeconds: 600))
        }
        let verifier = try await Verifier(
            issuers: [TrustedIssuer(name: "ale", keySetFile: key.keySetFile, mayActAsService: true)], report: { _ in })
        let client = Client(bench.transport, credential: issuer.credential(for: PlayLauncher.name), deadline: patience)
        let parts = PlayLauncher.make(
            bench.database, client, issuer, people, FlowHosts([Self.host]) { [web] in web.answer($0, $1) })
        (runner, seed, triggers, heard) = (parts.runner, parts.seed, parts.triggers, parts.heard)
        events = parts.events
        try await bench.serve(
            parts.endpoints, handlers: events.handlers, authenticator: verifier)
        try await bench.standIn(
            for: "customer-success", owner.endpoints + journal.endpoints, authenticator: verifier)
        try await bench.standIn(for: "onboarding", foundation.endpoints, authenticator: verifier)
        self.bench = bench
        try await seed.prepare()
        // Runs as long as the process: tests wait for facts.
        Task.detached { [runner] in await runner.run() }
        Task.detached { [triggers] in await triggers.launcher.run() }
    }

    /// Has an event of an engagement take effect, as its consumer does.
    func hear(_ written: JournalStandIn.Written) async throws {
        for handler in events.handlers where handler.takes(written.event, of: "customer-success") {
            try await handler.take(written.event, in: database, trace: written.trace)
        }
    }

    /// The statements that `body` has the service carry out.
    func statements(of body: () async throws -> Void) async throws -> [String] {
        try await bench.plans(page: 100, of: body).map(\.statement)
    }

    /// The events that were written of a record, oldest first.
    func events(of record: String) async throws -> [WrittenEvent] { try await bench.events(of: record) }

    // MARK: Calls

    func call<Request: Message, Response: Message>(
        _ method: Wire.Method<Request, Response>, _ request: Request, as caller: Caller
    ) async throws(Problem) -> Response {
        // On a busy machine the flows of all plays take a while to compile, once.
        try await bench.call(method, request, as: caller, deadline: .seconds(60))
    }

    /// The problem that a call meets; nil when it succeeds.
    func problem<Request: Message, Response: Message>(
        _ method: Wire.Method<Request, Response>, _ request: Request, as caller: Caller
    ) async -> Problem? { await bench.problem(method, request, as: caller) }

    /// The published definition record of a shipped flow.
    func entry(_ title: String) async throws -> DefinitionRecord {
        var request = ListRequest()
        request.filter = "title = \"\(title)\""
        let found = try await call(PlayLauncherAPI.listDefinitionRecords, request, as: try person("admin"))
        return try #require(found.definitionRecords.first)
    }

    func launch(
        _ title: String, _ answers: String = "{}", from source: String, of table: String = "engagement",
        as caller: Caller, requestID: String = ""
    ) async throws -> FlowRun {
        var request = LaunchPlayRequest()
        request.definitionRecord = try await entry(title).id
        request.sourceTable = table
        request.sourceRecord = source
        request.answers = answers
        request.requestID = requestID
        return try await call(PlayLauncherAPI.launchPlay, request, as: caller)
    }

    /// The run once it is over; at most a minute from now.
    func end(of run: String) async throws -> FlowRun {
        try await self.run(run) { ["completed", "failed", "canceled"].contains($0.state) }
    }

    /// The run once it is as it has to be; at most a minute from now.
    func run(_ id: String, _ isSo: (FlowRun) -> Bool) async throws -> FlowRun {
        let limit = ContinuousClock.now + .seconds(60)
        while ContinuousClock.now < limit {
            var request = GetRequest()
            request.id = id
            let found = try await call(PlayLauncherAPI.getFlowRun, request, as: try person("admin"))
            if isSo(found) { return found }
            try await Task.sleep(for: .milliseconds(20))
        }
        throw Problem.deadlineExceeded(cause: "run \(id) is not as it has to be")
    }

    /// Publishes a flow that runs another with the tasks `inside` it, and answers its title. `beside`: what else is said of
    /// the task that runs it.
    func define(_ name: String, inside: String, beside: String = "") async throws -> String {
        let admin = try person(playAdministrator)
        func create(_ name: String, _ tasks: String) async throws -> String {
            var request = CreateFlowDefinitionRequest()
            request.flowDefinition = FlowDefinition()
            request.flowDefinition?.definition =
                "document: {dsl: '1.0.0', namespace: ale, name: \(name), version: '1.0.0', title: \(name)}\ndo:\n\(tasks)"
            return try await call(PlayLauncherAPI.createFlowDefinition, request, as: admin).id
        }
        _ = try await create("\(name)-sub", inside)
        var record = DefinitionRecord()
        record.flow = try await create(
            name, "  - below: {run: {workflow: {namespace: ale, name: \(name)-sub, version: '1.0.0'}}\(beside)}\n")
        (record.title, record.category, record.state) = (name, "success_support", "published")
        var request = CreateDefinitionRecordRequest()
        request.definitionRecord = record
        return try #require(try await call(PlayLauncherAPI.createDefinitionRecord, request, as: admin).title)
    }

    func steps(of run: String) async throws -> [FlowStep] {
        var request = ListFlowStepsRequest()
        request.flowRun = run
        return try await call(PlayLauncherAPI.listFlowSteps, request, as: try person("admin")).steps
    }
}

/// A person of the provider, each time another one.
func person(_ role: String, domain: String = "/provider/", locale: String = "en") throws -> Caller {
    .holding(role, domain: domain, locale: locale)
}

let successAgent = "sn_acct_lc.ale_success_agent"
let playAdministrator = "sn_acct_lc.success_play_admin"

/// Stands in for customer-success: every engagement exists in the domain of one account, and touchpoints are created
/// once per request id, as the real service does it.
final class StandIn: Sendable {
    struct Request: Sendable {
        let id: String
        let caller: Caller
        let language: String
        let text: String
    }

    private struct State {
        var created: [Request] = []
        var notes: [Request] = []
        var touchpoints: [String: Touchpoint] = [:]
        var refusals: [String: [Problem]] = [:]
        var ended: [String: String] = [:]
        var gone: Set<String> = []
        var held: Set<String> = []
        var answered: [String] = []
        var planned: [(table: String, title: String)] = []
        var started: [Request] = []
        var playbooks: [Problem] = []
    }
    private let state = Mutex(State())
    static let domain = "/provider/d0000001/"

    /// Has the next creations with this subject refused, one after the other.
    func refuse(_ subject: String, with problems: [Problem]) {
        state.withLock { $0.refusals[subject] = problems }
    }

    /// The engagement is gone from now on.
    func remove(_ engagement: String) { state.withLock { _ = $0.gone.insert(engagement) } }

    /// Has creations with this subject wait until they are let go.
    func hold(_ subject: String) { state.withLock { _ = $0.held.insert(subject) } }
    func letGo(_ subject: String) { state.withLock { _ = $0.held.remove(subject) } }

    /// The engagement is in this state from now on.
    func end(_ engagement: String, _ state: String) { self.state.withLock { $0.ended[engagement] = state } }

    /// Calls that asked to create a touchpoint with this subject.
    func creations(_ subject: String) -> [Request] { state.withLock { $0.created.filter { $0.text == subject } } }

    /// How many of those calls were answered.
    func answers(_ subject: String) -> Int { state.withLock { $0.answered.filter { $0 == subject }.count } }

    /// Touchpoints made with this subject.
    func touchpoints(_ subject: String) -> [Touchpoint] {
        state.withLock { $0.touchpoints.values.filter { $0.subject == subject } }
    }

    /// The playbooks that were started over a record.
    func playbooks(over record: String) -> [String] {
        state.withLock { $0.started.filter { $0.id == record }.map(\.text) }
    }

    /// Has the next start of a playbook refused.
    func refusePlaybook(with problem: Problem) { state.withLock { $0.playbooks.append(problem) } }

    /// What was made of objectives, outcomes, initiatives and tasks since this was last asked, in its order.
    func takeMade() -> [(table: String, title: String)] {
        state.withLock { state in
            defer { state.planned = [] }
            return state.planned
        }
    }

    private func made<Request: Message, R: RecordMessage>(
        _ method: Wire.Method<Request, R>, _ asked: @escaping @Sendable (Request) -> (R?, String?)
    ) -> Endpoint {
        Endpoint(method) { [self] _, request async throws(Problem) in
            let (record, title) = asked(request)
            var made = record ?? R()
            made.id = uuid()
            state.withLock { $0.planned.append((R.schema.table, title ?? "")) }
            return made
        }
    }

    /// Work notes on a record.
    func notes(on record: String) -> [Request] { state.withLock { $0.notes.filter { $0.id == record } } }

    var endpoints: [Endpoint] {
        [
            Endpoint(CustomerSuccessAPI.getEngagement) { [self] call, request async throws(Problem) in
                let isThere = state.withLock { !$0.gone.contains(request.id) }
                guard isThere, call.caller.domain.path == "/provider/" || call.caller.domain.path == "/" else {
                    throw .notFound(Engagement.schema.label, id: request.id)
                }
                var engagement = Engagement()
                engagement.id = request.id
                engagement.state = state.withLock { $0.ended[request.id] } ?? "in_progress"
                engagement.domain = Self.domain
                engagement.account = "00000000-0000-4000-8000-00000000000a"
                engagement.keyCustomerContact = "00000000-0000-4000-8000-00000000000c"
                return engagement
            },
            Endpoint(CustomerSuccessAPI.createTouchpoint) { [self] call, request async throws(Problem) in
                let subject = request.touchpoint?.subject ?? ""
                defer { state.withLock { $0.answered.append(subject) } }
                let touchpoint = try create(request, call)
                while state.withLock({ $0.held.contains(subject) }) { try? await Task.sleep(for: .milliseconds(5)) }
                return touchpoint
            },
            made(CustomerSuccessAPI.createSuccessObjective) { ($0.successObjective, $0.successObjective?.title) },
            made(CustomerSuccessAPI.createSuccessOutcome) { ($0.successOutcome, $0.successOutcome?.title) },
            made(CustomerSuccessAPI.createSuccessInitiative) { ($0.successInitiative, $0.successInitiative?.subject) },
            made(CustomerSuccessAPI.createSuccessTask) { ($0.successTask, $0.successTask?.subject) },
            Endpoint(CustomerSuccessAPI.startPlaybookRun) { [self] call, request async throws(Problem) in
                if let refusal = state.withLock({ $0.playbooks.isEmpty ? nil : $0.playbooks.removeFirst() }) {
                    throw refusal
                }
                state.withLock {
                    $0.started.append(
                        Request(
                            id: request.record, caller: call.caller, language: call.language, text: request.definition))
                }
                return PlaybookRun()
            },
            Endpoint(CustomerSuccessAPI.addEngagementWorkNote) { [self] call, request async throws(Problem) in
                state.withLock {
                    $0.notes.append(
                        Request(id: request.id, caller: call.caller, language: call.language, text: request.text))
                }
                return ActivityEntry()
            },
        ]
    }

    private func create(_ request: CreateTouchpointRequest, _ call: Call) throws(Problem) -> Touchpoint {
        let outcome: Result<Touchpoint, Problem> = state.withLock { state in
            let subject = request.touchpoint?.subject ?? ""
            let id = call.requestID ?? ""
            state.created.append(Request(id: id, caller: call.caller, language: call.language, text: subject))
            if let refusals = state.refusals[subject], let refusal = refusals.first {
                state.refusals[subject] = Array(refusals.dropFirst())
                return .failure(refusal)
            }
            if let known = state.touchpoints[id] { return .success(known) }
            var touchpoint = request.touchpoint ?? Touchpoint()
            touchpoint.id = uuid()
            touchpoint.number = "TCHPT\(1_000_000 + state.touchpoints.count)"
            state.touchpoints[id] = touchpoint
            return .success(touchpoint)
        }
        return try outcome.get()
    }
}
