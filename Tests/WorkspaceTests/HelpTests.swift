import ImportValidationWire
import OnboardingWire
import RPC
import RecommendedActionsWire
import TestKit
import Testing
import Wire

@testable import WorkspaceService

/// Recommended actions on the pages of tasks and imports: a guidance with its flow, a value that is assigned, a tree step by step.
@Suite struct HelpTests {
    private static let id = "018f0000-0000-7000-8000-0000000000aa"

    private static func text(_ en: String) -> ActionText {
        var text = ActionText()
        text.en = en
        return text
    }

    private static func link(_ label: String) -> ActionLink {
        var link = ActionLink()
        (link.label, link.article) = (text(label), "consumer_guide")
        return link
    }

    private static func place(_ question: String, choices: [String] = [], links: [ActionLink] = []) -> TreePlace {
        var place = TreePlace()
        (place.text, place.links, place.isEnd) = (text(question), links, choices.isEmpty)
        place.choices = choices.map { key in
            var choice = TreeChoice()
            (choice.key, choice.label) = (key, text(key))
            return choice
        }
        return place
    }

    /// A guidance, a proposed value and a tree.
    private static var cards: ShowRecommendedActionsResponse {
        var guidance = RecommendedAction()
        (guidance.recommendation, guidance.label) = ("register_consumer", text("Register consumer"))
        var step = GuidanceStep()
        (step.text, step.links) = (text("Start the registration."), [link("The guide")])
        guidance.steps = [step]
        var flow = GuidedFlow()
        (flow.key, flow.label) = ("register_consumer", text("Begin"))
        guidance.flow = flow
        var field = RecommendedAction()
        (field.recommendation, field.label) = ("assigned_to", text("Assigned to"))
        var value = ProposedValue()
        (value.field, value.fieldLabel, value.value, value.display) = (
            "assigned_to", text("Assigned to"), "u", text("Kim")
        )
        field.proposed = value
        var tree = RecommendedAction()
        (tree.recommendation, tree.label, tree.place) = (
            "trouble", text("Troubleshoot"), place("A problem?", choices: ["yes"])
        )
        var response = ShowRecommendedActionsResponse()
        response.cards = [guidance, field, tree]
        return response
    }

    private static func answer(_ request: AnswerDecisionTreeRequest) -> TreePlace {
        request.answers.count == 1
            ? place("Which message?", choices: ["refused"]) : place("Call support.", links: [link("How to call")])
    }

    private static func onboarding(_ assigned: Said) -> [Endpoint] {
        [
            Endpoint(OnboardingAPI.getLifecycleTask) { _, _ in task },
            Endpoint(OnboardingAPI.getOnboardingTaskPage) { _, _ in
                var page = OnboardingTaskPage()
                page.lifecycleTask = task
                page.recommendedActions = cards.cards
                page.relatedKnowledge = [article]
                return page
            },
            // The page has them in its answer.
            Endpoint(OnboardingAPI.showRecommendedActions) { _, _ in
                assigned.add("asked for cards")
                return cards
            },
            Endpoint(OnboardingAPI.listRelatedKnowledge) { _, _ in
                assigned.add("asked for articles")
                return KnowledgeOfRecordResponse()
            },
            Endpoint(OnboardingAPI.getOnboardingImportPage) { _, _ in
                var page = OnboardingImportPage()
                page.relatedKnowledge = [article]
                page.accountName = "Northwind"
                page.onboardingCase = item("onboarding", "onboarding_case", "ALEONB0001001")
                var others = OnboardingCaseSection()
                (others.items, others.open, others.all) = ([item("onboarding", "lifecycle_task", "ALETSK0002")], 1, 1)
                page.tasks = others
                return page
            },
            Endpoint(OnboardingAPI.answerDecisionTree) { _, request in answer(request) },
            Endpoint(OnboardingAPI.assignRecommendedAction) { _, request in
                assigned.add("\(request.table) \(request.record) \(request.recommendation)")
                return AssignRecommendedActionResponse()
            },
        ]
    }

    private static var article: KnowledgeText {
        var article = KnowledgeText()
        (article.article, article.title) = ("article", "How to import")
        return article
    }

