import Ground
import ImportValidationWire
import OnboardingWire
import Playbooks
import PlaybooksWire
import Postgres
import RPC
import Records
import Tenancy
import Wire

/// The pages of a case and of a task in the portal. Both show what customers may see, whoever looks.
struct PortalRecords: Sendable {
    private let database: Database

    init(_ database: Database) { self.database = database }

    /// Answers `pages.portal_case`, `pages.list_portal_tasks` and `pages.portal_task`.
    var endpoints: [Endpoint] {
        [
            Endpoint(OnboardingAPI.getPortalCase) { call, request async throws(Problem) in
                try await database.transaction(as: call.caller, deadline: call.deadline, readOnly: true) { tx in
                    try casePage(request, call, tx)
                }
            },
            Endpoint(OnboardingAPI.listPortalCaseTasks) { call, request async throws(Problem) in
                try await database.transaction(as: call.caller, deadline: call.deadline, readOnly: true) { tx in
                    try tasks(request, call, tx)
                }
            },
            Endpoint(OnboardingAPI.getPortalTask) { call, request async throws(Problem) in
                try Store<LifecycleTask>(database).mayRead(call.caller)
                return try await database.transaction(as: call.caller, deadline: call.deadline, readOnly: true) { tx in
                    try taskPage(request, call, tx)
                }
            },
        ]
    }

    private func casePage(_ request: GetPortalCaseRequest, _ call: Call, _ tx: Transaction) throws -> PortalCase {
        let store = Store<OnboardingCase>(database)
        let caller = call.caller
        let record = try store.get(request.id, as: caller, in: tx)
        let size = try PageSize.of(request.items, "items", standard: 20, maximum: 50)
        tx.planEach()
        let tasks = try PortalCaseTasks(of: record.id, database, caller)
        let selections = try tasks.selections(after: nil, size)
        // G-101, whoever looks: the store hides them from customers, not from the provider.
        let isShown = caller.kind == .customer || record.productsCustomerVisible == true
        let products = isShown ? record.products : []
        let answers = try tx.queryAll(
            [
                PortalHeader.casePage, PageFacts.products(products),
                try PageFacts.contact(record.contact, database, caller),
            ] + selections + tasks.countings)
        let (items, next) = try tasks.page(answers[3...].prefix(selections.count), after: nil, size)
        var names = WorkNames(database, caller)
        try names.read([WorkItem(record, today: database.clock.today)] + items, in: tx)
        var page = PortalCase()
        (page.id, page.number) = (record.id, record.number ?? "")
        let contact = try PageFacts.names(answers[2]).first ?? ""
        page.header = PortalHeader.header(
            try PortalHeader.fields(answers[0]), of: record, call.language,
            named: { table, id in names.named(table, id, contact: contact) })
        page.shortDescription = record.shortDescription ?? ""
        page.description = record.description ?? ""
        page.products = try PageFacts.names(answers[1])
        page.tasks = names.filled(items).map { PortalItem($0, call.language) }
        page.taskCount = Int32(min(try tasks.count(answers[(3 + selections.count)...]), RankedSource.counted))
        page.nextTasksToken = next
        let parts = PortalParts(store, call)
        page.attachments = try parts.attachments(of: record.id, in: tx)
        page.comments = try parts.comments(on: record.id, atMost: size, in: tx)
        page.changes = try parts.changes(on: record.id, atMost: size, in: tx)
        page.rights = try parts.rights(on: record.id, in: tx)
        page.articles = try articles(on: .init(record), call, tx)
        page.stages = try stages(of: record, call, tx)
        return page
    }

    /// Where the case stands, which customers may know: what the stages are called, and which is at work.
    private func stages(of record: OnboardingCase, _ call: Call, _ tx: Transaction) throws -> [PortalStage] {
        let context = RuleContext(transaction: tx, write: database.context(call), database: database)
        let picker = try Playbooks.of(database)?.stages(of: record.id, in: OnboardingCase.schema.table, context)
        return (picker?.stages ?? []).map { stage in
            var shown = PortalStage()
            shown.label = stage.label.map { Text(en: $0.en, ko: $0.ko.isEmpty ? $0.en : $0.ko)(call.language) } ?? ""
            shown.done = stage.state == ActivityState.done.rawValue
            shown.current = !shown.done && stage.lane == picker?.current
            return shown
        }
    }

