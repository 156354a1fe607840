import Filters
import ImportValidationWire
import OnboardingWire
import Postgres
import RPC
import Records
import Tenancy
import Wire

/// A case, a task or an import task that articles are related to or shared on.
struct KnowledgeSubject {
    /// The record as the caller may see it.
    let record: any RecordMessage
    let table: String
    /// The field of a link that names it.
    let field: KnowledgeLink.Field
    /// Where it lies: rules hold in their domain and below.
    let domain: String

    /// The record of a request. NOT_FOUND when there is none for the caller, INVALID_ARGUMENT for another table.
    init(_ request: KnowledgeOfRecordRequest, _ context: RuleContext) throws {
        let (database, caller, tx) = (context.database, context.write.caller, context.transaction)
        switch request.table {
        case OnboardingCase.schema.table:
            self.init(try Store<OnboardingCase>(database).get(request.record, as: caller, in: tx))
        case LifecycleTask.schema.table:
            self.init(try Store<LifecycleTask>(database).get(request.record, as: caller, in: tx))
        case ImportTask.schema.table:
            guard let task = try PortalTasks.find(request.record, database, caller, tx) else {
                throw Problem.notFound(ImportTask.schema.label, id: request.record)
            }
            // Copies do not say where they lie: an import task does so with its case.
            let parent = try Store<OnboardingCase>(database).find(task.parent ?? "", in: tx)
            self.init(task, .importTask, domain: parent?.domain ?? "")
        default:
            throw Problem.invalid(
                field: KnowledgeOfRecordRequest.Field.table,
                Text(
                    en: "Articles are related to cases and tasks.", ko: "문서는 케이스와 작업에만 연결할 수 있습니다."))
        }
    }

    /// A case that the caller sees.
    init(_ record: OnboardingCase) { self.init(record, .onboardingCase, domain: record.domain) }
    /// A task that the caller sees.
    init(_ record: LifecycleTask) { self.init(record, .lifecycleTask, domain: record.domain) }
    /// A copy of an import task that the caller sees, for what is shared on it.
    init(_ record: ImportTask) { self.init(record, .importTask, domain: "") }

    private init<R: RecordMessage>(_ record: R, _ field: KnowledgeLink.Field, domain: String) {
        self.record = record
        self.domain = domain
        table = R.schema.table
        self.field = field
    }

    /// What conditions over records of a table may name: of import tasks what is copied of them.
    static func filterFields(of table: String, _ database: Database) -> [FilterField] {
        switch table {
        case OnboardingCase.schema.table: Store<OnboardingCase>(database).filterFields
        case LifecycleTask.schema.table: Store<LifecycleTask>(database).filterFields
        case ImportTask.schema.table:
            database.copiedFields(of: ImportTask.self).compactMap { key in
                ImportTask.schema.index(like: key).flatMap {
                    FilterField(ImportTask.schema.fields[$0], of: ImportTask.schema, isSearched: false)
                }
            }
        default: []
        }
    }
}
