import CustomerSuccessWire
import OnboardingWire
import RPC
import Wire

/// Touchpoints in the portal: what was agreed to talk about, when, and what is said about it.
enum PortalTouchpointPages: PageFolder {
    private typealias Field = Touchpoint.Field

    static func add(to pages: Pages) {
        pages.get("/portal/touchpoints/:id") { visit async throws(Problem) in .page(try await page(visit)) }
        pages.post("/portal/touchpoints/:id/say") { visit async throws(Problem) in
            try await Work.write(href(visit), saved: "say") { () async throws(Problem) in
                try await Work.say(
                    visit, visit.part("id"), comment: CustomerSuccessAPI.addTouchpointComment, note: nil)
            } refused: { (problem) async throws(Problem) in
                try await page(visit, refused: problem)
            }
        }
        pages.receive("/portal/touchpoints/:id/files") { visit async throws(Problem) in
            (
                RecordFiles.touchpoints.target(visit.part("id"), visit), .moved(to: "\(href(visit))?done=attached")
            )
        }
        pages.get("/portal/touchpoints/:id/files/:file") { visit async throws(Problem) in
            .response(try await RecordFiles.touchpoints.response(visit.part("id"), visit.part("file"), visit))
        }
    }

    private static func href(_ visit: Visit) -> String { "/portal/touchpoints/\(Fields.encoded(visit.part("id")))" }

    /// What is still to come, for the first page of the portal.
    static func open(_ visit: Visit) async throws(Problem) -> Values {
        var request = ListRequest()
        request.pageSize = 10
        request.filter = [Touchpoint.State.closed, Touchpoint.State.canceled]
            .map { "NOT \(FilterText.equal(Field.state, $0))" }.joined(separator: " AND ")
        request.orderBy = Field.meetingDate.rawValue
        let list = try await visit.ask(CustomerSuccessAPI.listTouchpoints, request)
        return [
            "items": list.resources.map { touchpoint -> Seen in
                var item = PortalItem()
                (item.id, item.number) = (touchpoint.id, touchpoint.number ?? "")
                item.title = touchpoint.subject ?? ""
                item.state = label(.state, touchpoint.state, visit)
                item.date = touchpoint.meetingDate ?? touchpoint.dueDate
                return Seen(item, ["href": PortalPages.href(Touchpoint.schema.table, touchpoint.id)])
            },
            "more": "", "shown": "", "tool": ListPages.href(Touchpoint.schema.table),
        ]
    }

    private static func label(_ field: Field, _ value: String?, _ visit: Visit) -> String {
        Touchpoint.schema.label(field, of: value ?? "", visit.reader.language)
    }

    /// The page has the parts of a task's, and says what a touchpoint has.
    private static func page(_ visit: Visit, refused: Problem? = nil) async throws(Problem) -> Page {
        var get = GetRequest()
        get.id = visit.part("id")
        let record = try await visit.ask(CustomerSuccessAPI.getTouchpoint, get)
        var shown = PortalTask()
        (shown.id, shown.number) = (record.id, record.number ?? "")
        (shown.shortDescription, shown.description) = (record.subject ?? "", record.description ?? "")
        shown.header = header(record, visit)
        let view = PortalView(visit: visit, href: href(visit))
        var list = ListAttachmentsRequest()
        list.id = record.id
        let files = try await visit.ask(CustomerSuccessAPI.listTouchpointAttachments, list).attachments
        let isOpen = record.state != Touchpoint.State.closed && record.state != Touchpoint.State.canceled
        var rights = PortalRights()
        (rights.mayComment, rights.mayAttach) = (isOpen, isOpen)
        var values: Values = [
            "page": Seen(shown, ["attachments": view.files(files)]), "href": view.href, "moves": [Values](),
            "upload": "", "articles": [Values](), "say": view.say(try await comments(record, visit), rights),
            "drop": view.drop(rights), "form": "",
        ]
        values.merge(view.refused(refused)) { _, refused in refused }
        var page = Page(template: "portal_task", title: "\(shown.number) \(shown.shortDescription)", values: values)
        page.trail = [Crumb(label: visit.say("My lists", "내 목록"), href: "/portal")]
        return page
    }

    private static func header(_ record: Touchpoint, _ visit: Visit) -> [PortalField] {
        let facts: [(Field, String)] = [
            (.meetingDate, record.meetingDate.flatMap { CivilDate($0) }.map { visit.reader.text($0) } ?? ""),
            (.meetingType, label(.meetingType, record.meetingType, visit)),
            (.category, label(.category, record.category, visit)), (.channel, label(.channel, record.channel, visit)),
            (.state, label(.state, record.state, visit)),
        ]
        return facts.filter { !$0.1.isEmpty }.map { key, value in
            var field = PortalField()
            field.label = Touchpoint.schema.label(key, visit.reader.language)
            field.value = value
            return field
        }
    }

    /// What was said, newest first. Who at the provider said it is told by the side alone.
    private static func comments(_ record: Touchpoint, _ visit: Visit) async throws(Problem) -> [PortalComment] {
        var request = ListActivityRequest()
        request.id = record.id
        request.pageSize = 50
        let entries = try await visit.ask(CustomerSuccessAPI.listTouchpointActivity, request).entries
        return entries.filter { $0.kind == Field.additionalComments.rawValue }.map { entry in
            var comment = PortalComment()
            (comment.at, comment.text, comment.own) = (entry.at, entry.text, entry.by == visit.person?.user)
            comment.by = visit.say("Your team", "담당 팀")
            return comment
        }
    }
}
