import ImportValidationWire
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

/// What a date would bring about besides dates, and what a move of an import task's date does.
@Suite struct DateFollowTests {
    private static let making =
        "creates: {table: lifecycle_task, fields: [{field: parent, from_field: id}, {field: short_description, text: T}]"

    /// A task that a late go-live closes, and behind it an activity that waits; one that comes into the run with a late go-live,
    /// and one that leaves it.
    private static let following = """
        table: onboarding_case
        label: {en: Following, ko: 후속}
        lanes:
          - key: one
            label: {en: One, ko: 하나}
            activities:
              - key: closes
                kind: create_task
                label: {en: Closes, ko: 종결}
                \(making), closed_condition: 'parent.go_live_date > "2026-09-01"'}
          - key: two
            label: {en: Two, ko: 둘}
            activities: [{key: behind, kind: related_work, label: {en: Behind, ko: 다음}}]
          - key: three
            label: {en: Three, ko: 셋}
            activities:
              - {key: comes, kind: related_work, label: {en: Comes, ko: 포함}, start: {condition: 'go_live_date > "2026-09-01"'}}
              - {key: goes, kind: related_work, label: {en: Goes, ko: 제외}, start: {condition: 'go_live_date < "2026-09-01"'}}
        """

    @Test func whatWouldBeginAndEndIsToldAndNothingIsDone() async throws {
        let stage = try await DateStage()
        let run = try await stage.stage.run(Self.following, over: stage.record)
        let task = try await stage.stage.task(of: stage.stage.activity(of: run, "closes"))
        let dates = try await stage.dates()
        let move = try await stage.preview(goLive: "2026-10-30")
        func follows(_ key: String) async throws -> String {
            let activity = try await stage.stage.activity(of: run, key)
            return move.items.first { $0.id == activity.id }?.follows ?? "untold"
        }
        #expect(move.playbookMoves && move.state == "previewed")
        for (key, what) in [("closes", "ends"), ("behind", "begins"), ("comes", "joins"), ("goes", "leaves")] {
            #expect(try await follows(key) == what, "\(key)")
        }
        #expect(await stage.refusal(OnboardingAPI.applyDateMove, move) == "PLAYBOOK_MOVES")
        #expect(try await stage.dates() == dates)
        #expect(try await stage.goLive() == "2026-06-30")
        // Whoever may not read go-live dates does not read what hangs on them either (G-24).
        let designer = try World.person(uuid(), "process_automation_designer")
        let seen = try await stage.world.call(OnboardingAPI.getDateMove, DateMoveTests.getting(move), as: designer)
        #expect(!seen.playbookMoves && seen.items.allSatisfy(\.follows.isEmpty))
        // What ends stands where its task is due.
        try await stage.set(task, due: "2026-06-26")
        let dated = try await stage.preview(goLive: "2026-10-30")
        #expect(try dated.item(task.id).follows == "ends" && dated.items.count { $0.follows == "ends" } == 1)
        #expect(try await !stage.preview(goLive: "2026-07-07").playbookMoves)
        // Told of it, people change the date itself: what was told is what comes.
        _ = try await stage.world.update(stage.record.id, as: stage.stage.agent) { $0.goLiveDate = "2026-10-30" }
        #expect(try await stage.stage.activity(of: run, "closes").state == "done")
        #expect(try await stage.stage.activity(of: run, "behind").state == "in_progress")
        #expect(try await stage.stage.activity(of: run, "goes").applies == false)
    }

    private static func asking(_ id: String, due date: String) -> PreviewDueDateRequest {
        var request = PreviewDueDateRequest()
        (request.id, request.dueDate) = (id, date)
        return request
    }

    /// It moves by the same request, in its service, and back.
    @Test func theDateOfAnImportTaskMovesAndGoesBack() async throws {
        let stage = try await DateStage()
        let apart = try await stage.task(due: "2026-06-26")
        let task = try await stage.imported(due: "2026-06-22")
        let move = try await stage.world.call(
            OnboardingAPI.previewDueDate, Self.asking(task.id, due: "2026-07-02"), as: stage.stage.agent)
        #expect(move.importTask == task.id && move.lifecycleTask.isEmpty && move.moving == 1)
        let item = try move.item(task.id)
        #expect(item.table == "import_task" && item.reason == "asked" && item.afterGoLive && item.critical)
        #expect(try move.item(apart.id).reason.isEmpty)
        #expect(stage.stage.imports.task(task.id)?.dueDate == "2026-06-22")
        let applied = try await stage.apply(move)
        #expect(applied.state == "applied" && stage.stage.imports.task(task.id)?.dueDate == "2026-07-02")
        #expect(try await stage.task(apart.id).dueDate == "2026-06-26")
        #expect(try await stage.undo(move).state == "undone")
        #expect(stage.stage.imports.task(task.id)?.dueDate == "2026-06-22")
    }

