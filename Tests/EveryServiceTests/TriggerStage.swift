import CustomerSuccessWire
import Identity
import OnboardingWire
import Platform
import PlayLauncherWire
import Postgres
import RPC
import Records
import Roles
import ServiceTestKit
import Tenancy
import TestKit
import Testing
import Wire

@testable import CustomerSuccessService
@testable import PlayLauncherService

/// Customer-success as it is, with its own database, and two instances of play-launcher on another, which ask it and are told of
/// what it writes.
struct TriggerStage: Sendable {
    /// A clock as machines have them: behind and ahead of each other, from one look to the next.
    private struct SkewedClock: WallClock {
        var now: Timestamp {
            Timestamp(microseconds: SystemClock().now.microseconds + Int64.random(in: -400_000...400_000))
        }
    }

    static let domain = "/provider/d0000001/"
    static let account = "00000000-0000-7000-8000-00000000000a"

    let owner: ServiceBench<CustomerSuccess>
    let launcher: ServiceBench<PlayLauncher>
    let instances: [PlayLauncher.Parts]
    /// That of the launchers.
    let clock: TestClock
    let agent: Caller
    let administrator = Caller.holding("sn_acct_lc.success_play_admin")

    init() async throws {
        clock = TestClock(instant: SystemClock().now)
        let owner = try await ServiceBench<CustomerSuccess>(clock: SkewedClock(), poolSize: 8)
        var launcher = try await ServiceBench<PlayLauncher>(clock: clock, poolSize: 6)
        let key = try await ServiceKey.make()
        let issuer = key.issuer
        launcher.credential = { caller throws(Problem) in .token(try issuer.token(for: caller, lifetimeSeconds: 600)) }
        let verifier = try await Verifier(
            issuers: [TrustedIssuer(name: "ale", keySetFile: key.keySetFile, mayActAsService: true)], report: { _ in })
        let client = Client(
            launcher.transport, credential: issuer.credential(for: PlayLauncher.name), deadline: patience)
        let people = PeopleRegistry.everybody()
        var parts: [PlayLauncher.Parts] = []
        for _ in 0..<2 { parts.append(PlayLauncher.make(launcher.database, client, issuer, people)) }
        let playbooks = CustomerSuccess.playbooks(owner.database)
        let endpoints = CustomerSuccess.endpoints(
            owner.database, CustomerSuccess.replicas(owner.database, client), [], playbooks, client)
        try await launcher.serve(parts[0].endpoints, handlers: parts[0].events.handlers, authenticator: verifier)
        try await launcher.standIn(for: CustomerSuccess.name, endpoints.endpoints, authenticator: verifier)
        agent = Caller(
            subject: uuid(), kind: .person, domain: try #require(DomainPath("/provider/")),
            roles: RoleCatalog.close(["sn_acct_lc.ale_success_agent"]))
        people[agent.subject] = KnownPerson(domain: agent.domain, roles: ["sn_acct_lc.ale_success_agent"])
        (self.owner, self.launcher, instances) = (owner, launcher, parts)
        try await parts[0].seed.prepare()
        try await fill()
    }

    /// What customer-success knows of others.
    private func fill() async throws {
        for statement: SQL in [
            """
            INSERT INTO customer_success.customer_account (id, domain, revision, name, currency) \
            VALUES (\(Self.account)::uuid, \(Self.domain), 1, 'Ernst Handel', 'USD')
            """,
            """
            INSERT INTO customer_success.onboarding_case (id, domain, revision, account, state) \
            VALUES (\(Self.account)::uuid, \(Self.domain), 1, \(Self.account)::uuid, 'closed')
            """,
            """
            INSERT INTO customer_success.sold_product (id, domain, revision, account, name) \
            VALUES (\(Self.account)::uuid, \(Self.domain), 1, \(Self.account)::uuid, 'Analytics')
            """,
            """
            INSERT INTO customer_success."user" (id, domain, revision, name, active) \
            VALUES (\(agent.subject)::uuid, '/provider/', 1, 'Jeremy Hess', TRUE)
            """,
        ] { _ = try await owner.admin.run(statement) }
    }

    func call<Request: Message, Response: Message>(
        _ method: Method<Request, Response>, _ request: Request, as caller: Caller? = nil
    ) async throws(Problem) -> Response {
        try await launcher.call(method, request, as: caller ?? agent, deadline: .seconds(60))
    }

    func engagement() async throws -> String {
        var request = CreateEngagementRequest()
        var draft = Engagement()
        (draft.account, draft.initialOnboarding) = (Self.account, Self.account)
        (draft.title, draft.customerSuccessManager) = ("Journey", agent.subject)
        (draft.perceivedHealth, draft.stage) = ("green", "adoption")
        request.engagement = draft
        return try await call(CustomerSuccessAPI.createEngagement, request).id
    }

