import ImportValidationWire
import OnboardingWire
import RPC
import Wire

/// An import in the portal: the workbook to fill in, the file, and what needs attention in it. A file is read as soon as it has
/// come.
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
            return (loading, .moved(to: "\(PortalPages.href("import_task", visit.part("id")))?done=loaded"))
        }
    }

    static func page(_ visit: Visit, id: String) async throws(Problem) -> Page {
        var get = GetRequest()
        get.id = id
        let task = try await visit.ask(ImportValidationAPI.getImportTask, get)
        let summary = try await visit.ask(ImportValidationAPI.summarizeImport, get)
        var list = ListRequest()
        list.pageSize = 1
        list.filter = FilterText.equal(ImportRun.Field.importTask, task.id)
        let runs = try await visit.ask(ImportValidationAPI.listImportRuns, list).resources
        list.pageSize = 20
        let uploads = try await visit.ask(ImportValidationAPI.listUploads, list).resources
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
        if summary.needsAttention > 0 { values["reasons"] = try await reasons(task.id, visit) }
        if let run = runs.first { values["run"] = view.run(run) }
        var page = Page(template: "portal_upload", title: task.shortDescription ?? task.number ?? "", values: values)
        page.trail = [Crumb(label: visit.say("My lists", "내 목록"), href: "/portal")]
        page.live = LiveTopic.record(table: ImportTask.schema.table, id: task.id).text
        return page
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
