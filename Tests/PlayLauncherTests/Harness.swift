import Flows
import Foundation
import Identity
import Logging
import Platform
import Postgres
import RPC
import Records
import Roles
import Synchronization
import Tenancy
import TestKit
import Testing
import Wire

@testable import PlayLauncherService

/// The service on a real Postgres, as its own role and under row-level security, with its runner and a stand-in for the
/// owner of the records plays are launched from.
struct Stage: Sendable {
    static let shared = Task { try await Stage() }

    let database: Database
    let client: Client
    let issuer: Issuer
    let owner: StandIn
    let runner: Runner
    let seed: Seed
    let people = Standings()
    /// The superuser's connection: it sees everything.
    let admin: Pool
    private let services: [RPC.Service]

    init() async throws {
        let postgres = try await PostgresServer.shared
        let name = "play_launcher_\(String(UInt64.random(in: 0...UInt64.max), radix: 36))"
        try await postgres.createDatabase(name, template: Self.template.value)
        let pool = try Pool(
            PoolConfiguration(
                connectionString: postgres.connectionString(database: name, user: "ale_play_launcher"), size: 6,
                queueLimit: 1_024, applicationName: "play-launcher"))
        database = Database(
            service: PlayLauncher.name, pool: pool, clock: SystemClock(),
            log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        admin = try Pool(PoolConfiguration(connectionString: postgres.connectionString(database: name), size: 1))
        let folder = FileManager.default.temporaryDirectory.appending(path: name)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let (key, keySet) = (folder.appending(path: "key").path, folder.appending(path: "jwks.json").path)
        try Issuer.generateKey(keyFile: key, keySetFile: keySet)
        issuer = try await Issuer(keyFile: key)
        let verifier = try await Verifier(
            issuers: [TrustedIssuer(name: "ale", keySetFile: keySet, mayActAsService: true)], report: { _ in })
        let transport = InMemoryTransport()
        client = Client(transport, credential: issuer.credential(for: PlayLauncher.name))
        let parts = PlayLauncher.parts(database, client, issuer, people)
        (runner, seed) = (parts.runner, parts.seed)
        owner = StandIn()
        services = [
            try RPC.Service(
                .init(name: PlayLauncher.name, version: "0.1.0", description: PlayLauncher.summary),
                endpoints: parts.endpoints.endpoints, transport: transport, authenticator: verifier,
                logger: database.log),
            try RPC.Service(
                .init(name: "customer-success", version: "0.1.0", description: "Stands in."),
                endpoints: owner.endpoints, transport: transport, authenticator: verifier, logger: database.log),
        ]
        for service in services { try await service.start() }
        try await seed.prepare()
        // Runs as long as the process: tests wait for facts.
        Task.detached { [runner] in await runner.run() }
    }

    /// A database with the migrated schema, copied for each stage.
    private static let template = Task {
        let postgres = try await PostgresServer.shared
        let name = "play_launcher_template"
        try await postgres.createDatabase(name)
        for role in ["ale_play_launcher", "ale_play_launcher_owner"] {
            try await postgres.psql(
                "DO $$ BEGIN CREATE ROLE \(role) LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$")
        }
        try await postgres.psql("CREATE SCHEMA play_launcher AUTHORIZATION ale_play_launcher_owner", database: name)
        let migrator = try Ground.migrator(
            connectionString: postgres.connectionString(database: name, user: "ale_play_launcher_owner"),
            schema: "play_launcher", own: Migration.load(folder: PlayLauncher.schemaFolder))
        _ = try await migrator.migrate()
        return name
    }

    // MARK: Calls

    func call<Request: Message, Response: Message>(
        _ method: Wire.Method<Request, Response>, _ request: Request, as caller: Caller
    ) async throws(Problem) -> Response {
        try await client.call(method, request, as: .token(try issuer.token(for: caller, lifetimeSeconds: 600)))
    }

    /// The problem that a call meets; nil when it succeeds.
    func problem<Request: Message, Response: Message>(
        _ method: Wire.Method<Request, Response>, _ request: Request, as caller: Caller
    ) async -> Problem? {
        do throws(Problem) {
            _ = try await call(method, request, as: caller)
            return nil
        } catch {
            return error
        }
    }

    /// The published definition record of a shipped flow.
    func entry(_ title: String) async throws -> DefinitionRecord {
        var request = ListRequest()
        request.filter = "title = \"\(title)\""
        let found = try await call(PlayLauncherAPI.listDefinitionRecords, request, as: try person("admin"))
        return try #require(found.definitionRecords.first)
    }

    func launch(
        _ title: String, _ answers: String = "{}", from source: String, as caller: Caller, requestID: String = ""
    ) async throws -> FlowRun {
        var request = LaunchPlayRequest()
        request.definitionRecord = try await entry(title).id
        request.sourceTable = "engagement"
        request.sourceRecord = source
        request.answers = answers
        request.requestID = requestID
        return try await call(PlayLauncherAPI.launchPlay, request, as: caller)
    }

    /// The run once it is over; at most a minute from now.
    func end(of run: String) async throws -> FlowRun {
        let limit = ContinuousClock.now + .seconds(60)
        while ContinuousClock.now < limit {
            var request = GetRequest()
            request.id = run
            let found = try await call(PlayLauncherAPI.getFlowRun, request, as: try person("admin"))
            if found.state == "completed" || found.state == "failed" { return found }
            try await Task.sleep(for: .milliseconds(20))
        }
        throw Problem.deadlineExceeded(cause: "run \(run) is not over")
    }

    func steps(of run: String) async throws -> [FlowStep] {
        var request = ListFlowStepsRequest()
        request.flowRun = run
        return try await call(PlayLauncherAPI.listFlowSteps, request, as: try person("admin")).steps
    }
}

/// Everybody stands with every role, but those of whom a test says otherwise.
final class Standings: People {
    private let known = Mutex<[String: KnownPerson]>([:])

