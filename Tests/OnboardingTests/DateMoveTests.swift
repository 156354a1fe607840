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

extension DateMove {
    func item(_ id: String) throws -> DateMoveItem { try #require(items.first { $0.id == id }) }
}

/// Moving dates: what would happen, then that or nothing, then back. Today is 2026-03-10.
@Suite struct DateMoveTests {
    static let counted = """
        table: onboarding_case
        label: {en: Dates, ko: 날짜}
        lanes:
          - key: only
            label: {en: Only, ko: 유일}
            activities:
              - key: counted
                kind: create_task
                label: {en: Counted, ko: 계산}
                start: {when: with_lane}
                creates: {table: lifecycle_task, fields: [{field: parent, from_field: id}, {field: short_description, text: T}]}
                due: {days: 2, from: before_field, field: go_live_date, working_days: true}
              - key: form
                kind: related_work
                label: {en: Form, ko: 양식}
                start: {when: with_lane}
                due: {days: 1, from: before_field, field: go_live_date}
        """

    /// 2026-06-30 is a Tuesday, 2026-07-07 the one after it.
    @Test func goLiveMovesWhatIsOpenByWorkingDays() async throws {
        let stage = try await DateStage()
        let own = try await stage.task(due: "2026-06-26")
        let done = try await stage.task(due: "2026-06-01")
        try await stage.stage.move(done.id, "closed")
        let undated = try await stage.task(due: nil)
        let run = try await stage.stage.run(Self.counted, over: stage.record)
        let counted = try await stage.stage.task(of: stage.stage.activity(of: run, "counted"))
        let form = try await stage.stage.activity(of: run, "form")
        #expect(counted.dueDate == "2026-06-26" && form.dueDate == "2026-06-29")
        try await stage.holiday("2026-07-06")
        let before = try await stage.dates()
        let move = try await stage.preview(goLive: "2026-07-07")
        #expect(move.state == "previewed" && move.goLiveBefore == "2026-06-30" && move.goLiveAfter == "2026-07-07")
        #expect(move.moving == 3 && move.afterGoLive == 0 && move.beforeToday == 0)
        // Four working days later, a holiday between.
        #expect(try move.item(own.id).after == "2026-07-02" && move.item(own.id).reason == "distance")
        #expect(try move.item(counted.id).after == "2026-07-02" && move.item(counted.id).reason == "counted")
        #expect(try move.item(form.id).after == "2026-07-06" && move.item(form.id).table == "playbook_activity")
        #expect(!move.items.contains { $0.id == done.id || $0.id == undated.id })
        #expect(try await stage.dates() == before)
        let applied = try await stage.apply(move)
        #expect(applied.state == "applied" && applied.appliedBy == stage.stage.agent.subject)
        #expect(try await stage.goLive() == "2026-07-07")
        for id in [own.id, counted.id] { #expect(try await stage.task(id).dueDate == "2026-07-02") }
        #expect(try await stage.stage.activity(of: run, "form").dueDate == "2026-07-06")
        #expect(try await stage.task(done.id).dueDate == "2026-06-01")
        let undone = try await stage.undo(applied)
        #expect(undone.state == "undone" && undone.undoneBy == stage.stage.agent.subject)
        #expect(try await stage.dates() == before)
        #expect(try await stage.goLive() == "2026-06-30")
        #expect(try await stage.stage.activity(of: run, "form").dueDate == "2026-06-29")
    }

    /// What it breaks is said, and done all the same when it is wanted.
    @Test func whatBreaksIsSaid() async throws {
        let stage = try await DateStage()
        let late = try await stage.task(due: "2026-07-02")
        let soon = try await stage.task(due: "2026-03-12")
        let imported = try await stage.imported(due: "2026-06-29")
        let move = try await stage.preview(goLive: "2026-06-23")
        #expect(move.afterGoLive == 1 && move.beforeToday == 1)
        #expect(try move.item(late.id).afterGoLive && move.item(late.id).after == "2026-06-25")
        #expect(try move.item(soon.id).beforeToday && move.item(soon.id).after == "2026-03-05")
        // Another service's counts like any other.
        let other = try move.item(imported.id)
        #expect(other.table == "import_task" && other.after == "2026-06-22" && !other.afterGoLive && !other.critical)
        #expect(other.slackDays == 1)
        #expect(try move.item(late.id).critical && move.item(late.id).slackDays == -2)
        #expect(try await stage.apply(move).state == "applied")
        #expect(stage.stage.imports.task(imported.id)?.dueDate == "2026-06-22")
        #expect(try await stage.task(soon.id).dueDate == "2026-03-05")
        #expect(try await stage.undo(move).state == "undone")
        #expect(stage.stage.imports.task(imported.id)?.dueDate == "2026-06-29")
        #expect(try await stage.task(soon.id).dueDate == "2026-03-12")
    }

    /// All of it or nothing, whatever another service says.
    @Test func whatAnotherServiceRefusesTakesEverythingBack() async throws {
        let stage = try await DateStage()
        let imports = stage.stage.imports
        let own = try await stage.task(due: "2026-06-26")
        let tasks = [try await stage.imported(due: "2026-06-22"), try await stage.imported(due: "2026-06-24")]
        func dates() -> [String?] { tasks.map { imports.task($0.id)?.dueDate } }
        // The first one is written, though nobody learns of it at once; the second is refused.
        imports.loseAnswer(changing: tasks[0].id)
        imports.keep(tasks[1].id)
        let move = try await stage.preview(goLive: "2026-07-07")
        let refused = try await stage.apply(move)
        #expect(refused.state == "refused" && refused.refusal == "The task is kept.")
        #expect(dates() == ["2026-06-22", "2026-06-24"])
        #expect(try await stage.task(own.id).dueDate == "2026-06-26")
        #expect(try await stage.goLive() == "2026-06-30")
        #expect(await stage.refusal(OnboardingAPI.applyDateMove, move) == "DATE_MOVE_STATE")
    }

    @Test func whatHasChangedThereKeepsAnUndoFromBeginning() async throws {
        let stage = try await DateStage()
        let own = try await stage.task(due: "2026-06-26")
        let task = try await stage.imported(due: "2026-06-22")
        stage.stage.imports.loseAnswer(changing: task.id)
        let move = try await stage.apply(try await stage.preview(goLive: "2026-07-07"))
        #expect(move.state == "applied" && stage.stage.imports.task(task.id)?.dueDate == "2026-06-29")
        var changed = task
        changed.dueDate = "2026-08-01"
        stage.stage.imports.put(changed)
        let undone = try await stage.undo(move)
        #expect(undone.state == "applied" && undone.refusal.contains(task.number ?? "?"))
        #expect(try await stage.task(own.id).dueDate == "2026-07-03")
        changed.dueDate = "2026-06-29"
        stage.stage.imports.put(changed)
        let again = try await stage.undo(undone)
        #expect(again.state == "undone" && again.refusal.isEmpty)
        #expect(stage.stage.imports.task(task.id)?.dueDate == "2026-06-22")
    }

    static let chain = """
        table: onboarding_case
        label: {en: Chain, ko: 연쇄}
        lanes:
        """
        + ["a", "b", "c"].map { key in
            """

              - key: lane_\(key)
                label: {en: \(key), ko: \(key)}
                activities:
                  - key: \(key)
                    kind: create_task
                    label: {en: \(key), ko: \(key)}
                    start: {when: with_lane}
                    creates: {table: lifecycle_task, fields: [{field: parent, from_field: id}, {field: short_description, text: T}]}
                    due: {days: 5}
            """
        }.joined()

    /// A run whose first lane is done and taken up again, so that two tasks are open one behind the other.
    @Test func aDueDatePushesWhatWaitsForIt() async throws {
        let stage = try await DateStage()
        let run = try await stage.stage.run(Self.chain, over: stage.record)
        let first = try await stage.stage.task(of: stage.stage.activity(of: run, "a"))
        try await stage.stage.move(first.id, "closed")
        let second = try await stage.stage.task(of: stage.stage.activity(of: run, "b"))
        try await stage.stage.move(first.id, "open")
        let apart = try await stage.task(due: "2026-03-20")
        try await stage.set(first, due: "2026-03-12")
        try await stage.set(second, due: "2026-03-17")
        let earlier = try await stage.preview(first, due: "2026-03-11")
        #expect(earlier.moving == 1 && earlier.lifecycleTask == first.id)
        let move = try await stage.preview(first, due: "2026-03-19")
        #expect(move.moving == 2 && move.goLiveBefore == move.goLiveAfter)
        #expect(try move.item(first.id).reason == "asked")
        // Three working days behind, as before.
        #expect(try move.item(second.id).after == "2026-03-24" && move.item(second.id).reason == "pushed")
        #expect(try move.item(apart.id).reason == "")
        #expect(try move.item(second.id).critical && move.item(first.id).critical)
        try await stage.apply(move)
        #expect(try await stage.task(second.id).dueDate == "2026-03-24")
        try await stage.undo(move)
        #expect(try await stage.task(first.id).dueDate == "2026-03-12")
        #expect(try await stage.task(second.id).dueDate == "2026-03-17")
    }

    // MARK: Stored, or refused

    @Test func whatIsAppliedIsWhatWasTold() async throws {
        let stage = try await DateStage()
        let task = try await stage.task(due: "2026-06-26")
        func moved(by ground: () async throws -> Void) async throws {
            let move = try await stage.preview(goLive: "2026-07-07")
            try await ground()
            let before = try await stage.dates()
            #expect(await stage.refusal(OnboardingAPI.applyDateMove, move) == "GROUND_MOVED")
            #expect(try await stage.dates() == before)
            #expect(try await stage.goLive() == "2026-06-30")
        }
        try await moved { try await stage.set(task, due: "2026-06-25") }
        try await moved { _ = try await stage.task(due: "2026-06-25") }
        try await moved { try await stage.holiday("2026-07-06") }
        try await moved { try await stage.stage.move(task.id, "closed") }
        try await moved { _ = try await stage.imported(due: "2026-06-24") }
        let move = try await stage.preview(goLive: "2026-07-07")
        #expect(await stage.refusal(OnboardingAPI.applyDateMove, move, etag: "9") != nil)
        #expect(await stage.refusal(OnboardingAPI.undoDateMove, move) == "DATE_MOVE_STATE")
        try await stage.apply(move)
        #expect(await stage.refusal(OnboardingAPI.applyDateMove, move) == "DATE_MOVE_STATE")
        try await stage.undo(move)
        #expect(await stage.refusal(OnboardingAPI.undoDateMove, move) == "DATE_MOVE_STATE")
        // A preview takes the place of the one before it.
        let first = try await stage.preview(goLive: "2026-07-07")
        _ = try await stage.preview(goLive: "2026-07-08")
        #expect(
            await stage.world.problem(OnboardingAPI.applyDateMove, DateStage.about(first), as: stage.stage.agent)?.code
                == .notFound)
    }

