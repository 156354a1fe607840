import ImportValidationWire
import OnboardingWire
import PlaybooksWire
import RPC
import Records
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import OnboardingService

/// The ground of a move of dates: holidays, what has yet to begin, and whatever changes between a preview and its end. Today is
/// 2026-03-10.
@Suite(.timeLimit(.minutes(15))) struct DateGroundTests {
    // MARK: Holidays

    /// 2026-06-30 is a Tuesday.
    @Test func aHolidayMovesNothingByItself() async throws {
        let stage = try await DateStage()
        let run = try await stage.stage.run(DateMoveTests.counted, over: stage.record)
        let task = try await stage.stage.task(of: stage.stage.activity(of: run, "counted")).id
        func due() async throws -> [String] {
            [
                try await stage.task(task).dueDate ?? "",
                try await stage.stage.activity(of: run, "counted").dueDate,
            ]
        }
        #expect(try await due() == ["2026-06-26", "2026-06-26"])
        try await stage.holiday("2026-06-29")
        _ = try await stage.world.update(stage.record.id, as: stage.stage.agent) { $0.shortDescription = "Other words" }
        #expect(try await due() == ["2026-06-26", "2026-06-26"])
        // What it would change is asked for with the date that go-live has.
        let move = try await stage.preview(goLive: "2026-06-30")
        #expect(move.moving == 1 && move.goLiveBefore == move.goLiveAfter)
        #expect(try move.item(task).after == "2026-06-25" && move.item(task).reason == "counted")
        try await stage.apply(move)
        #expect(try await due() == ["2026-06-25", "2026-06-25"])
        try await stage.undo(move)
        #expect(try await due() == ["2026-06-26", "2026-06-26"])
        // It is the playbook's all along, and follows it.
        let next = try await stage.preview(goLive: "2026-07-07")
        #expect(try next.item(task).reason == "counted")
        try await stage.apply(next)
        #expect(try await due() == ["2026-07-03", "2026-07-03"])
    }

    @Test func anUndoGivesBackTheDatesWhateverHolidaysCame() async throws {
        let stage = try await DateStage()
        let working = DateMoveTests.counted.replacing(
            "field: go_live_date}", with: "field: go_live_date, working_days: true}")
        let run = try await stage.stage.run(working, over: stage.record)
        let task = try await stage.stage.task(of: stage.stage.activity(of: run, "counted")).id
        let move = try await stage.apply(try await stage.preview(goLive: "2026-07-07"))
        try await stage.holiday("2026-06-29")
        try await stage.undo(move)
        #expect(try await stage.task(task).dueDate == "2026-06-26")
        #expect(try await stage.stage.activity(of: run, "counted").dueDate == "2026-06-26")
        #expect(try await stage.stage.activity(of: run, "form").dueDate == "2026-06-29")
        let next = try await stage.preview(goLive: "2026-07-07")
        #expect(try next.item(task).reason == "counted")
    }

    @Test func daysOnWhichNobodyWorksAreSaid() async throws {
        let stage = try await DateStage()
        let saturday = try await stage.task(due: "2026-06-20")
        let friday = try await stage.task(due: "2026-06-19")
        let same = try await stage.preview(goLive: "2026-06-30")
        #expect(try same.item(saturday.id).notWorking && !same.item(friday.id).notWorking)
        #expect(!same.goLiveNotWorking)
        try await stage.holiday("2026-07-07")
        #expect(try await stage.preview(goLive: "2026-07-07").goLiveNotWorking)
        #expect(try await stage.preview(goLive: "2026-07-04").goLiveNotWorking)
    }

    /// Whoever may not read go-live dates reads none of what they say (G-24).
    @Test func whoMayNotReadDatesReadsNone() async throws {
        let stage = try await DateStage()
        _ = try await stage.task(due: "2026-06-26")
        _ = try await stage.stage.run(DateMoveTests.counted, over: stage.record)
        let move = try await stage.preview(goLive: "2026-07-07")
        #expect(move.items.contains { $0.critical } && move.items.count == 3)
        let designer = try World.person(uuid(), "process_automation_designer")
        let seen = try await stage.world.call(OnboardingAPI.getDateMove, DateMoveTests.getting(move), as: designer)
        #expect(seen.goLiveBefore.isEmpty && seen.goLiveAfter.isEmpty && seen.items.count == 3)
        #expect(
            seen.items.allSatisfy {
                !$0.critical && $0.slackDays == 0 && !$0.afterGoLive
                    && ($0.reason != "counted" || $0.before.isEmpty && $0.after.isEmpty)
            })
    }

    // MARK: What has yet to begin

    private static let last = """

          - key: last
            label: {en: Last, ko: 끝}
            activities:
              - key: last
                kind: related_work
                label: {en: Last, ko: 끝}
                due: {days: 1, from: before_field, field: go_live_date}
        """

    @Test func whatHasYetToBeginIsExpected() async throws {
        let stage = try await DateStage()
        let run = try await stage.stage.run(DateMoveTests.chain + Self.last, over: stage.record)
        func id(_ key: String) async throws -> String { try await stage.stage.activity(of: run, key).id }
        let first = try await stage.stage.task(of: stage.stage.activity(of: run, "a"))
        #expect(first.dueDate == "2026-03-15")
        let move = try await stage.preview(first, due: "2026-06-22")
        // Five days behind each other.
        let (second, third) = (try await move.item(id("b")), try await move.item(id("c")))
        #expect(second.before == "2026-03-20" && second.after == "2026-06-27" && second.reason == "pushed")
        #expect(third.before == "2026-03-25" && third.after == "2026-07-02")
        #expect(second.expected && third.expected && third.afterGoLive && !second.afterGoLive && second.notWorking)
        #expect(second.label?.en == "b" && second.table == "playbook_activity")
        let last = try await move.item(id("last"))
        #expect(last.expected && last.before == "2026-06-29" && last.after == "2026-06-29" && last.reason.isEmpty)
        // What is open slips no day without the third coming too late.
        #expect(try third.critical && second.critical && move.item(first.id).critical && !last.critical)
        #expect(move.moving == 1 && move.afterGoLive == 1)
        try await stage.apply(move)
        #expect(try await stage.dates() == [first.id: "2026-06-22 open"])
        #expect(try await stage.stage.activity(of: run, "b").dueDate.isEmpty)
        try await stage.undo(move)
        #expect(try await stage.dates() == [first.id: "2026-03-15 open"])
        // Go-live itself: the last one would fall before today, the others come when they come.
        let early = try await stage.preview(goLive: "2026-03-10")
        let then = try await early.item(id("last"))
        #expect(then.after == "2026-03-09" && then.beforeToday && then.reason == "counted")
        #expect(try await early.item(id("c")).afterGoLive)
        // It ends what was expected, and begins it: the ground of the preview.
        try await stage.stage.move(first.id, "closed")
        #expect(await stage.refusal(OnboardingAPI.applyDateMove, early) == "GROUND_MOVED")
    }

    /// Behind something without a date nothing can be told.
    @Test func whatWaitsForNobodyKnowsWhenIsNotTold() async throws {
        let stage = try await DateStage()
        let run = try await stage.stage.run(DateMoveTests.chain, over: stage.record)
        let first = try await stage.stage.task(of: stage.stage.activity(of: run, "a"))
        var values = LifecycleTask()
        values.id = first.id
        var request = UpdateLifecycleTaskRequest()
        (request.lifecycleTask, request.updateMask) = (values, FieldMask(paths: [LifecycleTask.Field.dueDate.rawValue]))
        _ = try await stage.world.call(OnboardingAPI.updateLifecycleTask, request, as: stage.stage.agent)
        #expect(try await stage.preview(goLive: "2026-07-07").items.isEmpty)
        let move = try await stage.preview(stage.task(first.id), due: "2026-03-16")
        let second = try #require(move.items.first { $0.expected })
        #expect(second.before.isEmpty && second.after == "2026-03-21")
    }

    /// Those who work Sunday to Thursday get no Fridays.
    @Test func aPlaybookHasItsOwnWeek() async throws {
        let stage = try await DateStage()
        let own = DateMoveTests.counted.replacing(
            "label: {en: Dates, ko: 날짜}",
            with: "label: {en: Dates, ko: 날짜}\ncalendars: [{key: south, working_days: [7, 1, 2, 3, 4]}]"
        ).replacing("working_days: true}", with: "working_days: true, calendar: south}")
        let run = try await stage.stage.run(own, over: stage.record)
        let task = try await stage.stage.task(of: stage.stage.activity(of: run, "counted"))
        #expect(task.dueDate == "2026-06-28")
        // Somebody's own date keeps its distance in that week.
        try await stage.set(task, due: "2026-06-25")
        let move = try await stage.preview(goLive: "2026-07-01")
        #expect(try move.item(task.id).after == "2026-06-28" && move.item(task.id).reason == "distance")
        #expect(try !move.item(task.id).notWorking)
    }

    // MARK: Stored, or refused

    @Test func whatAChangeWouldStartIsSaid() async throws {
        // Triggers of other tests may be about the same event.
        let stage = try await DateStage(PlaybookStage(isAlone: true))
        var request = ImportPlaybookRequest()
        request.yaml = """
            key: started_\(UInt32.random(in: 0...UInt32.max))
            table: onboarding_case
            label: {en: Started, ko: 시작}
            trigger: {event: updated, condition: 'number = "\(stage.record.number ?? "")" AND go_live_date > "2026-12-01"'}
            lanes:
              - key: only
                label: {en: Only, ko: 유일}
                activities: [{key: form, kind: related_work, label: {en: Form, ko: 양식}}]
            """
        let designer = try World.person(uuid(), "process_automation_designer")
        var activate = ActionRequest()
        activate.id = try await stage.world.call(OnboardingAPI.importPlaybookDefinition, request, as: designer).id
        _ = try await stage.world.call(OnboardingAPI.activatePlaybookDefinition, activate, as: designer)
        let told = try await stage.preview(goLive: "2026-12-31")
        let begins = try told.item(activate.id)
        #expect(begins.table == "playbook_definition" && begins.label?.en == "Started" && begins.follows == "begins")
        #expect(await stage.refusal(OnboardingAPI.applyDateMove, told) == "PLAYBOOK_MOVES")
        #expect(try await !stage.preview(goLive: "2026-07-07").playbookMoves)
        // One that has run there already does not start again.
        _ = try await stage.stage.start(activate.id, over: stage.record)
        #expect(try await !stage.preview(goLive: "2026-12-31").playbookMoves)
    }

    @Test func anotherMoveBetweenIsGroundThatMoved() async throws {
        let stage = try await DateStage()
        let task = try await stage.task(due: "2026-06-26")
        let first = try await stage.preview(goLive: "2026-07-07")
        let other = try await stage.world.call(
            OnboardingAPI.previewGoLive, stage.asking(goLive: "2026-07-14"), as: stage.world.administrator)
        try await stage.apply(other)
        #expect(await stage.refusal(OnboardingAPI.applyDateMove, first) == "GROUND_MOVED")
        // The later one goes back first.
        let next = try await stage.apply(try await stage.preview(goLive: "2026-07-21"))
        #expect(await stage.refusal(OnboardingAPI.undoDateMove, other) == "CHANGED_SINCE")
        try await stage.undo(next)
        try await stage.undo(other)
        #expect(try await stage.task(task.id).dueDate == "2026-06-26")
    }

    /// What the move did not tell of keeps it from going back, rather than move untold.
    @Test func anUndoMovesNothingThatWasNotTold() async throws {
        let stage = try await DateStage()
        _ = try await stage.task(due: "2026-06-26")
        func refused(_ playbook: String, by reason: String) async throws {
            let move = try await stage.apply(try await stage.preview(goLive: "2026-07-07"))
            let run = try await stage.stage.run(playbook, over: stage.record)
            let before = try await stage.dates()
            #expect(await stage.refusal(OnboardingAPI.undoDateMove, move) == reason)
            #expect(try await stage.dates() == before)
            #expect(try await stage.goLive() == "2026-07-07")
            var cancel = CancelPlaybookRunRequest()
            cancel.id = run.id
            _ = try await stage.world.call(OnboardingAPI.cancelPlaybookRun, cancel, as: stage.stage.agent)
            try await stage.undo(move)
            #expect(try await stage.goLive() == "2026-06-30")
        }
        try await refused(DateMoveTests.counted, by: "DATES_DIFFER")
        try await refused(
            DateMoveTests.counted.replacing(
                "start: {when: with_lane}",
                with: "start: {when: with_lane, condition: 'go_live_date < \"2026-07-01\"'}", maxReplacements: 1),
            by: "PLAYBOOK_MOVES")
    }

    @Test func anUndoLeavesAFormThatWasCompleted() async throws {
        let stage = try await DateStage()
        let run = try await stage.stage.run(DateMoveTests.counted, over: stage.record)
        let move = try await stage.apply(try await stage.preview(goLive: "2026-07-07"))
        let form = try await stage.stage.activity(of: run, "form")
        _ = try await stage.world.call(
            OnboardingAPI.completePlaybookActivity, PlaybookStage.entering(form, [:]), as: stage.stage.agent)
        let problem = await stage.world.problem(
            OnboardingAPI.undoDateMove, DateStage.about(move), as: stage.stage.agent)
        #expect(problem?.reason == "CHANGED_SINCE" && problem?.metadata["changed"] == "Form")
        #expect(try await stage.goLive() == "2026-07-07")
    }

    // MARK: With import tasks

    private static func isApplying(_ stage: DateStage, _ move: DateMove) async throws -> DateMove {
        try await stage.world.call(
            OnboardingAPI.applyDateMove, DateStage.about(move, etag: move.etag), as: stage.stage.agent)
    }

    /// While another service is away the case goes on: what came of the move then would be something else.
    @Test func theGroundIsLookedAtAgainBehindTheOtherService() async throws {
        let stage = try await DateStage()
        let task = try await stage.imported(due: "2026-06-22")
        let held = try await stage.imported(due: "2026-06-23")
        let imports = stage.stage.imports
        imports.keepWaiting(changing: held.id, true)
        let move = try await stage.preview(goLive: "2026-07-07")
        let begun = try await Self.isApplying(stage, move)
        _ = try await stage.stage.eventually("the date there") {
            imports.task(task.id)?.dueDate == "2026-06-29" ? true : nil
        }
        let own = try await stage.task(due: "2026-06-26")
        imports.keepWaiting(changing: held.id, false)
        let refused = try await stage.settled(begun)
        #expect(refused.state == "refused" && refused.refusal.contains("look again"), "\(refused.state)")
        var korean = stage.stage.agent
        korean.locale = "ko"
        let said = try await stage.world.call(OnboardingAPI.getDateMove, DateMoveTests.getting(move), as: korean)
        #expect(said.refusal == "미리 본 뒤 작업, 날짜 또는 휴일이 변경되었습니다. 변경 내용을 다시 확인하세요.")
        #expect([task, held].map { imports.task($0.id)?.dueDate } == ["2026-06-22", "2026-06-23"])
        #expect(try await stage.task(own.id).dueDate == "2026-06-26")
        #expect(try await stage.goLive() == "2026-06-30")
        // The event of its own write is no other ground.
        let next = try await stage.preview(goLive: "2026-07-07")
        imports.loseAnswer(changing: task.id)
        let again = try await Self.isApplying(stage, next)
        let moved = try await stage.stage.eventually("the date there") {
            imports.task(task.id).flatMap { $0.dueDate == "2026-06-29" ? $0 : nil }
        }
        try await stage.world.server.hear(moved, "updated", revision: 2, from: "import-validation")
        #expect(try await stage.settled(again).state == "applied")
    }

    /// What was written goes back, also where the answer was a refusal; what cannot go back is named.
    @Test func theWayBackGoesThroughAllOfThem() async throws {
        let stage = try await DateStage()
        let imports = stage.stage.imports
        let tasks = [try await stage.imported(due: "2026-06-22"), try await stage.imported(due: "2026-06-24")]
        imports.keep(tasks[0].id, behindChange: true)
        let first = try await stage.apply(try await stage.preview(goLive: "2026-07-07"))
        #expect(first.state == "refused" && first.refusal == "The task is kept.")
        #expect(tasks.map { imports.task($0.id)?.dueDate } == ["2026-06-22", "2026-06-24"])
        imports.keep(tasks[0].id, behindChange: false)
        imports.keep(tasks[1].id)
        let second = try await stage.apply(try await stage.preview(goLive: "2026-07-07"))
        #expect(second.state == "refused" && second.refusal.contains(tasks[0].number ?? "?"))
        #expect(!second.refusal.contains(tasks[1].number ?? "?"))
        #expect(tasks.map { imports.task($0.id)?.dueDate } == ["2026-06-29", "2026-06-24"])
    }
}
