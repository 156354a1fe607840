import CampaignKit
import Foundation
import ImportValidationWire
import JourneyKit
import OnboardingWire
import RPC
import Testing
import Wire
import Workbook

/// What the contact and the analyst do with the import.
extension NewImport {
    /// The contact sends the customer's file while services go and come, and sees what became of each row: those that were
    /// written before a load was killed are there once.
    func send() async throws -> Upload {
        let path = "\(stack.folder)/entitlements.csv"
        let number = journey.account.accountNumber ?? ""
        let lines = (0..<Self.rows).map { row in
            "Wartung \(row + 1),\(row % 5 < 2 ? "Kg" : "Stk"),\(row % 90),\(number),2026-01-01 bis 2026-12-31\n"
        }
        try "Leistung,Einheit,Menge,Kunde,Laufzeit\n\(lines.joined())"
            .write(toFile: path, atomically: true, encoding: .utf8)
        let upload = try await interrupted(path)
        let load = try await killed(at: 2_500, as: contact) { try await imported(upload, as: contact) }
        #expect(load.state == "completed" && load.totalRows == Int64(Self.rows), "\(load.message ?? "")")
        #expect(load.doneRows == Int64(Self.rows) && load.failedRows == Int64(Self.wrong))
        try await expect(0, attention: Self.wrong, ready: Self.rows - Self.wrong, published: 0, as: contact)
        var list = ListStagingRowsRequest()
        (list.importTask, list.status, list.view) = (task.id, "needs_attention", "needs_attention")
        (list.pageSize, list.count) = (1, true)
        let page = try await world.call(ImportValidationAPI.listStagingRows, list, as: contact)
        let row = try #require(page.stagingRows.first)
        #expect(
            page.totalSize == Int64(Self.wrong) && row.rowNumber == 2 && row.cells.map(\.field) == ["unit", "name"])
        #expect(row.errors.map(\.sourceTitle) == ["Einheit"] && row.comment.contains("\"Kg\""), "\(row.comment)")
        return upload
    }

    /// A file whose upload is interrupted by the end of the service: the contact goes on where it stood.
    private func interrupted(_ path: String) async throws -> Upload {
        let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
        var begin = BeginUploadRequest()
        (begin.importTask, begin.fileName, begin.sizeBytes) = (task.id, "entitlements.csv", Int64(bytes.count))
        let upload = try await world.call(ImportValidationAPI.beginUpload, begin, as: contact)
        let half = bytes.count / 2
        for (offset, part) in [(0, bytes[..<half]), (half, bytes[half...])] {
            var append = AppendUploadRequest()
            (append.id, append.offset, append.content) = (upload.id, Int64(offset), Array(part))
            _ = try await world.call(ImportValidationAPI.appendUpload, append, as: contact)
            guard offset == 0 else { continue }
            try stack.kill("import-validation")
            try await stack.restart()
        }
        var complete = CompleteUploadRequest()
        complete.id = upload.id
        let whole = try await world.call(ImportValidationAPI.completeUpload, complete, as: contact)
        #expect(whole.sizeBytes == Int64(bytes.count))
        return whole
    }

    private func imported(_ upload: Upload, as person: Credential) async throws -> ImportRun {
        var request = ImportUploadsRequest()
        (request.id, request.uploads) = (task.id, [upload.id])
        let runs = try await world.call(ImportValidationAPI.importUploads, request, as: person).importRuns
        return try #require(runs.first)
    }

    /// The contact corrects the rows in the error workbook and sends it; correcting them is for who works on the task (G-15).
    func correct() async throws {
        let path = "\(stack.folder)/entitlement-errors.xlsx"
        var export = ExportStagingErrorsRequest()
        export.importTask = task.id
        let errors = try await world.call(ImportValidationAPI.exportStagingErrors, export, as: contact)
        #expect(errors.rows == Int64(Self.wrong))
        var chunk = try #require(errors.first)
        var bytes = chunk.content
        while !chunk.last {
            var read = ReadExportRequest()
            (read.token, read.offset) = (errors.token, chunk.nextOffset)
            chunk = try await world.call(ImportValidationAPI.readExport, read, as: contact)
            bytes += chunk.content
        }
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        try rewrite(path)
        let upload = try await world.upload(path, to: task, as: contact)
        let refused = try await world.ended(try await imported(upload, as: contact), as: contact)
        #expect(refused.state == "failed", "\(refused)")
        try await expect(0, attention: Self.wrong, ready: Self.rows - Self.wrong, published: 0, as: contact)
        let mend = try await killed(at: 1_600, as: analyst) { try await imported(upload, as: analyst) }
        #expect(mend.state == "completed" && mend.failedRows == 0, "\(mend)")
        #expect(mend.message?.hasPrefix("\(Self.wrong) rows were mended; 0 hold") == true, "\(mend.message ?? "")")
        try await expect(0, attention: 0, ready: Self.rows, published: 0, as: contact)
    }

    /// Names a unit in each row that has none that is known.
    private func rewrite(_ path: String) throws {
        let reader = try WorkbookReader(path: path)
        var row = SheetRow()
        var rows: [[String]] = []
        while try reader.next(into: &row) { rows.append((0..<row.count).map { row.text(at: $0) ?? "" }) }
        let titles = try #require(rows.first)
        #expect(titles.contains("Laufzeit (Start date)") && titles.contains("Laufzeit (End date)"), "\(titles)")
        let unit = try #require(titles.firstIndex(of: "Einheit"))
        let writer = try WorkbookWriter(path: path, sheet: "Fehler", columns: titles.map { WorkbookColumn(label: $0) })
        for var cells in rows.dropFirst() {
            cells[unit] = "piece"
            try writer.append(cells.map { Optional($0) })
        }
        try writer.finish()
    }

    /// The analyst replaces a value in the whole column and has the rows checked again.
    func check() async throws {
        var request = ReplaceStagedValueRequest()
        (request.id, request.field, request.value, request.replacement) = (task.id, "unit", "piece", "pieces")
        _ = try await world.call(ImportValidationAPI.replaceStagedValue, request, as: analyst)
        try await expect(Self.rows, attention: 0, ready: 0, published: 0, as: contact)
        let run = try await killed(at: 2_500, as: analyst) {
            var validation = ValidateRowsRequest()
            validation.id = task.id
            return try await world.call(ImportValidationAPI.validateRows, validation, as: analyst)
        }
        #expect(run.state == "completed" && run.doneRows == Int64(Self.rows) && run.failedRows == 0, "\(run)")
        try await expect(0, attention: 0, ready: Self.rows, published: 0, as: contact)
    }

    /// The analyst plans some of the rows, publishes just them, looks where a value comes from, and takes all of it back. The
    /// contact follows the counts, and none of the rest.
    func publish(_ upload: Upload) async throws {
        let chosen = 200
        var list = ListStagingRowsRequest()
        (list.importTask, list.pageSize) = (task.id, Int32(chosen))
        let rows = try await world.call(ImportValidationAPI.listStagingRows, list, as: analyst).stagingRows
        var planning = PlanImportRequest()
        (planning.id, planning.stagingRows) = (task.id, rows.map(\.id))
        let plan = try await world.ended(
            try await world.call(ImportValidationAPI.planImport, planning, as: analyst), as: analyst)
        var publishing = PublishStagingRowsRequest()
        (publishing.id, publishing.plan) = (task.id, plan.id)
        try await refuse(ImportValidationAPI.publishStagingRows, publishing)
        let publication = try await world.ended(
            try await world.call(ImportValidationAPI.publishStagingRows, publishing, as: analyst), as: analyst)
        #expect(publication.doneRows == Int64(chosen) && publication.failedRows == 0, "\(publication)")
        try await expect(0, attention: 0, ready: Self.rows - chosen, published: chosen, as: contact)

        var reading = ListPublishedRowsRequest()
        (reading.importRun, reading.pageSize) = (publication.id, 1)
        try await refuse(ImportValidationAPI.listPublishedRows, reading)
        let first = try #require(
            try await world.call(ImportValidationAPI.listPublishedRows, reading, as: analyst).publishedRows.first)
        var asking = GetLineageRequest()
        (asking.table, asking.record, asking.field) = (Self.target, first.targetRecord, "unit")
        try await refuse(ImportValidationAPI.getLineage, asking)
        let entries = try await world.call(ImportValidationAPI.getLineage, asking, as: analyst).entries
        #expect(entries.map(\.cell) == ["B\(first.rowNumber)"] && entries.map(\.after) == ["pieces"], "\(entries)")
        #expect(entries.map(\.sha256) == [upload.sha256 ?? ""] && entries.first?.correctedBy == journey.users[.agent])

        var undoing = UndoPublicationRequest()
        (undoing.id, undoing.importRun) = (task.id, publication.id)
        try await refuse(ImportValidationAPI.undoPublication, undoing)
        let undo = try await world.ended(
            try await world.call(ImportValidationAPI.undoPublication, undoing, as: analyst), as: analyst)
        #expect(undo.doneRows == Int64(chosen) && undo.failedRows == 0, "\(undo)")
        try await expect(0, attention: 0, ready: Self.rows, published: 0, as: contact)
    }

    /// The contact may not.
    private func refuse<Request: Message, Response: Message>(
        _ method: Wire.Method<Request, Response>, _ request: Request
    ) async throws {
        #expect(try await world.refusal(method, request, as: contact).code == .permissionDenied, "\(method.name)")
    }
}