    @Test func anUndoLeavesWhatHasChangedSince() async throws {
        let stage = try await DateStage()
        let tasks = [try await stage.task(due: "2026-06-26"), try await stage.task(due: "2026-06-25")]
        let move = try await stage.apply(try await stage.preview(goLive: "2026-07-07"))
        func refused(naming number: String?) async throws {
            let before = try await stage.dates()
            let problem = await stage.world.problem(
                OnboardingAPI.undoDateMove, DateStage.about(move), as: stage.stage.agent)
            #expect(problem?.reason == "CHANGED_SINCE" && problem?.metadata["changed"] == number)
            #expect(try await stage.dates() == before)
        }
        try await stage.set(tasks[0], due: "2026-07-20")
        try await refused(naming: tasks[0].number)
        try await stage.set(tasks[0], due: try move.item(tasks[0].id).after)
        // What is done does not move.
        try await stage.stage.move(tasks[1].id, "closed")
        try await refused(naming: tasks[1].number)
        try await stage.stage.move(tasks[1].id, "open")
        _ = try await stage.world.update(stage.record.id, as: stage.stage.agent) { $0.goLiveDate = "2026-07-08" }
        try await refused(naming: stage.record.number)
        _ = try await stage.world.update(stage.record.id, as: stage.stage.agent) { $0.goLiveDate = "2026-07-07" }
        try await stage.undo(move)
        #expect(try await stage.task(tasks[0].id).dueDate == "2026-06-26")
    }

