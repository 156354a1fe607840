import ImportValidationWire
import RPC
import Records
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import ImportValidationService

/// The steps of an import, through the endpoints.
extension Stage {
    /// A file of locations: one row for each name, all of the account of the case.
    static func file(_ names: [String]) -> [UInt8] {
        file(names.map { ($0, "Ernst Handel") })
    }

    /// A file of locations, with the account that each row names.
    static func file(_ rows: [(name: String, account: String)]) -> [UInt8] {
        Array(("Name,Account\n" + rows.map { "\($0.name),\($0.account)\n" }.joined()).utf8)
    }

    func begin(
        _ bytes: [UInt8], _ name: String = "locations.csv", to task: ImportTask, as caller: Caller? = nil
    ) async throws(Problem) -> Upload {
        var request = BeginUploadRequest()
        request.importTask = task.id
        request.fileName = name
        request.sizeBytes = Int64(bytes.count)
        return try await call(ImportValidationAPI.beginUpload, request, as: caller)
    }

    func append(
        _ bytes: some Sequence<UInt8>, at offset: Int, to upload: Upload, as caller: Caller? = nil
    ) async throws(Problem) -> Upload {
        var request = AppendUploadRequest()
        request.id = upload.id
        request.offset = Int64(offset)
        request.content = Array(bytes)
        return try await call(ImportValidationAPI.appendUpload, request, as: caller)
    }

    func complete(_ upload: Upload, sha256: String = "", as caller: Caller? = nil) async throws(Problem) -> Upload {
        var request = CompleteUploadRequest()
        request.id = upload.id
        request.sha256 = sha256
        return try await call(ImportValidationAPI.completeUpload, request, as: caller)
    }

    /// A whole file.
    func upload(
        _ bytes: [UInt8], _ name: String = "locations.csv", to task: ImportTask, as caller: Caller? = nil
    ) async throws(Problem) -> Upload {
        let upload = try await begin(bytes, name, to: task, as: caller)
        _ = try await append(bytes, at: 0, to: upload, as: caller)
        return try await complete(upload, as: caller)
    }

    func load(
        _ uploads: [Upload], of task: ImportTask, as caller: Caller? = nil,
        _ edit: (inout ImportUploadsRequest) -> Void = { _ in }
    ) async throws(Problem) -> [ImportRun] {
        var request = ImportUploadsRequest()
        request.id = task.id
        request.uploads = uploads.map(\.id)
        edit(&request)
        return try await call(ImportValidationAPI.importUploads, request, as: caller).importRuns
    }

