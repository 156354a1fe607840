import ImportValidationWire
import OnboardingWire
import RPC
import Wire

/// An import in the portal: the workbook to fill in, the file, and what needs attention in it; and what every task has: what is
/// said, shared and attached. A workbook is read as soon as it has come.
enum PortalImportPages: PageFolder {
    static func add(to pages: Pages) {
        pages.get("/portal/imports/:id") { visit async throws(Problem) in
            .page(try await page(visit, id: visit.part("id")))
        }
        pages.receive("/portal/imports/:id/files") { visit async throws(Problem) in
            let target = ImportFiles(visit).target()
            let loading = FileReceiver.Target(begin: target.begin, append: target.append) {
                (id) async throws(Problem) in
                try await target.complete(id)
                var request = ImportUploadsRequest()
                request.id = visit.part("id")
                request.uploads = [id]
                _ = try await visit.ask(ImportValidationAPI.importUploads, request, requestID: "load-\(id)")
            }
            return (loading, .moved(to: "\(href(visit.part("id")))?done=loaded"))
        }
        pages.post("/portal/imports/:id/say") { visit async throws(Problem) in
            let id = visit.part("id")
            return try await Work.write(href(id), saved: "say") { () async throws(Problem) in
                try await Work.say(
                    visit, try await parts(visit, id).id, comment: ImportValidationAPI.addImportTaskComment, note: nil)
            } refused: { (problem) async throws(Problem) in
                try await page(visit, id: id, refused: problem)
            }
        }
        pages.receive("/portal/imports/:id/attachments") { visit async throws(Problem) in
            let task = try await parts(visit, visit.part("id")).id
            return (RecordFiles.imports.target(task, visit), .moved(to: "\(href(visit.part("id")))?done=attached"))
        }
        pages.get("/portal/imports/:id/files/:file") { visit async throws(Problem) in
            let task = try await parts(visit, visit.part("id")).id
            return .response(try await RecordFiles.imports.response(task, visit.part("file"), visit))
        }
    }

    private static func href(_ id: String) -> String { PortalPages.href(ImportTask.schema.table, id) }

    /// What import-validation shows of it in the portal.
    private static func parts(_ visit: Visit, _ id: String) async throws(Problem) -> PortalImportTask {
        var request = GetPortalImportTaskRequest()
        (request.id, request.items) = (id, 50)
        return try await visit.ask(ImportValidationAPI.getPortalImportTask, request)
    }

    /// Its header and instructions, which onboarding shows; nothing as long as the task has only just come there.
    private static func head(_ visit: Visit, _ id: String) async throws(Problem) -> PortalTask {
        var request = GetPortalTaskRequest()
        request.id = id
        do throws(Problem) {
            return try await visit.ask(OnboardingAPI.getPortalTask, request)
        } catch {
            guard error.code == .notFound else { throw error }
            return PortalTask()
        }
    }

    static func page(_ visit: Visit, id: String, refused: Problem? = nil) async throws(Problem) -> Page {
        var get = GetRequest()
        get.id = id
        let asked = get
        async let known = Outcome.of { () async throws(Problem) in
            try await visit.ask(ImportValidationAPI.getImportTask, asked)
        }
        async let counted = Outcome.of { () async throws(Problem) in
            try await visit.ask(ImportValidationAPI.summarizeImport, asked)
        }
        async let common = Outcome.of { () async throws(Problem) in try await shared(id, visit, refused) }
        async let latest = Outcome.of { () async throws(Problem) in
            try await visit.ask(ImportValidationAPI.listImportRuns, list(id, 1)).resources
        }
        async let sent = Outcome.of { () async throws(Problem) in
            try await visit.ask(ImportValidationAPI.listUploads, list(id, 20)).resources
        }
        let (task, summary) = (try await known.get(), try await counted.get())
        let (runs, uploads) = (try await latest.get(), try await sent.get())
        let view = ImportView(visit)
        let address = "/imports/\(Fields.encoded(task.id))"
        var values: Values = [
            "task": ["number": task.number ?? "", "title": task.shortDescription ?? ""] as Values,
            "template": "\(address)/template", "summary": view.counts(summary),
            "uploads": uploads.map { Seen($0, ["size": Parts.size($0.sizeBytes ?? 0)]) },
            "errors": summary.needsAttention > 0 ? "\(address)/errors" : "", "reasons": [Values](),
            "drop": [
                "action": "/portal/imports/\(Fields.encoded(task.id))/files", "accept": ".xlsx,.csv,.txt",
                "hint": visit.say("Excel workbooks and text files", "Excel 통합 문서와 텍스트 파일"),
            ] as Values, "back": "/portal",
        ]
        values.merge(try await common.get()) { _, own in own }
        if summary.needsAttention > 0 { values["reasons"] = try await reasons(task.id, visit) }
        if let run = runs.first { values["run"] = view.run(run) }
        var page = Page(template: "portal_upload", title: task.shortDescription ?? task.number ?? "", values: values)
        page.trail = [Crumb(label: visit.say("My lists", "내 목록"), href: "/portal")]
        page.live = LiveTopic.record(table: ImportTask.schema.table, id: task.id).text
        return page
    }

    /// What belongs to an import task, so many at most.
    private static func list(_ task: String, _ size: Int32) -> ListRequest {
        var list = ListRequest()
        list.pageSize = size
        list.filter = FilterText.equal(ImportRun.Field.importTask, task)
        return list
    }

    /// What the page has in common with those of other tasks.
    private static func shared(_ task: String, _ visit: Visit, _ refused: Problem?) async throws(Problem) -> Values {
        async let own = Outcome.of { () async throws(Problem) in try await Self.parts(visit, task) }
        let head = try await head(visit, task)
        let shown = try await own.get()
        let view = PortalView(visit: visit, href: href(task))
        let mayAttach = shown.rights?.mayAttach == true
        var values: Values = [
            "page": Seen(head, ["attachments": view.files(shown.attachments)]),
            "articles": view.articles(head.articles),
            "say": view.say(shown.comments, shown.rights),
            "attach": mayAttach ? ["action": "\(view.href)/attachments", "key": "-attach"] as Values : "",
        ]
        values.merge(view.refused(refused)) { _, refused in refused }
        return values
    }

    /// Why rows need attention.
    private static func reasons(_ task: String, _ visit: Visit) async throws(Problem) -> [Values] {
        var request = CountStagingErrorsRequest()
        request.importTask = task
        request.limit = 10
        return try await visit.ask(ImportValidationAPI.countStagingErrors, request).counts.map { count in
            [
                "label": count.value.isEmpty ? count.message : "‘\(count.value)’: \(count.message)",
                "count": count.rows,
            ]
        }
    }
}
