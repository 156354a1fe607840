import ImportValidationWire
import Korean
import Postgres
import RPC
import Records
import Wire

/// Correcting staged rows: one, many at once, or one value in a whole column. Corrected rows go back to Yet to validate,
/// so that the next validation checks just them.
struct MendingEndpoints: Sendable {
    /// Most rows of one batch.
    private static let mostRows = 1_000
    /// Most rows in which one request replaces a value.
    static let mostReplaced = 50_000

    let database: Database
    let access: TaskAccess
    /// Where a value stands in more rows than this, the next request goes on.
    var replacedAtOnce = mostReplaced

    var endpoints: [Endpoint] {
        [
            Endpoint(ImportValidationAPI.updateStagingRow) { call, request async throws(Problem) in
                let method = ImportValidationAPI.updateStagingRow.name
                return try await database.perform(call, method, request, requestID: request.requestID) { tx, context in
                    try update(request, call, context, tx)
                }
            },
            Endpoint(ImportValidationAPI.batchUpdateStagingRows) { call, request async throws(Problem) in
                try Self.check(request)
                let method = ImportValidationAPI.batchUpdateStagingRows.name
                return try await database.perform(call, method, request, requestID: request.requestID) { tx, context in
                    try batch(request, call, context, tx)
                }
            },
            Endpoint(ImportValidationAPI.replaceStagedValue) { call, request async throws(Problem) in
                try await replace(call, request)
            },
        ]
    }

    // MARK: One row

    private func update(
        _ request: UpdateStagingRowRequest, _ call: Call, _ context: WriteContext, _ tx: Transaction
    ) throws -> StagingRow {
        let rows = StagingEndpoints(database: database, access: access)
        let (_, target) = try rows.found(request.id, tx) { id in
            let task = try access.worked(id, by: call.caller, in: tx)
            try TaskAccess.requireOpen(task, tx)
            return task
        }
        let row = try rows.row(request.id, lock: true, tx)
        let correction = try StagingCorrection(row, etag: request.etag, request.cells, target, call.language)
        correction.write(context, tx)
        try DataImportState.refresh(correction.message.importTask, database, context, tx)
        return correction.message
    }

    // MARK: Many rows

    private static func check(_ request: BatchUpdateStagingRowsRequest) throws(Problem) {
        let ids = request.rows.map(\.id)
        guard !ids.isEmpty, ids.count <= mostRows, Set(ids).count == ids.count else {
            throw .invalid(
                field: BatchUpdateStagingRowsRequest.Field.rows,
                Text(
                    en: "1 to \(mostRows) different rows.", ko: "서로 다른 행을 1~\(grouped: mostRows)개 지정하세요."))
        }
    }

    /// Each row may fail alone, unless all are to be corrected or none.
    private func batch(
        _ request: BatchUpdateStagingRowsRequest, _ call: Call, _ context: WriteContext, _ tx: Transaction
    ) throws -> BatchResponse {
        let ids = request.rows.map(\.id).filter(Validation.isUUID)
        let tasks = try tasks(of: ids, call, tx)
        let found = try tx.query(StagingEndpoints.selection + " WHERE id = ANY(\(ids)::uuid[]) ORDER BY id FOR UPDATE")
        let rows = Dictionary(
            try found.map { (try $0.string(StagingColumn.id), $0) }, uniquingKeysWith: { first, _ in first })
        var response = BatchResponse()
        var corrections: [StagingCorrection] = []
        for (index, asked) in request.rows.enumerated() {
            var result = BatchResult()
            result.index = Int32(clamping: index)
            result.id = asked.id
            do {
                guard let row = rows[asked.id], let task = tasks[try row.string(StagingColumn.importTask)]
                else { throw Problem.notFound(StagingEndpoints.label, id: asked.id) }
                let correction = try StagingCorrection(
                    row, etag: asked.etag, asked.cells, try task.get(), call.language)
                result.etag = correction.message.etag
                corrections.append(correction)
            } catch let problem as Problem where !problem.code.isFault {
                result.error = problem.status(language: call.language)
            }
            response.results.append(result)
        }
        response.succeeded = Int32(clamping: corrections.count)
        response.failed = Int32(clamping: request.rows.count - corrections.count)
        guard response.failed == 0 || !request.allOrNothing else { return response }
        for correction in corrections { correction.write(context, tx) }
        for task in Set(corrections.map(\.message.importTask)).sorted() {
            try DataImportState.refresh(task, database, context, tx)
        }
        response.applied = true
        return response
    }