    private static func item(_ service: String, _ table: String, _ number: String) -> WorkItem {
        var item = WorkItem()
        (item.service, item.table, item.id, item.number) = (service, table, number, number)
        item.title = "Beside it"
        return item
    }

    private static var task: LifecycleTask {
        var task = LifecycleTask()
        (task.id, task.number, task.parent) = (id, "ALETSK0001", "018f0000-0000-7000-8000-0000000000bb")
        return task
    }

    private static func imports(_ assigned: Said) -> [Endpoint] {
        [
            Endpoint(ImportValidationAPI.getImportTask) { _, _ in
                var task = ImportTask()
                task.id = id
                return task
            }, Endpoint(ImportValidationAPI.summarizeImport) { _, _ in ImportSummary() },
            Endpoint(ImportValidationAPI.listImportRuns) { _, _ in ListImportRunsResponse() },
            Endpoint(ImportValidationAPI.listUploads) { _, _ in ListUploadsResponse() },
            Endpoint(ImportValidationAPI.showRecommendedActions) { _, _ in cards },
            Endpoint(ImportValidationAPI.answerDecisionTree) { _, request in answer(request) },
            Endpoint(ImportValidationAPI.assignRecommendedAction) { _, request in
                assigned.add("\(request.table) \(request.record) \(request.recommendation)")
                return AssignRecommendedActionResponse()
            },
        ]
    }

    @Test(arguments: ["/tasks", "/imports"]) func cardsAreShownAndDone(pages: String) async throws {
        let (bench, assigned) = (try Bench(), Said())
        try await bench.answer("onboarding", StandIn.sessions() + Self.onboarding(assigned))
        try await bench.answer("import-validation", Self.imports(assigned))
        let browser = Browser(bench, session: "good")
        let href = "\(pages)/\(Self.id)"
        let page = try await browser.get(href)
        #expect(page.status == 200)
        for text in [
            "Start the registration.", "/articles/consumer_guide?back=", "data-article>", "Assigned to: Kim",
            "A problem?",
            "action=\"\(href)/help/trouble/answer\"", "How to import",
        ] { #expect(page.text.contains(text), "\(text)") }
        #expect(page.text.contains("href=\"\(href)/register\"") == (pages == "/tasks"))
        let done = try await browser.post("\(href)/help/assigned_to/assign", [("csrf", page.csrf)])
        #expect(done.status == 303 && done.location.hasPrefix("\(href)?done=saved"))
        let table = pages == "/tasks" ? "lifecycle_task" : "import_task"
        #expect(assigned.texts == ["\(table) \(Self.id) assigned_to"])
        // Question by question; what was answered stands in the address.
        let first = try await browser.post("\(href)/help/trouble/answer", [("csrf", page.csrf), ("answer", "yes")])
        #expect(first.location == "\(href)?tree=trouble&given=yes#help")
        let asked = try await browser.get(String(first.location.prefix { $0 != "#" }))
        #expect(asked.text.contains("Which message?") && asked.text.contains("name=\"given\" value=\"yes\""))
        let second = try await browser.post(
            "\(href)/help/trouble/answer", [("csrf", page.csrf), ("given", "yes"), ("answer", "refused")])
        #expect(second.location == "\(href)?tree=trouble&given=yes&given=refused#help")
        let end = try await browser.get(String(second.location.prefix { $0 != "#" }))
        #expect(
            end.text.contains("Call support.") && end.text.contains("How to call") && !end.text.contains("A problem?"))
        #expect(end.text.contains("href=\"\(href)?tree=trouble#help\""))
    }

    /// The text of an article comes alone to a script that shows it where its link stands, with the way to its page.
    @Test func anArticleIsReadWhereItsLinkStands() async throws {
        let bench = try Bench()
        let read = Endpoint(OnboardingAPI.readKnowledge) { _, _ in
            var text = KnowledgeText()
            (text.title, text.body) = ("Guide", "# Why <so>\n\nBecause.")
            return text
        }
        try await bench.answer("onboarding", StandIn.sessions() + [read])
        let browser = Browser(bench, session: "good")
        let address = "/articles/consumer_guide?back=/tasks/1"
        let part = try await browser.get(address, ["X-Fragment": "1"])
        #expect(part.text.contains("<h3>Why &lt;so&gt;</h3>") && part.text.contains("Because."))
        #expect(part.text.contains("href=\"\(address)\"") && !part.text.contains("<html"))
        let page = try await browser.get(address)
        #expect(page.text.contains("<h1>Guide</h1>") && page.text.contains("<html"))
    }

