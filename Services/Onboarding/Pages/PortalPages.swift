import Ground
import OnboardingWire
import Postgres
import RPC
import Records
import Tenancy
import Wire

/// The customer portal's first page: My lists.
struct PortalPages: Sendable {
    private let database: Database

    init(_ database: Database) { self.database = database }

    /// Answers `pages.portal` and `pages.list_portal`.
    var endpoints: [Endpoint] {
        [
            Endpoint(OnboardingAPI.getPortal) { call, request async throws(Problem) in
                try Store<OnboardingCase>(database).mayRead(call.caller)
                try Self.check(request.account, GetPortalRequest.Field.account)
                return try await database.transaction(as: call.caller, deadline: call.deadline, readOnly: true) { tx in
                    try portal(request, call, tx)
                }
            },
            Endpoint(OnboardingAPI.listPortal) { call, request async throws(Problem) in
                try Store<OnboardingCase>(database).mayRead(call.caller)
                try Self.check(request.account, ListPortalRequest.Field.account)
                let kind = try PortalListKind.named(request.list)
                guard kind.isOffered(to: call.caller) else { throw .permissionDenied() }
                return try await database.transaction(as: call.caller, deadline: call.deadline, readOnly: true) { tx in
                    try list(kind, request, call, tx)
                }
            },
        ]
    }

    private static func check(_ account: String, _ field: some RequestField) throws(Problem) {
        guard account.isEmpty || Validation.isUUID(account) else {
            throw .invalid(field: field, Text(en: "The account is named by its id.", ko: "계정은 ID로 지정하세요."))
        }
    }

    /// Everything in one round trip but the names behind ids, which are known only then.
    private func portal(_ request: GetPortalRequest, _ call: Call, _ tx: Transaction) throws -> Portal {
        let size = try PageSize.of(request.items, "items", standard: 20, maximum: 50)
        let caller = call.caller
        let kinds = PortalListKind.allCases.filter { $0.isOffered(to: caller) }
        let sources = try kinds.map { try $0.sources(request.account, database, caller) }
        let accounts = Store<CustomerAccount>(database)
        tx.planEach()
        let statements = try sources.joined().flatMap { [try $0.selection(nil, size + 1), $0.counting] }
        let own = caller.memberships.map(\.account)
        let answers = try tx.queryAll(
            [try accounts.selection(where: "id = ANY(\(own)::uuid[])", limit: max(own.count, 1), as: caller)]
                + statements)
        var portal = Portal()
        portal.accounts = try accounts.records(answers[0], for: caller).map { record in
            var account = PortalAccount()
            (account.id, account.name) = (record.id, record.name ?? "")
            return account
        }
        var rest = answers.dropFirst()
        var found: [(kind: PortalListKind, items: [WorkItem], count: Int)] = []
        for (kind, sources) in zip(kinds, sources) {
            let pairs = Array(rest.prefix(sources.count * 2))
            rest = rest.dropFirst(pairs.count)
            let selected = stride(from: 0, to: pairs.count, by: 2).map { pairs[$0] }
            let count = try stride(from: 1, to: pairs.count, by: 2).reduce(0) {
                $0 + (try RankedSource.count(pairs[$1]))
            }
            found.append((kind, try sources.merged(selected, limit: size + 1), count))
        }
        var names = WorkNames(database, caller)
        try names.read(found.flatMap { $0.items.prefix(size) }, in: tx)
        for (kind, items, count) in found {
            var list = list(of: items, size, kind, request.account, names, call)
            list.count = Int32(min(count, RankedSource.counted))
            list.more = count > RankedSource.counted
            switch kind {
            case .all: portal.allCases = list
            case .myCases: portal.myCases = list
            case .myTasks: portal.myTasks = list
            }
        }
        return portal
    }

    private func list(
        _ kind: PortalListKind, _ request: ListPortalRequest, _ call: Call, _ tx: Transaction
    ) throws -> PortalList {
        let size = try PageSize.of(request.pageSize, maximum: 200)
        let after = try WorkRank(request.pageToken, in: Self.binding(kind, request.account, call.caller))
        let sources = try kind.sources(request.account, database, call.caller)
        tx.planEach()
        let statements = try sources.map { try $0.selection(after, size + 1) }
        let isFirst = after == nil
        let answers = try tx.queryAll(statements + (isFirst ? sources.map(\.counting) : []))
        let items = try sources.merged(answers.prefix(sources.count), limit: size + 1)
        var names = WorkNames(database, call.caller)
        try names.read(Array(items.prefix(size)), in: tx)
        var list = list(of: items, size, kind, request.account, names, call)
        let count = try answers.dropFirst(sources.count).reduce(0) { $0 + (try RankedSource.count($1)) }
        list.count = Int32(min(count, RankedSource.counted))
        list.more = count > RankedSource.counted
        return list
    }

    /// The answer, of one record more than it shows where there are more.
    private func list(
        of found: [WorkItem], _ size: Int, _ kind: PortalListKind, _ account: String, _ names: WorkNames, _ call: Call
    ) -> PortalList {
        let items = Array(found.prefix(size))
        var list = PortalList()
        list.items = names.filled(items).map { PortalItem($0, call.language) }
        if found.count > size, let last = items.last {
            list.nextPageToken = WorkRank(last).token(in: Self.binding(kind, account, call.caller))
        }
        return list
    }

    private static func binding(_ kind: PortalListKind, _ account: String, _ caller: Caller) -> PageToken.Binding {
        PageToken.Binding(
            method: "pages.list_portal", filter: "\(kind.rawValue) \(account) \(caller.subject)", order: "",
            domain: caller.domain.path)
    }
}
