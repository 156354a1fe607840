import ImportValidationWire
import OnboardingWire
import Postgres
import RPC
import Records
import Tenancy
import Wire

/// What stands beside an import task on its page, for people of the provider: its case, what else belongs to that, and related
/// knowledge. The task is known here by its copy.
struct BesideImports: Sendable {
    private let database: Database

    init(_ database: Database) { self.database = database }

    /// Answers `pages.import`.
    var endpoint: Endpoint {
        Endpoint(OnboardingAPI.getOnboardingImportPage) { call, request async throws(Problem) in
            guard call.caller.kind != .customer else { throw .permissionDenied() }
            try Store<LifecycleTask>(database).mayRead(call.caller)
            return try await database.transaction(as: call.caller, deadline: call.deadline, readOnly: true) { tx in
                try page(request, call, tx)
            }
        }
    }

    private func page(
        _ request: GetOnboardingImportPageRequest, _ call: Call, _ tx: Transaction
    ) throws -> OnboardingImportPage {
        let size = try PageSize.of(request.items, "items", standard: 20, maximum: 50)
        let context = RuleContext(transaction: tx, write: database.context(call), database: database)
        var asked = KnowledgeOfRecordRequest()
        (asked.table, asked.record) = (ImportTask.schema.table, request.id)
        let subject = try KnowledgeSubject(asked, context)
        var page = OnboardingImportPage()
        page.relatedKnowledge = try RelatedKnowledge(context).texts(of: subject)
        let parent = subject.record.text(named: ImportTask.Field.parent.rawValue)
        if Validation.isUUID(parent) { try add(parent, beside: subject.record.id, size, call.caller, to: &page, tx) }
        return page
    }

    /// The case, and what else belongs to it.
    private func add(
        _ parent: String, beside task: String, _ size: Int, _ caller: Caller, to page: inout OnboardingImportPage,
        _ tx: Transaction
    ) throws {
        let cases = Store<OnboardingCase>(database)
        tx.planPage(for: caller)
        let tasks = try RelatedWork.tasks(of: parent, limit: size + 1, database, caller)
        let answers = try tx.queryAll(
            [try cases.selection(where: "id = \(parent)", limit: 1, as: caller)] + tasks.flatMap(\.statements))
        let today = database.clock.today
        let above = try cases.records(answers[0], for: caller).first.map { WorkItem($0, today: today) }
        var others = try tasks.section(answers[1...], limit: size + 1)
        others.items = Array(others.items.filter { $0.id != task }.prefix(size))
        var names = WorkNames(database, caller)
        try names.read(others.items + [above].compactMap(\.self), in: tx)
        page.accountName = names.account(above?.account)
        page.onboardingCase = above.map { names.filled([$0])[0] }
        page.tasks = names.filled(others)
    }
}
