import CustomerSuccessWire
import Postgres
import RPC
import Records
import Roles
import Tenancy
import Wire

/// The success landing page (success portfolio overview) and the lists behind its scorecards.
struct LandingPages: Sendable {
    private let database: Database

    init(_ database: Database) { self.database = database }

    /// Answers `pages.landing` and `pages.list_card`.
    var endpoints: [Endpoint] {
        [
            Endpoint(CustomerSuccessAPI.getLandingPage) { call, request async throws(Problem) in
                try check(call.caller)
                return try await database.transaction(as: call.caller, deadline: call.deadline, readOnly: true) { tx in
                    try page(request, call, tx)
                }
            },
            Endpoint(CustomerSuccessAPI.listCardEngagements) { call, request async throws(Problem) in
                try check(call.caller)
                guard let card = Card(rawValue: request.card) else {
                    let names = Card.allCases.map(\.rawValue).joined(separator: ", ")
                    let labels = Card.allCases.map { "\($0.label.ko)('\($0.rawValue)')" }.joined(separator: ", ")
                    throw .invalid(
                        field: ListCardEngagementsRequest.Field.card,
                        Text(en: "Card must be one of: \(names).", ko: "카드는 다음 중 하나여야 합니다: \(labels)"))
                }
                return try await database.transaction(as: call.caller, deadline: call.deadline, readOnly: true) { tx in
                    try list(card, request, call, tx)
                }
            },
        ]
    }

    /// The page is the provider's, for those who read engagements and their figures.
    private func check(_ caller: Caller) throws(Problem) {
        guard caller.kind != .customer, Access.allows(caller.roles, .read, on: Engagement.schema.table),
            Access.allows(caller.roles, .reportView, on: Engagement.schema.table)
        else { throw .permissionDenied() }
    }

    /// Everything in one round trip but the names behind ids, which are known only then.
    private func page(_ request: GetLandingPageRequest, _ call: Call, _ tx: Transaction) throws -> LandingPage {
        let today = database.clock.today
        let size = try PageSize.of(request.engagements, "engagements", standard: 10, maximum: 50)
        let store = Store<Engagement>(database)
        let work = try LandingWork(
            database, call.caller, of: Self.shown, atMost: size,
            limit: PageSize.of(request.items, "items", standard: 5, maximum: 20))
        let chosen =
            request.engagement.isEmpty ? nil : try store.get(request.engagement, as: call.caller, in: tx).id
        let portfolio = try Portfolio(database, call.caller, atMost: request.portfolio)
        tx.planEach()
        let answers = try tx.queryAll(
            [
                figures(size, chosen, portfolio, today, call.caller), trend(of: call.caller.subject, until: today),
                try store.selection(
                    where: "id = ANY(\(Self.shown))", order: PageOrder<Engagement>.by(.renewalDate).sql, limit: size,
                    as: call.caller),
            ] + work.statements + portfolio.statements)
        var page = LandingPage()
        page.today = today.description
        page.cards = Card.allCases.map { card in
            var scorecard = Scorecard()
            scorecard.card = card.rawValue
            scorecard.label = card.label(call.language)
            return scorecard
        }
        for row in answers[1] { try addTrend(row, to: &page.cards) }
        var live = Card.allCases.map { _ in TrendPoint() }
        for row in answers[0] {
            page.activeEngagementCount += Int32(clamping: try row.int64(FigureColumn.activeEngagements))
            for (index, card) in Card.allCases.enumerated() { try live[index].add(row, card) }
        }
        for index in live.indices {
            live[index].day = page.today
            page.cards[index].trend.append(live[index])
            page.cards[index].count = live[index].count
            page.cards[index].contractValues = live[index].contractValues
        }
        page.activeEngagements = try work.read(
            Array(answers.dropFirst(3)), of: try store.records(answers[2], for: call.caller), tx)
        page.portfolio = try portfolio.read(Array(answers.suffix(portfolio.statements.count)))
        return page
    }

    /// The engagements that the page shows, as ``figures(_:_:_:)`` has just found them. A setting of the transaction hands
    /// them to the statements behind it, which so need not wait for another round trip.
    private static let shown: SQL = "nullif(current_setting('ale.page_engagements', true), '')::uuid[]"

