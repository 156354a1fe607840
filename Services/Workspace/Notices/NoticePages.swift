import NotifierWire
import OnboardingWire
import RPC
import Wire

/// What one was told, newest first.
enum NoticePages: PageFolder {
    static func add(to pages: Pages) {
        let site = pages.site
        pages.get("/notices") { visit async throws(Problem) in .page(try await page(visit)) }
        pages.post("/notices/read") { visit async throws(Problem) in
            let isAll = try await markAll(visit)
            site.notices.forget(visit.person)
            return .moved(to: "/notices?done=\((isAll ? Toast.read : .readSome).rawValue)")
        }
        pages.post("/notices/:id/read") { visit async throws(Problem) in
            try await markRead(visit.part("id"), visit)
            site.notices.forget(visit.person)
            return .moved(to: "/notices?done=\(Toast.read.rawValue)")
        }
    }

    /// A request for what was not read yet, counted.
    static func unread(pageSize: Int32) -> ListRequest {
        var request = ListRequest()
        request.pageSize = pageSize
        request.filter = "NOT \(InAppNotification.Field.readAt.rawValue):*"
        request.count = true
        return request
    }

    /// For how long notices are marked for one click.
    private static let patience: Duration = .seconds(4)

    /// Marks what was not read yet, part by part as long as there is time. Whether that is all.
    private static func markAll(_ visit: Visit) async throws(Problem) -> Bool {
        let end = ContinuousClock.now + patience
        repeat {
            let list = try await visit.ask(NotifierAPI.listInAppNotifications, unread(pageSize: 50))
            for notice in list.resources { try await markRead(notice.id, visit) }
            if list.nextPageToken.isEmpty { return true }
        } while ContinuousClock.now < end
        return false
    }

    private static func markRead(_ id: String, _ visit: Visit) async throws(Problem) {
        var request = ActionRequest()
        request.id = id
        _ = try await visit.ask(NotifierAPI.markNotificationRead, request)
    }

    private static func page(_ visit: Visit) async throws(Problem) -> Page {
        var request = ListRequest()
        request.pageSize = 50
        request.pageToken = visit.query["page"]
        let list = try await visit.ask(NotifierAPI.listInAppNotifications, request)
        let items = list.resources.map { notice -> Seen in
            let isNew = notice.readAt == nil
            let (table, record) = (notice.sourceTable ?? "", notice.sourceRecord ?? "")
            let href =
                visit.person?.isCustomer == true
                ? PortalPages.href(table, record) : Address.of(table, record, id: record)
            return Seen(
                notice,
                [
                    "fresh": isNew, "read": isNew ? "/notices/\(notice.id)/read" : "",
                    "href": href.isEmpty ? "#content" : href,
                ])
        }
        let values: Values = [
            "list": [
                "items": items,
                "more": list.nextPageToken.isEmpty ? "" : "/notices?page=\(Fields.encoded(list.nextPageToken))",
            ] as Values
        ]
        return Page(template: "notices", title: visit.say("Notices", "알림"), values: values)
    }
}
