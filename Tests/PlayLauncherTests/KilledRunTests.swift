import Flows
import Identity
import PlayLauncherWire
import Postgres
import RPC
import Records
import ServiceTestKit
import Synchronization
import Tenancy
import Testing
import Wire

@testable import PlayLauncherService

/// Every flow that ships, with the runner killed at every step: once before the step has its effect, and once between the
/// effect and its record. What it leaves behind is there once, and is the same as without.
@Suite(.timeLimit(.minutes(15))) struct KilledRunTests {
    /// The runners, which look at what is left as soon as one of them is killed.
    private final class Runners: Sendable {
        private let runners = Mutex<[Runner]>([])

        func add(_ runner: Runner) { runners.withLock { $0.append(runner) } }
        func look() { for runner in runners.withLock({ $0 }) { runner.wake.notify() } }
    }

    /// The service with two runners, and stand-ins that kill them.
    private struct Ground: Sendable {
        private static let product = "00000000-0000-4000-8000-00000000000b"

        let bench: ServiceBench<PlayLauncher>
        let services: MortalStandIn

        init() async throws {
            var bench = try await ServiceBench<PlayLauncher>(poolSize: 6)
            let key = try await ServiceKey.make()
            let issuer = key.issuer
            bench.credential = { caller throws(Problem) in
                .token(try issuer.token(for: caller, lifetimeSeconds: 600))
            }
            let verifier = try await Verifier(
                issuers: [TrustedIssuer(name: "ale", keySetFile: key.keySetFile, mayActAsService: true)],
                report: { _ in
                })
            let (admin, runners) = (bench.admin, Runners())
            services = MortalStandIn {
                // As a runner leaves it that is gone, and whose lease has run out.
                _ = try await admin.run(
                    """
                    UPDATE play_launcher.flow_execution SET owner = \(uuid()), lease_until = now() \
                    WHERE owner IS NOT NULL AND phase <> 'done'
                    """)
                runners.look()
            }
            let client = Client(
                bench.transport, credential: issuer.credential(for: PlayLauncher.name), deadline: patience)
            let people = PeopleRegistry.everybody()
            let parts = PlayLauncher.make(bench.database, client, issuer, people)
            try await bench.serve(parts.endpoints, authenticator: verifier)
            try await bench.standIn(
                for: "customer-success", services.customerSuccess, authenticator: verifier)
            try await bench.standIn(for: "onboarding", services.onboarding, authenticator: verifier)
            self.bench = bench
            try await parts.seed.prepare()
            let other = PlayLauncher.make(bench.database, client, issuer, people).runner
            // As long as the process.
            for runner in [parts.runner, other] {
                runners.add(runner)
                Task.detached { await runner.run() }
            }
        }

        /// An answer for every mandatory question of an entry.
        private func answers(_ entry: DefinitionRecord, as caller: Caller) async throws -> String {
            var request = DescribePlayRequest()
            request.definitionRecord = entry.id
            let questions = try await bench.call(PlayLauncherAPI.describePlay, request, as: caller).questions
            var answers: [String: JSONValue] = [:]
            for question in questions where question.mandatory {
                let text =
                    question.type == "date"
                    ? "2027-03-31" : question.type.hasPrefix("reference:") ? Self.product : "Text"
                answers[question.name] = .string(question.choices.first ?? text)
            }
            return JSONValue.object(answers).text
        }

        /// Launches an entry and waits for its end.
        func run(_ entry: DefinitionRecord, isKilling: Bool, as caller: Caller) async throws -> FlowRun {
            services.begin(isKilling: isKilling)
            var request = LaunchPlayRequest()
            request.definitionRecord = entry.id
            request.sourceTable = ["F-05", "G-80"].contains(id(entry)) ? "onboarding_case" : "risk_signal"
            request.sourceRecord = "00000000-0000-4000-8000-00000000000d"
            request.answers = try await answers(entry, as: caller)
            var get = GetRequest()
            get.id = try await bench.call(PlayLauncherAPI.launchPlay, request, as: caller).id
            let limit = ContinuousClock.now + .seconds(60)
            while ContinuousClock.now < limit {
                let run = try await bench.call(PlayLauncherAPI.getFlowRun, get, as: caller)
                if run.completedAt != nil { return run }
                try await Task.sleep(for: .milliseconds(10))
            }
            throw Problem.deadlineExceeded(cause: "\(entry.title ?? "") is not over")
        }

        private func id(_ entry: DefinitionRecord) -> String {
            PlaySeed.entries.first { $0.title == entry.title }?.id ?? ""
        }

        /// Publishes a flow with these tasks.
        func define(_ name: String, _ tasks: String, as caller: Caller) async throws -> DefinitionRecord {
            var request = CreateFlowDefinitionRequest()
            request.flowDefinition = FlowDefinition()
            request.flowDefinition?.definition =
                "document: {dsl: '1.0.0', namespace: ale, name: \(name), version: '1.0.0', title: \(name)}\ndo:\n\(tasks)"
            var record = DefinitionRecord()
            record.flow = try await bench.call(PlayLauncherAPI.createFlowDefinition, request, as: caller).id
            (record.title, record.category, record.state) = (name, "onboarding", "published")
            var creation = CreateDefinitionRecordRequest()
            creation.definitionRecord = record
            return try await bench.call(PlayLauncherAPI.createDefinitionRecord, creation, as: caller)
        }

        func entries(as caller: Caller) async throws -> [DefinitionRecord] {
            var request = ListRequest()
            request.pageSize = 100
            return try await bench.call(PlayLauncherAPI.listDefinitionRecords, request, as: caller).definitionRecords
        }

        func steps(_ run: FlowRun, as caller: Caller) async throws -> [FlowStep] {
            var request = ListFlowStepsRequest()
            request.flowRun = run.id
            return try await bench.call(PlayLauncherAPI.listFlowSteps, request, as: caller).steps
        }
    }

    @Test func whatIsLeftIsThereOnce() async throws {
        let ground = try await Ground()
        let caller = try person("admin")
        let entries = try await ground.entries(as: caller)
        #expect(entries.count == PlaySeed.entries.count)
        for entry in entries {
            let name = entry.title ?? ""
            let whole = try await ground.run(entry, isKilling: false, as: caller)
            #expect(whole.state == "completed", "\(name): \(whole.message ?? "")")
            let expected = ground.services.done.effects
            let killed = try await ground.run(entry, isKilling: true, as: caller)
            let (left, kills) = ground.services.done
            #expect(killed.state == "completed", "\(name): \(killed.message ?? "")")
            #expect(left.map(\.method) == expected.map(\.method) && left == expected, "\(name)")
            // Each effect is that of one call, which died twice: that of the note at the end as well.
            #expect(kills == 2 * expected.count && expected.last?.method == "note", "\(name): \(kills)")
            #expect(killed.createdRecords == whole.createdRecords && killed.message == whole.message, "\(name)")
            let (before, after) = (
                try await ground.steps(whole, as: caller), try await ground.steps(killed, as: caller)
            )
            #expect(after.map(\.key) == before.map(\.key) && after.allSatisfy { $0.state == "done" }, "\(name)")
            // The launch is told with the run that is made; one event of its end, by which people are told once.
            let ends = try await ground.bench.events(of: killed.id).filter { $0.subject.hasSuffix("updated") }
            #expect(ends.count == 1, "\(name): over")
        }
    }

    /// Branches, loops, events and waits: killed at each call, a run leaves the same, and each branch is recorded.
    @Test func branchesAreThereOnce() async throws {
        let ground = try await Ground()
        let caller = try person("admin")
        let entry = try await ground.define(
            "killed-branches",
            """
              - pure: {for: {each: n, in: '[range(50)]'}, do: [a: {set: {n: '${ $n }'}}, b: {if: '.n < 0', set: {}}]}
              - all:
                  fork:
                    branches:
                      - one: {do: [w: {wait: PT0.1S}, c: \(Self.touchpoint("one"))]}
                      - two: \(Self.touchpoint("two"))
                      - three: {do: [e: {emit: {event: {with: {type: branch.three}}}}, c: \(Self.touchpoint("three"))]}
              - race: {fork: {compete: true, branches: [slow: {wait: PT1H}, quick: \(Self.touchpoint("quick"))]}}
              - late: {try: [w: {wait: PT1H, timeout: {after: PT0.1S}}], catch: {do: [c: \(Self.touchpoint("late"))]}}
            """, as: caller)
        let whole = try await ground.run(entry, isKilling: false, as: caller)
        #expect(whole.state == "completed", "\(whole.message ?? "")")
        let expected = ground.services.done.effects
        #expect(expected.count == 6)
        let killed = try await ground.run(entry, isKilling: true, as: caller)
        let (left, kills) = ground.services.done
        #expect(left == expected && kills == 2 * expected.count)
        #expect(killed.createdRecords == whole.createdRecords && killed.message == whole.message)
        let (before, after) = (try await ground.steps(whole, as: caller), try await ground.steps(killed, as: caller))
        #expect(after.map(\.key) == before.map(\.key) && after.map(\.state) == before.map(\.state))
        #expect(
            before.filter { $0.state == "canceled" }.map(\.key) == ["do/race/fork/slow#1", "do/late/try/w#1"])
        #expect(before.allSatisfy { ["done", "canceled"].contains($0.state) } && before.count == 10)
    }

    private static func touchpoint(_ subject: String) -> String {
        "{call: rpc, with: {method: customer-success.touchpoints.create, request: {touchpoint: {subject: \(subject)}}}}"
    }

    /// A run that fails is told once as well, however often whoever tells it is killed.
    @Test func aFailureIsToldOnce() async throws {
        let ground = try await Ground()
        let caller = try person("admin")
        let all = try await ground.entries(as: caller)
        let entry = try #require(all.first { $0.title == "Scheduled a Follow-Up" })
        ground.services.refuseTouchpoints()
        let killed = try await ground.run(entry, isKilling: true, as: caller)
        #expect(killed.state == "failed" && killed.step == "Create: Touchpoint")
        #expect(ground.services.done.effects.map(\.method) == ["note"] && ground.services.done.kills == 3)
        let ends = try await ground.bench.events(of: killed.id).filter { $0.subject.hasSuffix("updated") }
        #expect(ends.count == 1)
    }
}
