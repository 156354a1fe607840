import Foundation
import ImportValidationWire
import RPC
import Wire

extension Journey {
    private func task(_ workbook: JourneyWorkbook) throws -> ImportTask {
        guard let task = importTasks[workbook.target] else {
            throw JourneyFailure("no import task for \(workbook.target): \(importTasks.keys.sorted())")
        }
        return task
    }

    /// One workbook: template, upload in chunks, import, checks; contracts are mended and published too.
    public func importWorkbook(_ workbook: JourneyWorkbook) async throws {
        let task = try task(workbook)
        let agent = try credential(.agent)
        let name = URL(fileURLWithPath: workbook.path).lastPathComponent
        try await step("The template of \(task.number ?? "") is downloaded", about: task.number ?? "") {
            var request = DownloadTemplateRequest()
            request.id = task.id
            let template = try await world.call(ImportValidationAPI.downloadTemplate, request, as: agent)
            try expect(template.content.starts(with: Array("PK".utf8)), "the template is no XLSX file")
        }
        let upload = try await step("\(name) is uploaded in chunks", about: task.number ?? "") {
            try await world.upload(workbook.path, to: task, as: agent)
        }
        try await step("\(name) is staged and checked", about: task.number ?? "") {
            var request = ImportUploadsRequest()
            request.id = task.id
            request.uploads = [upload.id]
            let runs = try await world.call(ImportValidationAPI.importUploads, request, as: agent).importRuns
            for run in runs { try await finished(run, agent) }
            try await expectRows(task, ready: workbook.ready, attention: workbook.attention, published: 0, agent)
        }
        guard workbook.ready > 0 else { return }
        let mended = workbook.attention > 0 && workbook.isMended ? try await mend(workbook, task, agent) : 0
        try await publish(workbook, task, mended: mended, agent)
    }

    /// Uploads and stages one workbook without publishing it; seconds from the start of the run to its end.
    public func stageOnly(_ workbook: JourneyWorkbook) async throws -> Double {
        try await loadOnly(try await uploadOnly(workbook), of: workbook)
    }

    /// Uploads a workbook.
    public func uploadOnly(_ workbook: JourneyWorkbook) async throws -> Upload {
        try await world.upload(workbook.path, to: task(workbook), as: credential(.agent))
    }

    /// Stages a workbook that was uploaded; seconds from the start of the run to its end.
    public func loadOnly(_ upload: Upload, of workbook: JourneyWorkbook) async throws -> Double {
        let task = try task(workbook)
        let agent = try credential(.agent)
        var request = ImportUploadsRequest()
        request.id = task.id
        request.uploads = [upload.id]
        let runs = try await world.call(ImportValidationAPI.importUploads, request, as: agent).importRuns
        guard let run = runs.first else { throw JourneyFailure("no run was started") }
        let done = try await finished(run, of: workbook.ready + workbook.attention, agent)
        try await expectRows(task, ready: workbook.ready, attention: workbook.attention, published: 0, agent)
        guard let start = done.startedAt, let end = done.completedAt else {
            throw JourneyFailure("the run has no times")
        }
        return Double(end.microseconds - start.microseconds) / 1e6
    }

    /// Removes what a workbook has staged, so that it can be staged again.
    public func startOver(_ workbook: JourneyWorkbook) async throws {
        var request = StartOverRequest()
        request.id = try task(workbook).id
        request.confirm = true
        _ = try await world.call(ImportValidationAPI.startOver, request, as: credential(.agent))
    }

    @discardableResult
    private func finished(_ run: ImportRun, of rows: Int64 = 0, _ agent: Credential) async throws -> ImportRun {
        let done = try await world.ended(run, of: rows, as: agent)
        try expect(done.state == "completed", "the run failed: \(done.message ?? "")")
        return done
    }

    func expectRows(
        _ task: ImportTask, ready: Int64, attention: Int64, published: Int64, _ agent: Credential
    ) async throws {
        var request = GetRequest()
        request.id = task.id
        let summary = try await world.call(ImportValidationAPI.summarizeImport, request, as: agent)
        try expect(
            summary.readyToPublish == ready && summary.needsAttention == attention && summary.published == published
                && summary.yetToValidate == 0,
            "rows of \(task.targetTable ?? ""): expected \(ready) ready, \(attention) need attention, \(published) published; "
                + "found \(summary)")
    }

    /// One row that needs attention is corrected, validated again, and comes out right.
    private func mend(_ workbook: JourneyWorkbook, _ task: ImportTask, _ agent: Credential) async throws -> Int64 {
        let comment = "The Account is not matching with the Case Account."
        try await step("One row is corrected and validated again", about: task.number ?? "") {
            var list = ListStagingRowsRequest()
            list.importTask = task.id
            list.status = "needs_attention"
            list.pageSize = 1
            let rows = try await world.call(ImportValidationAPI.listStagingRows, list, as: agent).stagingRows
            guard let row = rows.first else { throw JourneyFailure("no row needs attention") }
            try expect(row.comment == comment, "the comment is: \(row.comment)")
            var update = UpdateStagingRowRequest()
            update.id = row.id
            update.etag = row.etag
            update.cells = [cell("account", accountName), cell("end_date", "2027-06-30")]
            let edited = try await world.call(ImportValidationAPI.updateStagingRow, update, as: agent)
            try expect(edited.status == "yet_to_validate", "an edited row is \(edited.status)")
            var validate = ValidateRowsRequest()
            validate.id = task.id
            try await finished(try await world.call(ImportValidationAPI.validateRows, validate, as: agent), agent)
            try await expectRows(
                task, ready: workbook.ready + 1, attention: workbook.attention - 1, published: 0, agent)
        }
        return 1
    }

    private func cell(_ field: String, _ value: String) -> StagedCell {
        var cell = StagedCell()
        cell.field = field
        cell.value = value
        return cell
    }

    /// Ready rows are published; sent twice, they are published once.
    private func publish(
        _ workbook: JourneyWorkbook, _ task: ImportTask, mended: Int64, _ agent: Credential
    ) async throws {
        let count = workbook.ready + mended
        try await step("\(count) rows are published, once though asked twice", about: task.number ?? "") {
            var request = PublishStagingRowsRequest()
            request.id = task.id
            request.allReady = true
            let id = UUID().uuidString.lowercased()
            let first = try await world.call(ImportValidationAPI.publishStagingRows, request, as: agent, requestID: id)
            let again = try await world.call(ImportValidationAPI.publishStagingRows, request, as: agent, requestID: id)
            try expect(first.id == again.id, "the same request was answered with two runs")
            try await finished(first, agent)
            try await finished(try await world.call(ImportValidationAPI.publishStagingRows, request, as: agent), agent)
            try await expectRows(
                task, ready: 0, attention: workbook.attention - mended, published: count, agent)
            published[workbook.target, default: 0] += count
        }
    }
}
