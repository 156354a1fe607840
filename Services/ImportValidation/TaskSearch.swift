import Ground
import ImportValidationWire
import OnboardingWire
import Postgres
import RPC
import Records
import Roles
import Tenancy
import Wire

/// The search for import tasks (G-125): by words of their numbers, subjects, accounts and descriptions, of what the caller
/// may see. Whoever searches in all services merges the answers.
struct TaskSearch: Sendable {
    /// Accounts by whose names tasks are found.
    private static let accounts = 20

    private enum Column: String {
        case counted
    }

    private let database: Database

    init(_ database: Database) { self.database = database }

    /// Answers `records.search`.
    var endpoint: Endpoint {
        Endpoint(ImportValidationAPI.searchImportTasks) { call, request async throws(Problem) in
            let caller = call.caller
            guard caller.kind == .service || Access.allows(caller.roles, .read, on: ImportTask.schema.table) else {
                throw .permissionDenied()
            }
            return try await database.transaction(as: caller, deadline: call.deadline, readOnly: true) { tx in
                try search(request, caller, tx)
            }
        }
    }

    private func search(_ request: SearchRequest, _ caller: Caller, _ tx: Transaction) throws -> SearchResponse {
        let size = try PageSize.of(request.pageSize, standard: 20, maximum: 50)
        let store = Store<ImportTask>(database)
        tx.planForCaller()
        let found = try tx.queryAll([
            database.wordsToSearch(request.text),
            try store.selection(
                where: store.found(by: request.text), order: Self.openFirst, limit: size + 1, as: caller),
            try store.selection(
                where: ofAccounts(request.text, caller), order: Self.order, limit: size + 1, as: caller),
        ])
        guard try found[0].first?.int(Column.counted) ?? 0 > 0 else {
            throw Problem.invalid(
                field: SearchRequest.Field.text,
                Text(en: "Enter at least one letter or digit to search for.", ko: "검색할 글자나 숫자를 하나 이상 입력하세요."))
        }
        let own = try store.records(found[1], for: caller)
        let known = Set(own.map(\.id))
        let further = try store.records(found[2], for: caller).filter { !known.contains($0.id) }
        let tasks = own + further
        var response = SearchResponse()
        response.items = try items(Array(tasks.prefix(size)), caller, tx)
        response.more = tasks.count > size
        return response
    }

    /// By priority, due date and last update (G-125).
    private static let order: SQL = "coalesce(priority, 9), coalesce(due_date, 'infinity'::date), updated_at, id"

    /// Of what is found by its own words, what is open comes first.
    private static let openFirst: SQL = "active IS NOT TRUE, \(order)"

    /// The open tasks of accounts that are found by their names. Customers know theirs.
    private func ofAccounts(_ text: String, _ caller: Caller) -> SQL {
        let accounts = database.replica(
            CustomerAccount.self, .name,
            where: """
                id IN (SELECT \(identifier: database.schema).search_ids( \
                \(CustomerAccount.schema.table), \(text), \(Self.accounts)::integer))
                """, as: caller)
        return "active AND account IN (SELECT id FROM \(accounts) named)"
    }

    /// What is shown of tasks, with the names of accounts and the numbers of cases that the caller may know.
    private func items(_ tasks: [ImportTask], _ caller: Caller, _ tx: Transaction) throws -> [WorkItem] {
        let (accounts, cases) = (Set(tasks.compactMap(\.account)).sorted(), Set(tasks.compactMap(\.parent)).sorted())
        let named = database.replica(
            CustomerAccount.self, .name, where: "id = ANY(\(accounts)::uuid[])", as: caller)
        let numbered = database.replica(
            OnboardingCase.self, .number, where: "id = ANY(\(cases)::uuid[])", as: caller)
        let answers = try tx.queryAll([
            "SELECT id, name FROM \(named) account", "SELECT id, number FROM \(numbered) parent_case",
        ])
        var (names, numbers): ([String: String], [String: String]) = ([:], [:])
        for row in answers[0] {
            names[try row.string(CustomerAccount.Field.id)] = try row.optionalString(CustomerAccount.Field.name)
        }
        for row in answers[1] {
            numbers[try row.string(OnboardingCase.Field.id)] = try row.optionalString(OnboardingCase.Field.number)
        }
        return tasks.map { task in
            var item = WorkItem(task)
            item.accountName = names[item.account] ?? ""
            item.parentNumber = numbers[item.parent] ?? ""
            return item
        }
    }
}

extension WorkItem {
    /// A line of a list. `task` holds what the reader may see of it, and no more.
    fileprivate init(_ task: ImportTask) {
        self.init()
        service = ImportTask.schema.service
        table = ImportTask.schema.table
        id = task.id
        number = task.number ?? ""
        title = task.shortDescription ?? ""
        account = task.company ?? task.account ?? ""
        parent = task.parent ?? ""
        priority = task.priority
        state = task.state ?? ""
        progress = task.progress ?? ""
        date = task.dueDate
        daysRemaining = task.daysRemaining
        assignedTo = task.assignedTo ?? ""
        updatedAt = task.updatedAt
    }
}
