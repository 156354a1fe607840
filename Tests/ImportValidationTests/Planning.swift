import ImportValidationWire
import RPC
import Records
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import ImportValidationService

/// Planning, publishing by a plan, and undoing, through the endpoints.
extension Stage {
    /// A task with a loaded file of locations.
    static func filled(_ names: [String]) async throws -> (Stage, ImportTask) {
        let stage = try await Stage()
        let task = try await stage.locations()
        #expect(try await stage.loaded(file(names), of: task).state == "completed")
        return (stage, task)
    }

    /// The problem that `body` meets; nil when it meets none.
    func met<T: Sendable>(_ body: () async throws(Problem) -> T) async -> Problem? {
        await ServiceTestKit.problem(of: body)
    }

    /// Has a task been closed some days ago.
    func close(_ task: ImportTask, daysAgo days: Int) async throws {
        _ = try await update(task.id) { $0.state = "closed" }
        let now = database.clock.now.microseconds
        let closed = Timestamp(microseconds: now - Int64(days) * 86_400_000_000)
        _ = try await bench.admin.run(
            "UPDATE import_validation.import_task SET closed_at = \(closed.rfc3339)::timestamptz WHERE id = \(task.id)")
    }

    /// Plans `rows`, or all that are ready.
    func plan(
        _ rows: [StagingRow]? = nil, of task: ImportTask, as caller: Caller? = nil, requestID: String = ""
    ) async throws(Problem) -> ImportRun {
        var request = PlanImportRequest()
        request.id = task.id
        request.allReady = rows == nil
        request.stagingRows = rows?.map(\.id) ?? []
        request.requestID = requestID
        return try await call(ImportValidationAPI.planImport, request, as: caller)
    }

    /// A plan of all that is ready, at its end.
    func planned(_ task: ImportTask) async throws -> ImportRun { try await end(of: try await plan(of: task)) }

    func publish(_ plan: ImportRun, of task: ImportTask, as caller: Caller? = nil) async throws(Problem) -> ImportRun {
        var request = PublishStagingRowsRequest()
        request.id = task.id
        request.plan = plan.id
        return try await call(ImportValidationAPI.publishStagingRows, request, as: caller)
    }

    func undo(
        _ publication: ImportRun, of task: ImportTask, as caller: Caller? = nil, requestID: String = "",
        _ edit: (inout UndoPublicationRequest) -> Void = { _ in }
    ) async throws(Problem) -> ImportRun {
        var request = UndoPublicationRequest()
        request.id = task.id
        request.importRun = publication.id
        request.requestID = requestID
        edit(&request)
        return try await call(ImportValidationAPI.undoPublication, request, as: caller)
    }

    func planRows(
        _ plan: ImportRun, as caller: Caller? = nil, _ edit: (inout ListPlanRowsRequest) -> Void = { _ in }
    ) async throws(Problem) -> ListPlanRowsResponse {
        var request = ListPlanRowsRequest()
        request.plan = plan.id
        request.count = true
        edit(&request)
        return try await call(ImportValidationAPI.listPlanRows, request, as: caller)
    }

    func publishedRows(
        _ run: ImportRun, as caller: Caller? = nil, _ edit: (inout ListPublishedRowsRequest) -> Void = { _ in }
    ) async throws(Problem) -> ListPublishedRowsResponse {
        var request = ListPublishedRowsRequest()
        request.importRun = run.id
        request.count = true
        edit(&request)
        return try await call(ImportValidationAPI.listPublishedRows, request, as: caller)
    }

    func lineage(
        of record: String, field: String = "", table: String = "location", as caller: Caller? = nil
    ) async throws(Problem) -> [LineageEntry] {
        var request = GetLineageRequest()
        request.table = table
        request.record = record
        request.field = field
        return try await call(ImportValidationAPI.getLineage, request, as: caller).entries
    }
}
