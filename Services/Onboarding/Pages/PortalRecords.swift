import Ground
import ImportValidationWire
import OnboardingWire
import Postgres
import RPC
import Records
import Tenancy
import Wire

/// The pages of a case and of a task in the portal. Both show what customers may see, whoever looks.
struct PortalRecords: Sendable {
    private let database: Database

    init(_ database: Database) { self.database = database }

    /// Answers `pages.portal_case` and `pages.portal_task`.
    var endpoints: [Endpoint] {
        [
            Endpoint(OnboardingAPI.getPortalCase) { call, request async throws(Problem) in
                try await database.transaction(as: call.caller, deadline: call.deadline, readOnly: true) { tx in
                    try casePage(request, call, tx)
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
        tx.planForCaller()
        let tasks = try RelatedWork.tasks(
            of: record.id, limit: size, shown: PortalTasks.shown(caller), database, caller)
        // G-101, whoever looks: the store hides them from customers, not from the provider.
        let isShown = caller.kind == .customer || record.productsCustomerVisible == true
        let products = isShown ? record.products : []
        let answers = try tx.queryAll(
            [
                PortalHeader.casePage, PageFacts.products(products),
                try PageFacts.contact(record.contact, database, caller),
            ] + tasks.flatMap(\.statements))
        let items = try tasks.section(answers[3...], limit: size).items
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
        page.attachments = try attachments(of: record.id, store, caller, tx)
        page.comments = try comments(on: record.id, store, size, caller, tx)
        page.rights = try rights(record.id, store, call, tx)
        return page
    }

    private func taskPage(_ request: GetPortalTaskRequest, _ call: Call, _ tx: Transaction) throws -> PortalTask {
        let caller = call.caller
        let size = try PageSize.of(request.items, "items", standard: 20, maximum: 50)
        let store = Store<LifecycleTask>(database)
        if let task = try importTask(request.id, caller, tx) { return try page(of: task, call, tx) }
        let record = try store.get(request.id, as: caller, in: tx)
        var page = try head(of: record, record.contact, call, tx)
        page.shortDescription = record.shortDescription ?? ""
        page.description = record.description ?? ""
        page.attachments = try attachments(of: record.id, store, caller, tx)
        page.comments = try comments(on: record.id, store, size, caller, tx)
        page.rights = try rights(record.id, store, call, tx)
        return page
    }

    /// The copy of an import task that the caller may see; nil when there is none of that id.
    private func importTask(_ id: String, _ caller: Caller, _ tx: Transaction) throws -> ImportTask? {
        guard Validation.isUUID(id) else { return nil }
        let copies = CopiedRecords<ImportTask>(database, caller)
        let rows = try tx.query(
            copies.selection(where: "id = \(id) AND \(PortalTasks.shown(caller))", limit: 1))
        return try copies.records(rows).first
    }

    /// Comments, files and rows of an import task are its own service's to show.
    private func page(of task: ImportTask, _ call: Call, _ tx: Transaction) throws -> PortalTask {
        var task = task
        task.company = task.account
        task.daysRemaining = WorkItem(task, today: database.clock.today).daysRemaining
        var page = try head(of: task, task.contact, call, tx)
        page.shortDescription = task.shortDescription ?? ""
        page.description = task.description ?? ""
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

    private func attachments<R: Record>(
        of id: String, _ store: Store<R>, _ caller: Caller, _ tx: Transaction
    ) throws -> [Attachment] {
        try store.attachments(of: id, as: caller, in: tx).filter { $0.visibleToCustomer && $0.complete }
            .map { file in
                var file = file
                file.createdBy = ""
                return file
            }
    }

    /// What was said where customers read it, by the names of those who said it. Work notes never (G-28).
    private func comments<R: Record>(
        on id: String, _ store: Store<R>, _ count: Int, _ caller: Caller, _ tx: Transaction
    ) throws -> [PortalComment] {
        let entries = try store.comments(on: id, atMost: count, as: caller, in: tx)
        var names = WorkNames(database, caller)
        try names.read(users: entries.map(\.by), in: tx)
        return entries.map { entry in
            var comment = PortalComment()
            (comment.at, comment.text, comment.own) = (entry.at, entry.text, entry.by == caller.subject)
            comment.by = names.person(entry.by)
            return comment
        }
    }

    private func rights<R: Record>(
        _ id: String, _ store: Store<R>, _ call: Call, _ tx: Transaction
    ) throws -> PortalRights? {
        guard let whole = try store.find(id, in: tx) else { return nil }
        let rights = try store.rights(on: whole, of: call.caller)
        var answer = PortalRights()
        answer.writableFields = rights.fields
        answer.states = rights.states
        if let index = R.schema.index(like: LifecycleTask.Field.state) {
            answer.stateLabels = rights.states.map { R.schema.fields[index].label(ofChoice: $0)(call.language) }
        }
        answer.mayComment = rights.mayComment
        answer.mayAttach = rights.mayAttach
        return answer
    }
}
