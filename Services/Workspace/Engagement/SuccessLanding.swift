import CustomerSuccessWire
import Korean
import OnboardingWire
import RPC
import Roles
import Wire

/// The first page of customer success: five cards, the engagements behind the chosen one, and what goes on in each that is active.
enum SuccessLanding {
    static let href = "/success"

    /// Whether the page is offered; customer-success decides by the same.
    static func isFor(_ person: Person) -> Bool {
        !person.isCustomer && Access.allows(person.roles, .read, on: Engagement.schema.table)
            && Access.allows(person.roles, .reportView, on: Engagement.schema.table)
    }

    static func page(_ visit: Visit) async throws(Problem) -> Page {
        let card = visit.query[ListCardEngagementsRequest.Field.card]
        let chosen = visit.query[GetLandingPageRequest.Field.engagement]
        async let behind = Outcome.of { () async throws(Problem) in try await Self.behind(card, visit) }
        var request = GetLandingPageRequest()
        (request.portfolio, request.engagement, request.engagements) = (portfolio, chosen, 1)
        let answer = try await visit.ask(CustomerSuccessAPI.getLandingPage, request)
        let parts = SuccessParts(visit: visit)
        let goingOn = answer.activeEngagements.first
        let shown = PortfolioView(parts: parts, current: goingOn?.engagement?.id ?? "", card: card)
        let person = visit.person
        var values: Values = [
            "cards": answer.cards.map { Self.shown($0, isCurrent: $0.card == card, parts) }, "list": "",
            "groups": shown.groups(answer.portfolio),
            "engagement": goingOn.map { Self.goingOn($0, parts) as any Sendable } ?? "",
            "others": Int(answer.activeEngagementCount) > answer.portfolio.count
                ? ListPages.href(Engagement.schema.table) + "?active=true" : "",
            "new": Access.allows(person?.roles ?? [], .create, on: Engagement.schema.table)
                ? RecordPages.new(Engagement.schema.table) : "",
            "tables": tables(visit),
        ]
        if let list = try await behind.get() {
            let more = list.nextPageToken
            values["list"] =
                [
                    "title": answer.cards.first { $0.card == card }?.label ?? "",
                    "items": list.engagements.map {
                        parts.engagement($0.engagement ?? Engagement(), $0.accountName, $0.currency)
                    },
                    "more": more.isEmpty ? "" : "\(href)?card=\(Fields.encoded(card))&page=\(Fields.encoded(more))",
                ] as Values
        }
        var page = Page(template: "success", title: visit.say("Customer success", "고객 성공"), values: values)
        page.live = LiveTopic.list(table: Engagement.schema.table).text
        return page
    }

    /// Engagements of the portfolio that are shown; the others have their list.
    private static let portfolio: Int32 = 25

    /// The lists of all records of customer success that the person may read.
    private static func tables(_ visit: Visit) -> [Values] {
        let roles = visit.person?.roles ?? []
        let schemas = CustomerSuccessCatalog.records.map { $0.schema }
        let listed = schemas.filter { Access.allows(roles, .read, on: $0.table) }.compactMap { schema -> Values? in
            guard let table = ListedTable.named(schema.table) else { return nil }
            let usual = schema.field(.active) == nil ? "" : "?active=true"
            return ["label": visit.reader(table.title), "href": ListPages.href(schema.table) + usual]
        }
        guard NotifierPages.isFor(visit.person) else { return listed }
        return listed + [["label": NotifierPages.title(visit), "href": NotifierPages.href]]
    }

    /// The engagements of the chosen card.
    private static func behind(
        _ card: String, _ visit: Visit
    ) async throws(Problem) -> ListCardEngagementsResponse? {
        guard !card.isEmpty else { return nil }
        var request = ListCardEngagementsRequest()
        (request.card, request.pageToken) = (card, visit.query["page"])
        return try await visit.ask(CustomerSuccessAPI.listCardEngagements, request)
    }

    private static func shown(_ card: Scorecard, isCurrent: Bool, _ parts: SuccessParts) -> Values {
        let figures = card.trend.map { Int($0.count) }
        let (first, last) = (figures.first ?? 0, figures.last ?? 0)
        let summary = Text(
            en: "\(figures.count) days, from \(grouped: first) to \(grouped: last)",
            ko: "\(grouped: figures.count)일 동안 \(grouped: first)에서 \(grouped: last)")
        return [
            "label": card.label, "count": card.count, "value": parts.amounts(card.contractValues),
            "href": isCurrent ? href : "\(href)?card=\(Fields.encoded(card.card))", "current": isCurrent,
            "points": Trend.points(figures), "summary": parts.visit.reader(summary),
        ]
    }

    /// What goes on in the engagement that was chosen, or in the one that renews first.
    private static func goingOn(_ landing: LandingEngagement, _ parts: SuccessParts) -> Values {
        let engagement = landing.engagement ?? Engagement()
        let (visit, key) = (parts.visit, (RiskSignal.Field.engagement.rawValue, engagement.id))
        var values = parts.engagement(engagement, landing.accountName, landing.currency)
        let sections: [(String, PageSection?, RecordSchema)] = [
            (visit.say("Risk signals", "위험 신호"), landing.riskSignals, RiskSignal.schema),
            (visit.say("Touchpoints", "접점"), landing.touchpoints, Touchpoint.schema),
            (visit.say("Initiatives", "이니셔티브"), landing.initiatives, SuccessInitiative.schema),
            (visit.say("Success cases", "성공 케이스"), landing.successCases, SuccessCase.schema),
        ]
        values["others"] = [Values]()
        values["lists"] = sections.compactMap { title, section, schema -> Values? in
            section.map { parts.list(title, $0, of: schema, all: key) }
        }
        return values
    }
}
