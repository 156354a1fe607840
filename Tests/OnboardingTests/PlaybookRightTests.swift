import OnboardingWire
import PlaybooksWire
import RPC
import Records
import ServiceTestKit
import Testing
import Wire

@testable import OnboardingService
@testable import Playbooks

/// Who may work on activities, but not write what one of them makes, is refused before anything is written.
@Suite(.timeLimit(.minutes(15))) struct PlaybookRightTests {
    /// Its only activity makes what administrators alone may write.
    private static let yaml = """
        key: rights
        table: onboarding_case
        label: {en: Rights, ko: 권한}
        lanes:
          - key: only
            label: {en: Only, ko: 유일}
            activities:
              - key: define
                kind: create_task
                label: {en: Define, ko: 정의}
                creates:
                  table: responsibility_definition
                  fields:
                    - {field: name, text: Of a playbook}
                    - {field: side, text: provider}
        """

    @Test func whoMayNotWriteWhatAnActivityMakesIsRefused() async throws {
        let server = try await Server.start { database in
            let shipped = Onboarding.playbooks(database)
            return Playbooks(
                database,
                tables: shipped.tables.values + [PlaybookTable(ResponsibilityDefinition.self, database)],
                remote: Array(shipped.remote.values), kinds: Array(shipped.kinds.values), people: shipped.people)
        }
        try await PlaybookSeed.run(try #require(Playbooks.of(server.database)))
        let world = try await World(server)
        var request = ImportPlaybookRequest()
        request.yaml = Self.yaml
        var activate = ActionRequest()
        activate.id = try await world.call(
            OnboardingAPI.importPlaybookDefinition, request, as: world.administrator
        ).id
        _ = try await world.call(OnboardingAPI.activatePlaybookDefinition, activate, as: world.administrator)
        var start = StartPlaybookRunRequest()
        (start.definition, start.table) = (activate.id, "onboarding_case")
        start.record = try await world.openCase().id
        var list = ListPlaybookActivitiesRequest()
        list.run = try await world.call(OnboardingAPI.startPlaybookRun, start, as: world.agent).id
        func look() async throws -> PlaybookActivity {
            try #require(
                try await world.call(OnboardingAPI.listPlaybookActivities, list, as: world.agent).activities.first)
        }
        let before = try await look()
        #expect(before.state == "in_progress" && before.created.map(\.table) == ["responsibility_definition"])
        // What is only kept as a draft writes nothing else.
        let entering = PlaybookStage.entering(before, [:])
        #expect(await world.problem(OnboardingAPI.savePlaybookActivity, entering, as: world.agent) == nil)
        let kept = try await look()
        let moving = PlaybookStage.moving(before)
        let restarted = await world.problem(OnboardingAPI.restartPlaybookActivity, moving, as: world.agent)
        #expect(restarted?.code == .permissionDenied, "\(restarted as Any)")
        let completed = await world.problem(OnboardingAPI.completePlaybookActivity, entering, as: world.agent)
        #expect(completed?.code == .permissionDenied, "\(completed as Any)")
        #expect(try await look() == kept)
        // Whoever may is not.
        #expect(await world.problem(OnboardingAPI.restartPlaybookActivity, moving, as: world.administrator) == nil)
    }
}
