import Foundation
import ImportValidationWire
import JourneyKit
import RPC
import Wire
import Workbook

/// What else people do with an import, so that what is killed meanwhile finds it under way: rows are mended by an error
/// workbook, and a load is canceled.
struct ImportStages: Sendable {
    /// Small, so that a file comes in several parts.
    private static let chunk = 1_500

    let workbook: JourneyWorkbook
    let task: ImportTask
    /// What the rows that need attention are to name instead of another account.
    let account: String
    let world: JourneyWorld
    let agent: Credential

    /// For a workbook of which the journey has left rows that need attention; nil without its task.
    init?(_ journey: Journey, _ workbook: JourneyWorkbook, world: JourneyWorld, agent: Credential) {
        guard let task = journey.importTasks[workbook.target] else { return nil }
        self.workbook = workbook
        self.task = task
        account = journey.accountName
        self.world = world
        self.agent = agent
    }

    /// Carries both out, and enters the rows that are left.
    func carryOut(_ ledger: inout Ledger) async throws {
        let mended = try await mend()
        // Canceled in time it leaves nothing behind; else its rows go with all that are not published.
        ledger.ready[task.id] = try await cancelLoad() ? mended : nil
    }

    private func mend() async throws -> Int {
        var request = ExportStagingErrorsRequest()
        request.importTask = task.id
        let export = try await world.call(ImportValidationAPI.exportStagingErrors, request, as: agent)
        guard let first = export.first, first.last else {
            throw JourneyFailure("the error workbook is larger than a chunk")
        }
        let path = FileManager.default.temporaryDirectory.appending(path: "\(export.token).xlsx").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data(first.content).write(to: URL(fileURLWithPath: path))
        let rows = try correct(path)
        let run = try await load(path)
        let end = try await world.ended(run, as: agent)
        guard end.state == "completed", end.doneRows == Int64(rows), end.failedRows == 0,
            end.message?.hasPrefix("\(rows) rows were mended; 0 hold") == true
        else { throw JourneyFailure("the error workbook of \(rows) rows: \(end)") }
        return rows
    }

    /// Names the account in every row of the workbook, the last one first; how many there are.
    private func correct(_ path: String) throws -> Int {
        let reader = try WorkbookReader(path: path)
        var row = SheetRow()
        var rows: [[String]] = []
        while try reader.next(into: &row) { rows.append((0..<row.count).map { row.text(at: $0) ?? "" }) }
        guard let titles = rows.first, let column = titles.firstIndex(of: "Account") else {
            throw JourneyFailure("the error workbook has no titles")
        }
        let writer = try WorkbookWriter(path: path, sheet: "Sheet1", columns: titles.map { WorkbookColumn(label: $0) })
        for var cells in rows.dropFirst().reversed() {
            cells[column] = account
            try writer.append(cells.map { Optional($0) })
        }
        try writer.finish()
        return rows.count - 1
    }

    private func load(_ path: String) async throws -> ImportRun {
        var request = ImportUploadsRequest()
        request.id = task.id
        request.uploads = [try await world.upload(path, to: task, as: agent, chunk: Self.chunk).id]
        let runs = try await world.call(ImportValidationAPI.importUploads, request, as: agent).importRuns
        guard let run = runs.first else { throw JourneyFailure("no run was started") }
        return run
    }

    /// Loads the workbook once more and cancels that; whether it was in time.
    private func cancelLoad() async throws -> Bool {
        let run = try await load(workbook.path)
        var request = CancelImportRunRequest()
        request.id = run.id
        do {
            _ = try await world.call(ImportValidationAPI.cancelImportRun, request, as: agent)
        } catch let problem as Problem where problem.reason == "RUN_ENDED" {
            var over = StartOverRequest()
            over.id = task.id
            over.confirm = true
            _ = try await world.call(ImportValidationAPI.startOver, over, as: agent)
            return false
        }
        let end = try await world.ended(run, as: agent)
        guard end.state == "canceled" else { throw JourneyFailure("a canceled load is \(end)") }
        return true
    }
}
