import OnboardingWire
import RPC
import ServiceTestKit
import Testing
import Wire

@testable import OnboardingService

/// The activities that form the teams of a case tell them (G-40, G-41).
@Suite struct PlaybookTeamTests {
    private func told(_ stage: PlaybookStage, _ record: OnboardingCase) async throws -> [TeamMessage] {
        var list = ListRequest()
        list.filter = "onboarding_case = \"\(record.id)\""
        return try await stage.world.call(OnboardingAPI.listTeamMessages, list, as: stage.agent).teamMessages
    }

    @Test func theTeamsAreToldOnceForEachCompletion() async throws {
        let stage = try await PlaybookStage()
        let record = try await stage.begin()
        let contact = try await stage.setUp(record)
        let messages = try await told(stage, record)
        // The contact and the assignee of M1, the one member of the account team of M3; nobody is a key member.
        #expect(
            messages.map(\.kind).sorted { ($0 ?? "") < ($1 ?? "") }
                == ["account_team", "onboarding_contacts", "onboarding_contacts"])
        let contacts = messages.filter { $0.kind == "onboarding_contacts" }
        #expect(Set(contacts.map(\.contact)) == [contact, nil] && contacts.allSatisfy { $0.people == "Ida Berg" })
        let activity = try await stage.activity(record, "add_responsibilities")
        #expect(contacts.allSatisfy { $0.playbookActivity == activity.id && $0.completion == 1 })
        // Opened again and completed again, they are told again, once.
        _ = try await stage.world.call(
            OnboardingAPI.reopenPlaybookActivity, PlaybookStage.moving(activity), as: stage.agent)
        _ = try await stage.world.call(
            OnboardingAPI.completePlaybookActivity, PlaybookStage.entering(activity, [:]), as: stage.agent)
        let again = try await told(stage, record).filter { $0.completion == 2 }
        #expect(again.map(\.kind) == ["onboarding_contacts", "onboarding_contacts"])
    }
}
