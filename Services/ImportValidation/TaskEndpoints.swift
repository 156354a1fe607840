import ImportValidationWire
import Korean
import Postgres
import RPC
import Records
import Tenancy
import Wire
import Workbook

/// What can be done with an import task beyond a record's usual verbs.
struct TaskEndpoints: Sendable {
    /// Most rows one request may name.
    private static let mostRows = 10_000
    /// Most uploads one request may import.
    private static let mostUploads = 50

    let database: Database
    let queue: RunQueue
    let access: TaskAccess
    let limits: ImportLimits

    var endpoints: [Endpoint] {
        [
            Endpoint(ImportValidationAPI.downloadTemplate) { call, request async throws(Problem) in
                try await template(call, request)
            },
            Endpoint(ImportValidationAPI.importUploads) { call, request async throws(Problem) in
                try await load(call, request)
            },
            Endpoint(ImportValidationAPI.getMapping) { call, request async throws(Problem) in
                try await mapping(call, request)
            },
            Endpoint(ImportValidationAPI.saveMapping) { call, request async throws(Problem) in
                try await saveMapping(call, request)
            },
            Endpoint(ImportValidationAPI.validateRows) { call, request async throws(Problem) in
                try await validate(call, request)
            },
            Endpoint(ImportValidationAPI.publishStagingRows) { call, request async throws(Problem) in
                try await publish(call, request)
            },
            Endpoint(ImportValidationAPI.startOver) { call, request async throws(Problem) in
                try await StartOver(database: database, access: access).answer(call, request)
            },
            Endpoint(ImportValidationAPI.summarizeImport) { call, request async throws(Problem) in
                try await summarize(call, request)
            },
        ]
    }

    /// The XLSX with the importable columns of the task's target, in the caller's language; both languages load.
    private func template(
        _ call: Call, _ request: DownloadTemplateRequest
    ) async throws(Problem) -> DownloadTemplateResponse {
        let (task, plan, stored) = try await database.transaction(
            as: call.caller, deadline: call.deadline, readOnly: true
        ) { tx in
            let seen = try Store<ImportTask>(database).get(request.id, as: call.caller, in: tx)
            let task = try Store<ImportTask>(database).find(seen.id, in: tx) ?? seen
            let target = try ImportTarget.of(task, tx)
            let stored = try target.built == nil ? nil : StoredBuilder.template(of: task, tx)
            return (task, try CheckPlan.shown(for: task, target, tx), stored)
        }
        let target = plan.target
        // Whoever set up the import has said how its template looks.
        if let stored { return template(stored, task, target) }
        let isKorean = Language(tag: call.language) == .ko
        do throws(WorkbookError) {
            var columns = plan.columns.map { $0.templateColumn(call.language) }
            if let first = columns.first {
                columns[0].note = [first.note, limits.sentence(call.language)].compactMap(\.self).joined(
                    separator: "\n")
            }
            let bytes = try WorkbookWriter.template(
                sheet: target.schema.label(call.language), columns: columns,
                example: TemplateExample.row(plan, call.language), texts: isKorean ? .korean : .english)
            return template(bytes, task, target)
        } catch {
            throw .internalError(cause: "the template of \(target.table): \(error)")
        }
    }

    private func template(_ content: [UInt8], _ task: ImportTask, _ target: ImportTarget) -> DownloadTemplateResponse {
        var response = DownloadTemplateResponse()
        response.fileName = task.dataSource ?? target.templateName
        response.content = content
        response.sha256 = Hex.sha256(content)
        response.largestFileBytes = limits.bytes
        response.mostRows = Int64(limits.rows)
        return response
    }

    // MARK: Mapping

    private func mapping(_ call: Call, _ request: GetRequest) async throws(Problem) -> ImportMapping {
        try await database.transaction(as: call.caller, deadline: call.deadline, readOnly: true) { tx in
            let task = try access.uploaded(request.id, by: call.caller, in: tx)
            return SavedMapping.message(try SavedMapping.find(task.id, tx), task: task.id, for: call.caller)
        }
    }

