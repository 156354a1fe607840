import CustomerSuccessWire
import Ground
import ImportValidationWire
import OnboardingWire
import Playbooks
import Postgres
import RPC
import Records
import Tenancy
import Wire

/// The page of one case, for people of the provider: the playbook at a glance, the activities of a stage, the people of
/// the case, and what belongs to it.
struct CasePages: Sendable {
    private let database: Database

    init(_ database: Database) { self.database = database }

    /// Answers `pages.case`.
    var endpoint: Endpoint {
        Endpoint(OnboardingAPI.getOnboardingCasePage) { call, request async throws(Problem) in
            guard call.caller.kind != .customer else { throw .permissionDenied() }
            return try await database.transaction(as: call.caller, deadline: call.deadline, readOnly: true) { tx in
                try page(request, call, tx)
            }
        }
    }

    private func page(
        _ request: GetOnboardingCasePageRequest, _ call: Call, _ tx: Transaction
    ) throws -> OnboardingCasePage {
        let store = Store<OnboardingCase>(database)
        let record = try store.get(request.id, as: call.caller, in: tx)
        let size = try PageSize.of(request.items, "items", standard: 20, maximum: 50)
        let context = RuleContext(transaction: tx, write: database.context(call), database: database)
        var page = OnboardingCasePage()
        page.onboardingCase = record
        let run = try Playbooks.of(database)?.run(
            of: record.id, in: OnboardingCase.schema.table, lane: request.lane, context)
        if let run {
            page.stages = run.stages
            page.lane = run.lane
            page.activities = run.activities
            page.log = try Playbooks.of(database)?.log(of: run, atMost: size, context) ?? []
        }
        tx.planPage(for: call.caller)
        let related = try CaseWork(of: record.id, limit: size, database, call.caller)
        let people = CasePeople(database, call)
        let setUp = run?.isSetUp == true ? try people.statements(record) : []
        let beside = BesideRecord(record, KnowledgeSubject(record), store, size, context)
        let forms = try FormChoices(page.activities, of: record.account, database, call)
        var statements = [
            try PageFacts.contact(record.contact, database, call.caller), PageFacts.products(record.products),
        ]
        for part in [related.statements, forms.statements, setUp, beside.statements] { statements += part }
        let answers = try tx.queryAll(statements)
        page.contactName = try PageFacts.names(answers[0]).first ?? ""
        page.productNames = try PageFacts.names(answers[1])
        var rest = answers[2...]
        (page.tasks, page.riskSignals, page.cases) = try related.sections(rest.prefix(related.statements.count))
        rest = rest.dropFirst(related.statements.count)
        let chosen = try forms.read(rest)
        rest = rest.dropFirst(forms.statements.count)
        if !setUp.isEmpty { page.people = try people.read(rest) }
        (page.stream, page.attachments, page.relatedKnowledge) = try beside.read(
            answers.suffix(BesideRecord<OnboardingCase>.statementCount))
        page.recommendedActions = try Onboarding.recommendedActions(database).cards(for: record, context) { keys in
            try KnowledgeReading(context).canRead(keys: keys)
        }
        try addNames(to: &page, record, chosen, call, tx)
        return page
    }

    private func addNames(
        to page: inout OnboardingCasePage, _ record: OnboardingCase, _ chosen: FormChoices.Found, _ call: Call,
        _ tx: Transaction
    ) throws {
        let own = WorkItem(record, today: database.clock.today)
        let sections = [page.tasks, page.riskSignals, page.cases].compactMap { $0 }
        var users =
            page.stream.map(\.by) + page.log.map(\.by) + page.activities.flatMap { [$0.assignedTo, $0.endedBy] }
            + page.activities.flatMap { $0.values.map(\.by) } + page.attachments.map(\.createdBy)
            + (page.people?.accountTeam.map(\.user) ?? []) + (page.people?.squad.map(\.user) ?? []) + chosen.users
        users += record.watchList
        var names = WorkNames(database, call.caller)
        try names.read([own] + sections.flatMap(\.items), users: users, in: tx)
        page.accountName = names.account(record.account)
        page.parentNumber = names.onboardingCase(record.parent)
        page.assignedToName = names.person(record.assignedTo)
        page.tasks = names.filled(page.tasks)
        page.riskSignals = names.filled(page.riskSignals)
        page.cases = names.filled(page.cases)
        page.people = names.filled(page.people)
        page.formRecords = chosen.filled(names)
        page.names = names.all
    }
}