    /// What is known of somebody from now on.
    func set(_ subject: String, _ person: KnownPerson) { known.withLock { $0[subject] = person } }

    func person(_ subject: String) async throws(Problem) -> KnownPerson? {
        known.withLock { $0[subject] } ?? KnownPerson(domain: .root, roles: RoleCatalog.all.map(\.name))
    }
}

/// A person of the provider, each time another one.
func person(_ role: String, domain: String = "/provider/", locale: String = "en") throws -> Caller {
    Caller(
        subject: uuid(), kind: .person, domain: try #require(DomainPath(domain)), roles: RoleCatalog.close([role]),
        locale: locale)
}

let successAgent = "sn_acct_lc.ale_success_agent"
let playAdministrator = "sn_acct_lc.success_play_admin"

func uuid() -> String { RecordID.make(at: SystemClock().now) }

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
    }
    private let state = Mutex(State())
    static let domain = "/provider/d0000001/"

    /// Has the next creations with this subject refused, one after the other.
    func refuse(_ subject: String, with problems: [Problem]) {
        state.withLock { $0.refusals[subject] = problems }
    }

    /// The engagement is in this state from now on.
    func end(_ engagement: String, _ state: String) { self.state.withLock { $0.ended[engagement] = state } }

    /// Calls that asked to create a touchpoint with this subject.
    func creations(_ subject: String) -> [Request] { state.withLock { $0.created.filter { $0.text == subject } } }

    /// Touchpoints made with this subject.
    func touchpoints(_ subject: String) -> [Touchpoint] {
        state.withLock { $0.touchpoints.values.filter { $0.subject == subject } }
    }

    /// Work notes on a record.
    func notes(on record: String) -> [Request] { state.withLock { $0.notes.filter { $0.id == record } } }

    var endpoints: [Endpoint] {
        [
            Endpoint(CustomerSuccessAPI.getEngagement) { [self] call, request async throws(Problem) in
                guard call.caller.domain.path == "/provider/" || call.caller.domain.path == "/" else {
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
                try create(request, call)
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
