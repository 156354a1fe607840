import CustomerSuccessWire
import Foundation
import PlaybooksWire
import RPC
import Records
import ServiceTestKit
import Testing
import Wire

@testable import CustomerSuccessService

/// The playbooks that come with the product: of initiatives, of internal plays, and those that
/// success plays attach to what they make.
@Suite struct ShippedPlaybookTests {
    /// A run of a shipped playbook.
    private struct Walk {
        let world: World
        let run: PlaybookRun

        init(
            _ world: World, _ definition: String, _ table: String = "", over record: String = "",
            _ values: [String: String] = [:]
        ) async throws {
            var request = StartPlaybookRunRequest()
            (request.definition, request.table, request.record) = (definition, table, record)
            request.values = Self.entered(values)
            self.world = world
            run = try await world.call(CustomerSuccessAPI.startPlaybookRun, request)
        }

        private static func entered(_ values: [String: String]) -> [EnteredValue] {
            values.sorted { $0.key < $1.key }.map { key, value in
                var entered = EnteredValue()
                (entered.input, entered.value) = (key, value)
                return entered
            }
        }

        func activities() async throws -> [PlaybookActivity] {
            var request = ListPlaybookActivitiesRequest()
            request.run = run.id
            return try await world.call(CustomerSuccessAPI.listPlaybookActivities, request).activities
        }

        func activity(_ key: String) async throws -> PlaybookActivity {
            try #require(try await activities().first { $0.key == key })
        }

        @discardableResult
        func complete(_ key: String, _ values: [String: String] = [:]) async throws -> PlaybookActivity {
            var request = EnterPlaybookActivityRequest()
            request.id = try await activity(key).id
            request.values = Self.entered(values)
            return try await world.call(CustomerSuccessAPI.completePlaybookActivity, request)
        }

        func skip(_ key: String) async throws {
            var request = MovePlaybookActivityRequest()
            request.id = try await activity(key).id
            _ = try await world.call(CustomerSuccessAPI.skipPlaybookActivity, request)
        }

        func now() async throws -> PlaybookRun {
            var request = GetRequest()
            request.id = run.id
            return try await world.call(CustomerSuccessAPI.getPlaybookRun, request)
        }
    }

