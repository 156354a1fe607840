import ImportValidationWire
import Korean
import OnboardingWire
import RPC
import Wire

/// The landing page of an agent, and the lists behind its cards.
enum OnboardingPages: PageFolder {
    static func add(to pages: Pages) {
        pages.get("/onboarding") { visit async throws(Problem) in
            if visit.person?.isCustomer == true { return .moved(to: "/portal") }
            return .page(try await landing(visit))
        }
        pages.get("/onboarding/list") { visit async throws(Problem) in .page(try await list(visit)) }
    }

    private static func landing(_ visit: Visit) async throws(Problem) -> Page {
        var request = GetOnboardingLandingPageRequest()
        request.card = visit.query[GetOnboardingLandingPageRequest.Field.card]
        let page = try await visit.ask(OnboardingAPI.getOnboardingLandingPage, request)
        let shown = page.list ?? OnboardingCardList()
        let current = page.cards.first { $0.card == shown.card }
        var list = Self.list(shown, visit)
        list.merge(WorkTable(visit, card: shown.card).values(shown.items)) { _, cells in cells }
        list["countText"] = current.map { "\(grouped: $0.count)" + ($0.more ? "+" : "") } ?? ""
        let values: Values = [
            "page": page, "cards": page.cards.map { card(for: $0, isCurrent: $0.card == shown.card, visit) },
            "chips": page.cards.filter { ["overdue_tasks", "stale_cases"].contains($0.card) && $0.count > 0 }.map {
                ["label": $0.label, "count": $0.count, "more": $0.more, "href": href($0.card)] as Values
            }, "list": list,
        ]
        var drawn = Page(template: "onboarding", title: visit.say("My work", "내 작업"), values: values)
        drawn.live = LiveTopic.work.text
        return drawn
    }

    /// A whole list, page by page.
    private static func list(_ visit: Visit) async throws(Problem) -> Page {
        var request = ListOnboardingCardRequest()
        request.card = visit.query[ListOnboardingCardRequest.Field.card]
        request.pageToken = visit.query["page"]
        let shown = try await visit.ask(OnboardingAPI.listOnboardingCard, request)
        let table = WorkTable(visit, card: shown.card)
        var list = Self.list(shown, visit)
        list.merge(table.values(shown.items)) { _, cells in cells }
        let kept: [Values] = [["name": "card", "value": shown.card]]
        let values: Values = [
            "list": list, "tabs": tabs(shown.card, visit),
            "arrange": ["action": visit.path, "kept": kept, "columns": table.choices()] as Values,
        ]
        var page = Page(template: "list", title: shown.label, values: values)
        page.trail = [Crumb(label: visit.say("My work", "내 작업"), href: href(shown.card))]
        page.live = LiveTopic.work.text
        return page
    }

    private static func href(_ card: String) -> String { "/onboarding?card=\(Fields.encoded(card))" }

    /// The list that a card is a view of, where it is to be narrowed, sorted and worked on; nil for a card of several tables.
    private static func tool(_ card: String) -> String? {
        switch card {
        case "my_active_cases": ListPages.href(OnboardingCase.schema.table) + "?active=true&assigned_to=me"
        case "stale_cases": ListPages.href(OnboardingCase.schema.table) + "?active=true&updated_at=stale"
        default: nil
        }
    }

    /// The lists that a card of several tables is made of, narrowed as it is: there its records are worked on.
    private static func tabs(_ card: String, _ visit: Visit) -> [Values] {
        let narrowed = ["active_tasks": "", "overdue_tasks": "&\(LifecycleTask.Field.dueDate.rawValue)=overdue"]
        guard let narrow = narrowed[card] else { return ListView.tabs("", visit) }
        let tables = [LifecycleTask.schema.table, ImportTask.schema.table]
        return ListedTable.all.filter { tables.contains($0.schema.table) }.map { list in
            let href = "\(ListPages.href(list.schema.table))?active=true\(narrow)"
            return ["label": visit.reader(list.title), "href": href, "current": false]
        }
    }

    private static func card(for card: OnboardingCard, isCurrent: Bool, _ visit: Visit) -> Values {
        let days = Trend.days(card.trend)
        let figures = days.map { Int($0.count) }
        let (first, last) = (figures.first ?? 0, "\(grouped: figures.last ?? 0)" + (days.last?.more == true ? "+" : ""))
        let summary = Text(
            en: "\(figures.count) days, from \(grouped: first) to \(last)",
            ko: "\(grouped: figures.count)일 동안 \(grouped: first)에서 \(last)")
        return [
            "card": card, "href": href(card.card), "current": isCurrent, "points": Trend.points(figures),
            "summary": visit.reader(summary),
        ]
    }

    private static func list(_ list: OnboardingCardList, _ visit: Visit) -> Values {
        let address =
            "/onboarding/list?card=\(Fields.encoded(list.card))"
            + visit.query.all("column").map { "&column=\(Fields.encoded($0))" }.joined()
        return [
            "title": list.label,
            "all": tool(list.card) ?? address,
            "more": list.nextPageToken.isEmpty ? "" : "\(address)&page=\(Fields.encoded(list.nextPageToken))",
            "shown": visit.reader(Text(en: "\(list.items.count) shown", ko: "\(grouped: list.items.count)건 표시")),
            "empty": [
                "title": visit.say("Nothing is waiting here", "대기 중인 항목이 없습니다"),
                "text": visit.say(
                    "Choose another card above, or search for what you need.", "위에서 다른 카드를 선택하거나 필요한 항목을 검색하세요."),
                "action": ["href": "/search", "label": visit.say("Search", "검색")] as Values,
            ] as Values,
        ]
    }
}

/// A line of figures as a picture of 96 by 32.
enum Trend {
    /// The days that are drawn. Today is counted only so far; days before it are counted to their end, so today is left out
    /// where it would seem less than the day before although nobody knows.
    static func days(_ days: [OnboardingCardDay]) -> [OnboardingCardDay] {
        guard let today = days.last, today.more, let before = days.dropLast().last, before.count >= today.count else {
            return days
        }
        return days.dropLast()
    }

    static func points(_ figures: [Int]) -> String {
        guard figures.count > 1, let most = figures.max() else { return "" }
        let step = 96 / Double(figures.count - 1)
        return figures.enumerated().map { place, figure in
            let x = (Double(place) * step * 10).rounded() / 10
            let y = most == 0 ? 30 : ((30 - 28 * Double(figure) / Double(most)) * 10).rounded() / 10
            return "\(x),\(y)"
        }.joined(separator: " ")
    }
}
