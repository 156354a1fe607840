import OnboardingWire
import PlaybooksWire
import RPC
import Records
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import OnboardingService

/// The go-live support case and the problems below it (3.5).
@Suite struct PlaybookIssueTests {
    private static let playbook = """
        table: onboarding_case
        label: {en: Support, ko: 지원}
        lanes:
          - key: only
            label: {en: Only, ko: 유일}
            activities:
              - key: support
                kind: create_task
                label: {en: Support, ko: 지원}
                creates:
                  table: onboarding_case
                  fields:
                    - {field: parent, from_field: id}
                    - {field: account, from_field: account}
                    - {field: assigned_to, from_field: assigned_to}
                    - {field: type, from_field: type}
                    - {field: service_bridge_integration, text: not_required}
                    - {field: go_live_date, from_field: go_live_date}
                    - {field: short_description, text: Support}
        """

    @Test func theSupportCaseStaysOpenUntilTheIssuesAreSolved() async throws {
        let stage = try await PlaybookStage()
        let run = try await stage.run(Self.playbook, over: stage.world.openCase())
        let support = try #require(try await stage.activity(of: run, "support").created.first).id
        let issue = try await stage.world.openCase { $0.parent = support }
        let further = try await stage.world.openCase { $0.parent = issue.id }
        // What a success play begins from there goes its own way.
        var byPlay = stage.agent
        byPlay.actor = "service:play-launcher"
        var creation = CreateOnboardingCaseRequest()
        creation.onboardingCase = OnboardingCase()
        creation.onboardingCase?.account = stage.world.account.id
        creation.onboardingCase?.parent = support
        creation.onboardingCase?.type = "phased"
        _ = try await stage.world.call(OnboardingAPI.createOnboardingCase, creation, as: byPlay)
        func move(_ id: String, _ state: String) async -> Problem? {
            var record = OnboardingCase()
            record.id = id
            record.state = state
            var update = UpdateOnboardingCaseRequest()
            update.onboardingCase = record
            return await stage.world.problem(OnboardingAPI.updateOnboardingCase, update, as: stage.agent)
        }
        for id in [support, issue.id, further.id] { #expect(await move(id, "active") == nil) }
        let refused = try #require(await move(support, "closed"))
        #expect(refused.code == .failedPrecondition && refused.reason == "OPEN_ISSUES", "\(refused)")
        let numbers = [issue.number, further.number].compactMap { $0 }.sorted().joined(separator: ", ")
        #expect(refused.text.en.contains(numbers) && refused.text.ko.contains(numbers), "\(refused.text)")
        // So says Mark complete.
        let complete = PlaybookStage.entering(try await stage.activity(of: run, "support"), [:])
        let marked = await stage.world.problem(OnboardingAPI.completePlaybookActivity, complete, as: stage.agent)
        #expect(marked?.reason == "OPEN_ISSUES", "\(marked as Any)")
        for (id, state) in [(issue.id, "closed"), (further.id, "canceled")] { #expect(await move(id, state) == nil) }
        #expect(await move(support, "closed") == nil)
        #expect(try await stage.now(run).state == "done")
        // Below other cases nothing is asked for.
        let parent = try await stage.world.openCase()
        _ = try await stage.world.openCase { $0.parent = parent.id }
        #expect(await move(parent.id, "active") == nil)
        #expect(await move(parent.id, "closed") == nil)
    }
}