    /// One that its playbook has made pushes what waits for it.
    @Test func whatWaitsForAnImportTaskIsPushed() async throws {
        let stage = try await DateStage()
        let first = """
            creates: {table: import_task, fields: [{field: parent, from_field: id}, {field: account, from_field: account}, \
            {field: short_description, text: Load}, {field: source_table, text: s}, {field: target_table, text: location}, \
            {field: data_source, text: d}]}
            """
        let task =
            "creates: {table: lifecycle_task, fields: [{field: parent, from_field: id}, {field: short_description, text: T}]}"
        let run = try await stage.stage.run(
            DateMoveTests.chain.replacing(task, with: first, maxReplacements: 1), over: stage.record)
        // Its activity hears of it a moment later than it is there.
        let made = try await stage.stage.eventually("the import task") {
            try await stage.stage.activity(of: run, "a").created.first { !$0.id.isEmpty }
        }
        var known = try #require(stage.stage.imports.task(made.id))
        (known.active, known.domain) = (true, stage.record.domain)
        stage.stage.imports.put(known)
        try await stage.world.server.hear(known, "created", revision: 1, from: "import-validation")
        let second = try await stage.stage.activity(of: run, "b")
        let move = try await stage.world.call(
            OnboardingAPI.previewDueDate, Self.asking(known.id, due: "2026-03-25"), as: stage.stage.agent)
        #expect(try move.item(known.id).before == "2026-03-15" && move.item(known.id).after == "2026-03-25")
        #expect(try move.item(second.id).after == "2026-03-30" && move.item(second.id).reason == "pushed")
    }

    /// What has ended, what is not there and what is not the caller's moves nothing.
    @Test func theDateOfAnImportTaskIsForWhoMayMoveIt() async throws {
        let stage = try await DateStage()
        let task = try await stage.imported(due: "2026-06-22")
        let request = Self.asking(task.id, due: "2026-07-02")
        func problem(_ request: PreviewDueDateRequest, as caller: Caller) async -> Problem? {
            await stage.world.problem(OnboardingAPI.previewDueDate, request, as: caller)
        }
        // Who works on tasks alone knows none of imports.
        let worker = try World.person(uuid(), "sn_ti_core.write")
        #expect(await problem(request, as: worker)?.code == .notFound)
        let other = try await World(stage.world.server)
        let neighbour = Caller(
            subject: uuid(), kind: .person, domain: try #require(DomainPath(other.account.domain)),
            roles: RoleCatalog.close(["sn_acct_lc.agent"]))
        #expect(await problem(request, as: neighbour)?.code == .notFound)
        #expect(await problem(Self.asking(uuid(), due: "2026-07-02"), as: stage.stage.agent)?.code == .notFound)
        #expect(
            await problem(Self.asking(task.id, due: "soon"), as: stage.stage.agent)?.violations.map(\.field) == [
                "due_date"
            ])
        var ended = task
        (ended.active, ended.state) = (false, "closed")
        try await stage.world.server.hear(ended, "closed", revision: 2, from: "import-validation")
        #expect(await problem(request, as: stage.stage.agent)?.reason == "G-128")
    }

    /// A preview whose import task has ended since is no ground any more.
    @Test func anImportTaskThatEndsKeepsItsDate() async throws {
        let stage = try await DateStage()
        let task = try await stage.imported(due: "2026-06-22")
        let move = try await stage.world.call(
            OnboardingAPI.previewDueDate, Self.asking(task.id, due: "2026-07-02"), as: stage.stage.agent)
        var ended = task
        (ended.active, ended.state) = (false, "closed")
        try await stage.world.server.hear(ended, "closed", revision: 2, from: "import-validation")
        #expect(await stage.refusal(OnboardingAPI.applyDateMove, move) == "GROUND_MOVED")
        #expect(stage.stage.imports.task(task.id)?.dueDate == "2026-06-22")
    }
}
