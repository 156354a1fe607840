import OnboardingWire
import PlaybooksWire
import RPC
import Records
import ServiceTestKit
import Testing
import Wire

@testable import OnboardingService

/// The team activities worked on again after they were done: reopened, or begun anew (G-50).
@Suite struct PlaybookContactTests {
    private let stage: PlaybookStage
    private let record: OnboardingCase

    init() async throws {
        stage = try await PlaybookStage()
        record = try await stage.begin()
        try await stage.complete(record, "enter_info", stage.info())
    }

    private func person(_ name: String) -> [String: String] {
        ["first_name": name, "last_name": "Berg", "email": "\(name)\(uuid())@ernst.example"]
    }

    /// Completes *Add customer team* with these rows; answers the ids of the contacts, in their order.
    @discardableResult
    private func add(_ people: [[String: String]]) async throws -> [String] {
        try await stage.complete(record, "add_contacts", ["contacts": PlaybookStage.rows(people)]).created.map(\.id)
    }

    private func entering(_ contacts: [String]) throws -> [String: String] {
        let sme = OnboardingSeed.responsibility("customer", "Customer onboarding contact")
        return ["members": try PlaybookStage.rows(contacts.map { ["contact": $0, "responsibility": sme] })]
    }

    private func act(
        _ method: Method<MovePlaybookActivityRequest, PlaybookActivity>, _ key: String
    ) async throws {
        let activity = try await stage.activity(record, key)
        _ = try await stage.world.call(method, PlaybookStage.moving(activity), as: stage.agent)
    }

    private func told() async throws -> [TeamMessage] {
        var list = ListRequest()
        list.filter = "onboarding_case = \"\(record.id)\""
        return try await stage.world.call(OnboardingAPI.listTeamMessages, list, as: stage.agent).teamMessages
    }

    @Test func whoComesLaterNeedsAResponsibility() async throws {
        let ida = person("Ida")
        let first = try await add([ida])
        try await stage.complete(record, "add_responsibilities", entering(first))
        try await act(OnboardingAPI.reopenPlaybookActivity, "add_contacts")
        let both = try await add([ida, person("Bo")])
        #expect(both.count == 2)
        let again = try await stage.activity(record, "add_responsibilities")
        #expect(again.state == "in_progress" && again.completions == 1)
        #expect(try await stage.stages(record).current == "initial_setup")
        let refused = try await stage.refusal(record, "add_responsibilities")
        #expect(refused.violations.map(\.field) == ["values.members"], "\(refused)")
        let done = try await stage.complete(record, "add_responsibilities", entering(both))
        #expect(done.completions == 2 && done.created.count == 2)
        // Told once for each completion.
        let messages = try await told()
        #expect(messages.filter { $0.completion == 1 }.allSatisfy { $0.people == "Ida Berg" })
        let second = messages.filter { $0.completion == 2 }
        #expect(!second.isEmpty && second.allSatisfy { $0.people?.contains("Bo Berg") == true })
        // With everybody in the team, nothing is taken up.
        try await act(OnboardingAPI.reopenPlaybookActivity, "add_contacts")
        try await stage.complete(record, "add_contacts")
        #expect(try await stage.activity(record, "add_responsibilities").state == "done")
    }

    @Test func whoWasEnteredByMistakeIsAskedForNoMore() async throws {
        let (ida, mistaken) = (person("Ida"), person("Bo"))
        let first = try await add([ida, mistaken])
        try await act(OnboardingAPI.reopenPlaybookActivity, "add_contacts")
        let kept = try await add([ida])
        #expect(kept == Array(first.prefix(1)))
        let late = try await stage.refusal(record, "add_responsibilities", entering(first))
        #expect(late.text.en.contains("Add customer team"), "\(late.text.en)")
        try await stage.complete(record, "add_responsibilities", entering(kept))
        #expect(try await stage.team(record).map(\.contact) == kept)
    }

    /// Begun anew, the forms are empty; who is in a team stays there, and is added no second time.
    @Test func theTeamsAreFormedAnew() async throws {
        let ida = person("Ida")
        let first = try await add([ida])
        try await stage.complete(record, "add_responsibilities", entering(first))
        let provider = try PlaybookStage.rows([
            [
                "responsibility": OnboardingSeed.responsibility("provider", OnboardingSeed.administrator),
                "user": stage.agent.subject,
            ]
        ])
        try await stage.complete(record, "add_account_team", ["members": provider])
        let before = try await stage.team(record).map(\.id).sorted()
        for key in ["add_contacts", "add_responsibilities", "add_account_team"] {
            try await act(OnboardingAPI.restartPlaybookActivity, key)
            let anew = try await stage.activity(record, key)
            #expect(anew.state == "in_progress" && anew.values.isEmpty, "\(key)")
        }
        let second = try await add([person("Bo")])
        // Who was there before may be named again.
        try await stage.complete(record, "add_responsibilities", entering(first + second))
        try await stage.complete(record, "add_account_team", ["members": provider])
        let after = try await stage.team(record)
        #expect(after.count == before.count + 1 && Set(before).isSubset(of: after.map(\.id)))
        #expect(Set(after.compactMap(\.contact)) == Set(first + second))
    }
}
