import Ground
import Korean
import Postgres
import RPC
import Roles
import Tenancy
import Wire

/// One table that the search of a service looks through.
public struct SearchedTable: Sendable {
    /// A line, and whether its record has ended.
    struct Found {
        let item: WorkItem
        let hasEnded: Bool
    }

    /// Whose words are looked up; nil where everybody has own records, which are asked for them.
    let looked: String?
    let mayRead: @Sendable (Caller) -> Bool
    /// The records that are found by their own words, open ones first: those of `ids`, or of one's own those that have `text`.
    let byWords: @Sendable (_ text: String, _ ids: [String], _ limit: Int, Caller) throws -> SQL
    /// The open records of accounts; nil where records belong to none, or do not end.
    let byAccounts: (@Sendable (_ accounts: [String], _ limit: Int, Caller) throws -> SQL)?
    let found: @Sendable (Rows, Call) throws -> [Found]

    /// The records of `R` that the caller sees; where everybody has `own` ones, those alone.
    public init<R: Record>(
        _ type: R.Type, _ fields: WorkItemFields, _ database: Database,
        own: (@Sendable (Caller) -> SQL)? = nil
    ) {
        let store = Store<R>(database)
        let ends = R.schema.has(.active) && R.lifecycle != nil
        looked = own == nil ? R.schema.table : nil
        mayRead = { caller in
            caller.kind == .service
                || Access.allows(caller.roles, .read, on: R.schema.table)
                    && (caller.kind != .customer || R.storage.customer != nil)
        }
        byWords = { text, ids, limit, caller in
            let openFirst: SQL = ends ? "active IS NOT TRUE, " : ""
            let order: SQL = "\(openFirst)\(fields.order(of: R.self, for: caller))"
            return try store.selection(
                where: own.map { store.found(by: text, among: $0(caller)) } ?? "id = ANY(\(ids)::uuid[])",
                order: order, limit: limit, as: caller)
        }
        if ends, let column = store.layout.account.map({ R.schema.fields[$0].name }) {
            byAccounts = { accounts, limit, caller in
                try store.selection(
                    where: "active AND \(identifier: column) = ANY(\(accounts)::uuid[])",
                    order: fields.order(of: R.self, for: caller), limit: limit, as: caller)
            }
        } else {
            byAccounts = nil
        }
        found = { rows, call in
            let today = database.clock.today
            return try store.records(rows, for: call.caller).map { record in
                Found(
                    item: WorkItem(record, fields, today: today, language: call.language),
                    hasEnded: R.lifecycle.map { $0.closed.contains($0.state(of: record)) } ?? false)
            }
        }
    }
}

/// The accounts by whose names a search finds their records.
public struct SearchedAccounts: Sendable {
    /// Most accounts that are found.
    private static let most = 20

    let looked: String
    let selection: @Sendable (_ ids: [String], Caller) throws -> SQL
    let items: @Sendable (Rows, Caller) throws -> [WorkItem]

    /// Accounts of the service's own, which are shown themselves.
    public static func own<R: Record>(
        _ type: R.Type, _ database: Database, item: @escaping @Sendable (R) -> WorkItem
    ) -> SearchedAccounts {
        let store = Store<R>(database)
        return SearchedAccounts(
            looked: R.schema.table,
            selection: { ids, caller in
                try store.selection(where: "id = ANY(\(ids)::uuid[])", limit: most, as: caller)
            },
            items: { rows, caller in try store.records(rows, for: caller).map(item) })
    }

    /// Copies of accounts, which are their owner's to show.
    public static func copies<R: RecordMessage>(_ type: R.Type, _ database: Database) -> SearchedAccounts {
        SearchedAccounts(
            looked: R.schema.table,
            selection: { ids, caller in
                let named = database.replica(R.self, [], where: "id = ANY(\(ids)::uuid[])", as: caller)
                return "SELECT id FROM \(named) named LIMIT \(most)"
            },
            items: { _, _ in [] })
    }
}

/// The search of one service (G-125, ADR 0038): records by words of their numbers, names and descriptions, then the open ones
/// of accounts that are found by theirs, of what the caller may see. Whoever searches in all services merges the answers.
public struct RecordSearch: Sendable {
    /// What a search says beyond the records: the names behind their ids.
    public typealias Naming = @Sendable (inout [WorkItem], Caller, Transaction) throws -> Void

    private static let mostWords = 20

    private enum Column: String {
        case counted
    }

    private let database: Database
    private let tables: [SearchedTable]
    private let accounts: SearchedAccounts?
    private let naming: Naming

