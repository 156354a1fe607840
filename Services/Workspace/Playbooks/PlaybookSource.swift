import CustomerSuccessWire
import ImportValidationWire
import OnboardingWire
import PlaybooksWire
import RPC
import Wire

/// A service whose playbooks are looked at and designed: both answer the same.
struct PlaybookSource: Sendable {
    /// Where its pages are.
    let root: String
    let title: Text
    /// Tables of the records that runs are about, and of what activities make.
    let tables: [RecordSchema]
    let made: [RecordSchema]
    let methods: PlaybookMethods

    /// The playbooks of onboarding cases.
    static let onboarding = PlaybookSource(
        root: "/playbooks", title: Text(en: "Playbooks", ko: "플레이북"), tables: [OnboardingCase.schema],
        made: [LifecycleTask.schema, ImportTask.schema, OnboardingCase.schema],
        methods: PlaybookMethods(
            definitions: OnboardingAPI.listPlaybookDefinitions, definition: OnboardingAPI.getPlaybookDefinition,
            create: OnboardingAPI.createPlaybookDefinition, update: OnboardingAPI.updatePlaybookDefinition,
            delete: OnboardingAPI.deletePlaybookDefinition, activate: OnboardingAPI.activatePlaybookDefinition,
            retire: OnboardingAPI.retirePlaybookDefinition, validate: OnboardingAPI.validatePlaybookDefinition,
            dryRun: OnboardingAPI.dryRunPlaybookDefinition, importing: OnboardingAPI.importPlaybookDefinition,
            export: OnboardingAPI.exportPlaybookDefinition, activities: OnboardingAPI.listActivityDefinitions,
            versions: OnboardingAPI.listPlaybookVersions, compare: OnboardingAPI.comparePlaybookVersions,
            preview: OnboardingAPI.previewPlaybookMigration, migration: OnboardingAPI.getPlaybookMigration,
            migrations: OnboardingAPI.listPlaybookMigrations, cases: OnboardingAPI.listPlaybookMigrationCases,
            oneCase: OnboardingAPI.getPlaybookMigrationCase, apply: OnboardingAPI.applyPlaybookMigration,
            undo: OnboardingAPI.undoPlaybookMigration))

    /// Those of customer success.
    static let success = PlaybookSource(
        root: "/success-playbooks", title: Text(en: "Playbooks of customer success", ko: "고객 성공 플레이북"),
        tables: [
            SuccessInitiative.schema, SuccessObjective.schema, SuccessCase.schema, Touchpoint.schema,
            InternalPlay.schema, RiskSignal.schema,
        ],
        made: [
            SuccessTask.schema, InternalPlayTask.schema, SuccessInitiative.schema, SuccessObjective.schema,
            SuccessCase.schema, Touchpoint.schema, InternalPlay.schema, RiskSignal.schema,
        ],
        methods: PlaybookMethods(
            definitions: CustomerSuccessAPI.listPlaybookDefinitions,
            definition: CustomerSuccessAPI.getPlaybookDefinition,
            create: CustomerSuccessAPI.createPlaybookDefinition, update: CustomerSuccessAPI.updatePlaybookDefinition,
            delete: CustomerSuccessAPI.deletePlaybookDefinition,
            activate: CustomerSuccessAPI.activatePlaybookDefinition,
            retire: CustomerSuccessAPI.retirePlaybookDefinition,
            validate: CustomerSuccessAPI.validatePlaybookDefinition,
            dryRun: CustomerSuccessAPI.dryRunPlaybookDefinition,
            importing: CustomerSuccessAPI.importPlaybookDefinition,
            export: CustomerSuccessAPI.exportPlaybookDefinition,
            activities: CustomerSuccessAPI.listActivityDefinitions,
            versions: CustomerSuccessAPI.listPlaybookVersions, compare: CustomerSuccessAPI.comparePlaybookVersions,
            preview: CustomerSuccessAPI.previewPlaybookMigration, migration: CustomerSuccessAPI.getPlaybookMigration,
            migrations: CustomerSuccessAPI.listPlaybookMigrations,
            cases: CustomerSuccessAPI.listPlaybookMigrationCases,
            oneCase: CustomerSuccessAPI.getPlaybookMigrationCase, apply: CustomerSuccessAPI.applyPlaybookMigration,
            undo: CustomerSuccessAPI.undoPlaybookMigration))

    static let all = [onboarding, success]

    /// The address of a playbook.
    func href(_ definition: String) -> String { "\(root)/\(Fields.encoded(definition))" }

    /// The address of a migration.
    func href(_ migration: PlaybookMigration) -> String { "\(href(migration.definition))/migrations/\(migration.id)" }

    /// A playbook as it is edited.
    func definition(_ visit: Visit) async throws(Problem) -> PlaybookDefinition {
        var request = GetRequest()
        request.id = visit.part("id")
        return try await visit.ask(methods.definition, request)
    }
}

/// What a service answers about its playbooks.
struct PlaybookMethods: Sendable {
    let definitions: Method<ListRequest, ListPlaybookDefinitionsResponse>
    let definition: Method<GetRequest, PlaybookDefinition>
    let create: Method<CreatePlaybookDefinitionRequest, PlaybookDefinition>
    let update: Method<UpdatePlaybookDefinitionRequest, PlaybookDefinition>
    let delete: Method<DeleteRequest, Empty>
    let activate: Method<ActionRequest, PlaybookDefinition>
    let retire: Method<ActionRequest, PlaybookDefinition>
    let validate: Method<ValidatePlaybookRequest, ValidatePlaybookResponse>
    let dryRun: Method<DryRunPlaybookRequest, DryRunPlaybookResponse>
    let importing: Method<ImportPlaybookRequest, PlaybookDefinition>
    let export: Method<ExportPlaybookRequest, ExportPlaybookResponse>
    let activities: Method<ListRequest, ListActivityDefinitionsResponse>
    let versions: Method<ListPlaybookVersionsRequest, ListPlaybookVersionsResponse>
    let compare: Method<ComparePlaybookVersionsRequest, ComparePlaybookVersionsResponse>
    let preview: Method<PreviewPlaybookMigrationRequest, PlaybookMigration>
    let migration: Method<GetRequest, PlaybookMigration>
    let migrations: Method<ListPlaybookMigrationsRequest, ListPlaybookMigrationsResponse>
    let cases: Method<ListPlaybookMigrationCasesRequest, ListPlaybookMigrationCasesResponse>
    let oneCase: Method<GetRequest, PlaybookMigrationCase>
    let apply: Method<MovePlaybookMigrationRequest, PlaybookMigration>
    let undo: Method<MovePlaybookMigrationRequest, PlaybookMigration>
}
