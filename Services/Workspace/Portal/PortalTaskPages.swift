import OnboardingWire
import RPC
import Wire

/// The page of a task in the portal.
enum PortalTaskPages: PageFolder {
    static func add(to pages: Pages) {
        pages.get("/portal/tasks/:id") { visit async throws(Problem) in .page(try await page(visit)) }
        pages.post("/portal/tasks/:id/say") { visit async throws(Problem) in
            try await write(visit, saved: "say") { (task) async throws(Problem) in
                try await Work.say(visit, task.id, comment: OnboardingAPI.addLifecycleTaskComment, note: nil)
            }
        }
        pages.post("/portal/tasks/:id/move") { visit async throws(Problem) in
            try await change(visit) { (task) async throws(Problem) in
                let before = try await record(task.id, visit)
                var changed = LifecycleTask()
                changed.id = task.id
                changed.state = visit.form["to"]
                let after = try await update(changed, [.state], visit)
                // What has ended is opened again by the provider alone.
                let isOver = after.state == LifecycleTask.State.closed
                let keys = [LifecycleTask.Field.state.rawValue]
                return (.moved, isOver ? nil : Undos.Change(keys, of: before, etag: after.etag))
            }
        }
        pages.post("/portal/tasks/:id") { visit async throws(Problem) in
            try await change(visit, saved: "edit") { (task) async throws(Problem) in
                (.saved, try await TaskPages.save(try await record(task.id, visit), keys(task), visit))
            }
        }
        pages.post("/portal/tasks/:id/undo/:change") { visit async throws(Problem) in
            try await write(visit) { (_) async throws(Problem) in try await Work.takeBack(visit) }
        }
        pages.receive("/portal/tasks/:id/files") { visit async throws(Problem) in
            let task = try await read(visit)
            return (RecordFiles.tasks.target(task.id, visit), .moved(to: "\(href(visit))?done=attached"))
        }
        pages.get("/portal/tasks/:id/files/:file") { visit async throws(Problem) in
            let task = try await read(visit)
            return .response(try await RecordFiles.tasks.response(task.id, visit.part("file"), visit))
        }
    }

    private static func href(_ visit: Visit) -> String { "/portal/tasks/\(Fields.encoded(visit.part("id")))" }

    private static func read(_ visit: Visit) async throws(Problem) -> PortalTask {
        var request = GetPortalTaskRequest()
        request.id = visit.part("id")
        request.items = 50
        return try await visit.ask(OnboardingAPI.getPortalTask, request)
    }

    private static func record(_ id: String, _ visit: Visit) async throws(Problem) -> LifecycleTask {
        var request = GetRequest()
        request.id = id
        return try await visit.ask(OnboardingAPI.getLifecycleTask, request)
    }

    private static func update(
        _ task: LifecycleTask, _ keys: [LifecycleTask.Field], _ visit: Visit
    ) async throws(Problem) -> LifecycleTask {
        var request = UpdateLifecycleTaskRequest()
        request.lifecycleTask = task
        request.updateMask = FieldMask(paths: keys.map(\.rawValue))
        return try await visit.ask(OnboardingAPI.updateLifecycleTask, request)
    }

    private static func write(
        _ visit: Visit, saved form: String = "", _ write: (PortalTask) async throws(Problem) -> Toast
    ) async throws(Problem) -> Answer {
        try await change(visit, saved: form) { (task) async throws(Problem) in (try await write(task), nil) }
    }

    /// The same where what is written can be taken back.
    private static func change(
        _ visit: Visit, saved form: String = "",
        _ write: (PortalTask) async throws(Problem) -> (done: Toast, change: Undos.Change?)
    ) async throws(Problem) -> Answer {
        try await Work.change(href(visit), saved: form) { () async throws(Problem) in
            let (done, change) = try await write(try await read(visit))
            return (done, Work.undo(change, href(visit), visit))
        } refused: { (problem) async throws(Problem) in
            try await page(visit, refused: problem)
        }
    }

    /// What the person may change here and now beside the state, which has buttons.
    private static func keys(_ task: PortalTask) -> [LifecycleTask.Field] {
        let journals: [LifecycleTask.Field] = [.state, .additionalComments, .workNotes]
        let writable = Set(task.rights?.writableFields ?? [])
        return LifecycleTask.Field.allCases.filter { writable.contains($0.rawValue) && !journals.contains($0) }
    }

    private static func page(_ visit: Visit, refused: Problem? = nil) async throws(Problem) -> Page {
        let answer = try await read(visit)
        if answer.table != LifecycleTask.schema.table {
            return try await PortalImportPages.page(visit, id: answer.id)
        }
        let view = PortalView(visit: visit, href: href(visit))
        var values: Values = [
            "page": Seen(answer, ["attachments": view.files(answer.attachments)]), "href": view.href,
            "moves": view.moves(answer.rights), "upload": "",
            "articles": view.articles(answer.articles),
            "say": view.say(answer.comments, answer.rights), "drop": view.drop(answer.rights), "form": "",
        ]
        values.merge(view.refused(refused)) { _, refused in refused }
        let keys = keys(answer)
        // Of customers there are none; what the provider's people may change here is in the record.
        if !keys.isEmpty {
            let record = try await record(answer.id, visit)
            values["form"] = RecordForm<LifecycleTask>(keys, visit).values(
                record, names: [:], action: view.href, refused: visit.path == view.href ? refused : nil)
        }
        var page = Page(template: "portal_task", title: "\(answer.number) \(answer.shortDescription)", values: values)
        page.trail = [Crumb(label: visit.say("My lists", "내 목록"), href: "/portal")]
        page.live = LiveTopic.record(table: LifecycleTask.schema.table, id: answer.id).text
        return page
    }
}