    /// More tasks of a case than its page shows.
    private func tasks(_ request: ListPortalCaseTasksRequest, _ call: Call, _ tx: Transaction) throws -> PortalList {
        let caller = call.caller
        let record = try Store<OnboardingCase>(database).get(request.id, as: caller, in: tx)
        let size = try PageSize.of(request.pageSize, maximum: 200)
        let tasks = try PortalCaseTasks(of: record.id, database, caller)
        let place = try tasks.place(request.pageToken)
        tx.planEach()
        let selections = try tasks.selections(after: place, size)
        let answers = try tx.queryAll(selections + (place == nil ? tasks.countings : []))
        let (items, next) = try tasks.page(answers.prefix(selections.count), after: place, size)
        var names = WorkNames(database, caller)
        try names.read(items, in: tx)
        let count = try tasks.count(answers.dropFirst(selections.count))
        var list = PortalList()
        list.items = names.filled(items).map { PortalItem($0, call.language) }
        list.nextPageToken = next
        list.count = Int32(min(count, RankedSource.counted))
        list.more = count > RankedSource.counted
        return list
    }

    private func taskPage(_ request: GetPortalTaskRequest, _ call: Call, _ tx: Transaction) throws -> PortalTask {
        let caller = call.caller
        let size = try PageSize.of(request.items, "items", standard: 20, maximum: 50)
        let store = Store<LifecycleTask>(database)
        if let task = try PortalTasks.find(request.id, database, caller, tx) { return try page(of: task, call, tx) }
        let record = try store.get(request.id, as: caller, in: tx)
        var page = try head(of: record, record.contact, call, tx)
        page.shortDescription = record.shortDescription ?? ""
        page.description = record.description ?? ""
        let parts = PortalParts(store, call)
        page.attachments = try parts.attachments(of: record.id, in: tx)
        page.comments = try parts.comments(on: record.id, atMost: size, in: tx)
        page.changes = try parts.changes(on: record.id, atMost: size, in: tx)
        page.rights = try parts.rights(on: record.id, in: tx)
        page.articles = try articles(on: .init(record), call, tx)
        return page
    }

    /// Comments, files and rows of an import task are its own service's to show.
    private func page(of copy: ImportTask, _ call: Call, _ tx: Transaction) throws -> PortalTask {
        var task = copy
        task.company = task.account
        task.daysRemaining = WorkItem(task, today: database.clock.today).daysRemaining
        var page = try head(of: task, task.contact, call, tx)
        page.shortDescription = task.shortDescription ?? ""
        page.description = task.description ?? ""
        page.articles = try articles(on: .init(copy), call, tx)
        return page
    }

    /// What the pages of tasks begin with.
    private func head<R: RecordMessage>(
        of record: R, _ contact: String?, _ call: Call, _ tx: Transaction
    ) throws -> PortalTask {
        let answers = try tx.queryAll([
            PortalHeader.taskPage, try PageFacts.contact(contact, database, call.caller),
        ])
        let item = WorkItem(record, today: database.clock.today)
        var names = WorkNames(database, call.caller)
        try names.read([item], in: tx)
        let name = try PageFacts.names(answers[1]).first ?? ""
        var page = PortalTask()
        (page.service, page.table, page.id, page.number) = (item.service, item.table, item.id, item.number)
        page.caseNumber = names.onboardingCase(item.parent)
        page.header = PortalHeader.header(
            try PortalHeader.fields(answers[0]), of: record, call.language,
            named: { table, id in names.named(table, id, contact: name) })
        return page
    }

    /// What is shared with the caller there, by its title in the caller's language.
    private func articles(
        on subject: KnowledgeSubject, _ call: Call, _ tx: Transaction
    ) throws -> [PortalArticle] {
        guard KnowledgeReading.isOpen(to: call.caller) else { return [] }
        let context = RuleContext(transaction: tx, write: database.context(call), database: database)
        return try SharedKnowledge(context).texts(on: subject).map { text in
            var article = PortalArticle()
            (article.article, article.publishedAt) = (text.article, text.publishedAt)
            article.title = Text(en: text.title, ko: text.titleKo)(call.language)
            return article
        }
    }
}
