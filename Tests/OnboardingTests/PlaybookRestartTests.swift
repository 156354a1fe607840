import ImportValidationWire
import OnboardingWire
import PlaybooksWire
import RPC
import Records
import ServiceTestKit
import Testing
import Wire

@testable import OnboardingService

/// Activities that are begun anew or taken up again, with what they have made before.
@Suite struct PlaybookRestartTests {
    /// The summary speaks of what an activity has made last, however what it made before has ended.
    @Test(arguments: ["closed", "canceled"])
    func theSummaryClosesWhatWasMadeLast(end: String) async throws {
        let stage = try await PlaybookStage()
        let made = try await stage.begin()
        try await stage.setUp(made)
        let before = try await stage.importActivities(made)
        let activity = try #require(before.first { $0.key == "import_locations" })
        let old = try #require(activity.created.first)
        var task = try #require(stage.imports.task(old.id, "open"))
        task.state = end
        stage.imports.put(task)
        try await stage.server.bench.hear(task, end, revision: 2, from: "import-validation")
        _ = try await stage.world.call(
            OnboardingAPI.restartPlaybookActivity, PlaybookStage.moving(activity), as: stage.agent)
        let new = try await stage.eventually("another task") {
            let created = try await stage.activity(made, "import_locations").created
            return created.count == 2 ? created.last : nil
        }
        let others = before.filter { $0.key != "import_locations" }.compactMap(\.created.first)
        let notes = others.map { ["record": $0.id, "close_notes": "Loaded."] }
        let refused = try await stage.refusal(made, "data_summary", ["close_notes": PlaybookStage.rows(notes)])
        #expect(refused.text.en.contains(new.number) && !refused.text.en.contains(old.number), "\(refused.text.en)")
        let all = notes + [["record": new.id, "close_notes": "Loaded anew."]]
        try await stage.complete(made, "data_summary", ["close_notes": PlaybookStage.rows(all)])
        let closed = try await stage.eventually("the end of the other task") { stage.imports.task(new.id, "closed") }
        #expect(closed.closeNotes == "Loaded anew.")
        _ = try await stage.eventually("the end of the activity") {
            try await stage.activity(made, "import_locations").state == "done" ? true : nil
        }
        #expect(stage.imports.task(old.id, end)?.closeNotes ?? "" == "")
    }

    // MARK: Rows

    private static let related = """
        table: onboarding_case
        label: {en: Related, ko: 관련}
        lanes:
          - key: only
            label: {en: Only, ko: 유일}
            activities:
              - {key: related, kind: related_work, label: {en: Related, ko: 관련}}
              - {key: rest, kind: related_work, label: {en: Rest, ko: 나머지}}
        """

    private func complete(_ run: PlaybookRun, _ tasks: [String], _ stage: PlaybookStage) async throws -> Problem? {
        let rows = try PlaybookStage.rows(tasks.map { ["short_description": $0] })
        let request = PlaybookStage.entering(try await stage.activity(of: run, "related"), ["tasks": rows])
        return await stage.world.problem(OnboardingAPI.completePlaybookActivity, request, as: stage.agent)
    }

    private func move(
        _ method: Method<MovePlaybookActivityRequest, PlaybookActivity>, _ run: PlaybookRun, _ stage: PlaybookStage
    ) async throws {
        let activity = try await stage.activity(of: run, "related")
        _ = try await stage.world.call(method, PlaybookStage.moving(activity), as: stage.agent)
    }

    private func tasks(_ record: OnboardingCase, _ stage: PlaybookStage) async throws -> [String] {
        var list = ListRequest()
        list.filter = "parent = \"\(record.id)\""
        return try await stage.world.call(OnboardingAPI.listLifecycleTasks, list, as: stage.agent).lifecycleTasks
            .compactMap(\.shortDescription).sorted()
    }

    @Test func rowsOfAFormBegunAnewAreMade() async throws {
        let stage = try await PlaybookStage()
        let record = try await stage.world.openCase()
        let run = try await stage.run(Self.related, over: record)
        #expect(try await complete(run, ["A", "B"], stage) == nil)
        try await move(OnboardingAPI.restartPlaybookActivity, run, stage)
        #expect(try await complete(run, ["C"], stage) == nil)
        #expect(try await tasks(record, stage) == ["A", "B", "C"])
    }

