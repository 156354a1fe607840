import ImportValidationWire
import OnboardingWire
import PlaybooksWire
import RPC
import Records
import ServiceTestKit
import Testing
import Wire

@testable import OnboardingService

/// What is there before its activity is taken over, by one activity.
@Suite struct PlaybookTakeoverTests {
    /// Two activities that want the same import task.
    private static let playbook: String = {
        let activities = ["one", "two"].map { key in
            """
                  - key: \(key)
                    kind: create_task
                    label: {en: Import, ko: 가져오기}
                    start: {when: with_lane}
                    creates:
                      table: import_task
                      fields:
                        - {field: parent, from_field: id}
                        - {field: account, from_field: account}
                        - {field: target_table, text: location}
                        - {field: source_table, text: sn_acct_lc_account_onb_import_locations}
                        - {field: data_source, text: cmn_location_template.xlsx}
                        - {field: short_description, text: Import}
            """
        }
        return """
            table: onboarding_case
            label: {en: Twice, ko: 두 번}
            lanes:
              - key: only
                label: {en: Only, ko: 유일}
                activities:
            """ + "\n" + activities.joined(separator: "\n")
    }()

    private func put(_ state: String, below record: OnboardingCase, _ stage: PlaybookStage) -> String {
        var task = ImportTask()
        (task.id, task.number, task.parent) = (uuid(), "IMPTSK-\(state)", record.id)
        (task.targetTable, task.state, task.domain) = ("location", state, record.domain)
        task.active = state == "open"
        stage.imports.put(task)
        return task.id
    }

    private func made(_ run: PlaybookRun, _ stage: PlaybookStage) async throws -> [PlaybookActivity] {
        try await stage.eventually("both tasks") {
            let both = [try await stage.activity(of: run, "one"), try await stage.activity(of: run, "two")]
            return both.allSatisfy { !$0.created.isEmpty } ? both : nil
        }
    }

    /// Two that look at once do not get the same one.
    @Test func oneRecordIsOneActivitys() async throws {
        let stage = try await PlaybookStage()
        let record = try await stage.world.openCase()
        let there = put("open", below: record, stage)
        let run = try await stage.run(Self.playbook, over: record)
        let ids = try await made(run, stage).flatMap(\.created).map(\.id)
        #expect(ids.count == 2 && Set(ids).count == 2 && ids.contains(there), "\(ids)")
        // The database says so, too.
        await #expect(throws: (any Error).self) {
            _ = try await stage.server.admin.run(
                "UPDATE onboarding.playbook_activity SET made = \(there)::uuid WHERE run = \(run.id)")
        }
    }

    /// What was canceled is nobody's work, and what is closed is done.
    @Test func openOnesComeFirstAndCanceledOnesNever() async throws {
        let stage = try await PlaybookStage()
        let record = try await stage.world.openCase()
        let there = ["canceled", "closed", "open"].map { put($0, below: record, stage) }
        let run = try await stage.run(Self.playbook, over: record)
        let both = try await made(run, stage)
        let ids = both.flatMap(\.created).map(\.id)
        #expect(ids.contains(there[2]) && !ids.contains(there[0]), "\(ids)")
        #expect(both.contains { $0.state == "in_progress" && $0.created.first?.id == there[2] })
    }

    /// One that was closed without notes before it was taken over gets those that the summary asks for (G-66).
    @Test func aClosedOneGetsTheNotesThatItLacks() async throws {
        let stage = try await PlaybookStage()
        let record = try await stage.begin()
        let there = put("closed", below: record, stage)
        try await stage.setUp(record)
        let tasks = try await stage.importActivities(record).compactMap(\.created.first)
        #expect(tasks.map(\.id).contains(there))
        var notes = tasks.filter { $0.id != there }.map { ["record": $0.id, "close_notes": "Loaded."] }
        let refused = try await stage.refusal(record, "data_summary", ["close_notes": PlaybookStage.rows(notes)])
        #expect(refused.reason == "G-66" && refused.text.en.contains("IMPTSK-closed"), "\(refused.text.en)")
        notes.append(["record": there, "close_notes": "Loaded long ago."])
        try await stage.complete(record, "data_summary", ["close_notes": PlaybookStage.rows(notes)])
        _ = try await stage.eventually("its notes") {
            stage.imports.task(there, "closed")?.closeNotes == "Loaded long ago." ? true : nil
        }
        #expect(try await stage.activity(record, "data_summary").state == "done")
    }

    /// A task that people have added stays open when its end is refused behind the summary: the log says why.
    @Test func theLogTellsWhatCouldNotBeClosed() async throws {
        let stage = try await PlaybookStage()
        let record = try await stage.begin()
        try await stage.setUp(record)
        let tasks = try await stage.importActivities(record).compactMap(\.created.first?.id)
        let added = put("open", below: record, stage)
        try await stage.server.bench.hear(
            try #require(stage.imports.task(added, "open")), "created", revision: 1, from: "import-validation")
        stage.imports.keep(added)
        let notes = (tasks + [added]).map { ["record": $0, "close_notes": "Loaded."] }
        try await stage.complete(record, "data_summary", ["close_notes": PlaybookStage.rows(notes)])
        var request = ListPlaybookLogRequest()
        request.run = try #require(try await stage.stages(record).run?.id)
        let asked = request
        let line = try await stage.eventually("the line of the log") {
            try await stage.world.call(OnboardingAPI.listPlaybookLog, asked, as: stage.agent).entries
                .first { $0.action == "failed" && $0.activityKey == "data_summary" }
        }
        #expect(line.field == "import_task" && line.oldValue == added && line.newValue == "It stays.")
        #expect(try await stage.activity(record, "data_summary").state == "done")
    }

    /// What can be imported is known before a run fails for it.
    @Test func anImportTaskIsForATableThatCanBeImported() async throws {
        let stage = try await PlaybookStage()
        let record = try await stage.world.openCase()
        let wrong = Self.playbook.replacing("target_table, text: location", with: "target_table, text: house")
        do {
            _ = try await stage.run(wrong, over: record)
            Issue.record("it was activated")
        } catch let problem as Problem {
            let fields = problem.violations.map(\.field)
            #expect(fields == ["one", "two"].map { "only.\($0).creates.fields[2].text" }, "\(problem)")
        }
        // By the name that the platform has for it, too.
        let alias = Self.playbook.replacing("target_table, text: location", with: "target_table, text: cmn_location")
        _ = try await stage.run(alias, over: record)
    }
}
