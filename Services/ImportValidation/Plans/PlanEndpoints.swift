import ImportValidationWire
import Korean
import OnboardingWire
import Postgres
import RPC
import Records
import Roles
import Tenancy
import Wire

/// Planning a publication, undoing one, and reading both.
struct PlanEndpoints: Sendable {
    /// Most rows one request may name.
    private static let mostRows = 10_000
    private static let largestPage = 1_000
    /// Bytes of rows in one answer; a page ends before, and its token goes on.
    private static let bytesPerPage = 600 << 10

    let database: Database
    let queue: RunQueue
    let access: TaskAccess

    var endpoints: [Endpoint] {
        [
            Endpoint(ImportValidationAPI.planImport) { call, request async throws(Problem) in
                try await plan(call, request)
            },
            Endpoint(ImportValidationAPI.undoPublication) { call, request async throws(Problem) in
                try await undo(call, request)
            },
            Endpoint(ImportValidationAPI.listPlanRows) { call, request async throws(Problem) in
                try await database.transaction(as: call.caller, deadline: call.deadline, readOnly: true) { tx in
                    try planRows(request, call, tx)
                }
            },
            Endpoint(ImportValidationAPI.listPublishedRows) { call, request async throws(Problem) in
                try await database.transaction(as: call.caller, deadline: call.deadline, readOnly: true) { tx in
                    try publishedRows(request, call, tx)
                }
            },
            Endpoint(ImportValidationAPI.getLineage) { call, request async throws(Problem) in
                try await Lineage(database: database).answer(call, request)
            },
        ]
    }

    // MARK: Runs

    private func plan(_ call: Call, _ request: PlanImportRequest) async throws(Problem) -> ImportRun {
        guard request.allReady != !request.stagingRows.isEmpty, request.stagingRows.count <= Self.mostRows,
            request.stagingRows.allSatisfy(Validation.isUUID)
        else {
            throw .invalid(
                field: PlanImportRequest.Field.stagingRows,
                Text(
                    en: "Either all_ready, or 1 to \(Self.mostRows) ids of rows.",
                    ko: "계획할 행을 1~\(grouped: Self.mostRows)개 지정하거나 준비된 행 전체를 선택하세요."))
        }
        let method = ImportValidationAPI.planImport.name
        let run = try await database.perform(call, method, request, requestID: request.requestID) { tx, context in
            let task = try access.worked(request.id, by: call.caller, in: tx)
            try TaskAccess.requireOpen(task, tx)
            let stored = try enqueue(ImportRun.Kind.plan, of: task, call, context, tx)
            try ImportPlan.begin(stored, of: task, chosen: request.allReady ? nil : request.stagingRows, tx)
            return stored
        }
        queue.wake.notify()
        return run
    }

    /// All that a publication has done, or rows of it that are named, that something was done with, or both.
    private func undo(_ call: Call, _ request: UndoPublicationRequest) async throws(Problem) -> ImportRun {
        guard request.stagingRows.count <= Self.mostRows, request.stagingRows.allSatisfy(Validation.isUUID) else {
            throw .invalid(
                field: UndoPublicationRequest.Field.stagingRows,
                Text(
                    en: "At most \(Self.mostRows) ids of rows, or none for all.",
                    ko: "실행 취소할 행을 최대 \(grouped: Self.mostRows)개까지 지정하거나, 전체를 실행 취소하려면 지정하지 마세요."))
        }
        try Self.check(request.outcome, among: Publication.outcomes, UndoPublicationRequest.Field.outcome)
        let method = ImportValidationAPI.undoPublication.name
        let run = try await database.perform(call, method, request, requestID: request.requestID) { tx, context in
            let task = try access.worked(request.id, by: call.caller, in: tx)
            guard let publication = try Publication.find(request.importRun, tx),
                let published = try Store<ImportRun>(database).find(publication.id, in: tx),
                published.importTask == task.id
            else { throw Problem.notFound(ImportRun.schema.label, id: request.importRun) }
            try requirePeriod(of: task, context, tx)
            try publication.requireRows(tx)
            guard published.state != ImportRun.State.queued, published.state != ImportRun.State.running else {
                throw Problem(
                    .failedPrecondition,
                    Text(en: "The publication has not ended yet.", ko: "게시가 아직 끝나지 않았습니다."),
                    reason: "RUN_IN_PROGRESS")
            }
            let stored = try enqueue(ImportRun.Kind.undo, of: task, call, context, tx)
            try PublicationUndo.begin(stored, of: publication, request, tx)
            return stored
        }
        queue.wake.notify()
        return run
    }

