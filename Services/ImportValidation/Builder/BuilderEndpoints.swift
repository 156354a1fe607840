import ImportValidationWire
import Korean
import OnboardingWire
import PlaybooksWire
import Postgres
import RPC
import Records
import Roles
import Tenancy
import Wire

/// The import builder over the wire: its six steps, and what it has produced (imports, section 3).
struct BuilderEndpoints: Sendable {
    private static let mostChecks = 500

    /// What activity definitions are found by.
    private enum DefinitionField: String {
        case key
    }

    let database: Database
    let client: Client

    private var steps: BuilderSteps { BuilderSteps(database: database) }

    var endpoints: [Endpoint] {
        [
            Endpoint(ImportValidationAPI.getImportBuilderState) { call, request async throws(Problem) in
                try await database.transaction(as: call.caller, deadline: call.deadline, readOnly: true) { tx in
                    let builder = try Store<ImportBuilder>(database).get(request.id, as: call.caller, in: tx)
                    return try state(builder, try StoredBuilder.parts(of: builder.id, tx), call, tx)
                }
            },
            Endpoint(ImportValidationAPI.getBuilderTemplate) { call, request async throws(Problem) in
                try await template(request, call)
            },
            Endpoint(ImportValidationAPI.saveBuilderTemplate) { call, request async throws(Problem) in
                try await save(
                    .template, ImportValidationAPI.saveBuilderTemplate, call, request, request.requestID,
                    (request.id, request.etag),
                    { _ in steps.template(request) }, isDone: \.missingFields.isEmpty)
            },
            Endpoint(ImportValidationAPI.saveBuilderDataSource) { call, request async throws(Problem) in
                try await save(
                    .dataSource, ImportValidationAPI.saveBuilderDataSource, call, request, request.requestID,
                    (request.id, request.etag)
                ) { tx in steps.dataSource(request.importSetTableName, tx) }
            },
            Endpoint(ImportValidationAPI.saveBuilderTransformMap) { call, request async throws(Problem) in
                try await save(
                    .transformMap, ImportValidationAPI.saveBuilderTransformMap, call, request, request.requestID,
                    (request.id, request.etag)
                ) { _ in steps.transformMap(request) }
            },
            Endpoint(ImportValidationAPI.confirmBuilderChecks) { call, request async throws(Problem) in
                try await save(
                    .checks, ImportValidationAPI.confirmBuilderChecks, call, request, request.requestID,
                    (request.id, request.etag)
                ) { _ in { _ in } }
            },
            Endpoint(ImportValidationAPI.saveBuilderViews) { call, request async throws(Problem) in
                try await save(
                    .activity, ImportValidationAPI.saveBuilderViews, call, request, request.requestID,
                    (request.id, request.etag),
                    { _ in steps.views(request.views) }, isDone: { _ in false })
            },
            Endpoint(ImportValidationAPI.finishBuilder) { call, request async throws(Problem) in
                try await finish(call, request)
            },
        ]
    }

    // MARK: Steps

    /// One step in one transaction, for who may set up imports.
    private func save<Request: Message>(
        _ step: BuilderStep, _ method: Method<Request, BuilderState>, _ call: Call, _ request: Request,
        _ requestID: String, _ builder: (id: String, etag: String),
        _ body: @escaping @Sendable (Transaction) -> (inout BuilderDraft) throws -> Void,
        isDone: @escaping @Sendable (BuilderState) -> Bool = { _ in true }
    ) async throws(Problem) -> BuilderState {
        try BuilderAccess.requireDesigner(call.caller)
        return try await database.perform(call, method.name, request, requestID: requestID) { tx, context in
            let saved = try steps.carryOut(
                step, builder.id, etag: builder.etag, context, tx, body(tx), isDone: isDone)
            return try state(saved.record, saved.parts, call, tx)
        }
    }