    private func saveMapping(_ call: Call, _ request: SaveMappingRequest) async throws(Problem) -> ImportMapping {
        let method = ImportValidationAPI.saveMapping.name
        return try await database.perform(call, method, request, requestID: request.requestID) { tx, context in
            let task = try access.uploaded(request.id, by: call.caller, lock: .update, in: tx)
            try TaskAccess.requireOpen(task, tx)
            let mapping = try FileMapping(
                sheet: request.sheet, titleRow: request.titleRow, columns: request.columns,
                ImportTarget.of(task, tx), isSaved: true)
            let saved = SavedMapping(mapping, by: call.caller.subject, at: context.now)
            try saved.save(for: task.id, task.domain, tx)
            return SavedMapping.message(mapping.isEmpty ? nil : saved, task: task.id, for: call.caller)
        }
    }

    // MARK: Runs

    /// What the person says of the files, or else what was saved for the task.
    static func options(_ request: ImportUploadsRequest, _ task: ImportTask, _ tx: Transaction) throws
        -> LoadOptions
    {
        var options = LoadOptions(encoding: request.encoding)
        options.mapping = try FileMapping(
            sheet: request.sheet, titleRow: request.titleRow, columns: request.columns, ImportTarget.of(task, tx),
            isSaved: false
        )
        if request.saveMapping {
            guard !options.mapping.isEmpty else {
                throw Problem.invalid(
                    field: ImportUploadsRequest.Field.saveMapping,
                    Text(
                        en: "There is nothing to save: say sheet, title_row or columns.",
                        ko: "저장할 내용이 없습니다. 시트, 제목 행 또는 열 매핑을 지정하세요."), rule: "G-57")
            }
            options.savesMapping = true
        } else if options.mapping.isEmpty, !request.ignoreSavedMapping, let saved = try SavedMapping.find(task.id, tx) {
            options.mapping = saved.mapping
            options.isSaved = true
        }
        return options
    }

    /// One run per file, answered at once and worked on behind (G-65).
    private func load(_ call: Call, _ request: ImportUploadsRequest) async throws(Problem) -> ImportUploadsResponse {
        guard !request.uploads.isEmpty, request.uploads.count <= Self.mostUploads,
            Set(request.uploads).count == request.uploads.count
        else {
            throw .invalid(
                field: ImportUploadsRequest.Field.uploads,
                Text(
                    en: "1 to \(Self.mostUploads) different uploads.",
                    ko: "서로 다른 업로드를 1~\(grouped: Self.mostUploads)개 지정하세요."))
        }
        guard request.encoding.isEmpty || TextEncoding(named: request.encoding) != nil else {
            throw .invalid(field: ImportUploadsRequest.Field.encoding, RunMessages.unknownEncoding)
        }
        let method = ImportValidationAPI.importUploads.name
        let response = try await database.perform(call, method, request, requestID: request.requestID) { tx, context in
            let task = try access.uploaded(request.id, by: call.caller, lock: .update, in: tx)
            try TaskAccess.requireOpen(task, tx)
            let options = try Self.options(request, task, tx)
            var response = ImportUploadsResponse()
            for id in request.uploads {
                let upload = try loadable(id, of: task, call.caller, tx)
                var run = ImportRun()
                run.importTask = task.id
                run.kind = ImportRun.Kind.load
                run.upload = upload.id
                let queued = try RunQueue.enqueue(
                    run, options: options, language: call.language, database, context, tx)
                response.importRuns.append(TaskAccess.shown(queued, to: call.caller))
            }
            try DataImportState.refresh(task.id, database, context, tx)
            return response
        }
        queue.wake.notify()
        return response
    }

    /// An upload that can be loaded: complete, of this task, and not loaded since the task was last started over.
    private func loadable(_ id: String, of task: ImportTask, _ caller: Caller, _ tx: Transaction) throws -> Upload {
        let mayAll = TaskAccess.isAgent(caller) || task.assignedTo == caller.subject
        guard let upload = try Store<Upload>(database).find(id, lock: .update, in: tx), upload.importTask == task.id,
            mayAll || upload.createdBy == caller.subject
        else { throw Problem.notFound(Upload.schema.label, id: id) }
        if upload.state == Upload.State.loaded { throw Self.alreadyLoaded }
        guard upload.state == Upload.State.complete else {
            throw Problem(
                .failedPrecondition,
                Text(
                    en: "The upload is \(upload.state ?? ""); only a complete one can be imported.",
                    ko: "업로드가 ‘\(upload.stateLabel.ko)’ 상태입니다. 완료된 업로드만 가져올 수 있습니다."),
                reason: "UPLOAD_INCOMPLETE")
        }
        let rows = try tx.query(
            """
            SELECT 1 FROM import_validation.import_run WHERE upload = \(id) \
            AND state IN (\(literal: ImportRun.State.queued), \(literal: ImportRun.State.running)) LIMIT 1
            """)
        guard rows.isEmpty else { throw Self.alreadyLoaded }
        return upload
    }

