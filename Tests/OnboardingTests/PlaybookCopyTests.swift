import CustomerSuccessWire
import ImportValidationWire
import OnboardingWire
import PlaybooksWire
import RPC
import Records
import ServiceTestKit
import Testing
import Wire

@testable import OnboardingService

/// What forms name of the records of other services, of which onboarding has copies.
@Suite struct PlaybookCopyTests {
    private static let naming = """
        table: onboarding_case
        label: {en: Naming, ko: 지정}
        lanes:
          - key: only
            label: {en: Only, ko: 유일}
            activities:
              - key: name
                kind: related_work
                label: {en: Name, ko: 지정}
                inputs:
                  - {key: member, type: reference, reference: squad_member, label: {en: Member, ko: 구성원}}
                  - {key: squad, type: list_of_references, reference: squad_member, label: {en: Squad, ko: 스쿼드}}
                  - key: people
                    type: rows
                    label: {en: People, ko: 인원}
                    columns:
                      - {key: member, type: reference, reference: squad_member, label: {en: Member, ko: 구성원}}
        """

    /// The run of a playbook that asks for squad members.
    private struct Form {
        let stage: PlaybookStage
        let activity: PlaybookActivity

        init() async throws {
            stage = try await PlaybookStage()
            let run = try await stage.run(PlaybookCopyTests.naming, over: stage.world.openCase())
            activity = try await stage.activity(of: run, "name")
        }

        /// The problem that keeping values meets; nil when they are kept.
        func refusal(_ values: [String: String]) async -> Problem? {
            await stage.world.problem(
                OnboardingAPI.savePlaybookActivity, PlaybookStage.entering(activity, values), as: stage.agent)
        }

        /// A member of the squad of an account, of which onboarding has not heard.
        func member(of account: CustomerAccount? = nil) -> String {
            stage.squads.add(stage.agent.subject, to: account ?? stage.world.account).id
        }
    }

    /// As anything else that cannot be chosen, and without a word about copies.
    @Test func whatNobodyHasIsRefused() async throws {
        let form = try await Form()
        let refused = try #require(await form.refusal(["member": uuid()]))
        #expect(refused.code == .invalidArgument && refused.violations.map(\.field) == ["values.member"])
        #expect(refused.text.en == "Member is not one that can be chosen.", "\(refused.text.en)")
        #expect(refused.metadata.isEmpty, "\(refused.metadata)")
        #expect(await form.refusal(["member": "somebody"])?.violations.map(\.field) == ["values.member"])
        let rows = try PlaybookStage.rows([["member": form.member()], ["member": uuid()]])
        #expect(await form.refusal(["people": rows])?.violations.map(\.field) == ["values.people[1].member"])
    }

    /// Its owner is asked for what no event has brought yet, as often as something is missing.
    @Test func whatHasNotComeYetIsAskedFor() async throws {
        let form = try await Form()
        #expect(await form.refusal(["member": form.member()]) == nil)
        let all = [form.member(), form.member(), form.member()]
        #expect(await form.refusal(["squad": "[\(all.map { "\"\($0)\"" }.joined(separator: ","))]"]) == nil)
        let kept = try await form.stage.world.call(
            OnboardingAPI.getPlaybookActivity, Self.asking(form.activity.id), as: form.stage.agent)
        #expect(kept.values.map(\.input) == ["member", "squad"])
    }

    @Test func anotherTenantsIsRefused() async throws {
        let form = try await Form()
        var elsewhere = form.stage.world.account
        elsewhere.domain = "/elsewhere/"
        #expect(
            await form.refusal(["member": form.member(of: elsewhere)])?.violations.map(\.field) == ["values.member"])
    }

    private static let begun = """
        table: onboarding_case
        label: {en: Begun, ko: 시작}
        lanes:
          - key: only
            label: {en: Only, ko: 유일}
            activities:
              - key: begin
                kind: select_account
                label: {en: Begin, ko: 시작}
                inputs:
                  - {key: like, type: reference, reference: import_task, label: {en: As in, ko: 참고}}
        """

    /// Nobody learns by a form that there is what he or she may not read: import tasks are no success agent's.
    @Test func whoMayNotReadItCannotNameIt() async throws {
        let stage = try await PlaybookStage()
        var task = ImportTask()
        (task.id, task.state, task.domain, task.etag) = (uuid(), "open", stage.world.account.domain, "1")
        stage.imports.put(task)
        let definition = try await stage.run(Self.begun, over: stage.world.openCase()).definition
        for caller in [stage.world.successAgent, stage.agent] {
            var start = StartPlaybookRunRequest()
            (start.definition, start.table) = (definition, "onboarding_case")
            let run = try await stage.world.call(OnboardingAPI.startPlaybookRun, start, as: caller)
            let begin = try await stage.activity(of: run, "begin")
            let refused = await stage.world.problem(
                OnboardingAPI.savePlaybookActivity, PlaybookStage.entering(begin, ["like": task.id]), as: caller)
            #expect(refused?.violations.map(\.field) == (caller == stage.agent ? nil : ["values.like"]))
        }
    }

    /// Nobody could judge what is named of a table that is neither here nor copied.
    @Test func aFormNamesNoTableThatIsNotKnown() async throws {
        let stage = try await PlaybookStage()
        let record = try await stage.world.openCase()
        let unknown = Self.naming.replacing(
            "reference: squad_member", with: "reference: touchpoint", maxReplacements: 1)
        await #expect(throws: Problem.self) { _ = try await stage.run(unknown, over: record) }
    }

    private static func asking(_ id: String) -> GetRequest {
        var request = GetRequest()
        request.id = id
        return request
    }
}
