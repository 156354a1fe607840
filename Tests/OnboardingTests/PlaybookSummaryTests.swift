import ImportValidationWire
import OnboardingWire
import RPC
import Records
import ServiceTestKit
import Testing
import Wire

@testable import OnboardingService

/// The summary of data capture and import tasks that people have added themselves: each has close notes when the stage
/// ends, wherever they were said (G-66).
@Suite struct PlaybookSummaryTests {
    /// A case with its import tasks, and one that was added; the notes on the others.
    private static func added(
        _ state: String, notes: String?
    ) async throws -> (stage: PlaybookStage, record: OnboardingCase, task: ImportTask, notes: [[String: String]]) {
        let stage = try await PlaybookStage()
        let made = try await stage.begin()
        try await stage.setUp(made)
        let tasks = try await stage.importActivities(made).compactMap(\.created.first)
        var added = ImportTask()
        (added.id, added.number, added.parent) = (uuid(), "IMPTSK-ADDED", made.id)
        (added.targetTable, added.state, added.domain) = ("location", state, made.domain)
        added.closeNotes = notes
        stage.imports.put(added)
        try await stage.server.bench.hear(added, "created", revision: 1, from: "import-validation")
        return (stage, made, added, tasks.map { ["record": $0.id, "close_notes": "Loaded."] })
    }

    /// What was closed without notes needs them as well, and gets them.
    @Test func whatWasClosedWithoutNotesGetsThem() async throws {
        let (stage, made, task, notes) = try await Self.added("closed", notes: nil)
        let refused = try await stage.refusal(made, "data_summary", ["close_notes": PlaybookStage.rows(notes)])
        #expect(refused.reason == "G-66" && refused.text.en.contains("IMPTSK-ADDED"), "\(refused)")
        let more = ["record": task.id, "close_notes": "Closed by hand."]
        try await stage.complete(made, "data_summary", ["close_notes": PlaybookStage.rows(notes + [more])])
        _ = try await stage.eventually("the notes") {
            stage.imports.task(task.id, "closed")?.closeNotes == "Closed by hand." ? true : nil
        }
    }

    /// What has notes already needs no others, and is closed with them.
    @Test func whatHasNotesKeepsThem() async throws {
        let (stage, made, task, notes) = try await Self.added("open", notes: "Not needed.")
        // A form may name it all the same.
        let all = notes + [["record": task.id]]
        try await stage.complete(made, "data_summary", ["close_notes": PlaybookStage.rows(all)])
        _ = try await stage.eventually("the end of what was added") { stage.imports.task(task.id, "closed") }
    }

    /// What was closed with notes, or canceled, is not asked about.
    @Test(arguments: [("closed", "Done."), ("canceled", nil)])
    func whatHasEndedIsLeftAlone(state: String, notes said: String?) async throws {
        let (stage, made, task, notes) = try await Self.added(state, notes: said)
        try await stage.complete(made, "data_summary", ["close_notes": PlaybookStage.rows(notes)])
        #expect(try await stage.activity(made, "data_summary").state == "done")
        #expect(stage.imports.task(task.id, state)?.closeNotes == said)
    }
}