    private static let alreadyLoaded = Problem.alreadyExists(
        Text(en: "This file is loaded already, or is being loaded.", ko: "이 파일은 이미 로드되었거나 로드 중입니다."),
        reason: "UPLOAD_LOADED")

    private func validate(_ call: Call, _ request: ValidateRowsRequest) async throws(Problem) -> ImportRun {
        let method = ImportValidationAPI.validateRows.name
        let run = try await database.perform(call, method, request, requestID: request.requestID) { tx, context in
            let task = try access.worked(request.id, by: call.caller, in: tx)
            try TaskAccess.requireOpen(task, tx)
            var run = ImportRun()
            run.importTask = task.id
            run.kind = ImportRun.Kind.validate
            let stored = try RunQueue.enqueue(run, language: call.language, database, context, tx)
            try DataImportState.refresh(task.id, database, context, tx)
            return stored
        }
        queue.wake.notify()
        return run
    }

    /// Rows named in the request are marked for the run, so that what is chosen is fixed even when the service restarts.
    private func publish(_ call: Call, _ request: PublishStagingRowsRequest) async throws(Problem) -> ImportRun {
        let ways = [request.allReady, !request.stagingRows.isEmpty, !request.plan.isEmpty]
        guard ways.count(where: \.self) == 1, request.stagingRows.count <= Self.mostRows,
            request.stagingRows.allSatisfy(Validation.isUUID)
        else {
            throw .invalid(
                field: PublishStagingRowsRequest.Field.stagingRows,
                Text(
                    en: "Either all_ready, or 1 to \(Self.mostRows) ids of rows, or a plan.",
                    ko: "게시할 행을 1~\(grouped: Self.mostRows)개 지정하거나 준비된 행 전체 또는 계획을 선택하세요."))
        }
        let method = ImportValidationAPI.publishStagingRows.name
        let run = try await database.perform(call, method, request, requestID: request.requestID) { tx, context in
            let task = try access.worked(request.id, by: call.caller, in: tx)
            try TaskAccess.requireOpen(task, tx)
            var run = ImportRun()
            run.importTask = task.id
            run.kind = ImportRun.Kind.publish
            let plan = try request.plan.isEmpty ? nil : ImportPlan.publishable(request.plan, of: task, tx)
            let stored = try RunQueue.enqueue(
                run, allReady: request.allReady, language: call.language, database, context, tx)
            try Publication.begin(stored.id, of: task, plan: plan?.id, by: call.caller.subject, tx)
            if !request.stagingRows.isEmpty {
                tx.send(
                    """
                    UPDATE import_validation.staging_row SET publish_run = \(stored.id) \
                    WHERE import_task = \(task.id) AND id = ANY(\(request.stagingRows)::uuid[]) \
                    AND status = \(RowStatus.readyToPublish.sql) AND publish_run IS NULL
                    """)
            }
            return stored
        }
        queue.wake.notify()
        return run
    }

    private func summarize(_ call: Call, _ request: GetRequest) async throws(Problem) -> ImportSummary {
        try await database.transaction(as: call.caller, deadline: call.deadline, readOnly: true) { tx in
            let task = try access.read(request.id, by: call.caller, in: tx)
            let facts = try DataImportState.facts(task.id, for: call.caller, tx)
            var summary = ImportSummary()
            summary.importTask = task.id
            summary.yetToValidate = Int64(facts.yetToValidate)
            summary.needsAttention = Int64(facts.needsAttention)
            summary.readyToPublish = Int64(facts.readyToPublish)
            summary.published = Int64(facts.published + facts.removed)
            summary.removed = Int64(facts.removed)
            return summary
        }
    }
}
