import CustomerSuccessWire
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
        list["tools"] = tables(shown.card, visit)
        let values: Values = [
            "page": page, "cards": page.cards.map { card(for: $0, isCurrent: $0.card == shown.card, visit) },
            "chips": page.cards.filter { ["overdue_tasks", "stale_cases"].contains($0.card) && $0.count > 0 }.map {
                ["label": $0.label, "count": $0.count, "more": $0.more, "href": href($0.card)] as Values
            }, "list": list, "create": NewCasePages.isFor(visit.person) ? NewCasePages.href : "",
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
        let narrowed = tables(shown.card, visit)
        if !narrowed.isEmpty {
            let apart = Text(
                en: "tasks and import tasks are searched and sorted each in their own list",
                ko: "작업과 가져오기 작업은 각 목록에서 검색하고 정렬할 수 있습니다")
            list["shown"] = "\(list["shown"] as? String ?? "") · \(visit.reader(apart))"
        }
        let kept: [Values] = [["name": "card", "value": shown.card]]
        let values: Values = [
            "list": list, "tabs": narrowed.isEmpty ? ListView.tabs("", visit) : narrowed,
            "arrange": ["action": visit.path, "kept": kept, "columns": table.choices()] as Values,
        ]
        var page = Page(template: "list", title: shown.label, values: values)
        page.trail = [Crumb(label: visit.say("My work", "내 작업"), href: href(shown.card))]
        page.live = LiveTopic.work.text
        return page
    }

    private static func href(_ card: String) -> String { "/onboarding?card=\(Fields.encoded(card))" }

    /// The list that a card is a view of, where it is to be narrowed, sorted and worked on; nil for a card of several tables.
    private static func tool(_ card: String, _ visit: Visit) -> String? {
        switch card {
        case "my_active_cases": ListPages.href(OnboardingCase.schema.table) + "?active=true&assigned_to=me"
        case "stale_cases": ListPages.href(OnboardingCase.schema.table) + "?active=true&updated_at=stale"
        case "active_risk_signals" where visit.may(.read, on: RiskSignal.schema):
            ListPages.href(RiskSignal.schema.table)
                + "?active=true&filter=\(Fields.encoded("\(RiskSignal.Field.onboardingCase.rawValue):*"))"
        default: nil
        }
    }

    /// The lists that a card of several tables is made of, narrowed as it is: there its records are searched, sorted and worked on.
    /// None for a card of one table.
    private static func tables(_ card: String, _ visit: Visit) -> [Values] {
        let narrowed = ["active_tasks": "", "overdue_tasks": "&\(LifecycleTask.Field.dueDate.rawValue)=overdue"]
        guard let narrow = narrowed[card] else { return [] }
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
            "title": list.label, "action": visit.path,
            "all": tool(list.card, visit) ?? address,
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

    /// The line of counts, which stand on zero.
    static func points(_ counts: [Int]) -> String {
        let most = Double(counts.max() ?? 0)
        // Without anything to count the line lies on the ground.
        return points(counts.map { Double($0) }, from: 0, to: max(most, 1))
    }

    /// The line of values of any size, from the lowest to the highest; of values that are all the same in the middle.
    static func points(_ values: [Double]) -> String {
        guard let least = values.min(), let most = values.max() else { return "" }
        return least == most ? points(values, from: least - 1, to: most + 1) : points(values, from: least, to: most)
    }

    /// The same with a goal, which may lie beyond them all, and the height at which that is drawn; empty where there is no line.
    static func points(_ values: [Double], goal: Double) -> (points: String, goal: String) {
        let all = values + [goal]
        guard values.count > 1, let least = all.min(), let most = all.max(), least < most else {
            return (points(values), "")
        }
        return (points(values, from: least, to: most), "\(height(goal, from: least, to: most))")
    }

    private static func points(_ values: [Double], from least: Double, to most: Double) -> String {
        guard values.count > 1 else { return "" }
        let step = 96 / Double(values.count - 1)
        return values.enumerated().map { place, value in
            let x = (Double(place) * step * 10).rounded() / 10
            return "\(x),\(height(value, from: least, to: most))"
        }.joined(separator: " ")
    }

    private static func height(_ value: Double, from least: Double, to most: Double) -> Double {
        ((30 - 28 * (value - least) / (most - least)) * 10).rounded() / 10
    }
}
