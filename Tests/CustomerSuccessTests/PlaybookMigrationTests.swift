import CustomerSuccessWire
import Playbooks
import PlaybooksWire
import RPC
import Records
import Roles
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import CustomerSuccessService

/// Playbooks of success records go to another version as those of onboarding do.
@Suite struct PlaybookMigrationTests {
    private static let key = "migrated_\(UInt32.random(in: 0...UInt32.max))"

    private static func yaml(_ activities: [String]) -> String {
        let making =
            "creates: {table: success_task, fields: [{field: parent, from_field: id}, {field: subject, text: T}, {field: description, text: T}, {field: assigned_to, from_field: assigned_to}]}"
        let lines = activities.map {
            "      - {key: \($0), kind: create_task, label: {en: \($0), ko: \($0)}, start: {when: with_lane}, \(making)}"
        }
        return """
            key: \(key)
            table: success_initiative
            label: {en: Initiative, ko: 이니셔티브}
            lanes:
              - key: only
                label: {en: Only, ko: 유일}
                activities:
            \(lines.joined(separator: "\n"))
            """
    }

    @Test func aRunGoesToAnotherVersionAndBack() async throws {
        let world = try await World()
        let calls = MigrationCalls(try #require(Playbooks.of(world.server.database)))
        let worker = Task { await calls.run() }
        defer { worker.cancel() }
        let designer = Caller(
            subject: uuid(), kind: .person, domain: DomainPath("/provider/") ?? .root,
            roles: RoleCatalog.close(["process_automation_designer"]))
        func activate(_ activities: [String]) async throws -> String {
            var request = ImportPlaybookRequest()
            request.yaml = Self.yaml(activities)
            var activate = ActionRequest()
            activate.id = try await world.call(CustomerSuccessAPI.importPlaybookDefinition, request, as: designer).id
            _ = try await world.call(CustomerSuccessAPI.activatePlaybookDefinition, activate, as: designer)
            return activate.id
        }
        let definition = try await activate(["a", "b"])
        let made = try await world.make(SuccessInitiative.self) { $0.assignedTo = world.manager }
        let initiative = try await world.set(made, "state", .string("in_progress"))
        var start = StartPlaybookRunRequest()
        (start.definition, start.table, start.record) = (definition, "success_initiative", initiative.id)
        let run = try await world.call(CustomerSuccessAPI.startPlaybookRun, start)
        _ = try await activate(["b", "c"])
        var ask = PreviewPlaybookMigrationRequest()
        ask.definition = definition
        let migration = try await world.call(CustomerSuccessAPI.previewPlaybookMigration, ask, as: designer)
        #expect(migration.table == "success_initiative" && migration.previewed == 1)
        var (move, look) = (MovePlaybookMigrationRequest(), GetRequest())
        (move.id, look.id) = (migration.id, migration.id)
        func settled() async throws -> PlaybookMigration {
            for _ in 0..<600 {
                let now = try await world.call(CustomerSuccessAPI.getPlaybookMigration, look, as: designer)
                if now.moving == 0 { return now }
                try await Task.sleep(for: .milliseconds(50))
            }
            return migration
        }
        func open() async throws -> Int {
            try await world.list(SuccessTask.self, filter: "parent = \"\(initiative.id)\" AND active = true").resources
                .count
        }
        _ = try await world.call(CustomerSuccessAPI.applyPlaybookMigration, move, as: designer)
        #expect(try await settled().applied == 1)
        var asked = ListPlaybookActivitiesRequest()
        asked.run = run.id
        let after = try await world.call(CustomerSuccessAPI.listPlaybookActivities, asked).activities
        #expect(after.map(\.key) == ["b", "c"])
        #expect(try await open() == 3)
        _ = try await world.call(CustomerSuccessAPI.undoPlaybookMigration, move, as: designer)
        #expect(try await settled().undone == 1)
        let back = try await world.call(CustomerSuccessAPI.listPlaybookActivities, asked).activities
        #expect(back.map(\.key) == ["a", "b"] && back.allSatisfy { $0.state == "in_progress" })
        #expect(try await open() == 2)
    }
}
