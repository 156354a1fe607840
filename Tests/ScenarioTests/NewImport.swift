import CampaignKit
import Foundation
import ImportValidationWire
import JourneyKit
import OnboardingWire
import RPC
import TestKit
import Testing
import Wire
import Workbook

/// A kind of import that nobody has shipped: an administrator sets it up, the customer's contact uses it, the analyst sees to
/// the rest. Services are killed meanwhile, and rows are counted by the superuser, in staging and in the target table.
struct NewImport {
    static let rows = 3_000
    /// Of each five rows the first two have a unit that the value map does not know.
    static let wrong = rows / 5 * 2
    static let target = "service_entitlement"

    let stack: ScenarioStack
    let world: JourneyWorld
    let journey: Journey
    private let database: StackDatabase
    let administrator: Credential
    let analyst: Credential
    let contact: Credential
    private(set) var builder = ImportBuilder()
    private(set) var task = ImportTask()

    init(_ stack: ScenarioStack) async throws {
        self.stack = stack
        world = stack.world()
        journey = Journey(world, accountName: "Around the Horn")
        database = try StackDatabase(stack)
        try await journey.prepareImports()
        try await journey.formTeam()
        administrator = try journey.credential(.administrator)
        analyst = try journey.credential(.agent)
        contact = try journey.credential(.customerExpert)
    }

    // MARK: Setting it up

    private static let titles = ["Kunde", "Leistung", "Laufzeit", "Menge", "Einheit"]

