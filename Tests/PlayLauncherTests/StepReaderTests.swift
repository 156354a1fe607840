import PlayLauncherWire
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import PlayLauncherService

/// What the steps of a run asked for and were answered is shown to who may read it.
@Suite(.timeLimit(.minutes(15))) struct StepReaderTests {
    private static let secrets = [FoundationStandIn.article.id, FoundationStandIn.article.title]

    private func steps(_ run: FlowRun, _ stage: Stage, as caller: Caller) async throws -> [FlowStep] {
        var request = ListFlowStepsRequest()
        request.flowRun = run.id
        return try await stage.call(PlayLauncherAPI.listFlowSteps, request, as: caller).steps
    }

    private func told(_ steps: [FlowStep]) -> String { steps.map { "\($0.input) \($0.result)" }.joined() }

    /// A call in a flow.
    private func call(_ name: String, _ method: String, _ request: String) -> String {
        "  - \(name): {call: rpc, with: {method: \(method), request: \(request)}}\n"
    }

    /// Whoever launched it is kept out of an article tomorrow, and who administers runs is today (G-100): what F-05 found is
    /// told to neither, nor to anybody.
    @Test func stepsTellOfNoArticle() async throws {
        let stage = try await Stage.shared.value
        let launcher = try person("sn_acct_lc.agent")
        let run = try await stage.launch(
            "ALE Attach Knowledge Article - Service Bridge", from: uuid(), of: "onboarding_case", as: launcher)
        #expect(try await stage.end(of: run.id).state == "completed")
        let kept = try await stage.admin.run(
            """
            SELECT concat(input, result) FROM play_launcher.flow_step WHERE run = \(run.id)::uuid ORDER BY seq
            """
        ).map { try $0.string(at: 0) }.joined()
        #expect(Self.secrets.allSatisfy(kept.contains), "the run itself knows it: \(kept)")
        for reader in [launcher, try person(playAdministrator), try person("admin")] {
            let steps = try await steps(run, stage, as: reader)
            #expect(
                steps.map(\.method) == [
                    "onboarding.lifecycle_tasks.list", "onboarding.knowledge_articles.search",
                    "onboarding.knowledge_links.relate", "onboarding.onboarding_cases.add_work_note",
                ])
            #expect(steps.allSatisfy { $0.state == "done" && $0.attempts == 1 })
            let told = told(steps)
            #expect(!Self.secrets.contains(where: told.contains), "\(reader.roles.sorted()) \(told)")
            #expect(steps.first?.result.contains("lifecycleTasks") == true, "\(told)")
        }
    }

    /// What was answered goes on into the steps behind it, and comes out of the flows around it.
    @Test func whatComesOfAnArticleIsKeptAsWell() async throws {
        let stage = try await Stage.shared.value
        let (before, name) = ("Before \(uuid())", "n\(uuid().suffix(8))")
        let title = try await stage.define(
            name,
            inside: call("first", "customer-success.touchpoints.create", "{touchpoint: {subject: \(before)}}")
                + call("search", "onboarding.knowledge_articles.search", "{query: x}")
                + call(
                    "then", "customer-success.touchpoints.create",
                    "{touchpoint: {subject: '${ .articles[0].title }', description: '${ .articles[0].article }'}}"))
        let launcher = try person(playAdministrator)
        let run = try await stage.launch(title, from: uuid(), as: launcher)
        #expect(try await stage.end(of: run.id).state == "completed")
        #expect(
            stage.owner.creations(FoundationStandIn.article.title).contains { $0.caller.subject == launcher.subject })
        let steps = try await steps(run, stage, as: launcher)
        #expect(steps.map(\.kind) == ["run", "call", "call", "call", "call"])
        #expect(steps[1].input.contains(before) && steps[1].result.contains(before))
        let told = told(steps)
        #expect(!Self.secrets.contains(where: told.contains), "\(told)")
    }

    /// Who administers runs reads of them what the own roles read.
    @Test func answersAreShownToWhoMayReadTheirRecords() async throws {
        let stage = try await Stage.shared.value
        let title = try await stage.define(
            "n\(uuid().suffix(8))", inside: call("look", "onboarding.role_grants.get", "{id: \(uuid())}"))
        let launcher = try person("admin")
        let run = try await stage.launch(title, from: uuid(), as: launcher)
        #expect(try await stage.end(of: run.id).state == "completed")
        let own = told(try await steps(run, stage, as: launcher))
        #expect(own.contains(FoundationStandIn.granted))
        let administrators = told(try await steps(run, stage, as: try person(playAdministrator)))
        #expect(!administrators.contains(FoundationStandIn.granted), "\(administrators)")
    }

    /// What a person of the whole provider was answered is not for who administers the runs of one customer.
    @Test func answersAreShownAsFarAsTheDomainGoes() async throws {
        let stage = try await Stage.shared.value
        let subject = "Review \(uuid())"
        let run = try await stage.launch(
            "Setup Next Quarterly Business Review", #"{"meeting_date": "2027-03-31", "subject": "\#(subject)"}"#,
            from: uuid(), as: try person(successAgent))
        _ = try await stage.end(of: run.id)
        let all = told(try await steps(run, stage, as: try person(playAdministrator)))
        #expect(all.contains(subject))
        let below = try await steps(run, stage, as: try person(playAdministrator, domain: StandIn.domain))
        #expect(!below.isEmpty && below.allSatisfy { $0.input.isEmpty && $0.result.isEmpty })
    }
}
