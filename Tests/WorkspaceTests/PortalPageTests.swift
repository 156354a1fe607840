import ImportValidationWire
import OnboardingWire
import RPC
import Testing
import Wire

@testable import WorkspaceService

/// Pages of the portal, of stand-in answers: what a customer sees and says.
@Suite struct PortalPageTests {
    private static let id = "018f0000-0000-7000-8000-0000000000ab"

    private func browser(_ onboarding: [Endpoint], _ imports: [Endpoint] = []) async throws -> Browser {
        let bench = try Bench()
        try await bench.answer("onboarding", StandIn.sessions(.ann(accounts: ["a"])))
        try await bench.answer("onboarding", onboarding)
        try await bench.answer("import-validation", imports)
        return Browser(bench, session: "good")
    }

    private static func item(_ title: String) -> PortalItem {
        var item = PortalItem()
        (item.table, item.id, item.title, item.state) = ("lifecycle_task", id, title, "Open")
        return item
    }

    @Test func theTasksOfACaseGoOnBehindItsPage() async throws {
        let asked = Mutexed("")
        let browser = try await browser([
            Endpoint(OnboardingAPI.getPortalCase) { _, _ async throws(Problem) in
                var page = PortalCase()
                (page.id, page.number, page.taskCount, page.nextTasksToken) = (Self.id, "ALEONB0000001", 51, "next+")
                page.tasks = [Self.item("First task")]
                var article = PortalArticle()
                (article.article, article.title) = ("article", "How to begin")
                page.articles = [article]
                var (setUp, data) = (PortalStage(), PortalStage())
                (setUp.label, setUp.done, data.label, data.current) = ("Initial setup", true, "Data capture", true)
                page.stages = [setUp, data]
                var date = PortalField()
                (date.name, date.label, date.value) = ("go_live_date", "Go live date", "2026-06-01")
                page.header = [date]
                return page
            },
            Endpoint(OnboardingAPI.listPortalCaseTasks) { _, request async throws(Problem) in
                asked.set("\(request.id) \(request.pageToken)")
                var list = PortalList()
                list.items = [Self.item("Last task")]
                return list
            },
            // The page has them in its answer.
            Endpoint(OnboardingAPI.listSharedKnowledge) { _, _ in
                asked.set("asked for articles")
                return KnowledgeOfRecordResponse()
            },
        ])
        let page = try await browser.get("/portal/cases/\(Self.id)")
        #expect(page.status == 200 && page.text.contains("First task") && page.text.contains("51"))
        #expect(page.text.contains("How to begin") && asked.value.isEmpty)
        #expect(page.text.contains("<dd>1 Jun 2026</dd>"))
        let steps = page.text.matches(of: #/<span class="step( step-done)?"( aria-current="step")?>/#)
        #expect(steps.map { ($0.output.1 != nil) } == [true, false])
        #expect(steps.map { ($0.output.2 != nil) } == [false, true])
        let more = "/portal/cases/\(Self.id)/tasks?page=next%2B"
        #expect(page.text.contains("href=\"\(more)\""))
        let rest = try await browser.get(more)
        #expect(rest.status == 200 && rest.text.contains("Last task") && asked.value == "\(Self.id) next+")
        #expect(rest.text.contains("data-live=\"/live?topic=work\""), "it hears of what is done with them")
    }

    /// Customers write nothing of a task but its state, which has buttons: its page is one request.
    @Test func aTaskIsOneRequest() async throws {
        let asked = Mutexed("")
        let browser = try await browser([
            Endpoint(OnboardingAPI.getPortalTask) { _, _ async throws(Problem) in
                var page = PortalTask()
                (page.id, page.table) = (Self.id, LifecycleTask.schema.table)
                var rights = PortalRights()
                rights.writableFields = ["state"]
                (rights.states, rights.stateLabels) = (["closed"], ["Close it"])
                page.rights = rights
                return page
            },
            Endpoint(OnboardingAPI.getLifecycleTask) { _, _ in
                asked.set("asked for the record")
                return LifecycleTask()
            },
        ])
        let page = try await browser.get("/portal/tasks/\(Self.id)")
        #expect(page.status == 200 && page.text.contains("Close it") && asked.value.isEmpty)
    }

    /// An import has what other tasks have: instructions, what is said, files and articles.
    @Test func anImportShowsWhatIsSaidAndAttached() async throws {
        let said = Mutexed("")
        let browser = try await browser(
            [
                Endpoint(OnboardingAPI.getPortalTask) { _, _ async throws(Problem) in
                    var page = PortalTask()
                    page.description = "All of them, please."
                    return page
                }
            ],
            [
                Endpoint(ImportValidationAPI.getImportTask) { _, _ async throws(Problem) in
                    var task = ImportTask()
                    (task.id, task.number, task.shortDescription) = (Self.id, "ALEIMP0000001", "Import locations")
                    return task
                },
                Endpoint(ImportValidationAPI.summarizeImport) { _, _ in ImportSummary() },
                Endpoint(ImportValidationAPI.listImportRuns) { _, _ in ListImportRunsResponse() },
                Endpoint(ImportValidationAPI.listUploads) { _, _ in ListUploadsResponse() },
                Endpoint(ImportValidationAPI.getPortalImportTask) { _, _ async throws(Problem) in
                    var page = PortalImportTask()
                    page.id = Self.id
                    var comment = PortalComment()
                    (comment.by, comment.text) = ("Ann Agent", "One more column")
                    page.comments = [comment]
                    var file = Attachment()
                    (file.id, file.fileName, file.complete) = ("f1", "sites.pdf", true)
                    page.attachments = [file]
                    var rights = PortalRights()
                    (rights.mayComment, rights.mayAttach) = (true, true)
                    page.rights = rights
                    return page
                },
                Endpoint(ImportValidationAPI.addImportTaskComment) { _, request async throws(Problem) in
                    guard request.text != "no" else { throw .permissionDenied() }
                    said.set("\(request.id) \(request.text)")
                    return ActivityEntry()
                },
            ])
        let href = "/portal/imports/\(Self.id)"
        let page = try await browser.get(href)
        #expect(page.status == 200)
        for text in [
            "All of them, please.", "One more column", "Ann Agent", "\(href)/files/f1", "sites.pdf",
            "action=\"\(href)/attachments\"", "action=\"\(href)/files\"", "action=\"\(href)/say\"",
        ] { #expect(page.text.contains(text), "\(text)") }
        let done = try await browser.post("\(href)/say", [("csrf", page.csrf), ("text", "Here it is")])
        #expect(done.location.hasPrefix("\(href)?done=commented") && said.value == "\(Self.id) Here it is")
        let refused = try await browser.post("\(href)/say", [("csrf", page.csrf), ("text", "no")])
        #expect(refused.status >= 400 && refused.text.contains("no"))
    }
}
