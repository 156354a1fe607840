import OnboardingWire
import PlaybooksWire
import RPC
import Records
import Roles
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import OnboardingService
@testable import Playbooks

/// Bringing running cases to another version of their playbook: what would happen, then that or nothing, then back.
@Suite(.timeLimit(.minutes(15))) struct PlaybookMigrationTests {
    private typealias Stage = MigrationStage

    private static let first: [(key: String, activities: [String])] = [
        (
            "one",
            [
                Stage.activity("a"), Stage.activity("b", isTask: true, Stage.beside),
                Stage.activity("x", isTask: true, Stage.beside),
            ]
        ),
        ("two", [Stage.activity("c"), Stage.activity("e")]),
    ]
    private static let second: [(key: String, activities: [String])] = [
        (
            "one",
            [
                Stage.activity("b", isTask: true, Stage.beside), Stage.activity("a", Stage.beside),
                Stage.activity("d", isTask: true, Stage.beside),
            ]
        ),
        ("three", [Stage.activity("c"), Stage.activity("f")]),
    ]

    @Test func whatIsToldIsDoneAndTakenBack() async throws {
        let stage = try await Stage()
        let definition = try await stage.version(Self.first)
        let (record, run) = try await stage.begin(definition)
        try await stage.version(Self.second)
        let before = try await stage.rows(record)
        let migration = try await stage.preview(definition)
        #expect(migration.cases == 1 && migration.previewed == 1 && migration.version == 2 && !migration.hasMore)
        let told = try await stage.only(migration)
        #expect(
            Stage.told(told) == [
                "one.b kept in_progress>in_progress", "one.a kept in_progress>in_progress", "one.d added >in_progress",
                "three.c kept pending>pending", "three.f added >pending", "one.x no_place in_progress>",
                "two.e no_place pending>",
            ])
        #expect(
            told.kept == 3 && told.added == 2 && told.withoutPlace == 2 && told.starting == 1 && told.restarting == 0)
        #expect(told.number == record.number && told.steps[5].created.count == 1)
        #expect(try await stage.rows(record) == before)
        let applied = try await stage.apply(migration)
        #expect(applied.applied == 1 && applied.refused == 0)
        let now = try await stage.stage.now(run)
        #expect(now.version == 2 && now.state == "in_progress")
        var list = ListPlaybookActivitiesRequest()
        list.run = run.id
        let activities = try await stage.world.call(OnboardingAPI.listPlaybookActivities, list, as: stage.stage.agent)
            .activities
        #expect(activities.map(\.key) == ["b", "a", "d", "c", "f"])
        // What has no place keeps its task, which is nobody's double.
        let tasks = try await stage.tasks(record)
        #expect(
            tasks.filter { $0.active == true }.map(\.shortDescription).sorted { $0 ?? "" < $1 ?? "" } == [
                "b", "d", "x",
            ])
        #expect(try await stage.amiss(record).isEmpty)
        var log = ListPlaybookLogRequest()
        log.run = run.id
        let entries = try await stage.world.call(OnboardingAPI.listPlaybookLog, log, as: stage.stage.agent).entries
        let moved = try #require(entries.first { $0.action == "migrated" })
        #expect(moved.oldValue == "1" && moved.newValue == "2" && moved.by == stage.designer.subject)
        let undone = try await stage.undo(migration)
        #expect(undone.undone == 1)
        let after = try await stage.rows(record)
        #expect(after.run == before.run)
        #expect(before.tasks.allSatisfy { after.tasks[$0.key] == $0.value })
        #expect(
            try await stage.tasks(record).filter { !before.tasks.keys.contains($0.id) }.map(\.state) == ["canceled"])
        // It can go again, and what was added begins anew.
        let again = try await stage.preview(definition)
        #expect(try await stage.apply(again).applied == 1)
        #expect(try await stage.amiss(record).isEmpty)
        #expect(
            try await stage.tasks(record).filter { $0.active == true && $0.shortDescription == "d" }.count == 1)
    }

    /// A case that has moved on, one that is chosen, one that is not.
    @Test func eachCaseIsWholeOrNotAtAll() async throws {
        let stage = try await Stage()
        let definition = try await stage.version(Self.first)
        let (moved, movedRun) = try await stage.begin(definition)
        let (chosen, chosenRun) = try await stage.begin(definition)
        let (left, leftRun) = try await stage.begin(definition)
        try await stage.version(Self.second)
        let migration = try await stage.preview(definition)
        let cases = try await stage.cases(migration)
        #expect(cases.count == 3 && cases.allSatisfy { $0.steps.isEmpty })
        func one(_ record: OnboardingCase) throws -> PlaybookMigrationCase {
            try #require(cases.first { $0.record == record.id })
        }
        let task = try await stage.stage.task(of: stage.stage.activity(of: movedRun, "b"))
        try await stage.stage.move(task.id, "closed")
        let before = try await stage.rows(moved)
        let result = try await stage.apply(migration, [one(moved), one(chosen)])
        #expect(result.applied == 1 && result.refused == 1 && result.previewed == 1)
        let refused = try await stage.now(one(moved))
        #expect(refused.state == "refused" && refused.refusal.contains("look again"))
        #expect(try await stage.rows(moved) == before)
        #expect(try await stage.stage.now(chosenRun).version == 2)
        #expect(try await stage.stage.now(leftRun).version == 1)
        // Nothing twice.
        for cases in [[try one(chosen)], [try one(moved)]] {
            let problem = await stage.world.problem(
                OnboardingAPI.applyPlaybookMigration, Stage.moving(migration, cases), as: stage.designer)
            #expect(problem?.reason == "MIGRATION_STATE")
        }
        let early = await stage.world.problem(
            OnboardingAPI.undoPlaybookMigration, Stage.moving(migration, [try one(left)]), as: stage.designer)
        #expect(early?.reason == "MIGRATION_STATE")
        // A preview of named cases, beside the one of which something was made.
        #expect(try await stage.preview(definition, [moved, chosen]).cases == 1)
        #expect(try await stage.cases(migration).count == 3)
    }

    @Test func nothingNewIsTakenBack() async throws {
        let stage = try await Stage()
        let definition = try await stage.version(Self.first)
        let (record, run) = try await stage.begin(definition)
        try await stage.version(Self.second)
        let migration = try await stage.preview(definition)
        try await stage.apply(migration)
        func refused(naming what: String) async throws {
            let before = try await stage.rows(record)
            #expect(try await stage.undo(migration).applied == 1)
            #expect(try await stage.only(migration).refusal.contains(what))
            #expect(try await stage.rows(record) == before)
        }
        // What the migration made is somebody's work by now.
        let made = try await stage.stage.task(of: stage.stage.activity(of: run, "d"))
        var change = UpdateLifecycleTaskRequest()
        var mine = LifecycleTask()
        (mine.id, mine.shortDescription) = (made.id, "Mine")
        change.lifecycleTask = mine
        _ = try await stage.world.call(OnboardingAPI.updateLifecycleTask, change, as: stage.stage.agent)
        try await refused(naming: made.number ?? "?")
        // A task whose activity has no place any more has ended, an activity was completed.
        let left = try #require(try await stage.tasks(record).first { $0.shortDescription == "x" })
        try await stage.stage.move(left.id, "closed")
        try await refused(naming: "x")
        let form = try await stage.stage.activity(of: run, "a")
        _ = try await stage.world.call(
            OnboardingAPI.completePlaybookActivity, PlaybookStage.entering(form, [:]), as: stage.stage.agent)
        try await refused(naming: "a")
    }

    /// What has begun and does not fit begins anew; what has ended stays.
    @Test func whatDoesNotFitBeginsAnew() async throws {
        let stage = try await Stage()
        let input = { (type: String) in
            "\(Stage.beside), inputs: [{key: i, type: \(type), label: {en: I, ko: 값}}]"
        }
        let definition = try await stage.version([
            (
                "one",
                [
                    Stage.activity("form", input("string")), Stage.activity("same", input("string")),
                    Stage.activity("done", input("string")), Stage.activity("kind", isTask: true, Stage.beside),
                ]
            )
        ])
        let (record, run) = try await stage.begin(definition)
        for (key, text) in [("form", "words"), ("same", "2026-01-02")] {
            _ = try await stage.world.call(
                OnboardingAPI.savePlaybookActivity,
                PlaybookStage.entering(try await stage.stage.activity(of: run, key), ["i": text]), as: stage.stage.agent
            )
        }
        _ = try await stage.world.call(
            OnboardingAPI.completePlaybookActivity,
            PlaybookStage.entering(try await stage.stage.activity(of: run, "done"), ["i": "words"]),
            as: stage.stage.agent)
        try await stage.version([
            (
                "one",
                [
                    Stage.activity("form", input("date")), Stage.activity("same", input("date")),
                    Stage.activity("done", input("date")), Stage.activity("kind", Stage.beside),
                ]
            )
        ])
        let before = try await stage.rows(record)
        let migration = try await stage.preview(definition)
        let told = try await stage.only(migration)
        #expect(
            told.steps.map { "\($0.activity) \($0.outcome)" } == [
                "form restarts", "same kept", "done kept", "kind restarts",
            ])
        #expect(told.restarting == 2)
        try await stage.apply(migration)
        #expect(try await stage.stage.activity(of: run, "form").values.isEmpty)
        #expect(try await stage.stage.activity(of: run, "same").values.map(\.value) == ["2026-01-02"])
        #expect(try await stage.stage.activity(of: run, "done").state == "done")
        // The task of before stays with the case.
        #expect(try await stage.tasks(record).map(\.active) == [true])
        #expect(try await stage.undo(migration).undone == 1)
        let after = try await stage.rows(record)
        #expect(after.tasks == before.tasks)
        #expect(try await stage.stage.activity(of: run, "form").values.map(\.value) == ["words"])
        #expect(after.run == before.run)
    }

    @Test func dueDatesAreCountedAsTheVersionSays() async throws {
        let stage = try await Stage()
        func due(_ days: Int) -> String {
            Stage.activity(
                "t", isTask: true, "\(Stage.beside), due: {days: \(days), from: before_field, field: go_live_date}")
        }
        let definition = try await stage.version([("one", [due(1), Stage.activity("a", Stage.beside)])])
        let (record, run) = try await stage.begin(definition)
        try await stage.version([("one", [due(3), Stage.activity("a", Stage.beside)])])
        let before = try await stage.rows(record)
        let migration = try await stage.preview(definition)
        // Whoever may not read the field that a date is counted from does not read it here (G-24).
        let hidden = try await stage.only(migration)
        #expect(hidden.steps.allSatisfy { $0.dueBefore.isEmpty && $0.dueAfter.isEmpty })
        var request = GetRequest()
        request.id = hidden.id
        let told = try await stage.world.call(
            OnboardingAPI.getPlaybookMigrationCase, request, as: stage.world.administrator)
        let step = try #require(told.steps.first)
        #expect(step.dueBefore == "2026-03-19" && step.dueAfter == "2026-03-17")
        try await stage.apply(migration)
        #expect(try await stage.stage.task(of: stage.stage.activity(of: run, "t")).dueDate == "2026-03-17")
        #expect(try await stage.undo(migration).undone == 1)
        let after = try await stage.rows(record)
        #expect(after.run == before.run && after.tasks == before.tasks)
    }

    /// A run whose only open activity has no place any more is done by that, and open again when it is taken back.
    @Test func aRunMayBeDoneByIt() async throws {
        let stage = try await Stage()
        let definition = try await stage.version([
            ("one", [Stage.activity("a", Stage.beside), Stage.activity("b", Stage.beside)])
        ])
        let (record, run) = try await stage.begin(definition)
        _ = try await stage.world.call(
            OnboardingAPI.completePlaybookActivity,
            PlaybookStage.entering(try await stage.stage.activity(of: run, "a"), [:]), as: stage.stage.agent)
        try await stage.version([("one", [Stage.activity("a", Stage.beside)])])
        let before = try await stage.rows(record)
        let migration = try await stage.preview(definition)
        try await stage.apply(migration)
        #expect(try await stage.stage.now(run).state == "done")
        #expect(try await stage.undo(migration).undone == 1)
        #expect(try await stage.stage.now(run).state == "in_progress")
        #expect(try await stage.rows(record).run == before.run)
    }

    /// Import tasks are made by another service: while that is at work the case waits; what came is canceled by the undo.
    @Test func whatAnotherServiceMakesIsTakenBack() async throws {
        let stage = try await Stage()
        let imports = """
            {key: load, kind: create_task, label: {en: Load, ko: 적재}, \(Stage.beside), creates: {table: import_task, fields: \
            [{field: parent, from_field: id}, {field: account, from_field: account}, {field: short_description, text: Load}, \
            {field: source_table, text: s}, {field: target_table, text: location}, {field: data_source, text: d}]}}
            """
        let definition = try await stage.version([("one", [Stage.activity("a", Stage.beside)])])
        let (record, run) = try await stage.begin(definition)
        try await stage.version([("one", [Stage.activity("a", Stage.beside), "      - \(imports)"])])
        let before = try await stage.rows(record)
        let migration = try await stage.preview(definition)
        try await stage.apply(migration)
        let made = try await stage.stage.eventually("the import task") {
            try await stage.stage.activity(of: run, "load").created.first { !$0.id.isEmpty }
        }
        #expect(try await stage.undo(migration).undone == 1)
        _ = try await stage.stage.eventually("its end") { stage.stage.imports.task(made.id, "canceled") }
        #expect(try await stage.rows(record).run == before.run)
        // Once somebody has begun with it, it stays.
        let again = try await stage.preview(definition)
        try await stage.apply(again)
        let second = try await stage.stage.eventually("another import task") {
            try await stage.stage.activity(of: run, "load").created.last { !$0.id.isEmpty && $0.id != made.id }
        }
        let task = try #require(stage.stage.imports.task(second.id))
        try await stage.world.server.hear(task, "created", revision: 1, from: "import-validation")
        // A comment is work as well, though the task is as it was.
        try await stage.world.server.hear(task, "commented", revision: 1, from: "import-validation")
        #expect(try await stage.undo(again).applied == 1)
        #expect(try await stage.only(again).refusal.contains(second.number))
    }

    /// The playbook is the provider's; the cases are those of the designer's own domain.
    @Test func casesOfOtherDomainsStayWhereTheyAre() async throws {
        let stage = try await Stage()
        let definition = try await stage.version(Self.first)
        let (record, run) = try await stage.begin(definition)
        let neighbour = try await World(stage.world.server).openCase()
        let other = try await stage.stage.start(definition, over: neighbour)
        try await stage.version(Self.second)
        let own = Caller(
            subject: uuid(), kind: .person, domain: try #require(DomainPath(record.domain)),
            roles: RoleCatalog.close(["process_automation_designer"]))
        let named = try await stage.world.call(
            OnboardingAPI.previewPlaybookMigration, stage.asking(definition, [neighbour]), as: own)
        #expect(named.cases == 0)
        let migration = try await stage.world.call(
            OnboardingAPI.previewPlaybookMigration, stage.asking(definition), as: own)
        #expect(migration.cases == 1 && migration.domain == record.domain)
        let above = try await stage.preview(definition)
        #expect(above.cases == 2)
        for method in [OnboardingAPI.applyPlaybookMigration, OnboardingAPI.undoPlaybookMigration] {
            #expect(await stage.world.problem(method, Stage.moving(above, []), as: own)?.code == .notFound)
        }
        _ = try await stage.world.call(OnboardingAPI.applyPlaybookMigration, Stage.moving(migration, []), as: own)
        #expect(try await stage.settled(migration).applied == 1)
        #expect(try await stage.stage.now(run).version == 2)
        #expect(try await stage.stage.now(other).version == 1)
        #expect(try await stage.amiss(record).isEmpty)
    }

    @Test func designersAloneMigrate() async throws {
        let stage = try await Stage()
        let definition = try await stage.version(Self.first)
        let (record, _) = try await stage.begin(definition)
        try await stage.version(Self.second)
        let customer = try stage.world.customer("sn_customerservice.customer_admin")
        for caller in [stage.stage.agent, customer] {
            #expect(
                await stage.world.problem(
                    OnboardingAPI.previewPlaybookMigration, stage.asking(definition), as: caller)?.code
                    == .permissionDenied)
        }
        let migration = try await stage.preview(definition)
        for method in [OnboardingAPI.applyPlaybookMigration, OnboardingAPI.undoPlaybookMigration] {
            #expect(
                await stage.world.problem(method, Stage.moving(migration, []), as: stage.stage.agent)?.code
                    == .permissionDenied)
        }
        var missing = stage.asking(definition, [record])
        missing.version = 9
        #expect(
            await stage.world.problem(OnboardingAPI.previewPlaybookMigration, missing, as: stage.designer)?.code
                == .notFound)
        // Another preview takes the place of one of which nothing was made; administrators may as well.
        let next = try await stage.preview(definition)
        #expect(
            await stage.world.problem(
                OnboardingAPI.applyPlaybookMigration, Stage.moving(migration, []), as: stage.designer)?.code
                == .notFound)
        #expect(
            await stage.world.problem(
                OnboardingAPI.applyPlaybookMigration, Stage.moving(next, []), as: stage.world.administrator) == nil)
        #expect(try await stage.settled(next).applied == 1)
        var list = ListPlaybookMigrationsRequest()
        list.definition = definition
        let all = try await stage.world.call(OnboardingAPI.listPlaybookMigrations, list, as: stage.designer).migrations
        #expect(all.map(\.id) == [next.id])
    }
}
