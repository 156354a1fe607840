import OnboardingWire
import PlaybooksWire
import RPC
import ServiceTestKit
import Testing
import Wire

@testable import OnboardingService

/// What makes one version of a playbook of another, as designers ask for it.
@Suite struct PlaybookDifferenceTests {
    private static func yaml(_ key: String, _ activities: String) -> String {
        """
        key: \(key)
        table: onboarding_case
        label: {en: Compared, ko: 비교}
        lanes:
          - key: only
            label: {en: Only, ko: 유일}
            activities:
        \(activities)
        """
    }

    private static func activity(_ key: String, _ more: String = "") -> String {
        "      - {key: \(key), kind: related_work, label: {en: \(key), ko: \(key)}\(more)}\n"
    }

    @Test func versionsAndTheDraftAreCompared() async throws {
        let world = try await PlaybookStage().world
        let designer = try World.person(uuid(), "process_automation_designer")
        let key = "compared_\(UInt32.random(in: 0...UInt32.max))"
        func draft(_ activities: String) async throws -> String {
            var request = ImportPlaybookRequest()
            request.yaml = Self.yaml(key, activities)
            return try await world.call(OnboardingAPI.importPlaybookDefinition, request, as: designer).id
        }
        func activate(_ id: String) async throws {
            var request = ActionRequest()
            request.id = id
            _ = try await world.call(OnboardingAPI.activatePlaybookDefinition, request, as: designer)
        }
        func asking(_ id: String, _ from: Int32, _ to: Int32) -> ComparePlaybookVersionsRequest {
            var request = ComparePlaybookVersionsRequest()
            (request.id, request.from, request.to) = (id, from, to)
            return request
        }
        func compared(_ id: String, _ from: Int32 = 0, _ to: Int32 = 0) async throws -> [String] {
            try await world.call(OnboardingAPI.comparePlaybookVersions, asking(id, from, to), as: designer).changes.map
            {
                "\($0.change) \($0.lane).\($0.activity) \($0.field)"
            }
        }
        let id = try await draft(Self.activity("a") + Self.activity("b"))
        #expect(
            await world.problem(OnboardingAPI.comparePlaybookVersions, asking(id, 0, 0), as: designer)?.code
                == .notFound)
        try await activate(id)
        // A draft that is what was activated differs in nothing.
        #expect(try await compared(id) == [])
        _ = try await draft(Self.activity("c") + Self.activity("a", ", optional: true"))
        let changes = ["removed only.b ", "added only.c ", "changed only.a optional"]
        #expect(try await compared(id) == changes)
        try await activate(id)
        #expect(try await compared(id, 1, 2) == changes)
        #expect(try await compared(id, 2, 1).count == 3)
        // A draft can begin with a version again, as it was edited.
        func version(_ number: Int32) async throws -> [String] {
            var request = ExportPlaybookRequest()
            (request.id, request.version, request.editable) = (id, number, true)
            let answer = try await world.call(OnboardingAPI.exportPlaybookDefinition, request, as: designer)
            let activities = answer.playbook?.lanes.flatMap(\.activities) ?? []
            #expect(answer.yaml.isEmpty && activities.allSatisfy(\.builtIn.isEmpty))
            return activities.map(\.key)
        }
        #expect(try await version(1) == ["a", "b"])
        #expect(try await version(2) == ["c", "a"])
        #expect(try await version(0) == ["c", "a"])
        #expect(
            await world.problem(OnboardingAPI.comparePlaybookVersions, asking(id, 1, 9), as: designer)?.code
                == .notFound)
    }

    /// Whoever activates a draft is told how many open runs go by another version, of those that the caller sees.
    @Test func runsThatGoByAnotherVersionAreCounted() async throws {
        let stage = try await PlaybookStage(isAlone: true)
        let world = stage.world
        let designer = try World.person(uuid(), "process_automation_designer")
        let record = try await stage.begin()
        let shipped = try #require(try await stage.stages(record).run?.definition)
        func running(to: Int32) async throws -> Int64 {
            var request = ComparePlaybookVersionsRequest()
            (request.id, request.to) = (shipped, to)
            return try await world.call(OnboardingAPI.comparePlaybookVersions, request, as: designer).running
        }
        // All go by the version that is active, and none by the draft.
        #expect(try await running(to: 1) == 0)
        #expect(try await running(to: 0) == 1)
    }
}