    /// All of it or nothing, also where the playbook has its own way behind the first writes.
    @Test func whatThePlaybookMakesElseIsRefused() async throws {
        let stage = try await DateStage()
        let other = try await stage.task(due: "2026-06-26")
        let closing = Self.counted.replacing(
            "{field: short_description, text: T}]}",
            with: "{field: short_description, text: T}], closed_condition: due_date > \"2026-09-01\"}")
        _ = try await stage.stage.run(closing, over: stage.record)
        let before = try await stage.dates()
        let move = try await stage.preview(goLive: "2026-10-30")
        #expect(await stage.refusal(OnboardingAPI.applyDateMove, move) == "DATES_DIFFER")
        #expect(try await stage.dates() == before && before[other.id] == "2026-06-26 open")
        #expect(try await stage.goLive() == "2026-06-30")
        // Without an activity that is worked on the run would be done.
        let starting = Self.counted.replacing(
            "start: {when: with_lane}", with: "start: {when: with_lane, condition: 'go_live_date > \"2027-01-01\"'}",
            maxReplacements: 1)
        _ = try await stage.stage.run(starting, over: stage.record)
        let told = try await stage.preview(goLive: "2027-02-01")
        #expect(told.playbookMoves && told.items.contains { $0.follows == "begins" && $0.label?.en == "Counted" })
        #expect(await stage.refusal(OnboardingAPI.applyDateMove, told) == "PLAYBOOK_MOVES")
    }

