import ImportValidationWire
import RPC
import Records
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import ImportValidationService

/// Corrected error workbooks mend the rows they were made of.
@Suite(.timeLimit(.minutes(15))) struct MendRunTests {
    /// Rows 2 to 5 of a file, of which 2, 3 and 5 need attention.
    private static func staged(_ stage: Stage) async throws -> (ImportTask, ErrorSheet) {
        let task = try await stage.locations()
        _ = try await stage.loaded(
            Stage.file([
                ("", "Ernst Handel"), ("Graz", OnboardingStandIn.nobody), ("Wien", "Ernst Handel"),
                ("", "Ernst Handel"),
            ]), of: task)
        #expect(try await stage.summary(task) == [0, 3, 1, 0])
        return (task, try ErrorSheet(try await stage.errors(of: task).1))
    }

    private static func message(_ text: String?, has part: String) -> Bool { text?.contains(part) == true }

    /// In whatever order they come and by whatever program they were written, the rows themselves are mended and checked at
    /// once. None is added, and what is not in the workbook any more stays as it is.
    @Test(arguments: ["xlsx", "csv"]) func itMendsThoseVeryRows(_ kind: String) async throws {
        let stage = try await Stage()
        var (task, sheet) = try await Self.staged(stage)
        let before = try await stage.rows(task).stagingRows
        sheet[0, "Name"] = "Linz"
        sheet[1, "Account"] = "Ernst Handel"
        sheet.rows = [sheet.rows[1], sheet.rows[0]]
        let bytes = try kind == "csv" ? sheet.csv() : sheet.xlsx()
        let run = try await stage.loaded(bytes, "errors.\(kind)", of: task)
        #expect(run.state == "completed" && run.totalRows == 2 && run.doneRows == 2 && run.failedRows == 0)
        #expect(
            run.message
                == "2 rows were mended; 0 hold what they held. 1 rows of the task need attention. Please check the staging table."
        )
        let after = try await stage.rows(task).stagingRows
        #expect(after.map(\.id) == before.map(\.id) && after.map(\.sourceFile) == before.map(\.sourceFile))
        #expect(after.map { $0["name"] } == ["Linz", "Graz", "Wien", ""])
        #expect(after.map(\.status) == ["ready_to_publish", "ready_to_publish", "ready_to_publish", "needs_attention"])
        #expect(after.map { $0.etag == before[0].etag } == [false, false, true, true], "only what changed is written")
        #expect(try await stage.call(ImportValidationAPI.getUpload, Stage.named(run.upload ?? "")).state == "loaded")
        #expect(try await stage.task(task).dataImportState == DataImportState.needsAttention.rawValue)
    }

    /// The same workbook once more changes nothing, and one that nobody has touched neither.
    @Test func whatHoldsTheSameIsNotWritten() async throws {
        let stage = try await Stage()
        var (task, sheet) = try await Self.staged(stage)
        let before = try await stage.rows(task).stagingRows
        let untouched = try await stage.loaded(try await stage.errors(of: task).1, "untouched.xlsx", of: task)
        #expect(Self.message(untouched.message, has: "0 rows were mended; 3 hold what they held."))
        #expect(try await stage.rows(task).stagingRows == before)
        sheet[0, "Name"] = "Linz"
        _ = try await stage.loaded(try sheet.xlsx(), "errors.xlsx", of: task)
        let mended = try await stage.rows(task).stagingRows
        let again = try await stage.loaded(sheet.csv(), "errors.csv", of: task)
        #expect(Self.message(again.message, has: "0 rows were mended; 3 hold what they held."))
        #expect(again.failedRows == 0)
        #expect(try await stage.rows(task).stagingRows == mended)
    }

    /// What cannot be taken is told by its row and holds nothing else back: a row that was changed meanwhile, one without a
    /// key, one that is there twice, one that is published or gone.
    @Test func whatIsNotTakenIsToldByItsRow() async throws {
        let stage = try await Stage()
        var (task, sheet) = try await Self.staged(stage)
        let rows = try await stage.rows(task).stagingRows
        _ = try await stage.correct(rows[0], "street", "Ring 1")
        sheet[0, "Name"] = "Linz"
        sheet[1, "Account"] = "Ernst Handel"
        let key = sheet.titles.count - 1
        var new = sheet.rows[1]
        (new[0], new[key]) = ("Neu", "")
        var copy = sheet.rows[1]
        copy[0] = "Graz 2"
        var gone = sheet.rows[1]
        gone[key] = RowKey(uuid(), []).text
        var damaged = sheet.rows[1]
        damaged[key] = "x"
        sheet.rows += [new, copy, gone, damaged]
        let run = try await stage.loaded(try sheet.xlsx(), "errors.xlsx", of: task)
        #expect(run.state == "completed" && run.totalRows == 7 && run.doneRows == 7 && run.failedRows == 5)
        for part in [
            "1 rows were mended; 1 hold what they held.", "changed them since the workbook was made: 2.",
            "no row key: 5, 8.", "same row key: 6.", "no such rows any more: 7.",
        ] {
            #expect(Self.message(run.message, has: part), "\(part) in \(run.message ?? "")")
        }
        let after = try await stage.rows(task).stagingRows
        #expect(after.map { $0["name"] } == ["", "Graz", "Wien", ""] && after[0]["street"] == "Ring 1")
        #expect(try await stage.summary(task) == [0, 2, 2, 0])
        _ = try await stage.end(of: try await stage.publish(of: task))
        sheet.rows = [sheet.rows[1]]
        sheet[0, "Name"] = "Graz 3"
        let late = try await stage.loaded(sheet.csv(), "late.csv", of: task)
        #expect(Self.message(late.message, has: "because they are published: 2.") && late.failedRows == 1)
    }

    /// A row that was only checked anew, or whose double was corrected, is no conflict: its cells are what they were.
    @Test func anotherRevisionAloneIsNoConflict() async throws {
        let stage = try await Stage()
        let task = try await stage.locations()
        _ = try await stage.loaded(Stage.file(["A", "A", "B"]), of: task)
        var sheet = try ErrorSheet(try await stage.errors(of: task).1)
        #expect(sheet.rows.count == 2)
        let rows = try await stage.rows(task).stagingRows
        _ = try await stage.correct(rows[2], "name", "A")
        _ = try await stage.end(of: try await stage.validate(task))
        #expect(try await stage.summary(task) == [0, 3, 0, 0])
        sheet[0, "Name"] = "C"
        sheet[1, "Name"] = "D"
        let run = try await stage.loaded(try sheet.xlsx(), "errors.xlsx", of: task)
        #expect(Self.message(run.message, has: "2 rows were mended") && run.failedRows == 0)
        #expect(try await stage.summary(task) == [0, 0, 3, 0], "the double that was left is checked again as well")
    }

    /// The keys of another task or tenant name nothing here.
    @Test func keysOfAnotherTaskNameNothing() async throws {
        let stage = try await Stage()
        var (task, sheet) = try await Self.staged(stage)
        let foreign = try await Stage()
        let others = [try await stage.locations(), try await foreign.locations()]
        for row in sheet.rows.indices { sheet[row, "Name"] = "Foreign" }
        let before = try await stage.rows(task).stagingRows
        for (place, other) in zip([stage, foreign], others) {
            let run = try await place.loaded(try sheet.xlsx(), "errors.xlsx", of: other)
            #expect(run.state == "completed" && run.failedRows == 3)
            #expect(Self.message(run.message, has: "no such rows any more: 2, 3, 4."))
            #expect(try await place.summary(other) == [0, 0, 0, 0], "and none is added")
        }
        #expect(try await stage.rows(task).stagingRows == before)
    }

    /// A workbook that has lost its keys is refused as a whole, for its rows would be loaded a second time.
    @Test func withoutTheColumnOfKeysNothingIsLoaded() async throws {
        let stage = try await Stage()
        var (task, sheet) = try await Self.staged(stage)
        sheet.titles.removeLast()
        for row in sheet.rows.indices { sheet.rows[row].removeLast() }
        let run = try await stage.loaded(try sheet.xlsx(), "errors.xlsx", of: task)
        #expect(run.state == "failed" && Self.message(run.message, has: "without its column"))
        #expect(try await stage.summary(task) == [0, 3, 1, 0])
    }

    /// What was mapped by hand for people's own files is not for it.
    @Test func aSavedMappingIsNotForIt() async throws {
        let stage = try await Stage()
        var (task, sheet) = try await Self.staged(stage)
        var mapping = SaveMappingRequest()
        mapping.id = task.id
        var column = ColumnMapping()
        (column.title, column.field) = ("Street", "name")
        var left = ColumnMapping()
        left.title = "Name"
        mapping.columns = [column, left]
        _ = try await stage.call(ImportValidationAPI.saveMapping, mapping)
        sheet[0, "Name"] = "Linz"
        let run = try await stage.loaded(try sheet.xlsx(), "errors.xlsx", of: task)
        #expect(Self.message(run.message, has: "1 rows were mended"))
        #expect(try await stage.rows(task).stagingRows.first?["name"] == "Linz")
    }

    /// What the file now says against a corrected cell counts; what it said of others stays.
    @Test func whatTheFileSaysStays() async throws {
        let stage = try await Stage()
        var (task, sheet) = try await Self.staged(stage)
        _ = try await stage.bench.admin.run(
            """
            UPDATE import_validation.staging_row SET faults = '[{"kind": "error", "field": "street", "place": "C2", \
            "detail": "#N/A"}, {"kind": "error", "field": "name", "place": "A2", "detail": "#N/A"}]' \
            WHERE import_task = \(task.id) AND row_number = 2
            """)
        sheet[0, "Name"] = "Linz"
        _ = try await stage.loaded(try sheet.xlsx(), "errors.xlsx", of: task)
        let row = try #require(try await stage.rows(task).stagingRows.first)
        #expect(row["name"] == "Linz" && row.errors.map(\.field) == ["street"])
    }

    /// The contact of a task imports files, and corrects no rows; whoever works on it can import the same file.
    @Test func theContactMendsNothing() async throws {
        let stage = try await Stage()
        let task = try await stage.locations {
            $0.contact = stage.contact
            $0.visibleToCustomer = true
        }
        _ = try await stage.loaded(Stage.file([""]), of: task)
        var sheet = try ErrorSheet(try await stage.errors(of: task).1)
        sheet[0, "Name"] = "Linz"
        let upload = try await stage.upload(try sheet.xlsx(), "errors.xlsx", to: task, as: stage.customer)
        let run = try #require(try await stage.load([upload], of: task, as: stage.customer).first)
        let refused = try await stage.end(of: run)
        #expect(refused.state == "failed" && refused.message == RunMessages.noMending.en)
        #expect(try await stage.summary(task) == [0, 1, 0, 0])
        let own = try #require(try await stage.load([upload], of: task).first)
        #expect(try await stage.end(of: own).state == "completed")
        #expect(try await stage.summary(task) == [0, 0, 1, 0])
    }

    /// A row whose cells were cleared, or that looks like titles, is mended as any other; what is passed over is told.
    @Test func whatIsPassedOverIsTold() async throws {
        let stage = try await Stage()
        var (task, sheet) = try await Self.staged(stage)
        let key = sheet.titles.count - 1
        for column in sheet.titles.indices where column != key { sheet.rows[1][column] = "" }
        for column in sheet.titles.indices where column != key { sheet.rows[2][column] = sheet.titles[column] }
        sheet.titles.append("")
        for row in sheet.rows.indices { sheet.rows[row].append(row == 0 ? "by hand" : "") }
        let run = try await stage.loaded(sheet.csv(), "errors.csv", of: task)
        #expect(run.totalRows == 3 && run.doneRows == 3 && run.failedRows == 0, "\(run.message ?? "")")
        #expect(Self.message(run.message, has: "2 rows were mended; 1 hold"), "\(run.message ?? "")")
        #expect(
            Self.message(run.message, has: "Values in columns without a title were not read"), "\(run.message ?? "")")
        let rows = try await stage.rows(task).stagingRows
        #expect(rows.map { $0["name"] } == ["", "", "Wien", "Name"])
        #expect(rows[1]["account"] == "" && rows[1].status == "needs_attention")
    }

    // MARK: Interrupted

    /// Whoever takes a run over goes on behind the last row that was settled, and counts on.
    @Test func anInterruptedRunGoesOn() async throws {
        let stage = try await Stage()
        var (task, sheet) = try await Self.staged(stage)
        for row in sheet.rows.indices {
            sheet[row, "Name"] = "Werk \(row)"
            sheet[row, "Account"] = "Ernst Handel"
        }
        var tally = MendTally()
        (tally.place, tally.mended) = (2, 1)
        let upload = try await stage.upload(try sheet.xlsx(), "errors.xlsx", to: task)
        let run = try await stage.end(of: try await stage.interrupted("load", task, upload: upload, mending: tally))
        #expect(run.state == "completed" && run.totalRows == 3 && run.doneRows == 3)
        #expect(Self.message(run.message, has: "3 rows were mended; 0 hold"))
        #expect(try await stage.rows(task).stagingRows.map { $0["name"] } == ["", "Werk 1", "Wien", "Werk 2"])
    }

    /// What was mended before a cancellation stays, and is told.
    @Test func aCanceledMendingSaysWhatWasMended() async throws {
        let stage = try await Stage()
        var (task, sheet) = try await Self.staged(stage)
        sheet[0, "Name"] = "Linz"
        var tally = MendTally()
        (tally.place, tally.mended) = (2, 1)
        let upload = try await stage.upload(try sheet.xlsx(), "errors.xlsx", to: task)
        let queued = try await stage.interrupted(
            "load", task, upload: upload, done: 1, mending: tally, isCanceled: true)
        let run = try await stage.end(of: queued)
        #expect(run.state == "canceled" && run.doneRows == 1 && run.message == RunMessages.canceledMending(tally).en)
        #expect(try await stage.summary(task) == [0, 3, 1, 0])
    }

    /// What was mended before a failure stays, and is told; the workbook can be imported again.
    @Test func aMendingThatFailsSaysWhatWasMended() async throws {
        let stage = try await Stage()
        var (task, sheet) = try await Self.staged(stage)
        sheet[1, "Account"] = "Ernst Handel"
        var tally = MendTally()
        (tally.place, tally.mended) = (2, 1)
        let upload = try await stage.upload(try sheet.xlsx(), "errors.xlsx", to: task)
        _ = try await stage.update(task.id) { $0.state = "closed" }
        let run = try await stage.end(
            of: try await stage.interrupted("load", task, upload: upload, done: 1, mending: tally))
        #expect(run.state == "failed" && run.doneRows == 1 && run.failedRows == 0)
        #expect(Self.message(run.message, has: RunMessages.brokenMending(tally).en), "\(run.message ?? "")")
        #expect(try await stage.upload(upload).state == "complete")
        _ = try await stage.update(task.id) { $0.state = "open" }
        let again = try #require(try await stage.load([upload], of: task).first)
        let end = try await stage.end(of: again)
        #expect(end.state == "completed" && Self.message(end.message, has: "1 rows were mended; 2 hold"))
    }

    @Test func aTallyNamesTheFirstRows() {
        var tally = MendTally()
        for row in 2...300 { tally.refuse(row, .changed) }
        tally.refuse(301, .keyless)
        #expect(tally.refusals == 300 && MendTally.read(tally.json) == tally)
        #expect(tally.remarks.count == 2 && tally.remarks[0].en.contains("201 and 99 more"))
        #expect(tally.remarks[0].ko.contains("201 외 99개") && tally.remarks[1].ko.contains("301"))
    }
}