    /// A file loaded into staging; the run at its end.
    func loaded(_ bytes: [UInt8], _ name: String = "locations.csv", of task: ImportTask) async throws -> ImportRun {
        let run = try await load([try await upload(bytes, name, to: task)], of: task)
        return try await end(of: try #require(run.first))
    }

    func validate(_ task: ImportTask, as caller: Caller? = nil) async throws(Problem) -> ImportRun {
        var request = ValidateRowsRequest()
        request.id = task.id
        return try await call(ImportValidationAPI.validateRows, request, as: caller)
    }

    /// Publishes `rows`, or all that are ready.
    func publish(
        _ rows: [StagingRow]? = nil, of task: ImportTask, as caller: Caller? = nil
    ) async throws(Problem) -> ImportRun {
        var request = PublishStagingRowsRequest()
        request.id = task.id
        request.allReady = rows == nil
        request.stagingRows = rows?.map(\.id) ?? []
        return try await call(ImportValidationAPI.publishStagingRows, request, as: caller)
    }

    func startOver(
        _ task: ImportTask, isConfirmed: Bool = true, as caller: Caller? = nil
    ) async throws(Problem) -> StartOverResponse {
        var request = StartOverRequest()
        request.id = task.id
        request.confirm = isConfirmed
        return try await call(ImportValidationAPI.startOver, request, as: caller)
    }

    /// Changes one cell.
    func correct(
        _ row: StagingRow, _ field: String, _ value: String, etag: String = "", as caller: Caller? = nil
    ) async throws(Problem) -> StagingRow {
        var request = UpdateStagingRowRequest()
        request.id = row.id
        request.etag = etag
        var cell = StagedCell()
        cell.field = field
        cell.value = value
        request.cells = [cell]
        return try await call(ImportValidationAPI.updateStagingRow, request, as: caller)
    }

    /// Changes cells of many rows.
    func correct(
        _ rows: [StagingRowCorrection], allOrNothing: Bool = false, as caller: Caller? = nil
    ) async throws(Problem) -> BatchResponse {
        var request = BatchUpdateStagingRowsRequest()
        (request.rows, request.allOrNothing) = (rows, allOrNothing)
        return try await call(ImportValidationAPI.batchUpdateStagingRows, request, as: caller)
    }

    /// Replaces a value in a whole column.
    func replace(
        _ value: String, in field: String, by replacement: String, of task: ImportTask, as caller: Caller? = nil,
        _ edit: (inout ReplaceStagedValueRequest) -> Void = { _ in }
    ) async throws(Problem) -> ReplaceStagedValueResponse {
        var request = ReplaceStagedValueRequest()
        (request.id, request.field) = (task.id, field)
        (request.value, request.replacement) = (value, replacement)
        edit(&request)
        return try await call(ImportValidationAPI.replaceStagedValue, request, as: caller)
    }

    // MARK: Looking

    /// The run once it is over.
    func end(of run: ImportRun) async throws -> ImportRun {
        let limit = ContinuousClock.now + .seconds(60)
        while ContinuousClock.now < limit {
            let found = try await call(ImportValidationAPI.getImportRun, Self.named(run.id))
            if ["completed", "failed", "canceled"].contains(found.state) { return found }
            try await Task.sleep(for: .milliseconds(10))
        }
        throw Problem.deadlineExceeded(cause: "run \(run.id) is not over")
    }

    /// The rows of a task, in the order of the file; `language` is that of the reader.
    func rows(_ task: ImportTask, in language: String, as caller: Caller? = nil) async throws(Problem) -> [StagingRow] {
        var request = ListStagingRowsRequest()
        request.importTask = task.id
        var caller = caller ?? agent
        caller.locale = language
        return try await call(ImportValidationAPI.listStagingRows, request, as: caller).stagingRows
    }

    /// The rows of a task, in the order of the file.
    func rows(_ task: ImportTask, _ edit: (inout ListStagingRowsRequest) -> Void = { _ in }) async throws(Problem)
        -> ListStagingRowsResponse
    {
        var request = ListStagingRowsRequest()
        request.importTask = task.id
        request.count = true
        edit(&request)
        return try await call(ImportValidationAPI.listStagingRows, request)
    }

    /// A page of the tasks.
    func tasks(_ edit: (inout ListRequest) -> Void) async throws(Problem) -> ListImportTasksResponse {
        var request = ListRequest()
        edit(&request)
        return try await call(ImportValidationAPI.listImportTasks, request)
    }

    /// How many rows are yet to validate, need attention, are ready, are published.
    func summary(_ task: ImportTask) async throws(Problem) -> [Int64] {
        let summary = try await call(ImportValidationAPI.summarizeImport, Self.named(task.id))
        return [summary.yetToValidate, summary.needsAttention, summary.readyToPublish, summary.published]
    }

    /// Active checks of the target's staging table, in the domain of the account.
    func addChecks(_ count: Int, for target: ImportTarget) async throws {
        _ = try await bench.admin.run(
            """
            INSERT INTO import_validation.data_validation_assist (id, revision, created_at, created_by, updated_at, \
            updated_by, domain, name, staging_table, validation_type, validation_sub_type, staging_table_field, active) \
            SELECT gen_random_uuid(), 1, now(), 'test', now(), 'test', \(domain), 'Check ' || n, \
            \(target.stagingTable), 'field', 'boolean', 'u_name', true FROM generate_series(1, \(count)) AS n
            """)
    }

    func task(_ task: ImportTask) async throws(Problem) -> ImportTask {
        try await call(ImportValidationAPI.getImportTask, Self.named(task.id))
    }

    func upload(_ upload: Upload) async throws(Problem) -> Upload {
        try await call(ImportValidationAPI.getUpload, Self.named(upload.id))
    }
}

extension StagingRow {
    /// The text of a cell.
    subscript(field: String) -> String? { cells.first { $0.field == field }?.value }
}