    @Test func whatCannotMoveIsRefused() async throws {
        let stage = try await DateStage()
        let task = try await stage.task(due: "2026-07-26")
        func refusal(_ date: String) async -> Problem? {
            await stage.world.problem(OnboardingAPI.previewGoLive, stage.asking(goLive: date), as: stage.stage.agent)
        }
        #expect(await refusal("tomorrow")?.violations.map(\.field) == ["go_live_date"])
        #expect(await refusal("1899-12-31")?.reason == "DUE_ORIGIN")
        #expect(await refusal("9999-12-31")?.violations.map(\.field) == ["go_live_date"])
        try await stage.stage.move(task.id, "closed")
        var request = PreviewDueDateRequest()
        (request.id, request.dueDate) = (task.id, "2026-07-01")
        #expect(
            await stage.world.problem(OnboardingAPI.previewDueDate, request, as: stage.stage.agent)?.reason == "G-128")
        let move = try await stage.apply(try await stage.preview(goLive: "2026-07-07"))
        var cancel = CloseRequest()
        cancel.id = stage.record.id
        _ = try await stage.world.call(OnboardingAPI.cancelOnboardingCase, cancel, as: stage.stage.agent)
        #expect(await refusal("2026-08-01")?.reason == "G-128")
        #expect(await stage.refusal(OnboardingAPI.undoDateMove, move) == "G-128")
        let customer = try stage.world.customer("sn_customerservice.customer_admin")
        #expect(
            await stage.world.problem(OnboardingAPI.getDateMove, Self.getting(move), as: customer)?.code
                == .permissionDenied)
        #expect(
            try await stage.world.call(OnboardingAPI.getDateMove, Self.getting(move), as: stage.stage.agent) == move)
    }

    static func getting(_ move: DateMove) -> GetRequest {
        var request = GetRequest()
        request.id = move.id
        return request
    }

    // MARK: Whatever the case

    /// Random cases and moves: what is applied is what was told, what has ended stays, and an undo gives what was there.
    @Test func randomMovesDoWhatTheySay() async throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededNumbers(seed: seed)
        var undone = 0
        func day() -> String { CivilDate(days: 20_600 + Int.random(in: 0...120, using: &random)).description }
        for round in 0..<6 {
            let stage = try await DateStage(goLive: round == 0 ? nil : day())
            for _ in 0..<3 { try? await stage.holiday(day()) }
            var runs = [try await stage.stage.run(Self.chain, over: stage.record)]
            if round % 2 == 0 { runs.append(try await stage.stage.run(Self.counted, over: stage.record)) }
            for _ in 0..<6 { _ = try await stage.task(due: Bool.random(using: &random) ? day() : nil) }
            let imported = [try await stage.imported(due: day()), try await stage.imported(due: day())]
            func there() -> [String] { imported.map { stage.stage.imports.task($0.id)?.dueDate ?? "" } }
            // One of another service ends as well.
            if Bool.random(using: &random) { try await stage.end(imported[1]) }
            for id in try await stage.dates().keys.sorted() where Int.random(in: 0..<4, using: &random) == 0 {
                try await stage.stage.move(id, "closed")
            }
            let (before, goLive) = (try await stage.dates(), try await stage.goLive())
            let activities = try await stage.due(of: runs)
            let open = before.filter { $0.value.hasSuffix("open") }.keys.sorted()
            let isTask = round % 3 == 1 && !open.isEmpty
            let move =
                try await isTask
                ? stage.preview(stage.task(open[0]), due: day()) : stage.preview(goLive: day())
            var told = before
            for item in move.items where item.table == "lifecycle_task" { told[item.id] = "\(item.after) open" }
            #expect(try await stage.dates() == before)
            #expect(try await stage.apply(move).state == "applied", "seed \(seed), round \(round)")
            let moved = imported.map { task in move.items.first { $0.id == task.id }?.after ?? task.dueDate ?? "" }
            #expect(there() == moved, "seed \(seed), round \(round)")
            let dues = try await stage.due(of: runs)
            for item in move.items where item.table == "playbook_activity" && !item.expected {
                #expect(dues[item.id] == item.after, "seed \(seed), round \(round)")
            }
            for (id, was) in activities where was.hasSuffix("done") { #expect(dues[id] == was) }
            #expect(try await stage.dates() == told, "seed \(seed), round \(round)")
            #expect(try await stage.goLive() ?? "" == move.goLiveAfter)
            for (id, was) in before where was.hasSuffix("closed") { #expect(told[id] == was) }
            // Without a go-live date a case cannot be worked on: that one stays.
            guard goLive != nil else { continue }
            try await stage.undo(move)
            undone += 1
            #expect(try await stage.dates() == before, "seed \(seed), round \(round)")
            #expect(there() == imported.map { $0.dueDate ?? "" }, "seed \(seed), round \(round)")
            #expect(try await stage.due(of: runs) == activities, "seed \(seed), round \(round)")
            #expect(try await stage.goLive() == goLive)
        }
        #expect(undone == 5, "seed \(seed)")
    }
}
