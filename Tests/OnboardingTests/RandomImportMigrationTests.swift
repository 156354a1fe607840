import ImportValidationWire
import OnboardingWire
import PlaybooksWire
import Postgres
import RPC
import Records
import ServiceTestKit
import Testing
import Wire

@testable import OnboardingService
@testable import Playbooks

/// Random migrations of runs that have import tasks, drafts and every state an activity can be in: what is told is done, an undo
/// gives what was there, and no import task is doubled or orphaned.
@Suite(.timeLimit(.minutes(15))) struct RandomImportMigrationTests {
    private typealias Stage = MigrationStage

    /// What two of the activities import.
    private static let targets = ["location", "customer_contact"]

    private static func load(_ key: String, _ target: String, _ more: String) -> String {
        let fields = [
            "{field: parent, from_field: id}", "{field: account, from_field: account}",
            "{field: short_description, text: Load}", "{field: source_table, text: s}", "{field: data_source, text: d}",
            "{field: target_table, text: \(target)}",
        ].joined(separator: ", ")
        return "      - {key: \(key), kind: create_task, label: {en: \(key), ko: \(key)}, "
            + "creates: {table: import_task, fields: [\(fields)]}\(more.isEmpty ? "" : ", \(more)")}"
    }

    private static let input = "inputs: [{key: note, type: string, label: {en: Note, ko: 메모}}]"

    /// Two that import, two that make tasks and two forms, of which some are there, each now and then something else.
    private static func lanes(_ random: inout SeededNumbers) -> [(key: String, activities: [String])] {
        let keys = (0..<6).shuffled(using: &random).prefix(Int.random(in: 3...6, using: &random))
        var lanes = [(key: "l0", activities: [String]()), (key: "l1", activities: [])]
        for (place, number) in keys.enumerated() {
            let (key, lane) = ("a\(number)", place < 2 ? place : Int.random(in: 0...1, using: &random))
            let more =
                [
                    Stage.beside, Stage.beside, "optional: true",
                    Stage.beside + ", due: {days: \(Int.random(in: 0...5, using: &random)), working_days: true}",
                ].randomElement(using: &random) ?? ""
            let kind = Int.random(in: 0..<8, using: &random) == 0 ? 2 : number / 2
            lanes[lane].activities.append(
                kind == 0 && number < 2
                    ? load(key, targets[number], more)
                    : Stage.activity(
                        key, isTask: kind == 1,
                        [more, kind == 2 && Bool.random(using: &random) ? input : ""].filter { !$0.isEmpty }
                            .joined(separator: ", ")))
        }
        return lanes
    }

    /// Enters, completes, skips, reopens and begins anew what is there; ends tasks of both services.
    private static func work(_ run: PlaybookRun, _ stage: Stage, _ random: inout SeededNumbers) async throws {
        var list = ListPlaybookActivitiesRequest()
        list.run = run.id
        let agent = stage.stage.agent
        let all = try await stage.world.call(OnboardingAPI.listPlaybookActivities, list, as: agent).activities
        for activity in all where activity.state != "pending" && Bool.random(using: &random) {
            let choice = Int.random(in: 0..<6, using: &random)
            let moving = PlaybookStage.moving(activity)
            if choice == 0 {
                _ = await stage.world.problem(OnboardingAPI.skipPlaybookActivity, moving, as: agent)
            } else if choice == 1 {
                _ = await stage.world.problem(OnboardingAPI.reopenPlaybookActivity, moving, as: agent)
            } else if choice == 2 {
                _ = await stage.world.problem(OnboardingAPI.restartPlaybookActivity, moving, as: agent)
            } else if let made = activity.created.last {
                if var task = stage.stage.imports.task(made.id, "open") {
                    (task.state, task.active) = ("closed", false)
                    stage.stage.imports.put(task)
                    try await stage.world.server.hear(task, "closed", revision: 2, from: "import-validation")
                } else {
                    try? await stage.stage.move(made.id, "closed")
                }
            } else {
                let values = activity.inputs.isEmpty ? [:] : ["note": "N\(choice)"]
                _ = await stage.world.problem(
                    choice == 3 ? OnboardingAPI.savePlaybookActivity : OnboardingAPI.completePlaybookActivity,
                    PlaybookStage.entering(activity, values), as: agent)
            }
            try await quiet(stage)
        }
    }

    /// Waits until nothing is asked of another service any more.
    private static func quiet(_ stage: Stage) async throws {
        _ = try await stage.stage.eventually("an end of the calls") {
            try await stage.world.server.admin.run("SELECT 1 FROM onboarding.playbook_call").isEmpty ? true : nil
        }
    }

    private static func open(_ record: OnboardingCase, _ stage: Stage) -> Set<String> {
        Set(stage.stage.imports.tasks(of: record.id).filter { $0.state == "open" }.map(\.id))
    }

    /// Import tasks that are open twice, or that no activity of the case has made.
    private static func amiss(_ record: OnboardingCase, _ stage: Stage) async throws -> [String] {
        let tasks = stage.stage.imports.tasks(of: record.id).filter { $0.state == "open" }
        let rows = try await stage.world.server.admin.run(
            """
            SELECT DISTINCT one ->> 'id' FROM onboarding.playbook_run r JOIN onboarding.playbook_activity a ON a.run = r.id, \
            jsonb_array_elements(a.created) one WHERE r.record = \(record.id)
            """)
        let made = Set(try rows.map { try $0.string(at: 0) })
        let twice = Dictionary(grouping: tasks) { $0.targetTable ?? "" }.filter { $0.value.count > 1 }.map(\.key)
        return try await twice + tasks.filter { !made.contains($0.id) }.compactMap(\.number) + stage.amiss(record)
    }

    @Test func importTasksAreNeitherDoubledNorOrphaned() async throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededNumbers(seed: seed)
        var (looked, making, losing) = (0, 0, 0)
        let world = try await PlaybookStage(isAlone: true)
        for round in 0..<5 {
            let stage = try await Stage(world)
            let definition = try await stage.version(Self.lanes(&random))
            var begun: [(record: OnboardingCase, run: PlaybookRun)] = []
            for _ in 0..<2 {
                let one = try await stage.begin(definition)
                try await Self.quiet(stage)
                for _ in 0..<2 { try await Self.work(one.run, stage, &random) }
                begun.append(one)
            }
            let records = begun.map(\.record)
            for step in 0..<2 {
                let place = "seed \(seed), round \(round).\(step)"
                try await stage.version(Self.lanes(&random))
                var before: [(run: [String], tasks: [String: String])] = []
                for record in records { before.append(try await stage.rows(record, but: "starts")) }
                let opened = records.map { Self.open($0, stage) }
                let migration = try await stage.preview(definition, records)
                guard migration.cases > 0 else { continue }
                looked += Int(migration.cases)
                let told = try await stage.cases(migration)
                for one in told {
                    let steps = try await stage.now(one).steps
                    making += steps.count { $0.makes == "import_task" }
                    losing += steps.count { $0.entered > 0 }
                }
                let result = try await stage.apply(migration)
                let refusals = try await stage.cases(migration).map(\.refusal)
                #expect(result.applied == migration.cases, "\(place), \(refusals)")
                try await Self.quiet(stage)
                for record in records { #expect(try await Self.amiss(record, stage).isEmpty, "\(place)") }
                let undone = try await stage.undo(migration)
                let kept = try await stage.cases(migration).map(\.refusal)
                #expect(undone.undone == migration.cases, "\(place), \(kept)")
                try await Self.quiet(stage)
                for (index, record) in records.enumerated() {
                    let after = try await stage.rows(record, but: "starts")
                    #expect(after.run == before[index].run, "\(place)")
                    #expect(Self.open(record, stage) == opened[index], "\(place)")
                    #expect(try await Self.amiss(record, stage).isEmpty, "\(place)")
                }
                #expect(
                    try await stage.apply(stage.preview(definition, records)).applied == migration.cases, "\(place)")
                try await Self.quiet(stage)
                for one in begun { try await Self.work(one.run, stage, &random) }
                for record in records { #expect(try await Self.amiss(record, stage).isEmpty, "\(place)") }
            }
        }
        #expect(
            looked >= 5,
            "seed \(seed): \(looked) runs, of which \(making) import and \(losing) lose entries")
    }
}
