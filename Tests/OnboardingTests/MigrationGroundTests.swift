import OnboardingWire
import PlaybooksWire
import RPC
import Records
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import OnboardingService
@testable import Playbooks

/// The ground of a migration: what changes between a preview and its apply, and between that and its undo.
@Suite(.timeLimit(.minutes(15))) struct MigrationGroundTests {
    private typealias Stage = MigrationStage

    private static func due(_ days: Int) -> String {
        "\(Stage.beside), due: {days: \(days), from: before_field, field: go_live_date, working_days: true}"
    }

    private static func first() -> [(key: String, activities: [String])] {
        [
            (
                "one",
                [
                    Stage.activity("a", "\(Stage.beside), inputs: [{key: i, type: string, label: {en: I, ko: 값}}]"),
                    Stage.activity("t", isTask: true, due(1)), Stage.activity("b", isTask: true, Stage.beside),
                ]
            )
        ]
    }

    private static let second: [(key: String, activities: [String])] = [
        (
            "one",
            [
                Stage.activity("a", "\(Stage.beside), inputs: [{key: i, type: date, label: {en: I, ko: 값}}]"),
                Stage.activity("t", isTask: true, due(3)), Stage.activity("b", isTask: true, Stage.beside),
                Stage.activity("d", isTask: true, Stage.beside),
                Stage.activity("c", #"start: {when: with_lane, condition: 'short_description = "Begin"'}"#),
            ]
        )
    ]

    private static func comment(_ id: String) -> AddEntryRequest {
        var entry = AddEntryRequest()
        (entry.id, entry.text) = (id, "When do we begin?")
        return entry
    }

    // MARK: Between preview and apply

    /// Whatever it is that has changed, the case stays as it is.
    @Test func whateverHasMovedIsRefused() async throws {
        let stage = try await Stage()
        let agent = stage.stage.agent
        let definition = try await stage.version(Self.first())
        let (reopened, reopenedRun) = try await stage.begin(definition)
        let closed = try await stage.stage.task(of: stage.stage.activity(of: reopenedRun, "b"))
        try await stage.stage.move(closed.id, "closed")
        // Runs begin with the first version: the second is made of cases that are there already.
        var begun: [(OnboardingCase, PlaybookRun)] = []
        for _ in 0..<7 { begun.append(try await stage.begin(definition)) }
        try await stage.version(Self.second)
        func moved(
            _ one: (record: OnboardingCase, run: PlaybookRun), by ground: () async throws -> Void
        ) async throws {
            let migration = try await stage.preview(definition, [one.record])
            try #require(migration.previewed == 1)
            try await ground()
            let before = try await stage.rows(one.record)
            let result = try await stage.apply(migration)
            #expect(result.refused == 1 && result.applied == 0)
            #expect(try await stage.only(migration).refusal.contains("look again"))
            #expect(try await stage.rows(one.record) == before)
        }
        try await moved((reopened, reopenedRun)) { try await stage.stage.move(closed.id, "open") }
        try await moved(begun[0]) {
            _ = try await stage.world.update(begun[0].0.id, as: agent) { $0.goLiveDate = "2026-03-27" }
        }
        try await moved(begun[1]) {
            try await DateStage(stage.stage, over: begun[1].0).holiday("2026-03-18")
        }
        // A draft that the form of the version does not take.
        try await moved(begun[2]) {
            _ = try await stage.world.call(
                OnboardingAPI.savePlaybookActivity,
                PlaybookStage.entering(try await stage.stage.activity(of: begun[2].1, "a"), ["i": "words"]), as: agent)
        }
        try await moved(begun[3]) {
            _ = try await stage.world.update(begun[3].0.id, as: agent) { $0.shortDescription = "Begin" }
        }
        try await moved(begun[4]) {
            var cancel = CloseRequest()
            cancel.id = begun[4].0.id
            _ = try await stage.world.call(OnboardingAPI.cancelOnboardingCase, cancel, as: agent)
        }
        try await moved(begun[5]) {
            var cancel = CancelPlaybookRunRequest()
            cancel.id = begun[5].1.id
            _ = try await stage.world.call(OnboardingAPI.cancelPlaybookRun, cancel, as: agent)
        }
        try await moved(begun[6]) {
            let admin = stage.world.administrator
            let other = try await stage.world.call(
                OnboardingAPI.previewPlaybookMigration, stage.asking(definition, [begun[6].0]), as: admin)
            _ = try await stage.world.call(OnboardingAPI.applyPlaybookMigration, Stage.moving(other, []), as: admin)
            #expect(try await stage.settled(other).applied == 1)
        }
    }

    /// What starts is told with its day, its assignee and what it makes; another assignee of the case is other ground.
    @Test func whatStartsIsToldWhole() async throws {
        let stage = try await Stage()
        let lane = { (more: [String]) in [(key: "one", activities: [Stage.activity("a", Stage.beside)] + more)] }
        let definition = try await stage.version(lane([]))
        let (record, _) = try await stage.begin(definition)
        try await stage.version(
            lane([Stage.activity("d", isTask: true, "\(Stage.beside), due: {days: 5}")]))
        let migration = try await stage.preview(definition)
        let step = try #require(try await stage.only(migration).steps.last)
        // Today is 2026-03-10.
        #expect(step.dueAfter == "2026-03-15" && step.dueBefore.isEmpty && step.makes == "lifecycle_task")
        #expect(step.assignedTo == stage.stage.agent.subject && !step.recordKeepsDate)
        let other = try await stage.world.addUser().id
        _ = try await stage.world.update(record.id, as: stage.stage.agent) { $0.assignedTo = other }
        #expect(try await stage.apply(migration).refused == 1)
        let again = try await stage.preview(definition)
        #expect(try await stage.only(again).steps.last?.assignedTo == other)
        #expect(try await stage.apply(again).applied == 1)
        let made = try #require(try await stage.tasks(record).first)
        #expect(made.dueDate == "2026-03-15" && made.assignedTo == other)
    }

    /// A record to which somebody has given another date keeps that, and it is said; so does what a form loses.
    @Test func whatKeepsItsDateAndWhatIsLostIsSaid() async throws {
        let stage = try await Stage()
        let definition = try await stage.version(Self.first())
        let (record, run) = try await stage.begin(definition)
        let task = try await stage.stage.task(of: stage.stage.activity(of: run, "t"))
        try await DateStage(stage.stage, over: record).set(task, due: "2026-03-12")
        _ = try await stage.world.call(
            OnboardingAPI.savePlaybookActivity,
            PlaybookStage.entering(try await stage.stage.activity(of: run, "a"), ["i": "words"]), as: stage.stage.agent)
        try await stage.version(Self.second)
        let migration = try await stage.preview(definition)
        let steps = try await stage.only(migration).steps
        #expect(steps.filter(\.recordKeepsDate).map(\.activity) == ["t"])
        #expect(
            steps.filter { $0.entered > 0 }.map { "\($0.activity) \($0.outcome) \($0.entered)" } == ["a restarts 1"])
        try await stage.apply(migration)
        #expect(try await stage.stage.task(of: stage.stage.activity(of: run, "t")).dueDate == "2026-03-12")
    }

    /// Nothing is brought to a playbook that is not used any more.
    @Test func aRetiredPlaybookTakesNoCases() async throws {
        let stage = try await Stage()
        let definition = try await stage.version(Self.first())
        let (record, run) = try await stage.begin(definition)
        try await stage.version(Self.second)
        let migration = try await stage.preview(definition, [record])
        var retirement = ActionRequest()
        retirement.id = definition
        _ = try await stage.world.call(OnboardingAPI.retirePlaybookDefinition, retirement, as: stage.designer)
        #expect(try await stage.apply(migration).refused == 1)
        #expect(try await stage.only(migration).refusal.contains("retired"))
        #expect(try await stage.stage.now(run).version == 1)
        let refused = await stage.world.problem(
            OnboardingAPI.previewPlaybookMigration, stage.asking(definition), as: stage.designer)
        #expect(refused?.reason == "PLAYBOOK_RETIRED")
    }

    /// A task that could not be made is not what was told.
    @Test func whatComesToSomethingElseIsRefused() async throws {
        let stage = try await Stage()
        let definition = try await stage.version([("one", [Stage.activity("a", Stage.beside)])])
        let (record, run) = try await stage.begin(definition)
        let failing = Stage.activity("f", isTask: true, Stage.beside).replacing(
            "from_field: id", with: "text: \(uuid())")
        try await stage.version([("one", [Stage.activity("a", Stage.beside), failing])])
        let before = try await stage.rows(record)
        let migration = try await stage.preview(definition)
        #expect(try await stage.apply(migration).refused == 1)
        #expect(try await stage.only(migration).refusal.contains("something else than was shown"))
        #expect(try await stage.only(migration, in: "ko").refusal.hasPrefix("‘f’ 활동의 결과가 미리 본 내용과 다릅니다."))
        #expect(try await stage.rows(record) == before)
        #expect(try await stage.stage.now(run).version == 1)
    }

    /// While another service is at work for a run that waits.
    @Test func whatIsStillBeingMadeKeepsTheRun() async throws {
        let stage = try await Stage()
        let imports = """
            {key: load, kind: create_task, label: {en: Load, ko: 적재}, \(Stage.beside), creates: {table: import_task, fields: \
            [{field: parent, from_field: id}, {field: account, from_field: account}, {field: short_description, text: Load}, \
            {field: source_table, text: s}, {field: target_table, text: location}, {field: data_source, text: d}]}}
            """
        let definition = try await stage.version([("one", [Stage.activity("a", Stage.beside), "      - \(imports)"])])
        let record = try await stage.world.openCase()
        stage.stage.imports.keepWaiting(record.id, true)
        _ = try await stage.stage.start(definition, over: record)
        try await stage.version([("one", [Stage.activity("a", Stage.beside)])])
        let one = try await stage.only(stage.preview(definition))
        #expect(one.state == "refused" && one.refusal.contains("still making"))
        let korean = try await stage.now(one, in: "ko").refusal
        #expect(korean == "다른 서비스에서 이 플레이북의 작업을 처리하고 있습니다. 잠시 후 다시 시도해 주세요.")
        stage.stage.imports.keepWaiting(record.id, false)
        _ = try await stage.stage.eventually("the import task") {
            try await stage.only(stage.preview(definition)).state == "previewed" ? true : nil
        }
    }

    // MARK: Between apply and undo

    /// What is counted anew since is counted by the version that comes back, and follows go-live from there.
    @Test func anUndoBehindAMoveOfGoLiveKeepsTheNewOne() async throws {
        let stage = try await Stage()
        let same = Stage.activity("s", isTask: true, Self.due(2))
        let definition = try await stage.version([("one", [Stage.activity("t", isTask: true, Self.due(1)), same])])
        let (record, run) = try await stage.begin(definition)
        try await stage.version([("one", [Stage.activity("t", isTask: true, Self.due(3)), same])])
        func due() async throws -> [String] {
            var dates: [String] = []
            for key in ["t", "s"] {
                let activity = try await stage.stage.activity(of: run, key)
                dates += [activity.dueDate, try await stage.stage.task(of: activity).dueDate ?? ""]
            }
            return dates
        }
        func goLive(_ day: String) async throws {
            _ = try await stage.world.update(record.id, as: stage.stage.agent) { $0.goLiveDate = day }
        }
        // Go-live on a Friday.
        #expect(try await due() == ["2026-03-19", "2026-03-19", "2026-03-18", "2026-03-18"])
        let migration = try await stage.preview(definition)
        try await stage.apply(migration)
        #expect(try await due() == ["2026-03-17", "2026-03-17", "2026-03-18", "2026-03-18"])
        try await goLive("2026-03-27")
        #expect(try await due() == ["2026-03-24", "2026-03-24", "2026-03-25", "2026-03-25"])
        #expect(try await stage.undo(migration).undone == 1)
        #expect(try await due() == ["2026-03-26", "2026-03-26", "2026-03-25", "2026-03-25"])
        try await goLive("2026-04-03")
        #expect(try await due() == ["2026-04-02", "2026-04-02", "2026-04-01", "2026-04-01"])
    }

    /// Comments, notes and files change no record, and are work all the same.
    @Test func whatWasSaidSinceKeepsWhatWasMade() async throws {
        for method in [OnboardingAPI.addLifecycleTaskComment, OnboardingAPI.addLifecycleTaskWorkNote] {
            let stage = try await Stage()
            let definition = try await stage.version(Self.first())
            let (record, run) = try await stage.begin(definition)
            try await stage.version(Self.second)
            let migration = try await stage.preview(definition)
            try await stage.apply(migration)
            let made = try await stage.stage.task(of: stage.stage.activity(of: run, "d"))
            _ = try await stage.world.call(method, Self.comment(made.id), as: stage.stage.agent)
            let before = try await stage.rows(record)
            #expect(try await stage.undo(migration).applied == 1)
            #expect(try await stage.only(migration).refusal.contains(made.number ?? "?"))
            #expect(try await stage.rows(record) == before)
        }
    }

    /// The last migration of a run goes back first.
    @Test func migrationsGoBackInTheirOrder() async throws {
        let stage = try await Stage()
        let definition = try await stage.version(Self.first())
        let (record, run) = try await stage.begin(definition)
        try await stage.version(Self.second)
        let before = try await stage.rows(record)
        func applied(to version: Int32) async throws -> PlaybookMigration {
            var request = stage.asking(definition, [record])
            request.version = version
            let migration = try await stage.world.call(
                OnboardingAPI.previewPlaybookMigration, request, as: stage.designer)
            let done = try await stage.apply(migration)
            #expect(done.applied == 1)
            return done
        }
        let all = [try await applied(to: 2), try await applied(to: 1), try await applied(to: 2)]
        #expect(try await stage.undo(all[0]).applied == 1)
        #expect(try await stage.only(all[0]).refusal.contains("a later migration"))
        for migration in all.reversed() { #expect(try await stage.undo(migration).undone == 1) }
        #expect(try await stage.stage.now(run).version == 1)
        #expect(try await stage.rows(record).run == before.run)
    }
}