    private func enqueue(
        _ kind: String, of task: ImportTask, _ call: Call, _ context: WriteContext, _ tx: Transaction
    ) throws -> ImportRun {
        var run = ImportRun()
        run.importTask = task.id
        run.kind = kind
        return try RunQueue.enqueue(run, language: call.language, database, context, tx)
    }

    /// Undo ends with the backup period, when the published rows of a closed task go (G-55, G-133).
    private func requirePeriod(of task: ImportTask, _ context: WriteContext, _ tx: Transaction) throws {
        guard !task.isOpen, let closed = task.closedAt?.day else { return }
        let days = try BackupPeriod.days(for: task.domain, tx)
        guard closed <= context.today.adding(days: -days) else { return }
        throw Problem(
            .failedPrecondition,
            Text(
                en: "The task was closed on \(closed); its publications could be undone for \(days) days.",
                ko: "\(closed.description)에 종결된 작업입니다. 게시는 종결 후 \(grouped: days)일 동안만 실행 취소할 수 있습니다."),
            reason: "UNDO_OVER")
    }

    // MARK: Lists

    private func planRows(_ request: ListPlanRowsRequest, _ call: Call, _ tx: Transaction) throws
        -> ListPlanRowsResponse
    {
        try Self.requireProvider(call)
        guard let plan = try ImportPlan.find(request.plan, tx) else {
            throw Problem.notFound(ImportPlan.label, id: request.plan)
        }
        let (task, target) = try task(plan.task, of: request.plan, ImportPlan.label, call, tx)
        try Self.check(request.outcome, among: PlanRow.outcomes, ListPlanRowsRequest.Field.outcome)
        try Self.check(request.result, among: PlanRow.results, ListPlanRowsRequest.Field.result)
        var condition: SQL = " WHERE plan = \(plan.id)"
        if !request.outcome.isEmpty { condition += " AND outcome = \(request.outcome)" }
        if !request.result.isEmpty { condition += " AND result = \(request.result)" }
        let page = try Page(
            request.pageSize, request.pageToken, list: "plan_rows",
            filter: "\(plan.id)/\(request.outcome)/\(request.result)", call)
        let rows = try tx.query(
            """
            SELECT number, staging_row, source_file, source_sheet, row_number, outcome, target_record, fields, reasons, \
            result FROM import_validation.import_plan_row
            """ + condition + page.place)
        var response = ListPlanRowsResponse()
        response.planRows = Self.fitting(
            try rows.prefix(page.size).map { try PlanRow($0, target, call.language) }, \.fields, \.reasons)
        if rows.count > response.planRows.count, let last = response.planRows.last {
            response.nextPageToken = page.token(behind: last.number)
        }
        if request.count { response.counts = try plan.counts(tx) }
        response.isStale = try !plan.isFresh(task, tx)
        return response
    }

    private func publishedRows(
        _ request: ListPublishedRowsRequest, _ call: Call, _ tx: Transaction
    ) throws -> ListPublishedRowsResponse {
        try Self.requireProvider(call)
        let label = ImportRun.schema.label
        guard let publication = try Publication.find(request.importRun, tx),
            let run = try Store<ImportRun>(database).find(publication.id, in: tx)
        else { throw Problem.notFound(label, id: request.importRun) }
        let (_, target) = try task(run.importTask ?? "", of: request.importRun, label, call, tx)
        try Self.check(request.state, among: PublishedRow.states, ListPublishedRowsRequest.Field.state)
        var condition: SQL = " WHERE publication = \(publication.id)"
        switch request.state {
        case PublishedRow.State.undone: condition += " AND undone_at IS NOT NULL"
        case PublishedRow.State.kept: condition += " AND undone_at IS NULL AND kept IS NOT NULL"
        case PublishedRow.State.published: condition += " AND undone_at IS NULL AND kept IS NULL"
        default: break
        }
        let page = try Page(
            request.pageSize, request.pageToken, list: "published_rows", filter: "\(publication.id)/\(request.state)",
            call)
        let rows = try tx.query(
            """
            SELECT number, staging_row, row_number, target_record, outcome, fields, kept, undone_at \
            FROM import_validation.publication_row
            """ + condition + page.place)
        var response = ListPublishedRowsResponse()
        response.publishedRows = Self.fitting(
            try rows.prefix(page.size).map { try PublishedRow($0, target, call.language) }, \.fields, \.reasons)
        if rows.count > response.publishedRows.count, let last = response.publishedRows.last {
            response.nextPageToken = page.token(behind: last.number)
        }
        if request.count {
            response.totalSize =
                try tx.query("SELECT count(*) FROM import_validation.publication_row" + condition).first?
                .int64(UnnamedColumn.count) ?? 0
        }
        return response
    }

