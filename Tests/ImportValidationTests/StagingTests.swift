import ImportValidationWire
import RPC
import Records
import ServiceTestKit
import Testing
import Wire

@testable import ImportValidationService

/// Staged rows: read, corrected, checked again, published, and removed (G-54 to G-56, G-64).
@Suite(.timeLimit(.minutes(15))) struct StagingTests {
    /// A task with loaded rows.
    private static func filled(
        _ rows: [(name: String, account: String)]
    ) async throws -> (Stage, ImportTask) {
        let stage = try await Stage()
        let task = try await stage.locations()
        #expect(try await stage.loaded(Stage.file(rows), of: task).state == "completed")
        return (stage, task)
    }

    private static func filled(_ names: [String]) async throws -> (Stage, ImportTask) {
        try await filled(names.map { ($0, "Ernst Handel") })
    }

    // MARK: Reading

    @Test func rowsAreReadPageByPage() async throws {
        let (stage, task) = try await Self.filled(["Linz", "", "Graz", "Wien", ""])
        var names: [String?] = []
        var token = ""
        repeat {
            let from = token
            let page = try await stage.rows(task) { request in
                request.pageSize = 2
                request.pageToken = from
            }
            names += page.stagingRows.map { $0["name"] }
            token = page.nextPageToken
        } while !token.isEmpty && names.count < 10
        #expect(names == ["Linz", "", "Graz", "Wien", ""])
        let faulty = try await stage.rows(task) { $0.status = "needs_attention" }
        #expect(faulty.stagingRows.map(\.rowNumber) == [3, 6] && faulty.totalSize == 2)
        let found = try await stage.rows(task) { $0.filter = "row_number > 4 AND status = ready_to_publish" }
        #expect(found.stagingRows.map { $0["name"] } == ["Wien"])
        let row = try #require(found.stagingRows.first)
        #expect(try await stage.call(ImportValidationAPI.getStagingRow, Stage.named(row.id)) == row)
        // A token is of its own list, and what is no filter is refused.
        let first = try await stage.rows(task) { $0.pageSize = 1 }
        for (edit, field) in [
            (
                { (request: inout ListStagingRowsRequest) in
                    request.pageToken = first.nextPageToken
                    request.status = "published"
                }, "page_token"
            ),
            ({ $0.filter = "colour = red" }, "filter"), ({ $0.pageToken = "x" }, "page_token"),
        ] as [((inout ListStagingRowsRequest) -> Void, String)] {
            let problem = try await stage.refusal { () async throws(Problem) in
                try await stage.rows(task) { edit(&$0) }
            }
            #expect(problem.violations.map(\.field) == [field])
        }
    }

    // MARK: Correcting

    @Test func aCorrectedRowIsCheckedAgain() async throws {
        let (stage, task) = try await Self.filled(["Linz", ""])
        let row = try #require(try await stage.rows(task) { $0.status = "needs_attention" }.stagingRows.first)
        let corrected = try await stage.correct(row, "name", "Graz", etag: row.etag)
        #expect(corrected.status == "yet_to_validate" && corrected.comment.isEmpty && corrected["name"] == "Graz")
        #expect(try await stage.summary(task) == [1, 0, 1, 0])
        let stale = try await stage.refusal { () async throws(Problem) in
            try await stage.correct(row, "name", "Wien", etag: row.etag)
        }
        #expect(stale.code == .aborted && stale.reason == "ETAG_MISMATCH")
        let run = try await stage.end(of: try await stage.validate(task))
        #expect(run.state == "completed" && run.totalRows == 1 && run.failedRows == 0)
        #expect(try await stage.summary(task) == [0, 0, 2, 0])
        #expect(try await stage.task(task).dataImportState == DataImportState.readyToPublish.rawValue)
        for (field, value, at) in [
            ("colour", "red", "cells.field"), ("name", String(repeating: "x", count: 32_768), "cells.value"),
        ] {
            let problem = try await stage.refusal { () async throws(Problem) in
                try await stage.correct(row, field, value)
            }
            #expect(problem.violations.map(\.field) == [at])
        }
    }

    // MARK: Publishing

    @Test func whatIsReadyIsPublished() async throws {
        let (stage, task) = try await Self.filled(["Linz", "", OnboardingStandIn.refused])
        let run = try await stage.end(of: try await stage.publish(of: task))
        #expect(run.state == "completed" && run.doneRows == 2 && run.failedRows == 1)
        #expect(try await stage.summary(task) == [0, 2, 0, 1])
        let rows = try await stage.rows(task).stagingRows
        #expect(rows.map(\.status) == ["published", "needs_attention", "needs_attention"])
        #expect(rows[0].targetRecord == RecordID.derived(from: rows[0].id))
        #expect(rows[2].comment == "The owner does not want it.")
        let sent = try #require(stage.owner.published(stage.account).first)
        #expect(sent.targetTable == "location" && sent.rows.map(\.rowID) == [rows[0].id, rows[2].id])
        #expect(try await stage.task(task).dataImportState == DataImportState.partiallyPublished.rawValue)
    }

    /// Only the chosen rows are published, and only those that are ready.
    @Test func chosenRowsArePublished() async throws {
        let (stage, task) = try await Self.filled(["Linz", "Graz", ""])
        let rows = try await stage.rows(task).stagingRows
        let run = try await stage.end(of: try await stage.publish([rows[1], rows[2]], of: task))
        #expect(run.doneRows == 1)
        #expect(try await stage.rows(task) { $0.status = "published" }.stagingRows.map(\.id) == [rows[1].id])
        let none = try await stage.end(of: try await stage.publish([rows[1]], of: task))
        #expect(none.doneRows == 0 && none.message == "No chosen row was ready to publish.")
        for chosen in [[], [StagingRow()]] {
            let problem = try await stage.refusal { () async throws(Problem) in
                try await stage.publish(chosen, of: task)
            }
            #expect(problem.violations.map(\.field) == ["staging_rows"])
        }
    }

    /// What is published is changed in its record, not here.
    @Test func aPublishedRowIsNotEdited() async throws {
        let (stage, task) = try await Self.filled(["Linz"])
        _ = try await stage.end(of: try await stage.publish(of: task))
        let row = try #require(try await stage.rows(task).stagingRows.first)
        #expect(row.status == "published")
        let problem = try await stage.refusal { () async throws(Problem) in
            try await stage.correct(row, "name", "Graz")
        }
        #expect(problem.code == .failedPrecondition && problem.reason == "ROW_PUBLISHED")
        #expect(try await stage.call(ImportValidationAPI.getStagingRow, Stage.named(row.id)) == row)
    }

    // MARK: Starting over

    /// G-64: every unpublished row goes, what is published stays, and the file can be loaded again.
    @Test func startingOverRemovesWhatIsNotPublished() async throws {
        let (stage, task) = try await Self.filled(["Linz", "", "Graz", "Wien"])
        let rows = try await stage.rows(task).stagingRows
        _ = try await stage.end(of: try await stage.publish([rows[0]], of: task))
        _ = try await stage.correct(rows[2], "name", "Steyr")
        let other = try await stage.create { $0.targetTable = "contract" }
        let unconfirmed = try await stage.refusal { () async throws(Problem) in
            try await stage.startOver(task, isConfirmed: false)
        }
        #expect(unconfirmed.reason == "G-64" && unconfirmed.violations.map(\.field) == ["confirm"])
        #expect(try await stage.summary(task).reduce(0, +) == 4)
        #expect(try await stage.startOver(other).removedRows == 0)
        #expect(try await stage.startOver(task).removedRows == 3)
        #expect(try await stage.rows(task).stagingRows.map(\.id) == [rows[0].id])
        #expect(try await stage.task(task).dataImportState == DataImportState.published.rawValue)
        #expect(try await stage.startOver(task).removedRows == 0)
        // The file is there and can be loaded once more.
        let uploads = try await stage.call(ImportValidationAPI.listUploads, Self.filter(task)).uploads
        #expect(uploads.map(\.state) == ["complete"])
        let run = try #require(try await stage.load(uploads, of: task).first)
        #expect(try await stage.end(of: run).doneRows == 4)
    }

    private static func filter(_ task: ImportTask) -> ListRequest {
        var request = ListRequest()
        request.filter = "import_task = \"\(task.id)\""
        return request
    }

    /// Not while a run of the task is under way.
    @Test func startingOverWaitsForRuns() async throws {
        let stage = try await Stage()
        let task = try await stage.locations()
        stage.owner.hold(stage.account)
        let upload = try await stage.upload(Stage.file([("Linz", OnboardingStandIn.held)]), to: task)
        let run = try #require(try await stage.load([upload], of: task).first)
        let problem = try await stage.refusal { () async throws(Problem) in try await stage.startOver(task) }
        #expect(problem.code == .failedPrecondition && problem.reason == "RUN_IN_PROGRESS")
        stage.owner.letGo(stage.account)
        _ = try await stage.end(of: run)
        #expect(try await stage.startOver(task).removedRows == 1)
    }

    // MARK: The end

    /// Nothing is worked on where the task is closed or canceled, or its case has ended; everything can be read.
    @Test(arguments: [("closed", "TASK_CLOSED"), ("canceled", "TASK_CLOSED"), (nil, "CASE_CLOSED")])
    func nothingIsWorkedOnBehindTheEnd(state: String?, reason: String) async throws {
        let (stage, task) = try await Self.filled(["Linz", ""])
        let row = try #require(try await stage.rows(task) { $0.status = "needs_attention" }.stagingRows.first)
        let bytes = Stage.file(["Graz"])
        let upload = try await stage.upload(bytes, to: task)
        if let state {
            _ = try await stage.update(task.id) { $0.state = state }
        } else {
            // The event that also cancels the tasks has not come yet.
            try await stage.turn("closed", "updated", revision: 2)
        }
        let before = try await stage.summary(task)
        for problem in [
            await problem { () async throws(Problem) in try await stage.begin(bytes, to: task) },
            await problem { () async throws(Problem) in try await stage.load([upload], of: task) },
            await problem { () async throws(Problem) in try await stage.validate(task) },
            await problem { () async throws(Problem) in try await stage.publish(of: task) },
            await problem { () async throws(Problem) in try await stage.startOver(task) },
            await problem { () async throws(Problem) in try await stage.correct(row, "name", "Wien") },
        ] {
            #expect(problem?.code == .failedPrecondition && problem?.reason == reason, "\(String(describing: problem))")
        }
        #expect(try await stage.summary(task) == before)
        #expect(try await stage.rows(task).stagingRows.count == 2)
        #expect(try await stage.call(ImportValidationAPI.getStagingRow, Stage.named(row.id)) == row)
        var template = DownloadTemplateRequest()
        template.id = task.id
        #expect(try await !stage.call(ImportValidationAPI.downloadTemplate, template).content.isEmpty)
    }

    /// The case ends while its rows are being published: what has been sent is there, no more is sent.
    @Test func publishingStopsAtTheEndOfTheCase() async throws {
        let (stage, task) = try await Self.filled([OnboardingStandIn.held] + (1...500).map { "Werk \($0)" })
        stage.owner.hold(stage.account)
        let run = try await stage.publish(of: task)
        let limit = ContinuousClock.now + .seconds(60)
        while !stage.owner.isAsked(stage.account), ContinuousClock.now < limit {
            try await Task.sleep(for: .milliseconds(10))
        }
        try await stage.turn("closed", "updated", revision: 2)
        stage.owner.letGo(stage.account)
        let ended = try await stage.end(of: run)
        #expect(ended.state == "failed" && ended.message?.contains("onboarding case is closed") == true)
        #expect(ended.totalRows == 501 && ended.doneRows == 500)
        #expect(try await stage.summary(task) == [0, 0, 1, 500])
        #expect(stage.owner.published(stage.account).map(\.rows.count) == [500])
    }
}
