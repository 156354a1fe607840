import Foundation
import ImportValidationWire
import Platform
import RPC
import RecommendedActions
import Records
import Sandbox
import Wire
import Work

/// From an attached workbook to rows fit to publish.
public enum ImportValidation: ServiceDefinition {
    public static let name = "import-validation"
    public static let summary = "From an attached workbook to rows fit to publish."
    public static let api = ImportValidationAPI.all
    public static let records = ImportValidationCatalog.records

    public static var schemaFolder: String {
        Bundle.module.url(forResource: "Schema", withExtension: nil)?.path ?? "Schema"
    }

    public static func assemble(_ parts: ServiceParts) async throws -> Assembly {
        let settings = try ImportSettings(parts.settings)
        let database = parts.database
        let replicas = replicas(database, parts.client, own: parts.ownCredential)
        let queue = RunQueue(database, workers: settings.workers)
        let backups = BackupQueue(database, try parts.settings.attachmentBounds())
        let jobs = [
            BackupJob(database: database, queue: backups).daily, PublishedRows(database: database).daily,
            DailyJob("expired-exports", Exports(database).removeExpired),
        ]
        let actions = recommendedActions(database, parts.client)
        var endpoints = try recordEndpoints(parts, settings, replicas)
        endpoints.add(BuilderEndpoints(database: database, client: parts.client).endpoints)
        addImports(to: &endpoints, database, settings, queue)
        let trying = ScriptWorker(executable: settings.scriptWorker)
        endpoints.add(
            CheckTrials(
                database: database, access: TaskAccess(database: database),
                records: ScriptRecords(database: database, replicas: replicas), scripts: trying
            ).endpoint)
        endpoints.add(BuilderTrials(database: database, scripts: trying).endpoint)
        endpoints.add(DailyJob.endpoint(ImportValidationAPI.runImportJob, database, jobs))
        endpoints.add(
            HealthReport.endpoint(
                ImportValidationAPI.showImportHealth, database,
                queues: [.init("import_run_work"), .init("staging_backup_work")], jobs: jobs))
        endpoints.add(actions.actionEndpoints(api, replicas: replicas.source))
        endpoints.add(TaskSearch.endpoint(database))
        endpoints.add(PortalTaskPage(database).endpoint)
        endpoints.add(replicas.endpoints(ImportValidationAPI.listReplicas, ImportValidationAPI.rebuildReplica))
        let described = endpoints.described
        endpoints.add(
            Endpoint(ImportValidationAPI.describeImportValidation) { call, request async throws(Problem) in
                settings.limits.tell(try DictionaryDescription.answer(described, request, call))
            })
        let workers = ImportWorkers(parts, settings, queue, replicas)
        return Assembly(
            endpoints: endpoints, replicas: replicas,
            background: [
                Background("import-workers", isSingle: false) { await workers.run() },
                Background("staging-backups", isSingle: false) { await backups.run() },
            ] + jobs.map { $0.background(database) },
            prepare: {
                try await AccountCheck.seed(database)
                try await StagingBackup.seed(database)
                try await actions.seed(ImportActions.all)
            })
    }

    /// The verbs of the records.
    private static func recordEndpoints(
        _ parts: ServiceParts, _ settings: ImportSettings, _ replicas: ReplicaSet
    ) throws -> RecordEndpoints {
        let database = parts.database
        var endpoints = RecordEndpoints(
            database, api: api, replicas: replicas.source, attachments: try parts.settings.attachmentBounds())
        let closing = TaskClosing(database: database, client: parts.client, own: parts.ownCredential)
        endpoints.add(ImportTask.self) { brought, call async throws(Problem) in try await closing.check(brought, call) }
        endpoints.add(listed: Upload.self)
        endpoints.add(listed: ImportRun.self)
        let compiler = ScriptWorker(executable: settings.scriptWorker)
        endpoints.add(DataValidationAssist.self) { brought, _ async throws(Problem) in
            try await DataValidationAssist.compile(brought.values, compiler)
        }
        endpoints.add(StagingBackup.self)
        endpoints.add(SystemProperty.self)
        endpoints.add(ImportBuilder.self) { _, call async throws(Problem) in
            try BuilderAccess.requireDesigner(call.caller)
        }
        return endpoints
    }

    /// What is done with the files and the rows of a task.
    private static func addImports(
        to endpoints: inout RecordEndpoints, _ database: Database, _ settings: ImportSettings, _ queue: RunQueue
    ) {
        let access = TaskAccess(database: database)
        endpoints.add(
            UploadEndpoints(
                database: database, files: settings.files, limit: settings.limits.bytes, access: access
            ).endpoints)
        endpoints.add(UploadPreviews(database: database, files: settings.files, access: access).endpoint)
        endpoints.add(
            TaskEndpoints(database: database, queue: queue, access: access, limits: settings.limits).endpoints)
        endpoints.add(PlanEndpoints(database: database, queue: queue, access: access).endpoints)
        endpoints.add(RunEndpoints(database: database, queue: queue, access: access).endpoints)
        let errors = ErrorWorkbook(database: database, access: access)
        endpoints.add(
            exporting: ImportValidationAPI.exportStagingErrors, requestID: { $0.requestID },
            { request, call, context, tx in try errors.export(request, call, context, tx) })
        endpoints.add(Exports(database).endpoint(ImportValidationAPI.readExport))
        endpoints.add(StagingEndpoints(database: database, access: access).endpoints)
        endpoints.add(ErrorCounts(database: database, access: access).endpoint)
        endpoints.add(MendingEndpoints(database: database, access: access).endpoints)
    }
}
