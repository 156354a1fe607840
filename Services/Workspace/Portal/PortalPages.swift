import Korean
import OnboardingWire
import RPC
import Wire

/// The pages of customers: their lists, a case, a task, a file to send. Nothing internal is in the answers that they are drawn
/// from.
enum PortalPages: PageFolder {
    static func add(to pages: Pages) {
        pages.get("/portal") { visit async throws(Problem) in .page(try await lists(visit)) }
        pages.get("/portal/list/:list") { visit async throws(Problem) in .page(try await list(visit)) }
        pages.get("/articles/:article") { visit async throws(Problem) in try await ArticlePage.answer(visit) }
        PortalCasePages.add(to: pages)
        PortalTaskPages.add(to: pages)
        PortalImportPages.add(to: pages)
        PortalWorkPages.add(to: pages)
    }

    /// The page of a record in the portal; empty where it has none.
    static func href(_ table: String, _ id: String) -> String {
        switch table {
        case "onboarding_case": "/portal/cases/\(Fields.encoded(id))"
        case "lifecycle_task": "/portal/tasks/\(Fields.encoded(id))"
        case "import_task": "/portal/imports/\(Fields.encoded(id))"
        case "engagement": PortalEngagementPage.href(id)
        default: PortalWorkPages.href(table, id)
        }
    }

    /// An entry of a list with its page.
    static func item(_ item: PortalItem) -> Seen { Seen(item, ["href": href(item.table, item.id)]) }

    private static func lists(_ visit: Visit) async throws(Problem) -> Page {
        var request = GetPortalRequest()
        request.account = visit.query[GetPortalRequest.Field.account]
        async let success = PortalSuccessLists.read(visit.beside)
        let portal = try await visit.ask(OnboardingAPI.getPortal, request)
        var values: Values = [
            "page": portal, "tasks": values(portal.myTasks, "my_tasks", visit),
            "cases": values(portal.myCases, "my_cases", visit),
            "accounts": portal.accounts.count < 2
                ? [Values]()
                : portal.accounts.map { account -> Values in
                    [
                        "name": account.name, "href": "/portal?account=\(Fields.encoded(account.id))",
                        "current": account.id == request.account,
                    ]
                },
        ]
        values["holidays"] =
            HolidayPages.isFor(visit.person)
            ? portal.accounts.map { ["name": $0.name, "href": HolidayPages.href($0.id)] as Values } : [Values]()
        let followed = await success
        values["plans"] = [Values]()
        values.merge(followed.value?.values ?? [:]) { _, own in own }
        values["away"] = visit.missing([
            (followed.isAway, visit.say("touchpoints, what is under way and success plans", "접점, 진행 중인 업무, 성공 계획"))
        ])
        if let all = portal.allCases { values["all"] = Self.values(all, "all_cases", visit) }
        var page = Page(template: "portal", title: visit.say("My lists", "내 목록"), values: values)
        page.live = LiveTopic.work.text
        return page
    }

    private static func values(_ list: PortalList?, _ name: String, _ visit: Visit) -> Values {
        let list = list ?? PortalList()
        let more =
            "/portal/list/\(name)?page=\(Fields.encoded(list.nextPageToken))"
            + (visit.query["account"].isEmpty ? "" : "&account=\(Fields.encoded(visit.query["account"]))")
        return [
            "items": list.items.map(item), "countText": "\(grouped: list.count)" + (list.more ? "+" : ""), "shown": "",
            "more": list.nextPageToken.isEmpty ? "" : more,
            "tool": name == "my_tasks" ? ListPages.href("lifecycle_task") : ListPages.href("onboarding_case"),
        ]
    }

    /// The rest of one list.
    private static func list(_ visit: Visit) async throws(Problem) -> Page {
        var request = ListPortalRequest()
        request.list = visit.part("list")
        request.account = visit.query[ListPortalRequest.Field.account]
        request.pageToken = visit.query["page"]
        let list = try await visit.ask(OnboardingAPI.listPortal, request)
        let place = ["my_tasks": "tasks", "my_cases": "cases"][request.list] ?? "all"
        var page = Page(
            template: "portal", title: visit.say("My lists", "내 목록"),
            values: [place: values(list, request.list, visit)])
        page.trail = [Crumb(label: visit.say("My lists", "내 목록"), href: "/portal")]
        page.live = LiveTopic.work.text
        return page
    }
}

/// What the pages of a case and of a task have in common.
struct PortalView: Sendable {
    let visit: Visit
    let href: String

    /// What is said, and where to say something.
    func say(_ comments: [PortalComment], _ rights: PortalRights?) -> Values {
        ["action": rights?.mayComment == true ? "\(href)/say" : "", "comments": comments]
    }

    /// The states that the person may move the record to.
    func moves(_ rights: PortalRights?) -> [Values] {
        guard let rights else { return [] }
        return zip(rights.states, rights.stateLabels).map { state in
            ["value": state.0, "label": state.1]
        }
    }

    /// Files with their addresses.
    func files(_ attachments: [Attachment]) -> [Seen] {
        Parts(reader: visit.reader).files(attachments, at: href, mayRemove: false)
    }

    /// Where files are dropped, when the person may attach some.
    func drop(_ rights: PortalRights?) -> any Sendable {
        rights?.mayAttach == true ? ["action": "\(href)/files"] as Values : ""
    }

    /// The articles that are shared with the record.
    func articles(_ shared: [PortalArticle]) -> [Values] {
        shared.map { ArticlePage.entry($0.article, $0.title, back: href) }
    }

    /// What was refused, and what had been typed.
    func refused(_ problem: Problem?) -> Values {
        guard let problem else { return [:] }
        return [
            "problem": ["text": problem.text(visit.reader.language)] as Values,
            "typed": ["text": visit.form[AddEntryRequest.Field.text]] as Values,
        ]
    }
}