    /// The targets of the tasks that rows are of, or why the caller may not correct rows of one. A task that he may not
    /// know is left out. Tasks are locked in the order of their ids, and before any row.
    private func tasks(
        of rows: [String], _ call: Call, _ tx: Transaction
    ) throws -> [String: Result<ImportTarget, Problem>] {
        let ids = try tx.query(
            """
            SELECT DISTINCT import_task FROM import_validation.staging_row WHERE id = ANY(\(rows)::uuid[]) ORDER BY import_task
            """
        ).map { try $0.string(StagingColumn.importTask) }
        var targets: [String: Result<ImportTarget, Problem>] = [:]
        for id in ids {
            do {
                targets[id] = .success(try worked(id, call, tx).target)
            } catch let problem as Problem where !problem.code.isFault {
                if problem.code != .notFound { targets[id] = .failure(problem) }
            }
        }
        return targets
    }

    // MARK: One value of a column

    /// Puts another text in the place of one in every unpublished row of the task. A value that stands in more rows than
    /// one transaction should hold is told to go on: the next request does the rest.
    func replace(
        _ call: Call, _ request: ReplaceStagedValueRequest
    ) async throws(Problem) -> ReplaceStagedValueResponse {
        let method = ImportValidationAPI.replaceStagedValue.name
        return try await database.perform(call, method, request, requestID: request.requestID) { tx, context in
            try replace(request, call, context, tx)
        }
    }

    private func replace(
        _ request: ReplaceStagedValueRequest, _ call: Call, _ context: WriteContext, _ tx: Transaction
    ) throws -> ReplaceStagedValueResponse {
        let (task, target) = try worked(request.id, call, tx)
        let position = try StagingCorrection.position(of: request.field, named: "field", target)
        let field = target.fields[position]
        let old = try StagingCorrection.stored(request.value, named: "value", field)
        let new = try StagingCorrection.stored(request.replacement, named: "replacement", field)
        guard old != new else {
            throw Problem.invalid(
                field: ReplaceStagedValueRequest.Field.replacement,
                Text(en: "The replacement is the same as the value.", ko: "바꿀 값이 원래 값과 같습니다."))
        }
        // Arrays begin at 1. A short row has nothing in its last cells.
        let cell: SQL = "coalesce(cells[\(position + 1)::int4], '')"
        let rows = try tx.query(
            """
            SELECT id FROM import_validation.staging_row WHERE import_task = \(task.id) \
            AND status <> \(RowStatus.published.sql) AND \(cell) = \(old) ORDER BY id LIMIT \(replacedAtOnce + 1) FOR UPDATE
            """)
        let ids = try rows.prefix(replacedAtOnce).map { try $0.string(StagingColumn.id) }
        var response = ReplaceStagedValueResponse()
        response.replacedRows = Int64(ids.count)
        response.goesOn = rows.count > ids.count
        if ids.isEmpty { return response }
        StagingDoubles.release(ids, of: task.id, tx)
        // What the file said against these cells, or against the rows as a whole, is past.
        tx.send(
            """
            UPDATE import_validation.staging_row SET \(StagingCorrection.isCorrected(context)), \
            faults = nullif(jsonb_path_query_array(faults, '$[*] ? (exists (@.field) && @.field != $name)', \
            jsonb_build_object('name', \(field.name)::text)), '[]'), \
            cells = cells[1:\(position)::int4] || array_fill(''::text, ARRAY[greatest(\(position)::int4 - cardinality(cells), 0)]) \
            || \(new)::text || cells[\(position + 2)::int4:] \
            WHERE id = ANY(\(ids)::uuid[])
            """, expecting: ids.count)
        try DataImportState.refresh(task.id, database, context, tx)
        return response
    }

    /// The task, locked, if the caller may correct its rows now, and its target.
    private func worked(_ id: String, _ call: Call, _ tx: Transaction) throws -> (
        task: ImportTask, target: ImportTarget
    ) {
        let task = try access.worked(id, by: call.caller, in: tx)
        try TaskAccess.requireOpen(task, tx)
        return (task, try ImportTarget.of(task, tx))
    }
}