    /// An active trigger whose play does next to nothing, and which knows of everything in the last hour.
    func trigger(
        _ condition: String, on start: String, over table: String, limit: Int32? = nil
    ) async throws -> String {
        var definition = CreateFlowDefinitionRequest()
        definition.flowDefinition = FlowDefinition()
        let name = "noted-\(uuid().suffix(12))"
        definition.flowDefinition?.definition =
            "document: {dsl: '1.0.0', namespace: ale, name: \(name), version: '1.0.0', title: \(name)}\ndo:\n  - one: {set: {a: 1}}\n"
        var record = DefinitionRecord()
        record.flow = try await call(PlayLauncherAPI.createFlowDefinition, definition, as: administrator).id
        (record.title, record.category, record.state) = (name, "success_support", DefinitionRecord.State.published)
        var entry = CreateDefinitionRecordRequest()
        entry.definitionRecord = record
        var creation = CreatePlayTriggerRequest()
        var draft = PlayTrigger()
        draft.definitionRecord = try await call(PlayLauncherAPI.createDefinitionRecord, entry, as: administrator).id
        (draft.title, draft.sourceTable, draft.condition) = (name, table, condition)
        (draft.startsOn, draft.actsAs, draft.answers) = (start, agent.subject, "{}")
        draft.dailyLimit = limit
        creation.playTrigger = draft
        var action = ActionRequest()
        action.id = try await call(PlayLauncherAPI.createPlayTrigger, creation, as: administrator).id
        _ = try await call(PlayLauncherAPI.activatePlayTrigger, action, as: administrator)
        _ = try await launcher.admin.run(
            """
            UPDATE play_launcher.play_trigger SET revision = revision + 1, activated_at = now() - interval '1 hour' \
            WHERE id = \(action.id)::uuid
            """)
        for instance in instances { try await instance.triggers.refresh() }
        return action.id
    }

    /// What customer-success has told of the records of a table, in the order in which it was written, with their traces.
    func told(of table: String) async throws -> [(event: RecordEvent, trace: String?)] {
        let rows = try await owner.admin.run(
            """
            SELECT payload, trace FROM customer_success.outbox \
            WHERE subject LIKE \("%.customer-success.\(table).%") ORDER BY seq
            """)
        return try rows.map { (try RecordEvent.decode(protobuf: try $0.bytes(at: 0)), try $0.optionalString(at: 1)) }
    }

    /// Has one of the instances take an event; one that meets another who is just writing the same takes it again, as
    /// consumers do.
    func hear(_ event: RecordEvent, _ trace: String?, by instance: Int) async throws {
        for handler in instances[instance].events.handlers where handler.takes(event, of: CustomerSuccess.name) {
            var left = 10
            while left > 0 {
                left -= 1
                do {
                    try await handler.take(event, in: launcher.database, trace: trace)
                    break
                } catch {
                    guard left > 0 else { throw error }
                }
            }
        }
    }

    /// Has both instances launch and carry out.
    func run() {
        // As long as the process: tests wait for facts.
        for instance in instances {
            Task.detached { await instance.runner.run() }
            Task.detached { await instance.triggers.launcher.run() }
        }
    }

    /// What a trigger has done, once nothing of it waits any more; at most a minute from now.
    func ended(_ count: Int, of trigger: String) async throws -> [PlayFiring] {
        let limit = ContinuousClock.now + .seconds(60)
        var list = ListRequest()
        list.filter = "play_trigger = \"\(trigger)\""
        while ContinuousClock.now < limit {
            let firings = try await call(PlayLauncherAPI.listPlayFirings, list, as: administrator).playFirings
            if firings.count >= count, !firings.contains(where: { $0.state == PlayFiring.State.waiting }) {
                return firings
            }
            try await Task.sleep(for: .milliseconds(30))
        }
        throw Problem.deadlineExceeded(cause: "trigger \(trigger) has not fired \(count) times")
    }

    /// What a trigger was met by: record, edge and microsecond.
    func fired(_ trigger: String) async throws -> [String] {
        let rows = try await launcher.admin.run(
            """
            SELECT source_record::text, edge, (extract(epoch FROM occurred_at) * 1000000)::bigint::text \
            FROM play_launcher.play_firing WHERE play_trigger = \(trigger)::uuid
            """)
        return try rows.map { "\(try $0.string(at: 0)) \(try $0.string(at: 1)) \(try $0.string(at: 2))" }.sorted()
    }

    /// The same of a back-test.
    func tested(_ trigger: String) async throws -> [String] {
        var request = BackTestPlayTriggerRequest()
        (request.id, request.days) = (trigger, 1)
        let answer = try await call(PlayLauncherAPI.backTestPlayTrigger, request, as: administrator)
        #expect(!answer.cut && answer.count == answer.launches.count)
        return answer.launches.map { "\($0.sourceRecord) \($0.edge) \($0.at?.microseconds ?? 0)" }.sorted()
    }
}
