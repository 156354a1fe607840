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

/// What happens between a preview and its apply, or an apply and its undo: another move, a migration, a day, another service.
@Suite(.timeLimit(.minutes(15))) struct MovesBetweenTests {
    private typealias Versions = MigrationStage

    private static func due(_ days: Int) -> String { "due: {days: \(days), from: before_field, field: go_live_date}" }

    /// Of two moves that are being applied at once one is done, and of the other nothing is left.
    @Test func ofTwoMovesAtOnceOneIsDone() async throws {
        let stage = try await DateStage()
        let own = try await stage.task(due: "2026-06-26")
        let imported = try await stage.imported(due: "2026-06-22")
        let moves = [
            try await stage.preview(goLive: "2026-07-07"),
            try await stage.world.call(
                OnboardingAPI.previewGoLive, stage.asking(goLive: "2026-07-14"), as: stage.world.administrator),
        ]
        stage.stage.imports.keepWaiting(changing: imported.id, true)
        var begun: [DateMove] = []
        for (move, caller) in zip(moves, [stage.stage.agent, stage.world.administrator]) {
            begun.append(
                try await stage.world.call(
                    OnboardingAPI.applyDateMove, DateStage.about(move, etag: move.etag), as: caller))
        }
        #expect(begun.map(\.state) == ["applying", "applying"])
        stage.stage.imports.keepWaiting(changing: imported.id, false)
        let ends = [try await stage.settled(begun[0]), try await stage.settled(begun[1])]
        #expect(ends.map(\.state).sorted() == ["applied", "refused"], "\(ends.map(\.refusal))")
        let done = try #require(ends.first { $0.state == "applied" })
        #expect(try await stage.goLive() == done.goLiveAfter)
        #expect(stage.stage.imports.task(imported.id)?.dueDate == (try done.item(imported.id).after))
        #expect(try await stage.task(own.id).dueDate == (try done.item(own.id).after))
        #expect(try await stage.undo(done).state == "undone")
        #expect(stage.stage.imports.task(imported.id)?.dueDate == "2026-06-22")
        #expect(try await stage.task(own.id).dueDate == "2026-06-26")
    }

    /// The new version counts otherwise: what was told before is no ground, and what was moved before is another date.
    @Test func aMigrationBetweenIsGroundThatMoved() async throws {
        let versions = try await Versions()
        let definition = try await versions.version([
            ("one", [Versions.activity("t", isTask: true, Self.due(1)), Versions.activity("f", Versions.beside)])
        ])
        let (record, run) = try await versions.begin(definition)
        let stage = DateStage(versions.stage, over: record)
        try await versions.version([
            ("one", [Versions.activity("t", isTask: true, Self.due(3)), Versions.activity("f", Versions.beside)])
        ])
        let told = try await stage.preview(goLive: "2026-03-27")
        let migration = try await versions.preview(definition)
        try await versions.apply(migration)
        #expect(await stage.refusal(OnboardingAPI.applyDateMove, told) == "GROUND_MOVED")
        let move = try await stage.apply(try await stage.preview(goLive: "2026-03-27"))
        let task = try await versions.stage.task(of: versions.stage.activity(of: run, "t"))
        #expect(move.state == "applied" && task.dueDate == "2026-03-24")
        #expect(try await versions.undo(migration).undone == 1)
        #expect(try await stage.task(task.id).dueDate == "2026-03-26")
        #expect(await stage.refusal(OnboardingAPI.undoDateMove, move) == "CHANGED_SINCE")
        #expect(try await stage.goLive() == "2026-03-27")
    }

    /// What lies before today is another thing tomorrow; and so is what starts then.
    @Test func aDayThatHasPassedIsGroundThatMoved() async throws {
        let versions = try await Versions(isAlone: true)
        let clock = try #require(versions.world.server.database.clock as? TestClock)
        let first = Versions.activity("a", Versions.beside)
        let definition = try await versions.version([("one", [first])])
        let (record, run) = try await versions.begin(definition)
        let stage = DateStage(versions.stage, over: record)
        let task = try await stage.task(due: Server.today)
        try await versions.version([
            ("one", [first, Versions.activity("d", isTask: true, Versions.beside + ", due: {days: 5}")])
        ])
        let (move, migration) = (try await stage.preview(goLive: "2026-03-20"), try await versions.preview(definition))
        #expect(try !move.item(task.id).beforeToday)
        #expect(try await versions.only(migration).steps.last?.dueAfter == "2026-03-15")
        clock.set("2026-03-11")
        #expect(await stage.refusal(OnboardingAPI.applyDateMove, move) == "GROUND_MOVED")
        #expect(try await versions.apply(migration).refused == 1)
        #expect(try await versions.only(migration).refusal.contains("look again"))
        #expect(try await versions.stage.now(run).version == 1)
    }

    /// So many tasks are not worked out together, and say so at once, also where they have come since.
    @Test func tooManyTasksAreRefused() async throws {
        let stage = try await DateStage(PlaybookStage(isAlone: true))
        let task = try await stage.task(due: "2026-06-26")
        let move = try await stage.preview(goLive: "2026-07-07")
        let columns = try await stage.world.server.admin.run(
            """
            SELECT string_agg(quote_ident(column_name), ', ') FROM information_schema.columns WHERE is_generated = 'NEVER' \
            AND table_schema = 'onboarding' AND table_name = 'lifecycle_task' AND column_name NOT IN ('id', 'number')
            """)
        let copied = try #require(columns.first).string(at: 0)
        _ = try await stage.world.server.admin.run(
            """
            INSERT INTO onboarding.lifecycle_task (id, number, \(raw: copied)) SELECT gen_random_uuid(), 'ALETSK9' || n, \
            \(raw: copied) FROM onboarding.lifecycle_task, generate_series(1, 2000) n WHERE id = \(task.id)
            """)
        #expect(
            await stage.world.problem(
                OnboardingAPI.previewGoLive, stage.asking(goLive: "2026-07-07"), as: stage.stage.agent)?.reason
                == "TOO_MANY_TASKS")
        #expect(await stage.refusal(OnboardingAPI.applyDateMove, move) == "TOO_MANY_TASKS")
        #expect(try await stage.goLive() == "2026-06-30")
    }

    // MARK: Another service at work

    private static let load = """
              - {key: load, kind: create_task, label: {en: Load, ko: 적재}, creates: {table: import_task, fields: \
        [{field: parent, from_field: id}, {field: account, from_field: account}, {field: short_description, text: Load}, \
        {field: source_table, text: s}, {field: target_table, text: location}, {field: data_source, text: d}]}}
        """

    /// What an activity has made before is taken over while it is open; one that has ended meanwhile is made anew.
    @Test(arguments: [false, true]) func whatHasEndedElsewhereIsMadeAnew(hasEnded: Bool) async throws {
        let stage = try await Versions()
        let imports = stage.stage.imports
        let form = Versions.activity("load", Versions.beside)
        let load = Self.load.replacing("label: {en: Load", with: "\(Versions.beside), label: {en: Load")
        let definition = try await stage.version([("one", [Versions.activity("a", Versions.beside), load])])
        let (record, run) = try await stage.begin(definition)
        let made = try await stage.stage.eventually("the import task") {
            try await stage.stage.activity(of: run, "load").created.first { !$0.id.isEmpty }
        }
        try await stage.version([("one", [Versions.activity("a", Versions.beside), form])])
        #expect(try await stage.apply(stage.preview(definition)).applied == 1)
        if hasEnded {
            let task = try #require(imports.task(made.id))
            try await DateStage(stage.stage, over: record).end(task)
        }
        try await stage.version([("one", [Versions.activity("a", Versions.beside), load])])
        let migration = try await stage.preview(definition)
        #expect(try await stage.only(migration).steps.last?.makes == (hasEnded ? "import_task" : ""))
        #expect(try await stage.apply(migration).applied == 1)
        let next = try await stage.stage.eventually("its import task") {
            try await stage.stage.activity(of: run, "load").created.last {
                hasEnded ? $0.id != made.id : !$0.id.isEmpty
            }
        }
        #expect((next.id == made.id) == !hasEnded)
        #expect(imports.tasks(of: record.id).filter { $0.state == "open" }.map(\.id) == [next.id])
    }

    /// What comes back belongs to the version that asked for it: there and back.
    @Test func whileAnotherServiceIsAtWorkNoRunMoves() async throws {
        let stage = try await Versions()
        let imports = stage.stage.imports
        let definition = try await stage.version([("one", [Versions.activity("a"), Self.load])])
        let (record, run) = try await stage.begin(definition)
        try await stage.version([("one", [Versions.activity("a"), Self.load, Versions.activity("z")])])
        let migration = try await stage.preview(definition)
        #expect(migration.previewed == 1)
        imports.keepWaiting(record.id, true)
        _ = try await stage.world.call(
            OnboardingAPI.completePlaybookActivity,
            PlaybookStage.entering(try await stage.stage.activity(of: run, "a"), [:]), as: stage.stage.agent)
        #expect(try await stage.apply(migration).refused == 1)
        #expect(try await stage.only(migration).refusal.contains("still making"))
        #expect(try await stage.stage.now(run).version == 1)
        // What the migration itself has asked for keeps it from going back.
        let other = try await stage.world.openCase()
        let begun = try await stage.stage.start(definition, over: other)
        try await stage.version([
            (
                "one",
                [
                    Versions.activity("a"),
                    Self.load.replacing("label: {en: Load", with: "\(Versions.beside), label: {en: Load"),
                ]
            )
        ])
        imports.keepWaiting(other.id, true)
        let next = try await stage.preview(definition, [other])
        #expect(try await stage.apply(next).applied == 1)
        #expect(try await stage.undo(next).applied == 1)
        #expect(try await stage.only(next).refusal.contains("still making"))
        imports.keepWaiting(other.id, false)
        _ = try await stage.stage.eventually("the way back") {
            try await stage.undo(next).undone == 1 ? true : nil
        }
        #expect(try await stage.stage.now(begun).version == 2)
        _ = try await stage.stage.eventually("the end of the import task") {
            imports.tasks(of: other.id).map(\.state) == ["canceled"] ? true : nil
        }
        imports.keepWaiting(record.id, false)
    }
}