    @Test func anImportIsTalkedAboutAndHasFiles() async throws {
        let (bench, said) = (try Bench(), Said())
        try await bench.answer("onboarding", StandIn.sessions() + Self.onboarding(said))
        try await bench.answer("import-validation", Self.imports(said))
        try await bench.answer(
            "import-validation",
            [
                Endpoint(ImportValidationAPI.listImportTaskActivity) { _, _ in
                    var entry = ActivityEntry()
                    (entry.kind, entry.text) = ("work_notes", "The list is late.")
                    var answer = ListActivityResponse()
                    answer.entries = [entry]
                    return answer
                },
                Endpoint(ImportValidationAPI.listImportTaskAttachments) { _, _ in
                    var file = Attachment()
                    (file.id, file.fileName, file.complete) = ("file", "agreed.pdf", true)
                    var answer = ListAttachmentsResponse()
                    answer.attachments = [file]
                    return answer
                },
                Endpoint(ImportValidationAPI.addImportTaskComment) { _, request in
                    said.add("\(request.id) \(request.text)")
                    return ActivityEntry()
                },
            ])
        let browser = Browser(bench, session: "good")
        let href = "/imports/\(Self.id)"
        let page = try await browser.get(href)
        for text in [
            "The list is late.", "agreed.pdf", "\(href)/attachments/file", "action=\"\(href)/say\"", "Northwind",
            "href=\"/cases/ALEONB0001001\"", "href=\"/tasks/ALETSK0002\"",
        ] {
            #expect(page.text.contains(text), "\(text)")
        }
        let fields = [("csrf", page.csrf), ("text", "When?"), ("kind", "comment")]
        #expect(try await browser.post("\(href)/say", fields).location == "\(href)?done=commented&saved=say#stream")
        #expect(said.texts == ["\(Self.id) When?"])
    }

    @Test func aConsumerIsRegisteredFromItsTask() async throws {
        let (bench, asked) = (try Bench(), Said())
        try await bench.answer("onboarding", StandIn.sessions() + Self.onboarding(asked))
        try await bench.answer(
            "onboarding",
            [
                Endpoint(OnboardingAPI.listConsumerRegistrations) { _, _ in
                    var known = ConsumerRegistration()
                    (known.instanceUrl, known.status) = ("https://before.example", "failed")
                    var answer = ListConsumerRegistrationsResponse()
                    answer.consumerRegistrations = [known]
                    return answer
                },
                Endpoint(OnboardingAPI.registerConsumer) { _, request async throws(Problem) in
                    let record = request.consumerRegistration ?? ConsumerRegistration()
                    asked.add("\(record.onboardingCase ?? "") \(record.account ?? "") \(record.instanceUrl ?? "")")
                    guard record.instanceUrl?.hasPrefix("https://") == true else {
                        throw .invalid(
                            field: ConsumerRegistration.path(.instanceUrl), Text(en: "No instance.", ko: "인스턴스가 아닙니다."))
                    }
                    return record
                },
            ])
        let browser = Browser(bench, session: "good")
        let address = "/tasks/\(Self.id)/register"
        let page = try await browser.get(address)
        #expect(page.status == 200 && page.text.contains("https://before.example") && page.text.contains("Failed"))
        func post(_ url: String) async throws -> Bench.Seen {
            let account = "018f0000-0000-7000-8000-0000000000dd"
            return try await browser.post(
                address,
                [("csrf", page.csrf), ("account", account), ("account-text", "Northwind"), ("instance_url", url)])
        }
        let refused = try await post("northwind")
        #expect(refused.status == 422 && refused.text.contains("No instance.") && refused.text.contains("northwind"))
        let done = try await post("https://northwind.example")
        #expect(done.location == "/tasks/\(Self.id)?done=registering")
        let parent = "018f0000-0000-7000-8000-0000000000bb 018f0000-0000-7000-8000-0000000000dd"
        #expect(asked.texts.last == "\(parent) https://northwind.example")
    }
}
