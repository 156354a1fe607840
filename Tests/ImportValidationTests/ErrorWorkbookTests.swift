import Foundation
import ImportValidationWire
import RPC
import Records
import ServiceTestKit
import Tenancy
import Testing
import Wire
import Workbook

@testable import ImportValidationService

/// The rows that need attention as a workbook that people correct.
@Suite(.timeLimit(.minutes(15))) struct ErrorWorkbookTests {
    /// The layout of the template, the rows that need attention alone, the key in the last column.
    @Test(arguments: ["en", "ko"]) func itHasTheRowsThatNeedAttention(_ language: String) async throws {
        let stage = try await Stage()
        let task = try await stage.locations()
        let target = try #require(ImportTarget.named("location"))
        _ = try await stage.loaded(
            Stage.file([("Linz", "Ernst Handel"), ("", "Ernst Handel"), ("Graz", OnboardingStandIn.nobody)]), of: task)
        let (export, bytes) = try await stage.errors(of: task) { $0.language = language }
        #expect(export.rows == 2 && export.sizeBytes == Int64(bytes.count) && export.sha256 == Hex.sha256(bytes))
        #expect(export.fileName.hasPrefix("locations-errors-") && export.fileName.hasSuffix(".xlsx"))
        let sheet = try ErrorSheet(bytes)
        let titles = target.fields.map { $0.label(language) }
        #expect(Array(sheet.titles.dropLast(2)) == titles)
        let name = try #require(target.position(of: "name"))
        #expect(sheet.rows.map { $0[name] } == ["", "Graz"])
        let rows = try await stage.rows(task, in: language).filter { $0.status == "needs_attention" }
        #expect(sheet.rows.map { $0[titles.count] } == rows.map(\.comment), "what is wrong, in the language asked for")
        #expect(sheet.rows.map { RowKey($0[titles.count + 1])?.row } == rows.map { Optional($0.id) })
    }

    /// Wrong cells are filled and explained, also empty ones; choices are lists, and the key is hidden.
    @Test func wrongCellsAreMarked() async throws {
        let stage = try await Stage()
        let task = try await stage.locations()
        _ = try await stage.loaded(Array("Name,Account,Country\n,Ernst Handel,Atlantis\n".utf8), of: task)
        let (_, bytes) = try await stage.errors(of: task)
        let row = try #require(try await stage.rows(task).stagingRows.first)
        let comments = try ErrorSheet.part("xl/comments1.xml", of: bytes)
        #expect(row.errors.count == 2)
        for error in row.errors { #expect(comments.contains(error.message), "\(error.message)") }
        let cells = try ErrorSheet.part("xl/worksheets/sheet1.xml", of: bytes)
        let target = try #require(ImportTarget.named("location"))
        for field in ["name", "country"] {
            let place = CellName.cell(column: try #require(target.position(of: field)), row: 2)
            #expect(cells.contains("<c r=\"\(place)\" s=\""), "\(place)")
        }
        #expect(cells.contains("hidden=\"1\"") && cells.contains("<dataValidation"))
        #expect(try ErrorSheet.part("xl/styles.xml", of: bytes).contains("FFFFC7CE"))
    }

    /// It holds what the filter finds, and a file without rows is one as well.
    @Test func itIsFilteredLikeTheList() async throws {
        let stage = try await Stage()
        let task = try await stage.locations()
        _ = try await stage.loaded(Stage.file(["", "B", ""]), of: task)
        _ = try await stage.loaded(Stage.file([""]), "more.csv", of: task)
        func rows(_ filter: String) async throws -> Int64 {
            try await stage.errors(of: task) { $0.filter = filter }.0.rows
        }
        #expect(try await rows("") == 3)
        #expect(try await rows(#"source_file = "more.csv""#) == 1)
        #expect(try await rows("row_number > 2") == 1)
        #expect(try await rows(#"status = "ready_to_publish""#) == 0)
        let wrong = try await stage.refusal { () async throws(Problem) in
            try await stage.exported(task) { $0.filter = "colour = 1" }
        }
        #expect(wrong.code == .invalidArgument)
        let language = try await stage.refusal { () async throws(Problem) in
            try await stage.exported(task) { $0.language = "fr" }
        }
        #expect(language.violations.map(\.field) == ["language"])
    }

    /// The file is its caller's alone, in pieces, and the same request gets the same file.
    @Test func itIsReadInPiecesByWhoAskedForIt() async throws {
        let stage = try await Stage()
        let task = try await stage.locations()
        for file in ["one.csv", "two.csv"] {
            let lines = (1...2_000).map { _ in
                ",Ernst Handel,\((1...6).map { _ in uuid() }.joined(separator: " "))\n"
            }
            _ = try await stage.loaded(Array(("Name,Account,Street\n" + lines.joined()).utf8), file, of: task)
        }
        let id = uuid()
        let (export, bytes) = try await stage.errors(of: task) { $0.requestID = id }
        #expect(export.rows == 4_000 && export.first?.last == false && bytes.count > 512 << 10)
        #expect(try ErrorSheet(bytes).rows.count == 4_000)
        #expect(try await stage.exported(task) { $0.requestID = id } == export)
        var request = ReadExportRequest()
        request.token = export.token
        let read = request
        let problem = try await stage.refusal { () async throws(Problem) in
            try await stage.call(
                ImportValidationAPI.readExport, read, as: .holding("sn_acct_lc.agent", subject: uuid()))
        }
        #expect(problem.code == .notFound)
    }

    @Test func whoMayNotReadRowsGetsNone() async throws {
        let stage = try await Stage()
        let task = try await stage.locations {
            $0.contact = stage.contact
            $0.visibleToCustomer = true
        }
        _ = try await stage.loaded(Stage.file([""]), of: task)
        for caller in [Caller.holding("sn_customerservice_agent")] {
            let problem = try await stage.refusal { () async throws(Problem) in
                try await stage.exported(task, as: caller)
            }
            #expect(problem.code == .permissionDenied || problem.code == .notFound, "\(problem)")
        }
    }

    /// Of each target what is untouched is the same again: in every field whatever a cell may hold.
    @Test(arguments: ImportTarget.all.map(\.table)) func whatIsUntouchedComesBack(_ table: String) throws {
        let target = try #require(ImportTarget.named(table))
        let plan = CheckPlan(target, [])
        let texts = [
            "2026-01-31", "2026-1-31", "1863.40", "007", "1e3", "TRUE", "=1+1", "-x", "'x", "#N/A", "_x0041_",
            "a\u{301}",
            "12345678901234567890", "가\n나", "  x  ", "<&>\"", "31.01.2026", "\u{1F600}", "0", "x\u{1}y", "Example (not",
        ]
        let columns = plan.columns.map { $0.templateColumn("en") }
        let held = texts.map { text in target.fields.map { PublishedCell.seen(text, in: $0) } }
        let reads = try ErrorSheet.read(try ErrorSheet.written(columns, held), target, plan)
        #expect(reads.count == held.count)
        for (cells, read) in zip(held, reads) {
            for (position, cell) in cells.enumerated() {
                let shown = PublishedCell.seen(WorkbookWriter.writable(cell), in: target.fields[position])
                let found = read.cells[position]
                #expect(found == cell || found == shown, "\(target.fields[position].name): \(cell) is \(found)")
            }
            #expect(read.faults.isEmpty)
        }
    }

    @Test func aKeyIsOfItsRowAndItsCells() throws {
        let id = uuid()
        let key = try #require(RowKey(RowKey(id, ["a", "b", ""]).text))
        #expect(key.row == id && key.isOf(["a", "b"]) && key.isOf(["a", "b", "", ""]))
        #expect(!key.isOf(["a", "c"]) && !key.isOf(["ab"]) && !key.isOf(["", "a", "b"]))
        for text in ["", id, "row \(id)", "row x 0123456789abcdef", "row \(id) 0123"] { #expect(RowKey(text) == nil) }
    }
}

extension Stage {
    func exported(
        _ task: ImportTask, as caller: Caller? = nil, _ edit: (inout ExportStagingErrorsRequest) -> Void = { _ in }
    ) async throws(Problem) -> Export {
        var request = ExportStagingErrorsRequest()
        request.importTask = task.id
        edit(&request)
        // The tests beside this one export, too, and share the room of their domain.
        for _ in 1...200 {
            do throws(Problem) {
                return try await call(ImportValidationAPI.exportStagingErrors, request, as: caller)
            } catch  where error.reason.hasSuffix("EXPORTS_BUSY") {
                try? await Task.sleep(for: .milliseconds(50))
            }
        }
        return try await call(ImportValidationAPI.exportStagingErrors, request, as: caller)
    }

    /// The error workbook of a task, read to its end.
    func errors(
        of task: ImportTask, _ edit: (inout ExportStagingErrorsRequest) -> Void = { _ in }
    ) async throws -> (Export, [UInt8]) {
        let export = try await exported(task, edit)
        var chunk = try #require(export.first)
        var bytes = chunk.content
        while !chunk.last {
            var request = ReadExportRequest()
            (request.token, request.offset) = (export.token, chunk.nextOffset)
            chunk = try await call(ImportValidationAPI.readExport, request)
            bytes += chunk.content
        }
        return (export, bytes)
    }
}