    @Test func aRowStaysWithWhatWasMadeOfIt() async throws {
        let stage = try await PlaybookStage()
        let record = try await stage.world.openCase()
        let run = try await stage.run(Self.related, over: record)
        #expect(try await complete(run, ["A", "B"], stage) == nil)
        try await move(OnboardingAPI.reopenPlaybookActivity, run, stage)
        let refused = try #require(try await complete(run, ["B", "C"], stage))
        let number = try await stage.activity(of: run, "related").created[0].number
        #expect(refused.violations.map(\.field) == ["values.tasks"] && refused.reason == "PLAYBOOK_ROW")
        #expect(refused.text.en.contains(number), "\(refused.text.en)")
        // Wherever it stands: what is new is made, once.
        #expect(try await complete(run, ["C", "B", "A"], stage) == nil)
        #expect(try await tasks(record, stage) == ["A", "B", "C"])
    }

    // MARK: Those that have not begun

    /// Stages open one after another: what has not begun has nothing to begin anew.
    @Test(arguments: ["go_live_support_case", "import_locations", "data_summary", "plan_training"])
    func whatHasNotBegunKeepsItsTurn(_ key: String) async throws {
        let stage = try await PlaybookStage()
        let record = try await stage.begin()
        let before = try await stage.activity(record, key)
        #expect(before.state == "pending")
        let refused = await stage.world.problem(
            OnboardingAPI.restartPlaybookActivity, PlaybookStage.moving(before), as: stage.agent)
        #expect(refused?.code == .failedPrecondition && refused?.reason == "G-50", "\(refused as Any)")
        #expect(try await stage.activity(record, key) == before)
    }

    // MARK: Skipped ones

    private static let skippable = """
        table: onboarding_case
        label: {en: Skippable, ko: 선택}
        lanes:
          - key: only
            label: {en: Only, ko: 유일}
            activities:
              - {key: first, kind: related_work, label: {en: First, ko: 첫째}}
              - key: make
                kind: create_task
                label: {en: Make, ko: 생성}
                optional: true
                creates: {table: lifecycle_task, fields: [{field: parent, from_field: id}, {field: short_description, text: M}]}
        """

    private func act(
        _ method: Method<MovePlaybookActivityRequest, PlaybookActivity>, _ run: PlaybookRun, _ stage: PlaybookStage
    ) async throws -> PlaybookActivity {
        try await stage.world.call(
            method, PlaybookStage.moving(try await stage.activity(of: run, "make")), as: stage.agent)
    }

    /// What was canceled by skipping is made anew, so that the activity ends with something.
    @Test func whatWasSkippedIsMadeAnew() async throws {
        let stage = try await PlaybookStage()
        let run = try await stage.run(Self.skippable, over: stage.world.openCase())
        // Skipped before its turn, it waits for that again.
        #expect(try await act(OnboardingAPI.skipPlaybookActivity, run, stage).state == "skipped")
        let waiting = try await act(OnboardingAPI.reopenPlaybookActivity, run, stage)
        #expect(waiting.state == "pending" && waiting.created.isEmpty)
        let first = PlaybookStage.entering(try await stage.activity(of: run, "first"), [:])
        _ = try await stage.world.call(OnboardingAPI.completePlaybookActivity, first, as: stage.agent)
        #expect(try await stage.activity(of: run, "make").state == "in_progress")
        #expect(try await act(OnboardingAPI.skipPlaybookActivity, run, stage).state == "skipped")
        let again = try await act(OnboardingAPI.reopenPlaybookActivity, run, stage)
        #expect(again.state == "in_progress" && again.created.count == 2)
        #expect(try await stage.task(of: again).state == "open")
        try await stage.move(stage.task(of: again).id, "closed")
        #expect(try await stage.activity(of: run, "make").state == "done")
        #expect(try await stage.now(run).state == "done")
    }
}
