import Korean
import OnboardingWire
import RPC
import Wire

/// The page of a case in the portal.
enum PortalCasePages: PageFolder {
    static func add(to pages: Pages) {
        pages.get("/portal/cases/:id") { visit async throws(Problem) in .page(try await page(visit)) }
        pages.get("/portal/cases/:id/tasks") { visit async throws(Problem) in .page(try await tasks(visit)) }
        pages.post("/portal/cases/:id/say") { visit async throws(Problem) in
            try await Work.write(href(visit), saved: "say") { () async throws(Problem) in
                try await Work.say(
                    visit, try await record(visit), comment: OnboardingAPI.addOnboardingCaseComment, note: nil)
            } refused: { (problem) async throws(Problem) in
                try await page(visit, refused: problem)
            }
        }
        pages.receive("/portal/cases/:id/files") { visit async throws(Problem) in
            let record = try await Self.record(visit)
            return (RecordFiles.cases.target(record, visit), .moved(to: "\(href(visit))?done=attached"))
        }
        pages.get("/portal/cases/:id/files/:file") { visit async throws(Problem) in
            let record = try await Self.record(visit)
            return .response(try await RecordFiles.cases.response(record, visit.part("file"), visit))
        }
    }

    private static func href(_ visit: Visit) -> String { "/portal/cases/\(Fields.encoded(visit.part("id")))" }

    private static func read(_ visit: Visit) async throws(Problem) -> PortalCase {
        var request = GetPortalCaseRequest()
        request.id = visit.part("id")
        request.items = 50
        return try await visit.ask(OnboardingAPI.getPortalCase, request)
    }

    private static func record(_ visit: Visit) async throws(Problem) -> String { try await read(visit).id }

    private static func page(_ visit: Visit, refused: Problem? = nil) async throws(Problem) -> Page {
        let answer = try await read(visit)
        let view = PortalView(visit: visit, href: href(visit))
        var values: Values = [
            "page": Seen(answer, ["attachments": view.files(answer.attachments)]),
            "stages": answer.stages.enumerated().map {
                ["label": $1.label, "done": $1.done, "current": $1.current, "position": $0 + 1] as Values
            },
            "tasks": tasks(answer.tasks, answer.taskCount, answer.nextTasksToken, visit),
            "articles": view.articles(answer.articles),
            "say": view.say(answer.comments, answer.rights), "drop": view.drop(answer.rights),
        ]
        values.merge(view.refused(refused)) { _, refused in refused }
        var page = Page(template: "portal_case", title: "\(answer.number) \(answer.shortDescription)", values: values)
        page.trail = [Crumb(label: visit.say("My lists", "내 목록"), href: "/portal")]
        page.live = LiveTopic.record(table: OnboardingCase.schema.table, id: answer.id).text
        return page
    }

    /// Tasks of the case with where the list goes on; how many there are, where it is said.
    private static func tasks(_ items: [PortalItem], _ count: Int32, _ token: String, _ visit: Visit) -> Values {
        [
            "items": items.map(PortalPages.item), "countText": count > 0 ? "\(grouped: count)" : "", "shown": "",
            "more": token.isEmpty ? "" : "\(href(visit))/tasks?page=\(Fields.encoded(token))",
        ]
    }

    /// The tasks that the page of the case has no place for.
    private static func tasks(_ visit: Visit) async throws(Problem) -> Page {
        var request = ListPortalCaseTasksRequest()
        request.id = visit.part("id")
        request.pageToken = visit.query["page"]
        let list = try await visit.ask(OnboardingAPI.listPortalCaseTasks, request)
        var page = Page(
            template: "portal", title: visit.say("My lists", "내 목록"),
            values: ["tasks": tasks(list.items, list.count, list.nextPageToken, visit)])
        page.trail = [
            Crumb(label: visit.say("My lists", "내 목록"), href: "/portal"),
            Crumb(label: visit.say("Case", "케이스"), href: href(visit)),
        ]
        page.live = LiveTopic.work.text
        return page
    }
}
