import CustomerSuccessWire
import ImportValidationWire
import NotifierWire
import OnboardingWire
import PlayLauncherWire
import RPC
import Wire

/// One search over what one may see, and what references can be chosen from while somebody types.
enum SearchPages: PageFolder {
    static func add(to pages: Pages) {
        pages.get("/search") { visit async throws(Problem) in .page(try await search(visit)) }
        pages.get("/choose/:table") { visit async throws(Problem) in
            let found = try await Lookup(visit).find(
                visit.query["text"], in: visit.part("table"), filter: visit.query["filter"])
            let choices = found.map { ["id": $0.id, "text": $0.text, "detail": $0.detail] as Values }
            return .fragment("choices", ["choices": choices])
        }
    }

    /// What is asked, and what people call what it looks through.
    private struct Source: Sendable {
        let what: Text
        let method: Method<SearchRequest, SearchResponse>
    }

    /// The search of every service.
    private static let sources = [
        Source(what: Text(en: "cases and tasks", ko: "케이스와 작업"), method: OnboardingAPI.searchOnboarding),
        Source(what: Text(en: "import tasks", ko: "가져오기 작업"), method: ImportValidationAPI.searchImportTasks),
        Source(what: Text(en: "customer success", ko: "고객 성공"), method: CustomerSuccessAPI.searchCustomerSuccess),
        Source(what: Text(en: "plays", ko: "플레이"), method: PlayLauncherAPI.searchPlayLauncher),
        Source(what: Text(en: "notifications", ko: "알림"), method: NotifierAPI.searchNotifier),
    ]

    /// States in which a record has ended. A line does not say so by itself; those of a milestone are its own (G-118).
    private static let ended: Set<String> = [
        OnboardingCase.State.closed, OnboardingCase.State.canceled, SuccessMilestone.State.reached,
        SuccessMilestone.State.missed,
    ]

    /// What the services have answered.
    private struct Found {
        var answers: [SearchResponse] = []
        /// What could not be looked through.
        var away: [String] = []
        /// Who asks may not search there.
        var denied: Problem?
        /// What was wrong with what was asked.
        var refused: Problem?
    }

    /// Asks all services beside each other and merges what they found by the order they have in common (G-125). Where somebody
    /// may not search, nothing is found. When a service is away, what the others have found is shown and the page says so.
    private static func search(_ visit: Visit) async throws(Problem) -> Page {
        let text = visit.query[SearchRequest.Field.text]
        async let beside = text.isEmpty ? (items: [], away: []) : SearchNames(visit: visit, text: text).found()
        let found = text.isEmpty ? Found() : try await ask(visit, text)
        let named = await beside
        let items = found.answers.flatMap(\.items).sorted(by: order).map { item in
            Seen(
                item,
                ["href": href(item, visit), "kind": Dictionaries.schema(of: item)?.label(visit.reader.language) ?? ""])
        }
        let list = (found.away + named.away).joined(separator: ", ")
        let missing = Text(
            en: "Not searched, because a part of the system is away: \(list).",
            ko: "시스템 일부를 사용할 수 없어 검색하지 못했습니다: \(list).")
        let values: Values = [
            "found": ["items": items, "more": found.answers.contains(where: \.more)] as Values,
            "named": named.items,
            "missing": list.isEmpty
                ? found.refused?.text(visit.reader.language) ?? "" : visit.reader(missing),
        ]
        var page = Page(template: "search", title: visit.say("Search", "검색"), values: values)
        page.search = text
        return page
    }

    /// The page of what was found: customers have theirs in the portal.
    private static func href(_ item: WorkItem, _ visit: Visit) -> String {
        visit.person?.isCustomer == true ? PortalPages.href(item.table, item.id) : Address.of(item)
    }

    private static func ask(_ visit: Visit, _ text: String) async throws(Problem) -> Found {
        var request = SearchRequest()
        request.text = text
        request.pageSize = 30
        var found = Found()
        for (source, outcome) in zip(sources, await outcomes(visit, request)) {
            switch outcome {
            case .success(let answer): found.answers.append(answer)
            case .failure(let problem) where problem.status == .serviceUnavailable:
                found.away.append(visit.reader(source.what))
            case .failure(let problem) where problem.code == .permissionDenied: found.denied = problem
            case .failure(let problem) where problem.isRefusal: found.refused = problem
            case .failure(let problem): throw problem
            }
        }
        if let denied = found.denied, found.answers.isEmpty, found.away.isEmpty, found.refused == nil { throw denied }
        return found
    }

    /// What each service has answered, in the order of the sources.
    private static func outcomes(_ visit: Visit, _ request: SearchRequest) async -> [Result<SearchResponse, Problem>] {
        await withTaskGroup(of: (Int, Result<SearchResponse, Problem>).self) { group in
            for (index, source) in sources.enumerated() {
                group.addTask { (index, await outcome(visit, source.method, request)) }
            }
            var all: [(Int, Result<SearchResponse, Problem>)] = []
            for await one in group { all.append(one) }
            return all.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }

    private static func outcome(
        _ visit: Visit, _ method: Method<SearchRequest, SearchResponse>, _ request: SearchRequest
    ) async -> Result<SearchResponse, Problem> {
        do throws(Problem) {
            return .success(try await visit.ask(method, request))
        } catch {
            return .failure(error)
        }
    }

    /// What is open before what has ended; then by priority, then by date, then by the last change, those that have waited
    /// longest in front; those without priority or date come last (G-125).
    private static func order(_ left: WorkItem, _ right: WorkItem) -> Bool {
        let (isOver, isOtherOver) = (ended.contains(left.state), ended.contains(right.state))
        if isOver != isOtherOver { return isOtherOver }
        let (first, second) = (left.priority ?? .max, right.priority ?? .max)
        if first != second { return first < second }
        let (day, other) = (left.date ?? "9999", right.date ?? "9999")
        if day != other { return day < other }
        let (time, otherTime) = (left.updatedAt ?? Timestamp(), right.updatedAt ?? Timestamp())
        return time == otherTime ? left.id < right.id : time < otherTime
    }
}
