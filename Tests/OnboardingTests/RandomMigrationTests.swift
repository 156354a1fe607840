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

/// Whatever the playbook, the run and the change: what is told is done, an undo gives what was there, and no task is doubled
/// or orphaned, whatever is killed when.
@Suite(.timeLimit(.minutes(15))) struct RandomMigrationTests {
    private typealias Stage = MigrationStage

    /// Lanes of activities `a0` to `a7`, each a form or a task as its number says.
    private static func lanes(
        _ random: inout SeededNumbers
    ) -> [(key: String, activities: [String])] {
        let keys = (0..<8).shuffled(using: &random).prefix(Int.random(in: 2...8, using: &random))
        let names = (0..<3).shuffled(using: &random).prefix(min(keys.count, Int.random(in: 1...3, using: &random)))
        var lanes = names.map { (key: "l\($0)", activities: [String]()) }
        for (place, key) in keys.enumerated() {
            let lane = place < lanes.count ? place : Int.random(in: lanes.indices, using: &random)
            // Now and then one becomes the other.
            let isTask = key.isMultiple(of: 2) != (Int.random(in: 0..<8, using: &random) == 0)
            let more = [
                "", Stage.beside, "start: {when: with_previous}", "optional: true",
                "due: {days: \(Int.random(in: 0...9, using: &random)), from: before_field, field: go_live_date}",
                "due: {days: \(Int.random(in: 0...9, using: &random)), working_days: true}",
                #"start: {when: with_lane, condition: "priority > \#(Int.random(in: 1...5, using: &random))"}"#,
            ].randomElement(using: &random)
            lanes[lane].activities.append(Stage.activity("a\(key)", isTask: isTask, more ?? ""))
        }
        return lanes
    }

    /// Does something with every second activity that is open.
    private static func work(
        _ run: PlaybookRun, _ stage: Stage, _ random: inout SeededNumbers
    ) async throws {
        var list = ListPlaybookActivitiesRequest()
        list.run = run.id
        let agent = stage.stage.agent
        let all = try await stage.world.call(OnboardingAPI.listPlaybookActivities, list, as: agent).activities
        for activity in all where activity.state == "in_progress" && Bool.random(using: &random) {
            if let task = activity.created.last {
                try? await stage.stage.move(task.id, Bool.random(using: &random) ? "closed" : "in_progress")
            } else {
                _ = await stage.world.problem(
                    OnboardingAPI.completePlaybookActivity, PlaybookStage.entering(activity, [:]), as: agent)
            }
        }
    }

    @Test func whatIsToldIsDoneAndAnUndoGivesWhatWasThere() async throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededNumbers(seed: seed)
        var looked = 0
        for round in 0..<5 {
            let stage = try await Stage()
            let definition = try await stage.version(Self.lanes(&random))
            var begun: [(record: OnboardingCase, run: PlaybookRun)] = []
            for _ in 0..<2 {
                let one = try await stage.begin(definition)
                for _ in 0..<Int.random(in: 0...3, using: &random) { try await Self.work(one.run, stage, &random) }
                begun.append(one)
            }
            // Twice: what had left once may come back.
            for step in 0..<2 {
                try await stage.version(Self.lanes(&random))
                let records = begun.map(\.record)
                var before: [(run: [String], tasks: [String: String])] = []
                for record in records { before.append(try await stage.rows(record)) }
                let migration = try await stage.preview(definition, records)
                // Runs that are done have nothing to migrate.
                guard migration.cases > 0 else { continue }
                looked += Int(migration.cases)
                let cases = try await stage.cases(migration)
                let result = try await stage.apply(migration)
                let refusals = try await stage.cases(migration).map(\.refusal)
                #expect(result.applied == migration.cases, "seed \(seed), round \(round).\(step), \(refusals)")
                for one in cases {
                    let now = try await stage.now(one)
                    let placed = now.steps.filter { $0.outcome != "no_place" }
                    var list = ListPlaybookActivitiesRequest()
                    list.run = one.run
                    let there = try await stage.world.call(
                        OnboardingAPI.listPlaybookActivities, list, as: stage.stage.agent
                    ).activities
                    #expect(placed.map { "\($0.activity) \($0.after)" } == there.map { "\($0.key) \($0.state)" })
                }
                for record in records { #expect(try await stage.amiss(record).isEmpty, "seed \(seed), round \(round)") }
                let undone = try await stage.undo(migration).undone
                let kept = try await stage.cases(migration).map(\.refusal)
                #expect(undone == migration.cases, "seed \(seed), round \(round).\(step), \(kept)")
                for (record, rows) in zip(records, before) {
                    let after = try await stage.rows(record)
                    #expect(after.run == rows.run, "seed \(seed), round \(round).\(step)")
                    for (id, row) in rows.tasks { #expect(after.tasks[id] == row) }
                    let others = try await stage.tasks(record).filter { rows.tasks[$0.id] == nil }
                    #expect(others.allSatisfy { $0.active == false })
                    #expect(try await stage.amiss(record).isEmpty)
                }
                // And once more, so that the next one begins from there.
                #expect(try await stage.apply(stage.preview(definition, records)).applied == migration.cases)
                for one in begun { try await Self.work(one.run, stage, &random) }
                for record in records { #expect(try await stage.amiss(record).isEmpty) }
            }
        }
        #expect(looked >= 5, "seed \(seed): only \(looked) runs were looked at")
    }

    // MARK: Kills

    /// Has each change of these rows take a moment, so that there is something to strike: before it is begun, since it is quick.
    private static func slow(_ rows: String, of server: Server) async throws {
        for text in [
            """
            CREATE OR REPLACE FUNCTION onboarding.takes_a_moment() RETURNS trigger LANGUAGE plpgsql AS \
            $$ BEGIN PERFORM pg_sleep(0.05); RETURN NEW; END $$
            """,
            """
            CREATE OR REPLACE TRIGGER takes_a_moment BEFORE UPDATE ON onboarding.\(rows) FOR EACH ROW \
            EXECUTE FUNCTION onboarding.takes_a_moment()
            """,
        ] {
            _ = try await server.admin.run("\(raw: text)")
        }
    }

    /// Until `isDone`, again and again the work is taken from whoever does it, or the connections are cut.
    private static func killing(_ table: String, of server: Server, until isDone: () async throws -> Bool) async throws
    {
        let end = ContinuousClock.now + .seconds(60)
        var (kills, struck) = (0, 0)
        while try await !isDone(), .now < end {
            // Work may begin a moment later: what strikes nothing does not count.
            if struck < 8 {
                if kills.isMultiple(of: 2) {
                    struck += try await server.admin.run(
                        """
                        UPDATE onboarding.\(identifier: table) SET owner = gen_random_uuid(), \
                        lease_until = now() - interval '1 second' WHERE owner IS NOT NULL
                        """
                    ).affected
                } else {
                    struck += try await server.admin.run(
                        """
                        SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() \
                        AND usename = 'ale_onboarding' AND state <> 'idle'
                        """
                    ).count
                }
                kills += 1
            }
            try await Task.sleep(for: .milliseconds(Int.random(in: 5...40)))
        }
        #expect(try await isDone())
        #expect(struck > 0, "nothing was struck")
    }

    @Test func aMigrationIsCarriedOnByTheOtherInstance() async throws {
        let stage = try await Stage(isAlone: true)
        let other = try stage.stage.otherInstance()
        defer { other.cancel() }
        let first = [("one", [Stage.activity("a"), Stage.activity("b", isTask: true, Stage.beside)])]
        let definition = try await stage.version(first)
        var records: [OnboardingCase] = []
        for _ in 0..<12 { records.append(try await stage.begin(definition).record) }
        try await stage.version([
            ("one", [Stage.activity("b", isTask: true, Stage.beside), Stage.activity("d", isTask: true, Stage.beside)])
        ])
        var before: [(run: [String], tasks: [String: String])] = []
        for record in records { before.append(try await stage.rows(record)) }
        let migration = try await stage.preview(definition)
        func moved(_ state: String) async throws -> Bool {
            try await stage.world.server.admin.run(
                "SELECT 1 FROM onboarding.playbook_migration_case WHERE migration = \(migration.id) AND state <> \(state)"
            ).isEmpty
        }
        let request = Stage.moving(migration, [])
        try await Self.slow("playbook_migration_case", of: stage.world.server)
        _ = try await stage.world.call(OnboardingAPI.applyPlaybookMigration, request, as: stage.designer)
        try await Self.killing("playbook_migration_call", of: stage.world.server) { try await moved("applied") }
        for record in records {
            #expect(try await stage.amiss(record).isEmpty)
            #expect(try await stage.tasks(record).filter { $0.active == true }.count == 2)
        }
        _ = try await stage.world.call(OnboardingAPI.undoPlaybookMigration, request, as: stage.designer)
        try await Self.killing("playbook_migration_call", of: stage.world.server) { try await moved("undone") }
        for (record, rows) in zip(records, before) {
            let after = try await stage.rows(record)
            #expect(after.run == rows.run)
            #expect(rows.tasks.allSatisfy { after.tasks[$0.key] == $0.value })
        }
    }

    @Test func aMoveOfDatesIsCarriedOnByTheOtherInstance() async throws {
        let stage = try await DateStage(PlaybookStage(isAlone: true))
        let other = try stage.stage.otherInstance()
        defer { other.cancel() }
        let own = try await stage.task(due: "2026-06-26")
        let done = try await stage.task(due: "2026-06-01")
        try await stage.stage.move(done.id, "closed")
        var imported: [String] = []
        for _ in 0..<6 { imported.append(try await stage.imported(due: "2026-06-22").id) }
        let move = try await stage.preview(goLive: "2026-07-07")
        func moved(_ state: String) async throws -> Bool {
            try await !stage.world.server.admin.run(
                "SELECT 1 FROM onboarding.date_move WHERE id = \(move.id) AND state = \(state)"
            ).isEmpty
        }
        try await Self.slow("date_move_call", of: stage.world.server)
        _ = try await stage.world.call(OnboardingAPI.applyDateMove, DateStage.about(move), as: stage.stage.agent)
        try await Self.killing("date_move_call", of: stage.world.server) {
            try await moved("applied")
        }
        #expect(Set(imported.map { stage.stage.imports.task($0)?.dueDate }) == ["2026-06-29"])
        #expect(try await stage.task(own.id).dueDate == "2026-07-03")
        #expect(try await stage.task(done.id).dueDate == "2026-06-01")
        _ = try await stage.world.call(OnboardingAPI.undoDateMove, DateStage.about(move), as: stage.stage.agent)
        try await Self.killing("date_move_call", of: stage.world.server) {
            try await moved("undone")
        }
        #expect(Set(imported.map { stage.stage.imports.task($0)?.dueDate }) == ["2026-06-22"])
        #expect(try await stage.task(own.id).dueDate == "2026-06-26")
        #expect(try await stage.task(done.id).dueDate == "2026-06-01")
    }
}
