import Ground
import OnboardingWire
import Postgres
import RPC
import Records
import Roles
import Tenancy
import Wire

/// The onboarding landing page, "Track your onboarding work", and the lists behind its scorecards.
struct LandingPages: Sendable {
    /// What the access rows call the page.
    private static let target = "onboarding_landing_page"

    private enum Column: String {
        case day, card, count
    }

    private let database: Database

    init(_ database: Database) { self.database = database }

    /// Answers `pages.landing` and `pages.list_card`.
    var endpoints: [Endpoint] {
        [
            Endpoint(OnboardingAPI.getOnboardingLandingPage) { call, request async throws(Problem) in
                try Self.check(call.caller)
                let card = try LandingCard.named(request.card)
                return try await database.transaction(as: call.caller, deadline: call.deadline, readOnly: true) { tx in
                    try page(card, request, call, tx)
                }
            },
            Endpoint(OnboardingAPI.listOnboardingCard) { call, request async throws(Problem) in
                try Self.check(call.caller)
                let card = try LandingCard.named(request.card)
                return try await database.transaction(as: call.caller, deadline: call.deadline, readOnly: true) { tx in
                    let size = try PageSize.of(request.pageSize, maximum: 200)
                    let after = try WorkRank(request.pageToken, in: Self.binding(card, call.caller))
                    let sources = try card.sources(database, call.caller)
                    tx.planEach()
                    let answers = try tx.queryAll(sources.map { try $0.selection(after, size + 1) })
                    return try list(card, sources.merged(answers, limit: size + 1), size, call, tx)
                }
            },
        ]
    }

    /// The page is the agents' (D-175).
    private static func check(_ caller: Caller) throws(Problem) {
        guard caller.kind != .customer, caller.kind == .service || Access.allows(caller.roles, .read, on: target) else {
            throw .permissionDenied()
        }
    }

    /// Everything in one round trip but the names behind ids, which are known only then.
    private func page(
        _ chosen: LandingCard, _ request: GetOnboardingLandingPageRequest, _ call: Call, _ tx: Transaction
    ) throws -> OnboardingLandingPage {
        let size = try PageSize.of(request.items, "items", standard: 20, maximum: 50)
        let sources = try LandingCard.allCases.map { try $0.sources(database, call.caller) }
        let shown = try chosen.sources(database, call.caller)
        tx.planEach()
        let counted = sources.joined().map(\.counting)
        let statements = try [trend(call.caller)] + counted + shown.map { try $0.selection(nil, size + 1) }
        let answers = try tx.walking { try tx.queryAll(statements) }
        var page = OnboardingLandingPage()
        page.today = database.clock.today.description
        page.refreshedAt = database.clock.now
        var counts = answers[1...counted.count]
        page.cards = try zip(LandingCard.allCases, sources).map { card, sources in
            let count = try counts.prefix(sources.count).reduce(0) { $0 + (try RankedSource.count($1)) }
            counts = counts.dropFirst(sources.count)
            return try self.card(card, count, answers[0], page.today, call)
        }
        let found = try shown.merged(answers[(counted.count + 1)...], limit: size + 1)
        page.list = try list(chosen, found, size, call, tx)
        return page
    }

    private func card(
        _ card: LandingCard, _ count: Int, _ days: Rows, _ today: String, _ call: Call
    ) throws -> OnboardingCard {
        var answer = OnboardingCard()
        answer.card = card.rawValue
        answer.label = card.label(call.language)
        answer.count = Int32(min(count, RankedSource.counted))
        answer.more = count > RankedSource.counted
        for row in days where try row.string(Column.card) == card.rawValue {
            var day = OnboardingCardDay()
            day.day = try row.string(Column.day)
            day.count = Int32(clamping: try row.int64(Column.count))
            answer.trend.append(day)
        }
        answer.trend.sort { $0.day < $1.day }
        var live = OnboardingCardDay()
        (live.day, live.count, live.more) = (today, answer.count, answer.more)
        answer.trend.append(live)
        return answer
    }

    /// The snapshots of the days before today, in any order, as they were taken for the domain of the caller.
    private func trend(_ caller: Caller) -> SQL {
        let today = database.clock.today
        let first = today.adding(days: 1 - CardSnapshots.days).description
        return """
            SELECT day, card, count FROM onboarding.card_snapshot WHERE domain = \(caller.domain.path) \
            AND "user" IN ('', \(caller.subject)) AND day >= \(first)::date AND day < \(today.description)::date
            """
    }

    private static func binding(_ card: LandingCard, _ caller: Caller) -> PageToken.Binding {
        PageToken.Binding(
            method: "pages.list_card", filter: "\(card.rawValue) \(caller.subject)", order: "",
            domain: caller.domain.path)
    }

    /// The answer, of one record more than it shows where there are more.
    private func list(
        _ card: LandingCard, _ found: [WorkItem], _ size: Int, _ call: Call, _ tx: Transaction
    ) throws -> OnboardingCardList {
        let items = Array(found.prefix(size))
        var names = WorkNames(database, call.caller)
        try names.read(items, in: tx)
        var list = OnboardingCardList()
        list.card = card.rawValue
        list.label = card.label(call.language)
        list.items = names.filled(items)
        if found.count > size, let last = items.last {
            list.nextPageToken = WorkRank(last).token(in: Self.binding(card, call.caller))
        }
        return list
    }
}