    /// Count and value of each card per currency, and how many engagements are active. On the way it finds the first
    /// `count` active ones, or the `chosen` one, and those of the portfolio, since it looks at all that are the caller's.
    private func figures(
        _ count: Int, _ chosen: String?, _ portfolio: Portfolio, _ today: CivilDate, _ caller: Caller
    ) -> SQL {
        let active: SQL = "SELECT id FROM mine WHERE active ORDER BY renewal_date, id"
        let first: SQL = chosen.map { "SELECT \($0)::uuid AS id" } ?? "\(active) LIMIT \(count)"
        return """
            WITH mine AS MATERIALIZED (SELECT e.* FROM (\(Card.engagements(of: caller.subject))) own \
            JOIN customer_success.engagement e ON e.id = own.id), \
            shown AS (SELECT set_config('ale.page_engagements', coalesce(array_agg(id), '{}')::text, true) AS ids FROM \
            (\(first)) first), \
            held AS (SELECT set_config('ale.page_portfolio', coalesce(array_agg(id), '{}')::text, true) AS ids FROM \
            (\(active) LIMIT \(portfolio.size)) first) \
            SELECT (SELECT ids FROM shown), (SELECT ids FROM held) AS held, \
            \(Card.currency) AS currency, count(*) FILTER (WHERE e.active) AS active_engagements, \(Card.columns(today)) \
            FROM mine e LEFT JOIN \(Card.accounts(database, caller)) a ON a.id = e.account GROUP BY 3 ORDER BY 3
            """
    }

    /// The snapshots of the days before today.
    private func trend(of user: String, until today: CivilDate) -> SQL {
        let sums = Card.columnNames.map { name -> SQL in "sum(\(identifier: name)) AS \(identifier: name)" }.joined()
        let first = today.adding(days: 1 - ScorecardSnapshots.days).description
        return """
            SELECT day, currency, \(sums) FROM customer_success.scorecard_snapshot \
            WHERE "user" = \(user) AND day >= \(first)::date AND day < \(today.description)::date \
            GROUP BY 1, 2 ORDER BY 1, 2
            """
    }

    /// Adds one day in one currency; the days come in order.
    private func addTrend(_ row: Row, to cards: inout [Scorecard]) throws {
        let day = try row.string(FigureColumn.day)
        for (index, card) in Card.allCases.enumerated() {
            if cards[index].trend.last?.day != day {
                var point = TrendPoint()
                point.day = day
                cards[index].trend.append(point)
            }
            try cards[index].trend[cards[index].trend.count - 1].add(row, card)
        }
    }

    private func list(
        _ card: Card, _ request: ListCardEngagementsRequest, _ call: Call, _ tx: Transaction
    ) throws -> ListCardEngagementsResponse {
        let size = try PageSize.of(request.pageSize, maximum: 200)
        let binding = PageToken.Binding(
            method: "pages.list_card", filter: "\(card.rawValue) \(call.caller.subject)",
            order: Engagement.Field.id.rawValue, domain: call.caller.domain.path)
        var condition: SQL = """
            id IN (WITH mine AS (\(Card.engagements(of: call.caller.subject))) SELECT e.id FROM mine \
            JOIN customer_success.engagement e ON e.id = mine.id \
            LEFT JOIN \(Card.accounts(database, call.caller)) a ON a.id = e.account \
            WHERE \(card.condition(database.clock.today)))
            """
        if let place = try PageToken.place(request.pageToken, in: binding, .id) {
            condition += " AND id > \(place[0])::uuid"
        }
        let store = Store<Engagement>(database)
        tx.planEach()
        let rows = try tx.query(try store.selection(where: condition, limit: size + 1, as: call.caller))
        var engagements = try store.records(rows, for: call.caller)
        var response = ListCardEngagementsResponse()
        if engagements.count > size {
            engagements.removeLast()
            response.nextPageToken = PageToken(position: [engagements[size - 1].id]).text(for: binding)
        }
        let ids = Set(engagements.compactMap(\.account)).sorted()
        let accounts = try PageAccounts.read(try tx.query(PageAccounts.selection(database, ids, call.caller)))
        response.engagements = engagements.map { engagement in
            var shown = CardEngagement()
            shown.engagement = engagement
            let account = engagement.account.flatMap { accounts[$0] }
            shown.accountName = account?.name ?? ""
            shown.currency = account?.currency ?? Card.standardCurrency
            return shown
        }
        return response
    }
}

/// The columns of figures that are no card's.
private enum FigureColumn: String {
    case day, currency
    case activeEngagements = "active_engagements"
}

extension TrendPoint {
    /// Adds the count of a card, and what it is worth in the row's currency.
    fileprivate mutating func add(_ row: Row, _ card: Card) throws {
        count += Int32(clamping: try row.int64(card.countColumn))
        guard let amount = try row.optionalString(card.valueColumn) else { return }
        var value = Money()
        value.currency = try row.string(FigureColumn.currency)
        value.amount = amount
        contractValues.append(value)
    }
}
