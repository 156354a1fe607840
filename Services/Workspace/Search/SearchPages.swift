import ImportValidationWire
import OnboardingWire
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

    /// Asks both services beside each other and merges what they found by the order they have in common (G-125). When one of
    /// them is away, what the other has found is shown and the page says so.
    private static func search(_ visit: Visit) async throws(Problem) -> Page {
        var request = SearchRequest()
        request.text = visit.query[SearchRequest.Field.text]
        request.pageSize = 30
        var answers: [SearchResponse] = []
        var away: [String] = []
        if !request.text.isEmpty {
            let asked = request
            async let cases = outcome { () async throws(Problem) in
                try await visit.ask(OnboardingAPI.searchOnboarding, asked)
            }
            async let imports = outcome { () async throws(Problem) in
                try await visit.ask(ImportValidationAPI.searchImportTasks, asked)
            }
            let found = [
                (visit.say("cases and tasks", "케이스와 작업"), await cases),
                (visit.say("import tasks", "가져오기 작업"), await imports),
            ]
            for (what, outcome) in found {
                switch outcome {
                case .success(let answer): answers.append(answer)
                case .failure(let problem) where problem.status == .serviceUnavailable: away.append(what)
                case .failure(let problem): throw problem
                }
            }
        }
        let items = answers.flatMap(\.items).sorted(by: order).map { item in
            Seen(
                item,
                ["href": Address.of(item), "kind": Dictionaries.schema(of: item)?.label(visit.reader.language) ?? ""])
        }
        let list = away.joined(separator: ", ")
        let missing = Text(
            en: "Not searched, because a part of the system is away: \(list).",
            ko: "시스템 일부를 사용할 수 없어 검색하지 못했습니다: \(list).")
        let values: Values = [
            "found": ["items": items, "more": answers.contains(where: \.more)] as Values,
            "missing": away.isEmpty ? "" : visit.reader(missing),
        ]
        var page = Page(template: "search", title: visit.say("Search", "검색"), values: values)
        page.search = request.text
        return page
    }

    private static func outcome(
        _ ask: @Sendable () async throws(Problem) -> SearchResponse
    ) async -> Result<SearchResponse, Problem> {
        do throws(Problem) {
            return .success(try await ask())
        } catch {
            return .failure(error)
        }
    }

    /// By priority, then by date, then by the last change; those without come last (G-125).
    private static func order(_ left: WorkItem, _ right: WorkItem) -> Bool {
        let (first, second) = (left.priority ?? .max, right.priority ?? .max)
        if first != second { return first < second }
        let (day, other) = (left.date ?? "9999", right.date ?? "9999")
        if day != other { return day < other }
        return (left.updatedAt ?? Timestamp()) > (right.updatedAt ?? Timestamp())
    }
}
