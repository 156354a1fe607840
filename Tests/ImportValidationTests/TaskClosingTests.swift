import ImportValidationWire
import RPC
import Records
import ServiceTestKit
import Tenancy
import Testing
import Wire

/// The playbook of the case is asked before people close an import task that it has made (G-53).
@Suite struct TaskClosingTests {
    private func problem<T: Sendable>(_ body: () async throws(Problem) -> T) async -> Problem? {
        await ServiceTestKit.problem(of: body)
    }

    private func closing(_ task: ImportTask, _ notes: String) -> CloseRequest {
        var request = CloseRequest()
        request.id = task.id
        request.closeNotes = notes
        return request
    }

    private func update(_ task: ImportTask, _ edit: (inout ImportTask) -> Void) -> UpdateImportTaskRequest {
        var request = UpdateImportTaskRequest()
        var values = ImportTask()
        values.id = task.id
        edit(&values)
        request.importTask = values
        return request
    }

    @Test func whatThePlaybookKeepsOpenIsNotClosed() async throws {
        let stage = try await Stage()
        try await stage.turn("new", "created", revision: 1)
        let task = try await stage.create()
        stage.owner.keepOpen(task.id)
        for refused in [
            await problem { () async throws(Problem) in
                try await stage.call(ImportValidationAPI.closeImportTask, closing(task, "Loaded."))
            },
            await problem { () async throws(Problem) in
                try await stage.call(
                    ImportValidationAPI.updateImportTask,
                    update(task) {
                        $0.state = "closed"
                        $0.closeNotes = "Loaded."
                    })
            },
        ] {
            #expect(refused?.code == .failedPrecondition && refused?.reason == "G-53", "\(refused as Any)")
        }
        #expect(try await stage.tasks().map(\.state) == ["open"])
        // It was asked with what the requests bring, about the task in its state.
        let asked = stage.owner.closings(stage.onboarding)
        #expect(asked.map(\.closeNotes) == ["Loaded.", "Loaded."] && asked.map(\.state) == ["open", "open"])
        // Other changes are nobody's to ask about, nor is what the playbook closes itself.
        _ = try await stage.call(
            ImportValidationAPI.updateImportTask, update(task) { $0.state = "in_progress" })
        _ = try await stage.call(
            ImportValidationAPI.closeImportTask, closing(task, "Not needed."),
            as: .service("onboarding", domain: .root))
        #expect(stage.owner.closings(stage.onboarding).count == 2)
        #expect(try await stage.tasks().map(\.state) == ["closed"])
    }

    /// It is asked about what the request will write: neither what the mask leaves out, nor notes that it takes away.
    @Test func theMaskDecidesWhatIsAskedAbout() async throws {
        let stage = try await Stage()
        try await stage.turn("new", "created", revision: 1)
        let task = try await stage.create { $0.closeNotes = "Half of it." }
        stage.owner.keepOpen(task.id)
        func refused(_ paths: [String], _ edit: (inout ImportTask) -> Void) async -> Problem? {
            var request = update(task, edit)
            request.updateMask = FieldMask(paths: paths)
            let asked = request
            return await problem { () async throws(Problem) in
                try await stage.call(ImportValidationAPI.updateImportTask, asked)
            }
        }
        let hidden = await refused(["state"]) { ($0.state, $0.closeNotes) = ("closed", "All of it.") }
        let emptied = await refused(["state", "close_notes"]) { $0.state = "closed" }
        #expect(hidden?.reason == "G-53" && emptied?.reason == "G-53", "\(hidden as Any) \(emptied as Any)")
        #expect(stage.owner.closings(stage.onboarding).map(\.closeNotes) == ["Half of it.", nil])
        // Who sends a whole record and changes something else closes nothing.
        let other = await refused(["close_notes"]) { ($0.state, $0.closeNotes) = ("closed", "All of it.") }
        #expect(other == nil && stage.owner.closings(stage.onboarding).count == 2, "\(other as Any)")
        #expect(try await stage.tasks().map(\.closeNotes) == ["All of it."])
    }

    @Test func whatItLetsGoIsClosed() async throws {
        let stage = try await Stage()
        try await stage.turn("new", "created", revision: 1)
        let task = try await stage.create()
        let closed = try await stage.call(ImportValidationAPI.closeImportTask, closing(task, "Loaded."))
        #expect(closed.state == "closed" && stage.owner.closings(stage.onboarding).count == 1)
        // Who may not close it hears nothing of the playbook.
        let other = try await stage.create { $0.targetTable = "contract" }
        stage.owner.keepOpen(other.id)
        let denied = await problem { () async throws(Problem) in
            try await stage.call(
                ImportValidationAPI.closeImportTask, closing(other, "x"), as: .holding("sn_acct_lc.ale_success_viewer"))
        }
        #expect(denied?.code == .permissionDenied)
    }
}
