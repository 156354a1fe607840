import Ground
import OnboardingWire
import Playbooks
import Postgres
import RPC
import Records
import Tenancy
import Wire

/// The page of one onboarding task, for people of the provider.
struct TaskPages: Sendable {
    private let database: Database

    init(_ database: Database) { self.database = database }

    /// Answers `pages.task`.
    var endpoint: Endpoint {
        Endpoint(OnboardingAPI.getOnboardingTaskPage) { call, request async throws(Problem) in
            guard call.caller.kind != .customer else { throw .permissionDenied() }
            return try await database.transaction(as: call.caller, deadline: call.deadline, readOnly: true) { tx in
                try page(request, call, tx)
            }
        }
    }

    private func page(
        _ request: GetOnboardingTaskPageRequest, _ call: Call, _ tx: Transaction
    ) throws -> OnboardingTaskPage {
        let (store, cases) = (Store<LifecycleTask>(database), Store<OnboardingCase>(database))
        let caller = call.caller
        let record = try store.get(request.id, as: caller, in: tx)
        let size = try PageSize.of(request.items, "items", standard: 20, maximum: 50)
        let context = RuleContext(transaction: tx, write: database.context(call), database: database)
        var page = OnboardingTaskPage()
        page.lifecycleTask = record
        page.activity = try Playbooks.of(database)?.activity(record.playbookActivity, context)
        tx.planPage(for: caller)
        let tasks = try RelatedWork.tasks(of: record.parent ?? "", limit: size + 1, database, caller)
        let beside = BesideRecord(record, KnowledgeSubject(record), store, size, context)
        let own = WorkItem(record, today: database.clock.today)
        let forms = try FormChoices(
            [page.activity].compactMap(\.self), of: own.account.isEmpty ? nil : own.account, database, call)
        var statements = [
            try PageFacts.contact(record.contact, database, caller),
            PageFacts.responsibility(record.responsibility, call.language),
            try cases.selection(where: "id = \(record.parent)", limit: 1, as: caller),
        ]
        for part in [tasks.flatMap(\.statements), forms.statements, beside.statements] { statements += part }
        let answers = try tx.queryAll(statements)
        page.contactName = try PageFacts.names(answers[0]).first ?? ""
        page.responsibility = try PageFacts.names(answers[1]).first ?? ""
        let today = database.clock.today
        page.onboardingCase = try cases.records(answers[2], for: caller).first.map { WorkItem($0, today: today) }
        let count = BesideRecord<LifecycleTask>.statementCount
        let (rest, chosen) = (
            answers[3...].dropLast(count), try forms.read(answers.dropLast(count).suffix(forms.statements.count))
        )
        var others = try tasks.section(rest.dropLast(forms.statements.count), limit: size + 1)
        others.items = Array(others.items.filter { $0.id != record.id }.prefix(size))
        page.tasks = others
        (page.stream, page.attachments, page.relatedKnowledge) = try beside.read(answers.suffix(count))
        page.recommendedActions = try Onboarding.recommendedActions(database).cards(for: record, context) { keys in
            try KnowledgeReading(context).canRead(keys: keys)
        }
        try addNames(to: &page, record, own, chosen, caller, tx)
        return page
    }

    private func addNames(
        to page: inout OnboardingTaskPage, _ record: LifecycleTask, _ own: WorkItem, _ chosen: FormChoices.Found,
        _ caller: Caller, _ tx: Transaction
    ) throws {
        var users =
            page.stream.map(\.by) + page.attachments.map(\.createdBy) + chosen.users
            + (page.activity.map { [$0.assignedTo, $0.endedBy] + $0.values.map(\.by) } ?? [])
        users += record.watchList
        var names = WorkNames(database, caller)
        try names.read(
            [own] + (page.tasks?.items ?? []) + [page.onboardingCase].compactMap(\.self), users: users, in: tx)
        page.accountName = names.account(own.account)
        page.assignedToName = names.person(record.assignedTo)
        page.tasks = names.filled(page.tasks)
        page.onboardingCase = page.onboardingCase.map { names.filled([$0])[0] }
        page.formRecords = chosen.filled(names)
        page.names = names.all
    }
}
