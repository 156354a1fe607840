import NotifierWire
import OnboardingWire
import PlayLauncherWire
import RPC
import Roles
import Wire

/// The launcher notifiers: which play each follows, how that stands, and whom it told what (G-77, G-78).
enum NotifierPages: PageFolder {
    static let href = "/plays/notifiers"
    private static let size: Int32 = 25

    private typealias Field = SuccessLauncherNotifier.Field

    static func add(to pages: Pages) {
        pages.get("/plays/notifiers") { visit async throws(Problem) in .page(try await page(visit)) }
    }

    /// Whether the page is offered; the notifier decides by the same.
    static func isFor(_ person: Person?) -> Bool {
        guard let person, !person.isCustomer else { return false }
        return Access.allows(person.roles, .read, on: SuccessLauncherNotifier.schema.table)
    }

    /// What the page is called.
    static func title(_ visit: Visit) -> String { visit.say("Who was told of plays", "플레이 알림 내역") }

    /// The notifier of one run.
    static func href(run: String) -> String { "\(href)?run=\(Fields.encoded(run))" }

    private static func page(_ visit: Visit) async throws(Problem) -> Page {
        guard isFor(visit.person) else { throw .noPage }
        let (status, run) = (visit.query[Field.status], visit.query["run"])
        var request = ListRequest()
        (request.pageSize, request.pageToken) = (size, visit.query["page"])
        request.filter = [
            status.isEmpty ? "" : FilterText.equal(Field.status, status),
            run.isEmpty ? "" : FilterText.equal(Field.flowRun, run),
        ].filter { !$0.isEmpty }.joined(separator: " AND ")
        let answer = try await visit.ask(NotifierAPI.listFollowedPlays, request)
        let names = await sources(answer.plays, visit)
        let kept = run.isEmpty ? "" : "&run=\(Fields.encoded(run))"
        let more =
            "\(href)?\(Field.status.rawValue)=\(Fields.encoded(status))\(kept)&page=\(Fields.encoded(answer.nextPageToken))"
        var page = Page(
            template: "notifiers", title: title(visit),
            values: [
                "states": states(status, visit), "items": answer.plays.map { item($0, names, visit) }, "shown": "",
                "more": answer.nextPageToken.isEmpty ? "" : more,
            ])
        page.trail = [Navigation.home(visit)]
        page.live = LiveTopic.list(table: SuccessLauncherNotifier.schema.table).text
        return page
    }

    /// The states that the list can be narrowed to.
    private static func states(_ current: String, _ visit: Visit) -> [Values] {
        let choices = SuccessLauncherNotifier.schema.field(Field.status.rawValue)?.choices ?? []
        let all: [(String, String)] =
            [("", visit.say("All", "전체"))]
            + choices.map { (ListQuery.text($0.value), $0.label(visit.reader.language)) }
        return all.map { value, label in
            let query = value.isEmpty ? "" : "?\(Field.status.rawValue)=\(value)"
            return ["label": label, "href": href + query, "current": value == current]
        }
    }

    /// What the records are called that plays were launched from, each table asked once and all at once.
    private static func sources(_ plays: [FollowedPlay], _ visit: Visit) async -> [String: String] {
        let known = plays.compactMap(\.notifier)
        let ids = Dictionary(grouping: known) { $0.sourceTable ?? "" }.filter { !$0.key.isEmpty }
        let asked = ids.map { (table: $0.key, ids: $0.value.compactMap(\.sourceRecord)) }
        let beside = visit.beside
        let found = try? await Outcome.each(asked) { (asked) async throws(Problem) -> [String: String] in
            (try? await Lookup(beside).names(of: asked.ids, in: asked.table)) ?? [:]
        }
        return (found ?? []).reduce(into: [:]) { names, some in names.merge(some) { first, _ in first } }
    }

    private static func item(_ play: FollowedPlay, _ names: [String: String], _ visit: Visit) -> Values {
        let notifier = play.notifier ?? SuccessLauncherNotifier()
        let (table, record) = (notifier.sourceTable ?? "", notifier.sourceRecord ?? "")
        let label = Dictionaries.schema(table)?.label(visit.reader.language) ?? table
        let step = notifier.step.map { Text(en: $0, ko: notifier.stepKo ?? $0)(visit.reader.language) } ?? ""
        let status = notifier.status ?? ""
        var values: Values = [
            "number": notifier.number ?? "",
            "title": play.title.isEmpty ? visit.say("Success play", "성공 플레이") : play.title,
            "href": notifier.flowRun.map(RunPages.href) ?? "", "status": status,
            "statusLabel": SuccessLauncherNotifier.schema.label(Field.status, of: status, visit.reader.language),
            "source": "\(label) \(names[record] ?? "")".trimmed, "sourceHref": Address.of(table, record, id: record),
            "by": play.requestedByName, "step": step,
            "told": play.told.map { telling($0, visit) },
        ]
        if let at = notifier.startedAt { values["at"] = at }
        return values
    }

    private static func telling(_ telling: PlayTelling, _ visit: Visit) -> Values {
        let language = visit.reader.language
        let state = EmailDelivery.schema.label(EmailDelivery.Field.state, of: telling.emailState, language)
        var values: Values = [
            "name": telling.name.isEmpty ? visit.say("somebody", "알 수 없음") : telling.name,
            "kind": InAppNotification.schema.label(InAppNotification.Field.kind, of: telling.kind, language),
            "mail": telling.byEmail ? "\(visit.say("E-mail", "이메일")) \(state)".trimmed : "",
        ]
        if let at = telling.at { values["at"] = at }
        return values
    }
}
