import Filters
import OnboardingWire
import Postgres
import RPC
import Records
import Tenancy
import Wire

/// A case or a task that articles are related to or shared on.
struct KnowledgeSubject {
    /// The record as the caller may see it.
    let record: any RecordMessage
    let table: String
    /// The field of a link that names it.
    let field: KnowledgeLink.Field

    /// The record of a request. NOT_FOUND when there is none for the caller, INVALID_ARGUMENT for another table.
    init(_ request: KnowledgeOfRecordRequest, _ context: RuleContext) throws {
        try self.init(request.table, request.record, context)
    }

    private init(_ table: String, _ id: String, _ context: RuleContext) throws {
        let (database, caller, tx) = (context.database, context.write.caller, context.transaction)
        switch table {
        case OnboardingCase.schema.table:
            record = try Store<OnboardingCase>(database).get(id, as: caller, in: tx)
            field = .onboardingCase
        case LifecycleTask.schema.table:
            record = try Store<LifecycleTask>(database).get(id, as: caller, in: tx)
            field = .lifecycleTask
        default:
            throw Problem.invalid(
                field: KnowledgeOfRecordRequest.Field.table,
                Text(
                    en: "Articles are related to cases and tasks.", ko: "문서는 케이스와 작업에만 연결할 수 있습니다."))
        }
        self.table = table
    }

    /// Whether the caller may see a case or a task.
    static func isSeen(_ table: String, _ id: String, _ context: RuleContext) throws -> Bool {
        do {
            _ = try KnowledgeSubject(table, id, context)
            return true
        } catch let problem as Problem where [.notFound, .permissionDenied].contains(problem.code) {
            return false
        }
    }

    /// What conditions over records of a table may name.
    static func filterFields(of table: String, _ database: Database) -> [FilterField] {
        switch table {
        case OnboardingCase.schema.table: Store<OnboardingCase>(database).filterFields
        case LifecycleTask.schema.table: Store<LifecycleTask>(database).filterFields
        default: []
        }
    }
}
