import OnboardingWire
import PlaybooksWire
import RPC
import ServiceTestKit
import Tenancy
import Testing
import Wire

/// Requests about playbooks name records also beside the one they are about: the case of a run, the playbook that is
/// started, what is entered. Another tenant's is no more there than one that nobody has.
@Suite(.timeLimit(.minutes(15))) struct PlaybookAttackTests {
    private static let victim = Caller.holding("admin", domain: Tested.victim, subject: Tested.person)
    private static let attacker = Caller.holding("admin", domain: Tested.neighbour, subject: Tested.person)

    private static func request(_ subject: String, _ json: String) -> Attempt {
        Attempt(
            subject: "ale.v1.onboarding.\(subject)", json: json, need: .nothing, table: "playbook_run",
            isFoundFirst: false)
    }

    @Test func aCaseOfAnotherTenantHasNoRuns() async throws {
        let service = try await Tested.start("onboarding")
        let run = try #require(service.ids["playbook_run"]?.first)
        let own = try #require(service.ids["onboarding_case"]?.first)
        let stages = Self.request("playbook_runs.get_stages", #"{"table": "onboarding_case", "record": "$ID"}"#)
        let met = await service.problem(stages.about(own), as: Self.attacker)
        let unknown = await service.problem(stages.about(uuid()), as: Self.attacker)
        #expect(met?.code == .notFound && unknown?.code == .notFound && met?.reason == unknown?.reason)
        #expect(await service.answer(stages.about(own), as: Self.victim).json.contains(run))
        let list = Self.request("playbook_runs.list", #"{"table": "onboarding_case", "record": "$ID"}"#)
        let found = await service.answer(list.about(own), as: Self.attacker)
        #expect(found.problem == nil && !found.json.contains(run) && !found.json.contains(Tested.victim))
        #expect(await service.answer(list.about(own), as: Self.victim).json.contains(run))
    }

    @Test func aPlaybookOfAnotherTenantIsNotStarted() async throws {
        let service = try await Tested.start("onboarding")
        let own = try #require(service.ids["playbook_definition"]?.first)
        let start = Self.request("playbook_runs.start", #"{"table": "onboarding_case", "definition": "$ID"}"#)
        let before = try await service.rows()
        let met = await service.problem(start.about(own), as: Self.attacker)
        let unknown = await service.problem(start.about(uuid()), as: Self.attacker)
        #expect(met?.reason == "NO_PLAYBOOK" && unknown?.reason == "NO_PLAYBOOK" && met?.text.en == unknown?.text.en)
        #expect(try await service.rows() == before)
    }

    @Test func nothingIsTriedOnACaseOfAnotherTenant() async throws {
        let service = try await Tested.start("onboarding")
        let list = Self.request("playbook_definitions.list", "{}")
        let answer = try ListPlaybookDefinitionsResponse.decode(
            json: Array(await service.answer(list, as: Self.attacker).json.utf8))
        let shipped = try #require(answer.playbookDefinitions.first)
        let own = try #require(service.ids["onboarding_case"]?.first)
        let dryRun = Self.request("playbook_definitions.dry_run", #"{"id": "\#(shipped.id)", "record": "$ID"}"#)
        let met = await service.problem(dryRun.about(own), as: Self.attacker)
        let unknown = await service.problem(dryRun.about(uuid()), as: Self.attacker)
        #expect(met?.code == .notFound && unknown?.code == .notFound && met?.reason == unknown?.reason)
        #expect(await service.problem(dryRun.about(own), as: Self.victim)?.code != .notFound)
    }

    /// What is entered is judged as the record's own field is: the account of another tenant makes no case.
    @Test func anAccountOfAnotherTenantIsNotEntered() async throws {
        let service = try await Tested.start("onboarding")
        let start = Self.request(
            "playbook_runs.start", #"{"table": "onboarding_case", "definition": "account_lifecycle_onboarding"}"#)
        let run = try PlaybookRun.decode(json: Array(await service.answer(start, as: Self.attacker).json.utf8))
        let list = Self.request("playbook_activities.list", #"{"run": "\#(run.id)"}"#)
        let activities = try ListPlaybookActivitiesResponse.decode(
            json: Array(await service.answer(list, as: Self.attacker).json.utf8)
        ).activities
        let first = try #require(activities.first { $0.key == "select_account" && $0.state == "in_progress" })
        let complete = Self.request(
            "playbook_activities.complete",
            #"{"id": "\#(first.id)", "values": [{"input": "account", "value": "$ID"}]}"#)
        let met = await service.problem(complete.about(Tested.account), as: Self.attacker)
        let unknown = await service.problem(complete.about(uuid()), as: Self.attacker)
        for problem in [met, unknown] {
            #expect(problem?.code == .invalidArgument, "\(problem as Any)")
            #expect(problem?.violations.contains { $0.field == "values.account" } == true)
        }
        #expect(met?.reason == unknown?.reason)
    }
}
