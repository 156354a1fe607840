import ImportValidationWire
import RPC
import Records
import ServiceTestKit
import Testing
import Wire

@testable import ImportValidationService

/// Files on their way into staging (G-57, G-64, G-65).
@Suite(.timeLimit(.minutes(15))) struct LoadTests {
    @Test func rowsAreCheckedOnTheWay() async throws {
        let stage = try await Stage()
        let task = try await stage.locations()
        let file = Stage.file([
            ("Linz", "Ernst Handel"), ("", "Ernst Handel"), ("Graz", OnboardingStandIn.nobody), ("Wien", ""),
        ])
        let run = try await stage.loaded(file, of: task)
        #expect(run.state == "completed" && run.totalRows == 4 && run.doneRows == 4 && run.failedRows == 2)
        #expect(run.message == "2 of 4 rows need attention. Please check the staging table.")
        let rows = try await stage.rows(task)
        #expect(rows.totalSize == 4 && rows.stagingRows.map(\.rowNumber) == [2, 3, 4, 5])
        #expect(rows.stagingRows.map { $0["name"] } == ["Linz", "", "Graz", "Wien"])
        #expect(
            rows.stagingRows.map(\.status) == [
                "ready_to_publish", "needs_attention", "needs_attention", "ready_to_publish",
            ])
        #expect(rows.stagingRows[1].comment.contains("Name is mandatory."))
        #expect(rows.stagingRows[2].comment == AccountCheck.message)
        #expect(try await stage.summary(task) == [0, 2, 2, 0])
        #expect(try await stage.task(task).dataImportState == DataImportState.needsAttention.rawValue)
    }

    /// A file is loaded once; several files are runs of their own.
    @Test func aFileIsLoadedOnce() async throws {
        let stage = try await Stage()
        let task = try await stage.locations()
        let first = try await stage.upload(Stage.file(["Linz"]), to: task)
        let second = try await stage.upload(Stage.file(["Graz"]), "more.csv", to: task)
        let runs = try await stage.load([first, second], of: task)
        #expect(runs.map(\.upload) == [first.id, second.id])
        for again in [first, second] {
            let problem = try await stage.refusal { () async throws(Problem) in
                try await stage.load([again], of: task)
            }
            #expect(problem.code == .alreadyExists && problem.reason == "UPLOAD_LOADED")
        }
        for run in runs { #expect(try await stage.end(of: run).state == "completed") }
        let loaded = try await stage.refusal { () async throws(Problem) in try await stage.load([first], of: task) }
        #expect(loaded.reason == "UPLOAD_LOADED")
        #expect(try await stage.rows(task).stagingRows.count == 2)
        for uploads in [[], [first, first]] {
            let problem = try await stage.refusal { () async throws(Problem) in
                try await stage.load(uploads, of: task)
            }
            #expect(problem.code == .invalidArgument && problem.violations.map(\.field) == ["uploads"])
        }
        let encoding = try await stage.refusal { () async throws(Problem) in
            try await stage.load([first], of: task) { $0.encoding = "EBCDIC" }
        }
        #expect(encoding.violations.map(\.field) == ["encoding"])
    }

    /// An upload is its task's.
    @Test func anotherTasksFileIsNotFound() async throws {
        let stage = try await Stage()
        let task = try await stage.locations()
        let other = try await stage.create { $0.targetTable = "contract" }
        let upload = try await stage.upload(Stage.file(["Linz"]), to: task)
        let problem = try await stage.refusal { () async throws(Problem) in
            try await stage.load([upload], of: other)
        }
        #expect(problem.code == .notFound)
    }

    /// A load that fails half way takes its rows back, and holds back no other file (G-65).
    @Test func aLoadThatFailsHalfWayLeavesNothing() async throws {
        let stage = try await Stage()
        let task = try await stage.locations()
        let names = (1...LoadRun.batch + 500).map { "Werk \($0)" }
        var rows = names.map { (name: $0, account: "Ernst Handel") }
        rows[LoadRun.batch + 400].account = OnboardingStandIn.held
        rows[LoadRun.batch + 401].account = OnboardingStandIn.broken
        stage.owner.hold(stage.account)
        let upload = try await stage.upload(Stage.file(rows), "broken.csv", to: task)
        let run = try #require(try await stage.load([upload], of: task).first)
        // The rows before the broken one are there.
        let limit = ContinuousClock.now + .seconds(60)
        while try await stage.summary(task).reduce(0, +) < LoadRun.batch, ContinuousClock.now < limit {
            try await Task.sleep(for: .milliseconds(10))
        }
        #expect(try await stage.summary(task) == [0, 0, Int64(LoadRun.batch), 0])
        #expect(try await stage.task(task).dataImportState == DataImportState.loading.rawValue)
        stage.owner.letGo(stage.account)
        let failed = try await stage.end(of: run)
        #expect(failed.state == "failed" && failed.doneRows == 0 && failed.message == "That cannot be looked up.")
        #expect(try await stage.summary(task) == [0, 0, 0, 0])
        #expect(try await stage.upload(upload).state == "failed")
        #expect(try await stage.task(task).dataImportState == DataImportState.loadFailed.rawValue)
        let again = try await stage.refusal { () async throws(Problem) in try await stage.load([upload], of: task) }
        #expect(again.reason == "UPLOAD_INCOMPLETE")
        #expect(try await stage.loaded(Stage.file(["Linz"]), of: task).state == "completed")
        #expect(try await stage.summary(task) == [0, 0, 1, 0])
    }

    /// A file without its mandatory column is no load; the good one that was sent with it is (G-57, G-65).
    @Test func aBadFileHoldsNoOtherBack() async throws {
        let stage = try await Stage()
        let task = try await stage.locations()
        let bad = try await stage.upload(Array("Account,City\nErnst Handel,Linz\n".utf8), "bad.csv", to: task)
        let good = try await stage.upload(Stage.file(["Linz"]), "good.csv", to: task)
        var ends: [ImportRun] = []
        for run in try await stage.load([bad, good], of: task) { ends.append(try await stage.end(of: run)) }
        #expect(ends.map(\.state) == ["failed", "completed"])
        #expect(ends[0].message?.contains("Name") == true)
        #expect(try await stage.rows(task).stagingRows.map(\.sourceFile) == ["good.csv"])
        // Somebody may know on which sheet, or in which row, the titles are.
        #expect(try await stage.upload(bad).state == "complete")
        #expect(try await stage.upload(good).state == "loaded")
    }

    /// What a person can put right by saying more about the file does not end its upload.
    @Test func aSheetThatIsNotThereCanBeNamedAgain() async throws {
        let stage = try await Stage()
        let task = try await stage.locations()
        var template = DownloadTemplateRequest()
        template.id = task.id
        let file = try await stage.call(ImportValidationAPI.downloadTemplate, template)
        #expect(file.fileName == "cmn_location_template.xlsx" && file.sha256 == Hex.sha256(file.content))
        let upload = try await stage.upload(file.content, file.fileName, to: task)
        let wrong = try #require(try await stage.load([upload], of: task) { $0.sheet = "Elsewhere" }.first)
        #expect(try await stage.end(of: wrong).state == "failed")
        #expect(try await stage.upload(upload).state == "complete")
        let right = try #require(try await stage.load([upload], of: task).first)
        let end = try await stage.end(of: right)
        // The example of the template is never imported.
        #expect(end.state == "completed" && end.message?.contains("Row 2 is the example") == true)
        #expect(try await stage.summary(task) == [0, 0, 0, 0])
    }

    /// More checks than a run can carry out stop it: with some left out, rows would pass unseen.
    @Test func tooManyChecksStopARun() async throws {
        let stage = try await Stage()
        let task = try await stage.locations()
        let target = try #require(ImportTarget.named("location"))
        try await stage.addChecks(501, for: target)
        let run = try await stage.loaded(Stage.file(["Linz"]), of: task)
        #expect(run.state == "failed" && run.message?.contains("more than 500 active checks") == true)
        #expect(try await stage.summary(task) == [0, 0, 0, 0])
    }
}