    /// The four stages, from an outcome to an initiative that has ended with its code.
    @Test(arguments: [
        ("achieved", "closed"), ("partially_achieved", "closed"), ("missed", "closed"), ("canceled", "canceled"),
    ])
    func anInitiativeIsWalkedThroughItsStages(code: String, state: String) async throws {
        let world = try await World()
        let outcome = try await world.make(SuccessOutcome.self)
        let walk = try await Walk(world, "create_success_initiative")
        #expect(walk.run.record.isEmpty)
        try await walk.complete("select_outcome", ["success_outcome": outcome.id])
        let record = try await walk.now().record
        let begun = try await world.get(SuccessInitiative.self, record)
        #expect(begun.successOutcome == outcome.id && begun.subject == outcome.title && begun.state == "new")
        #expect(begun.playbookRun == walk.run.id)
        let refused = try await refusal { try await walk.complete("plan_initiative") }
        #expect(!refused.violations.isEmpty, "who does it is to be said")
        try await walk.complete(
            "plan_initiative",
            [
                "assigned_to": world.manager, "subject": "Adopt self-service", "category": "adoption",
                "state": "in_progress", "progress": "on_track", "priority": "2", "due_date": "2028-03-31",
            ])
        let planned = try await world.get(SuccessInitiative.self, record)
        #expect(planned.subject == "Adopt self-service" && planned.state == "in_progress" && planned.priority == 2)
        if code == "missed" {
            try await walk.skip("create_tasks")
        } else {
            let made = try await walk.complete("create_tasks").created
            #expect(made.count == 3 && made.allSatisfy { $0.table == "success_task" && !$0.number.isEmpty })
        }
        let tasks = try await world.list(SuccessTask.self, filter: "parent = \"\(record)\"", order: "number").resources
        #expect(
            tasks.map(\.subject) == (code == "missed" ? [] : ["Kick-off workshop", "Working session", "Review"]))
        #expect(tasks.allSatisfy { $0.assignedTo == world.manager && $0.visibleToCustomer != true })
        let open = try await refusal { try await walk.complete("close_initiative", ["close_code": code]) }
        #expect(!open.violations.isEmpty, "close notes are needed")
        try await walk.complete("close_initiative", ["close_code": code, "close_notes": "Agreed with the sponsor."])
        let ended = try await world.get(SuccessInitiative.self, record)
        #expect(ended.state == state && ended.closeCode == code && ended.closeNotes == "Agreed with the sponsor.")
        #expect(ended.active == false && ended.playbookRun == nil)
        // The end that the last stage brings about is no interruption.
        #expect(try await walk.now().state == "done")
        #expect(try await walk.activity("close_initiative").state == "done")
    }

    /// Begun over an initiative that is there, the first stage is done; its end by another way cancels the run (BR-25). Sample
    /// tasks that the initiative has are not made again.
    @Test func anInitiativeThatIsThereIsTakenOn() async throws {
        let world = try await World()
        let initiative = try await world.make(SuccessInitiative.self) { $0.assignedTo = world.manager }
        let kickOff = try await world.make(SuccessTask.self) { task in
            (task.parent, task.subject) = (initiative.id, "Kick-off workshop")
        }
        let walk = try await Walk(world, "create_success_initiative", "success_initiative", over: initiative.id)
        #expect(try await walk.activity("select_outcome").state == "done")
        try await walk.complete("plan_initiative")
        #expect(try await walk.complete("create_tasks").created.count == 2)
        let tasks = try await world.list(SuccessTask.self, filter: "parent = \"\(initiative.id)\"").resources
        #expect(tasks.count == 3 && tasks.contains { $0.id == kickOff.id })
        _ = try await world.close(initiative, "cancel", notes: "Not wanted.")
        #expect(try await walk.now().state == "canceled")
        #expect(try await walk.activity("close_initiative").state == "canceled")
    }

    /// Tasks come by themselves, can be left out, and come where they are needed.
    @Test func anInternalPlayMakesItsTasks() async throws {
        let world = try await World()
        for (priority, isNeeded) in [(Int32(3), false), (1, true)] {
            let play = try await world.make(InternalPlay.self) { play in
                (play.priority, play.assignedTo) = (priority, world.manager)
            }
            let walk = try await Walk(world, "internal_play", "internal_play", over: play.id)
            func tasks(_ filter: String = "") async throws -> Set<String> {
                let found = try await world.list(
                    InternalPlayTask.self, filter: "internal_play = \"\(play.id)\"\(filter)")
                return Set(found.resources.compactMap(\.shortDescription))
            }
            let automatic: Set = ["Agree on the goal", "Collect material"]
            #expect(try await tasks() == automatic.union(isNeeded ? ["Inform the management"] : []))
            try await walk.skip("collect_material")
            #expect(try await !tasks(" AND active = true").contains("Collect material"))
            let refused = try await refusal { try await walk.skip("agree_on_goal") }
            #expect(refused.reason == "G-50")
            guard !isNeeded else { continue }
            // It comes as soon as it is needed.
            _ = try await world.set(play, "priority", .int(2))
            #expect(try await tasks().contains("Inform the management"))
            // A task that ends takes its activity along.
            let goal = try #require(try await walk.activity("agree_on_goal").created.first).id
            let task = try await world.get(InternalPlayTask.self, goal)
            _ = try await world.close(try await world.set(task, "state", .string("in_progress")))
            #expect(try await walk.activity("agree_on_goal").state == "done")
            _ = try await world.close(play, "cancel")
            #expect(try await walk.now().state == "canceled")
        }
    }

    /// What plays attach, to records of which table, as their flows say; `definition` stands beside `table`.
    private static let attached: [(definition: String, table: String)] = {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Services/PlayLauncher/Flows")
        let files = (try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)) ?? []
        let pattern = /definition: (?<definition>[a-z_]+)\n +table: (?<table>[a-z_]+)/
        let found = files.flatMap { file in
            ((try? String(contentsOf: file, encoding: .utf8)) ?? "").matches(of: pattern)
                .map { (String($0.output.definition), String($0.output.table)) }
        }
        return Dictionary(found, uniquingKeysWith: { first, _ in first }).sorted { $0.key < $1.key }
            .map { ($0.key, $0.value) }
    }()

    /// Everything that plays attach ships, and goes from its first step to its last.
    @Test func whatPlaysAttachIsThere() async throws {
        let keys = CustomerSuccess.shippedPlaybooks.map { $0.deletingPathExtension().lastPathComponent }
        #expect(Set(keys) == Set(Self.attached.map(\.definition)).union(["internal_play"]))
        let world = try await World()
        let samples: [any Sample.Type] = [
            SuccessObjective.self, SuccessInitiative.self, SuccessCase.self, Touchpoint.self, InternalPlay.self,
            RiskSignal.self,
        ]
        for item in Self.attached where item.definition != "create_success_initiative" {
            let type = try #require(samples.first { $0.schema.table == item.table })
            let walk = try await Walk(world, item.definition, item.table, over: try await world.record(of: type))
            #expect(walk.run.state == "in_progress")
            let steps = try await walk.activities()
            #expect(steps.count >= 2 && steps.allSatisfy { $0.label?.en != $0.label?.ko })
            for step in steps {
                if step.optional { try await walk.skip(step.key) } else { try await walk.complete(step.key) }
            }
            #expect(try await walk.now().state == "done", "\(item.definition)")
        }
    }

    /// Customers have no part in the playbooks of what they follow.
    @Test func customersSeeNoPlaybooks() async throws {
        let world = try await World()
        let touchpoint = try await world.make(Touchpoint.self)
        let walk = try await Walk(world, "follow_up", "touchpoint", over: touchpoint.id)
        var request = GetRequest()
        request.id = walk.run.id
        let refused = try await refusal {
            _ = try await world.call(CustomerSuccessAPI.getPlaybookRun, request, as: world.customer)
        }
        #expect(refused.code == .permissionDenied)
        #expect(try await world.get(Touchpoint.self, touchpoint.id, as: world.customer).id == touchpoint.id)
    }
}

extension World {
    /// The id of a new record of a type.
    fileprivate func record<R: Sample>(of type: R.Type) async throws -> String { try await make(type).id }
}