    /// Plans and publications tell of all rows of a task, and of records that the contact of the task does not see.
    private static func requireProvider(_ call: Call) throws(Problem) {
        guard call.caller.kind != .customer else { throw .permissionDenied() }
    }

    /// The task of what is read; one that the caller may not know hides it.
    private func task(
        _ id: String, of named: String, _ label: Text, _ call: Call, _ tx: Transaction
    ) throws -> (ImportTask, ImportTarget) {
        do {
            let task = try access.read(id, by: call.caller, in: tx)
            return (task, try ImportTarget.of(task, tx))
        } catch let problem as Problem where problem.code == .notFound {
            throw Problem.notFound(label, id: named)
        }
    }

    private static func check(_ value: String, among known: [String: Text], _ field: some RequestField) throws(Problem)
    {
        guard !value.isEmpty, known[value] == nil else { return }
        let names = known.keys.sorted().joined(separator: ", ")
        let labels = known.keys.sorted().compactMap { known[$0]?.ko }.joined(separator: ", ")
        throw .invalid(
            field: field, Text(en: "It must be one of: \(names).", ko: "다음 중 하나여야 합니다: \(labels)."))
    }

    /// As many rows from the start as one answer carries; at least one.
    private static func fitting<Row>(
        _ rows: [Row], _ fields: KeyPath<Row, [FieldChange]>, _ reasons: KeyPath<Row, [StagingError]>
    ) -> [Row] {
        rows.fitting(bytesPerPage) { row in
            let told = row[keyPath: fields].reduce(400) {
                $0 + $1.field.utf8.count + $1.before.utf8.count + $1.after.utf8.count + 40
            }
            return row[keyPath: reasons].reduce(told) { $0 + $1.message.utf8.count + 100 }
        }
    }

    /// One page of rows in the order of their numbers.
    private struct Page {
        let size: Int
        /// The end of the statement: behind the last row shown, one row more than the page.
        let place: SQL
        private let binding: PageToken.Binding

        init(_ size: Int32, _ token: String, list: String, filter: String, _ call: Call) throws(Problem) {
            self.size = try PageSize.of(size, maximum: largestPage)
            binding = PageToken.Binding(method: list, filter: filter, order: "", domain: call.caller.domain.path)
            var place: SQL = ""
            if let last = try PageToken.place(token, in: binding, .number) { place = " AND number > \(last[0])::int8" }
            self.place = place + " ORDER BY number LIMIT \(self.size + 1)"
        }

        func token(behind number: Int64) -> String { PageToken(position: [String(number)]).text(for: binding) }
    }
}

extension Publication {
    /// What is done with rows that are published.
    fileprivate static let outcomes = PlanRow.outcomes.filter {
        [PlanRow.Outcome.insert, PlanRow.Outcome.update, PlanRow.Outcome.unchanged].contains($0.key)
    }

    /// Its rows are removed with the end of the backup period. Reopening the task does not bring them back, nor does it the
    /// undo.
    fileprivate func requireRows(_ tx: Transaction) throws {
        let gone = try tx.query(
            """
            SELECT 1 FROM import_validation.publication_row AS r \
            JOIN import_validation.removed_rows AS g ON g.upload = r.upload \
            WHERE r.publication = \(id) AND r.undone_at IS NULL \
            AND NOT EXISTS (SELECT FROM import_validation.staging_row AS s WHERE s.id = r.staging_row) LIMIT 1
            """)
        guard !gone.isEmpty else { return }
        throw Problem(
            .failedPrecondition,
            Text(
                en: "The rows of the publication were removed when the backup period of the closed task had ended.",
                ko: "종결된 작업의 백업 기간이 끝나 게시한 행이 삭제되었습니다. 이 게시는 실행 취소할 수 없습니다."),
            reason: "UNDO_OVER")
    }
}