    /// Step 6: makes the activity definition, with the rights of whoever asks, under a request id that follows from what it
    /// says; then the builder is in use.
    private func finish(_ call: Call, _ request: FinishBuilderRequest) async throws(Problem) -> BuilderState {
        try BuilderAccess.requireDesigner(call.caller)
        let id = request.id
        let builder = try await database.transaction(as: call.caller, deadline: call.deadline, readOnly: true) { tx in
            try Store<ImportBuilder>(database).get(id, as: call.caller, in: tx)
        }
        if BuilderStep(builder) == .activity, Access.allows(call.caller.roles, .write, on: ImportBuilder.schema.table) {
            try await define(builder, request, call)
        }
        return try await save(
            .activity, ImportValidationAPI.finishBuilder, call, request, request.requestID, (id, request.etag)
        ) { _ in
            { draft in
                if draft.parts.views.isEmpty { try steps.views([])(&draft) }
                draft.record.activityDefinition = BuilderActivity.key(draft.record)
            }
        }
    }

    private func define(
        _ builder: ImportBuilder, _ request: FinishBuilderRequest, _ call: Call
    ) async throws(Problem) {
        guard request.etag.isEmpty || request.etag == builder.etag, let target = ImportTarget.named(builder.targetTable)
        else { return }
        guard builder.domain == call.caller.domain.path else {
            throw .failedPrecondition(
                rule: "IMP-04",
                Text(
                    en: "Somebody of the domain that the builder belongs to has to finish it.",
                    ko: "가져오기 작성기가 속한 도메인의 사용자가 완료해야 합니다."))
        }
        let responsibility = request.responsibility.visible()
        var creation = CreateActivityDefinitionRequest()
        creation.activityDefinition = BuilderActivity.definition(builder, target, responsibility: responsibility)
        creation.requestID = RecordID.derived(from: "\(builder.id)/\(builder.etag)/\(responsibility)")
        do throws(Problem) {
            _ = try await client.call(
                OnboardingAPI.createActivityDefinition, creation, requestID: creation.requestID,
                retry: .exponential(attempts: 4))
        } catch  where error.code == .alreadyExists {
            // Made before, by a request whose answer was lost.
            guard try await isMade(builder) else { throw error }
        }
    }

    /// Whether the activity definition of the builder's key makes its import task.
    private func isMade(_ builder: ImportBuilder) async throws(Problem) -> Bool {
        var list = ListRequest()
        list.filter = "\(DefinitionField.key.rawValue) = \"\(BuilderActivity.key(builder))\""
        let found = try await client.call(OnboardingAPI.listActivityDefinitions, list)
        return found.activityDefinitions.contains { definition in
            definition.domain == builder.domain
                && definition.creates?.fields.contains {
                    $0.field == ImportTask.Field.sourceTable.rawValue && $0.text == builder.importSetTable
                } == true
        }
    }

    // MARK: Reading

    private func template(_ request: GetRequest, _ call: Call) async throws(Problem) -> BuilderTemplate {
        try await database.transaction(as: call.caller, deadline: call.deadline, readOnly: true) { tx in
            let builder = try Store<ImportBuilder>(database).get(request.id, as: call.caller, in: tx)
            guard let content = try StoredBuilder.template(of: builder.id, tx) else {
                throw Problem.failedPrecondition(
                    rule: "G-57", Text(en: "The builder has no template yet.", ko: "아직 템플릿이 없습니다."))
            }
            var template = BuilderTemplate()
            template.fileName = builder.template ?? ""
            template.content = content
            template.sha256 = Hex.sha256(content)
            return template
        }
    }

    /// The builder with its parts, and with its checks as far as the caller may read them.
    private func state(
        _ record: ImportBuilder, _ parts: BuilderState, _ call: Call, _ tx: Transaction
    ) throws -> BuilderState {
        let caller = call.caller
        var state = parts
        state.importBuilder = Store<ImportBuilder>(database).projected(record, for: caller)
        if let target = ImportTarget.named(record.targetTable) {
            for index in state.columns.indices {
                state.columns[index].nearestLabel =
                    target.field(state.columns[index].nearestField)?.label(call.language) ?? ""
            }
        }
        if record.importSetTableName == nil {
            state.proposedImportSetTableName = BuilderSteps.proposedTable(record)
        }
        if record.transformMapName == nil { state.proposedTransformMapName = BuilderSteps.proposedMap(record) }
        if let table = record.importSetTable,
            Access.allows(caller.roles, .read, on: DataValidationAssist.schema.table)
        {
            let store = Store<DataValidationAssist>(database)
            state.checks = try store.find(
                where: "staging_table = \(table) ORDER BY \"order\" NULLS LAST, id LIMIT \(Self.mostChecks)", in: tx
            ).map { store.projected($0, for: caller) }
        }
        return state
    }
}