    /// The six steps of the builder, each a request; the analyst, who makes no activity definitions, may not.
    mutating func build() async throws {
        var creation = CreateImportBuilderRequest()
        creation.importBuilder = ImportBuilder()
        creation.importBuilder?.name = "Entitlements of branches"
        creation.importBuilder?.targetTable = Self.target
        #expect(
            try await world.refusal(ImportValidationAPI.createImportBuilder, creation, as: analyst).code
                == .permissionDenied)
        builder = try await world.call(ImportValidationAPI.createImportBuilder, creation, as: administrator)
        var template = SaveBuilderTemplateRequest()
        (template.id, template.fileName) = (builder.id, "entitlements.xlsx")
        template.content = try WorkbookWriter.template(
            sheet: "Leistungen", columns: Self.titles.map { WorkbookColumn(label: $0) })
        template.columns = zip(
            ["Kunde", "Leistung", "Laufzeit", "Laufzeit", "Menge", "Einheit"],
            ["account", "name", "start_date", "end_date", "total_units", "unit"]
        ).map { title, field in
            var column = ColumnMapping()
            (column.title, column.field) = (title, field)
            return column
        }
        var state = try await world.call(ImportValidationAPI.saveBuilderTemplate, template, as: administrator)
        #expect(state.missingFields.isEmpty && state.importBuilder?.step == "data_source")
        var source = SaveBuilderDataSourceRequest()
        source.id = builder.id
        _ = try await world.call(ImportValidationAPI.saveBuilderDataSource, source, as: administrator)
        // The service goes and comes between two steps: the builder goes on where it stood.
        try stack.kill("import-validation")
        try await stack.restart()
        var map = SaveBuilderTransformMapRequest()
        (map.id, map.fieldMaps) = (builder.id, Self.maps)
        _ = try await world.call(ImportValidationAPI.saveBuilderTransformMap, map, as: administrator)
        var checks = ConfirmBuilderChecksRequest()
        checks.id = builder.id
        _ = try await world.call(ImportValidationAPI.confirmBuilderChecks, checks, as: administrator)
        var views = SaveBuilderViewsRequest()
        var attention = BuilderView()
        (attention.name, attention.columns) = ("needs_attention", ["unit", "name"])
        (views.id, views.views) = (builder.id, [attention])
        _ = try await world.call(ImportValidationAPI.saveBuilderViews, views, as: administrator)
        var end = FinishBuilderRequest()
        end.id = builder.id
        state = try await world.call(ImportValidationAPI.finishBuilder, end, as: administrator)
        builder = try #require(state.importBuilder)
        #expect(builder.step == "complete")
        var library = ListRequest()
        library.filter = "key = \"\(builder.activityDefinition ?? "")\""
        let known = try await world.call(OnboardingAPI.listActivityDefinitions, library, as: administrator)
        #expect(known.activityDefinitions.count == 1)
    }

    private static var maps: [FieldMap] {
        func map(_ field: String, _ kind: String, _ edit: (inout FieldMap) -> Void) -> FieldMap {
            var map = FieldMap()
            (map.field, map.kind) = (field, kind)
            edit(&map)
            return map
        }
        var piece = MappedValue()
        (piece.value, piece.mapped) = ("Stk", "piece")
        return [
            map("account", "lookup") { $0.lookupField = "account_number" },
            map("start_date", "split") { ($0.separator, $0.part) = (" bis ", 1) },
            map("end_date", "split") { ($0.separator, $0.part) = (" bis ", 2) },
            map("unit", "value_map") { $0.values = [piece] },
        ]
    }

    /// The analyst opens a task of it for the customer's contact, who sees nothing else of it than the task.
    mutating func open() async throws {
        var people = ListRequest()
        people.filter = "user = \"\(journey.users[.customerExpert] ?? "")\""
        let person = try await world.call(OnboardingAPI.listCustomerContacts, people, as: analyst).customerContacts
            .first
        var creation = CreateImportTaskRequest()
        var draft = ImportTask()
        (draft.parent, draft.targetTable) = (journey.onboardingCase.id, Self.target)
        (draft.sourceTable, draft.contact, draft.visibleToCustomer) = (builder.importSetTable, person?.id, true)
        creation.importTask = draft
        task = try await world.call(ImportValidationAPI.createImportTask, creation, as: analyst)
        #expect(task.dataSource == "entitlements.xlsx")
        var template = DownloadTemplateRequest()
        template.id = task.id
        let file = try await world.call(ImportValidationAPI.downloadTemplate, template, as: contact)
        #expect(file.fileName == "entitlements.xlsx" && !file.content.isEmpty)
        var request = GetRequest()
        request.id = builder.id
        let hidden = try await world.refusal(ImportValidationAPI.getImportBuilderState, request, as: contact).code
        #expect(hidden == .permissionDenied || hidden == .notFound)
    }

    // MARK: Killing

    /// Kills import-validation when it is about to write a staged row from `number` on, with batches before that committed,
    /// and undoes what it has not committed; the run at its end.
    func killed(at number: Int, as person: Credential, _ begin: () async throws -> ImportRun) async throws -> ImportRun
    {
        try await stack.sql(
            """
            CREATE FUNCTION import_validation.linger() RETURNS trigger LANGUAGE plpgsql AS
            'BEGIN PERFORM pg_sleep(50); RETURN NEW; END';
            CREATE TRIGGER linger BEFORE INSERT OR UPDATE ON import_validation.staging_row_intake FOR EACH ROW
            WHEN (NEW.row_number >= \(number)) EXECUTE FUNCTION import_validation.linger();
            """)
        let run = try await begin()
        try await waitUntil("row \(number) is written", within: .seconds(40)) {
            try await !database.rows(
                """
                SELECT pid::text FROM pg_stat_activity WHERE usename = 'ale_import_validation' AND wait_event = 'PgSleep'
                """
            ).isEmpty
        }
        try stack.kill("import-validation")
        try await database.endSessions(of: "import-validation")
        try await stack.sql("DROP FUNCTION import_validation.linger CASCADE")
        let done = try await database.rows(
            "SELECT state, coalesce(done_rows, 0)::text FROM import_validation.import_run WHERE id = \(run.id)::uuid")
        #expect(done.first?.first == "running", "\(done)")
        #expect((1..<Self.rows).contains(Int(done.first?.last ?? "") ?? 0), "killed in its midst: \(done)")
        try await stack.restart()
        return try await world.ended(run, as: person)
    }

    // MARK: Counting

    /// Rows that are yet to validate, need attention, are ready and published, as they lie there and as people are told, and
    /// the records that there are of them.
    func expect(
        _ open: Int, attention: Int, ready: Int, published: Int, as person: Credential,
        at place: SourceLocation = #_sourceLocation
    ) async throws {
        let expected = [open, attention, ready, published]
        let staged = try await database.rows(
            """
            SELECT count(*) FILTER (WHERE status = 'yet_to_validate')::text, \
            count(*) FILTER (WHERE status = 'needs_attention')::text, \
            count(*) FILTER (WHERE status = 'ready_to_publish')::text, \
            count(*) FILTER (WHERE status = 'published')::text, count(DISTINCT row_number)::text \
            FROM import_validation.staging_row WHERE import_task = \(task.id)::uuid
            """)
        #expect(
            staged.first.map { $0.map { Int($0) ?? -1 } } == expected + [expected.reduce(0, +)], sourceLocation: place)
        var request = GetRequest()
        request.id = task.id
        let told = try await world.call(ImportValidationAPI.summarizeImport, request, as: person)
        #expect(
            [told.yetToValidate, told.needsAttention, told.readyToPublish, told.published] == expected.map(Int64.init),
            sourceLocation: place)
        let records = try await database.rows(
            """
            SELECT count(*)::text FROM onboarding.service_entitlement \
            WHERE account = \(journey.account.id)::uuid AND unit = 'pieces'
            """)
        #expect(records == [["\(published)"]], sourceLocation: place)
    }
}