    /// A search through `tables`.
    public init(
        _ database: Database, _ tables: [SearchedTable], accounts: SearchedAccounts? = nil,
        naming: @escaping Naming = { _, _, _ in }
    ) {
        self.database = database
        self.tables = tables
        self.accounts = accounts
        self.naming = naming
    }

    /// Answers `method`: whoever it declares, or where it declares nothing, whoever may read one of the tables.
    public func endpoint(_ method: Method<SearchRequest, SearchResponse>) -> Endpoint {
        Endpoint(method) { call, request async throws(Problem) in
            let caller = call.caller
            let isOpen =
                method.need.map { caller.kind == .service || Access.allows(caller.roles, .read, on: $0.table) }
                ?? tables.contains { $0.mayRead(caller) }
            guard isOpen else { throw .permissionDenied() }
            try Self.check(request.text)
            return try await database.transaction(as: caller, deadline: call.deadline, readOnly: true) { tx in
                try search(request, call, tx)
            }
        }
    }

    private static func check(_ text: String) throws(Problem) {
        guard text.split(whereSeparator: \.isWhitespace).count > mostWords else { return }
        throw .invalid(
            field: SearchRequest.Field.text,
            Text(
                en: "At most \(mostWords) words can be searched for.",
                ko: "최대 \(grouped: mostWords)단어까지 검색할 수 있습니다."))
    }

    private func search(_ request: SearchRequest, _ call: Call, _ tx: Transaction) throws -> SearchResponse {
        let size = try PageSize.of(request.pageSize, standard: 20, maximum: 50)
        let (text, caller) = (request.text, call.caller)
        let tables = tables.filter { $0.mayRead(caller) }
        let names = tables.compactMap(\.looked) + (accounts.map { [$0.looked] } ?? [])
        let found = try database.found(by: text, in: Array(Set(names)).sorted(), tx)
        if found.isEmpty { try checkWords(of: text, tx) }
        tx.planEach()
        let asked = tables.filter { $0.looked.map { found[$0] != nil } ?? true }
        let named = try accounts.flatMap { accounts in
            try found[accounts.looked].map { [try accounts.selection($0, caller)] }
        }
        let ofAccounts = named ?? []
        let answers = try tx.queryAll(
            ofAccounts + asked.map { try $0.byWords(text, $0.looked.flatMap { found[$0] } ?? [], size + 1, caller) })
        let known = answers.prefix(ofAccounts.count)
        var items = try known.first.flatMap { rows in try accounts?.items(rows, caller) } ?? []
        items += try Self.ordered(zip(asked, answers.dropFirst(known.count)), call)
        let ids = try known.joined().map { try $0.string(KnownField.id) }
        if !ids.isEmpty {
            let listed = tables.filter { $0.byAccounts != nil }
            let open = try tx.queryAll(listed.compactMap { try $0.byAccounts?(ids, size + 1, caller) })
            let shown = Set(items.map(\.id))
            items += try Self.ordered(zip(listed, open), call).filter { !shown.contains($0.id) }
        }
        var response = SearchResponse()
        response.more = items.count > size
        response.items = Array(items.prefix(size))
        try naming(&response.items, caller, tx)
        if caller.kind == .customer { try namePeople(&response.items, for: caller, in: tx) }
        return response
    }

    /// A text without a word to look for finds nothing, and is refused (G-125).
    private func checkWords(of text: String, _ tx: Transaction) throws {
        let counted = try tx.query(database.wordsToSearch(text)).first?.int(Column.counted) ?? 0
        guard counted > 0 else { throw Self.noWord }
    }

    /// Customers know people by their names alone.
    private func namePeople(_ items: inout [WorkItem], for caller: Caller, in tx: Transaction) throws {
        let names = try database.names(ofUsers: items.map(\.assignedTo), as: caller, in: tx)
        for index in items.indices {
            items[index].assignedToName = names[items[index].assignedTo] ?? ""
            if items[index].assignedTo != caller.subject { items[index].assignedTo = "" }
        }
    }

    /// What tables have answered, in one order: what is open first.
    private static func ordered(_ answers: some Sequence<(SearchedTable, Rows)>, _ call: Call) throws -> [WorkItem] {
        let found = try answers.flatMap { table, rows in try table.found(rows, call) }
        return found.sorted { one, other in
            one.hasEnded == other.hasEnded
                ? WorkOrder.place(one.item) < WorkOrder.place(other.item) : other.hasEnded
        }.map(\.item)
    }

    private static let noWord = Problem.invalid(
        field: SearchRequest.Field.text,
        Text(en: "Enter at least one letter or digit to search for.", ko: "검색할 글자나 숫자를 하나 이상 입력하세요."))
}
