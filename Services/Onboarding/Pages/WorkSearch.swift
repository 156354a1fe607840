import Ground
import OnboardingWire
import Postgres
import RPC
import Records
import Roles
import Tenancy
import Wire

/// The search of onboarding (G-125): accounts, cases and tasks by words of their numbers, names, accounts and descriptions,
/// of what the caller may see.
struct WorkSearch: Sendable {
    /// Accounts that are found, and by which cases and tasks are.
    private static let accounts = 20

    private let database: Database

    init(_ database: Database) { self.database = database }

    /// Answers `records.search`.
    var endpoint: Endpoint {
        Endpoint(OnboardingAPI.searchOnboarding) { call, request async throws(Problem) in
            let caller = call.caller
            guard caller.kind == .service || Access.allows(caller.roles, .read, on: OnboardingCase.schema.table) else {
                throw .permissionDenied()
            }
            return try await database.transaction(as: caller, deadline: call.deadline, readOnly: true) { tx in
                try search(request, caller, tx)
            }
        }
    }

    private func search(_ request: SearchRequest, _ caller: Caller, _ tx: Transaction) throws -> SearchResponse {
        let size = try PageSize.of(request.pageSize, standard: 20, maximum: 50)
        let (text, today) = (request.text, database.clock.today)
        let (accounts, cases, tasks) = (
            Store<CustomerAccount>(database), Store<OnboardingCase>(database), Store<LifecycleTask>(database)
        )
        tx.planForCaller()
        let found = try tx.queryAll([
            database.wordsToSearch(text),
            try accounts.selection(where: accounts.found(by: text), limit: Self.accounts, as: caller),
            try cases.selection(
                where: cases.found(by: text), order: Self.order(OnboardingCase.self, .goLiveDate, caller),
                limit: size + 1, as: caller),
            try tasks.selection(
                where: tasks.found(by: text), order: Self.order(LifecycleTask.self, .dueDate, caller),
                limit: size + 1, as: caller),
        ])
        guard try RankedSource.count(found[0]) > 0 else { throw Self.noWord }
        let named = try accounts.records(found[1], for: caller)
        let own =
            named.map { WorkItem($0, today: today) }
            + (try cases.records(found[2], for: caller).map { WorkItem($0, today: today) }
            + tasks.records(found[3], for: caller).map { WorkItem($0, today: today) }).sorted(by: Self.isEarlier)
        let known = Set(own.map(\.id))
        let further = try ofAccounts(named.map(\.id), size, caller, tx).filter { !known.contains($0.id) }
        let items = own + further
        var names = WorkNames(database, caller)
        let shown = Array(items.prefix(size))
        try names.read(shown, in: tx)
        var response = SearchResponse()
        response.items = names.filled(shown)
        response.more = items.count > size
        return response
    }

    /// The open cases and tasks of accounts that were found.
    private func ofAccounts(_ ids: [String], _ size: Int, _ caller: Caller, _ tx: Transaction) throws -> [WorkItem] {
        guard !ids.isEmpty else { return [] }
        let sources: [RankedSource] = [
            try .own(
                OnboardingCase.self, by: .goLiveDate, where: "active AND account = ANY(\(ids)::uuid[])", database,
                caller),
            try .own(
                LifecycleTask.self, by: .dueDate, where: "active AND company = ANY(\(ids)::uuid[])", database, caller),
        ]
        let answers = try tx.queryAll(sources.map { try $0.selection(nil, size + 1) })
        return try sources.merged(answers, limit: size + 1)
    }

    private static func order<R: Record>(_ type: R.Type, _ date: R.Field, _ caller: Caller) -> SQL {
        "active IS NOT TRUE, \(WorkRank.order(type, by: date, for: caller))"
    }

    /// Open records first, each in the order of the lists, as ``order(_:_:_:)`` says.
    private static func isEarlier(_ one: WorkItem, _ other: WorkItem) -> Bool {
        one.hasEnded == other.hasEnded ? WorkRank(one) < WorkRank(other) : other.hasEnded
    }

    private static let noWord = Problem.invalid(
        field: SearchRequest.Field.text,
        Text(en: "Enter at least one letter or digit to search for.", ko: "검색할 글자나 숫자를 하나 이상 입력하세요."))
}

extension WorkItem {
    /// Whether it is closed or canceled.
    var hasEnded: Bool { [OnboardingCase.State.closed, OnboardingCase.State.canceled].contains(state) }
}
