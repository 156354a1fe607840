import CustomerSuccessWire
import OnboardingWire
import PlayLauncherWire
import RPC
import Roles
import Synchronization
import Testing
import Wire

@testable import WorkspaceService

/// The launcher and the run of a play, of stand-in answers: from a record to what is made, and what can be done when a run
/// stands still.
@Suite struct PlayPageTests {
    private static let source = "01990000-0000-7000-8000-000000000001"
    private static let entry = "01990000-0000-7000-8000-000000000002"
    private static let run = "01990000-0000-7000-8000-000000000003"

    private static func question(_ name: String, _ label: String, _ type: String, _ mandatory: Bool = false)
        -> PlayQuestion
    {
        var question = PlayQuestion()
        (question.name, question.label, question.type, question.mandatory) = (name, label, type, mandatory)
        return question
    }

    private static var described: DescribePlayResponse {
        var play = DescribePlayResponse()
        play.title = "Scheduled a <Follow-Up>"
        var kind = question("kind", "Kind", "string")
        kind.choices = ["risk"]
        var option = PlayChoice()
        (option.value, option.label) = ("risk", "Risk")
        kind.options = [option]
        play.questions = [
            question("subject", "Subject", "string", true), question("description", "Description", "string"),
            question("meeting_date", "Meeting date", "date", true), kind, question("notify", "Tell them", "boolean"),
            question("contact", "Contact", "reference:customer_contact"),
            question("products", "Products", "references:sold_product"),
        ]
        return play
    }

    private static func found(_ state: String) -> FlowRun {
        var found = FlowRun()
        (found.id, found.state, found.sourceTable, found.sourceRecord) = (run, state, "onboarding_case", source)
        (found.title, found.titleKo, found.account) = ("Follow-Up", "후속 작업", "acc-1")
        found.requestedBy = "018f0000-0000-7000-8000-000000000001"
        return found
    }

    private static func offers(_ asked: Said) -> [Endpoint] {
        [
            Endpoint(PlayLauncherAPI.listPlayCategories) { _, request in
                asked.add("categories \(request.sourceTable)")
                var entry = PlayEntry()
                (entry.definitionRecord, entry.title, entry.description) = (
                    Self.entry, "Scheduled a <Follow-Up>", "Makes one."
                )
                var sub = PlaySubcategory()
                (sub.name, sub.entries) = ("Meetings", [entry])
                var category = PlayCategory()
                (category.label, category.subcategories) = ("Success support", [sub])
                var answer = ListPlayCategoriesResponse()
                answer.categories = [category]
                return answer
            },
            Endpoint(PlayLauncherAPI.listBlueprints) { _, _ in
                var entry = PlayEntry()
                (entry.definitionRecord, entry.title) = (Self.entry, "Enable Business Velocity")
                var answer = ListBlueprintsResponse()
                answer.entries = [entry]
                return answer
            },
            Endpoint(PlayLauncherAPI.describePlay) { _, _ in Self.described },
            Endpoint(PlayLauncherAPI.beginPlay) { _, request in
                asked.add("begin \(request.sourceTable) \(request.sourceRecord)")
                return Self.found("started")
            },
            Endpoint(PlayLauncherAPI.previewPlay) { _, request in
                asked.add("preview \(request.answers)")
                var (top, below) = (PlannedRecord(), PlannedRecord())
                (top.label, top.title) = ("Success case", "Talk <soon>")
                (below.label, below.title, below.parent) = ("Success task", "Prepare", 1)
                var answer = PreviewPlayResponse()
                answer.records = [top, below]
                return answer
            },
            Endpoint(PlayLauncherAPI.launchPlay) { _, request async throws(Problem) in
                asked.add("launch \(request.flowRun) \(request.answers)")
                guard request.answers.contains("meeting_date") else {
                    throw .invalid(
                        field: "answers.meeting_date", Text(en: "The date is missing.", ko: "날짜가 없습니다."), rule: "G-76")
                }
                return Self.found("in_progress")
            },
        ]
    }

    private static func looks(_ state: String) -> [Endpoint] {
        [
            Endpoint(PlayLauncherAPI.listFlowRuns) { _, _ in
                var list = ListFlowRunsResponse()
                list.flowRuns = [Self.found("completed")]
                return list
            },
            Endpoint(PlayLauncherAPI.getFlowRun) { _, _ in
                var found = Self.found(state)
                (found.step, found.stepKo) = ("Create: Touchpoint", "접점 생성")
                found.createdRecords =
                    #"[{"table": "onboarding_case", "id": "1", "number": "ALEONB0000009"}, {"table": "touchpoint", "id": "2", "number": "T<1>"}]"#
                (found.messageEn, found.messageKo) = ("Not <you>.", "안 됩니다.")
                return found
            },
            Endpoint(PlayLauncherAPI.listFlowSteps) { _, _ in
                var (first, second, note) = (FlowStep(), FlowStep(), FlowStep())
                (first.key, first.title, first.state, first.attempts) = ("do/a#1", "Look up: Task", "done", 2)
                (first.input, first.result) = (#"{"b": "<i>", "a": 1}"#, #"{"tasks": []}"#)
                first.beganAt = Bench.now
                (second.key, second.title, second.state) = ("do/b#1", "Create: Touchpoint", "failed")
                (second.error, second.attempts) = ("Not <you>.", 1)
                second.method = "customer-success.touchpoints.create"
                second.input =
                    #"{"touchpoint": {"subject": "Next <review>", "priority": 2, "assignedTo": "018f0000-0000-7000-8000-0000000000aa"}}"#
                (note.key, note.title, note.state) = ("work-note", "Tell the end", "done")
                var list = ListFlowStepsResponse()
                list.steps = [first, second, note]
                return list
            },
        ]
    }

    private static func acts(_ asked: Said) -> [Endpoint] {
        [
            Endpoint(PlayLauncherAPI.retryFlowRun) { _, request in
                asked.add("retry \(request.id)")
                return Self.found("in_progress")
            },
            Endpoint(PlayLauncherAPI.skipFlowStep) { _, request async throws(Problem) in
                guard !request.reason.isEmpty else {
                    throw .invalid(field: "reason", Text(en: "Give a reason.", ko: "사유를 입력하세요."))
                }
                asked.add("skip \(request.step) \(request.reason)")
                return Self.found("in_progress")
            },
            Endpoint(PlayLauncherAPI.cancelFlowRun) { _, request in
                asked.add("cancel \(request.reason)")
                return Self.found("in_progress")
            },
            Endpoint(PlayLauncherAPI.takeOverFlowRun) { _, request in
                asked.add("take over \(request.id)")
                return Self.found("in_progress")
            },
        ]
    }

    private func browser(
        _ asked: Said, state: String = "failed", roles: [String] = ["sn_acct_lc.agent"]
    ) async throws -> Browser {
        let bench = try Bench()
        var ann = SignedIn.ann()
        ann.roles = roles
        try await bench.answer("onboarding", StandIn.sessions(ann))
        try await bench.answer(
            "onboarding",
            [
                Endpoint(OnboardingAPI.listOnboardingCases) { _, _ in
                    var record = OnboardingCase()
                    (record.id, record.number, record.shortDescription) = (
                        Self.source, "ALEONB0000001", "Onboard <Ernst>"
                    )
                    var list = ListOnboardingCasesResponse()
                    list.onboardingCases = [record]
                    return list
                },
                Endpoint(OnboardingAPI.listUsers) { _, _ in ListUsersResponse() },
                Endpoint(OnboardingAPI.listSoldProducts) { _, request in
                    asked.add("products \(request.filter)")
                    var product = SoldProduct()
                    (product.id, product.name) = ("p-1", "Monitoring")
                    var list = ListSoldProductsResponse()
                    list.soldProducts = [product]
                    return list
                },
                Endpoint(OnboardingAPI.listCustomerContacts) { _, request in
                    asked.add("contacts \(request.filter)")
                    var contact = CustomerContact()
                    (contact.id, contact.firstName, contact.lastName) = ("c-1", "Maria", "Cole")
                    var list = ListCustomerContactsResponse()
                    list.customerContacts = [contact]
                    return list
                },
            ])
        try await bench.answer("play-launcher", Self.offers(asked))
        try await bench.answer("play-launcher", Self.looks(state))
        try await bench.answer("play-launcher", Self.acts(asked))
        try await bench.answer(
            "customer-success",
            [Endpoint(CustomerSuccessAPI.listEngagements) { _, _ in ListEngagementsResponse() }])
        return Browser(bench, session: "good")
    }

    /// From a record over the launcher to the run, without a script.
    @Test func aPlayIsChosenAnsweredPreviewedAndLaunched() async throws {
        let asked = Said()
        let browser = try await browser(asked)
        let origin = "onboarding_case:\(Self.source)"
        let start = try await browser.get("/plays?source=\(Fields.encoded(origin))")
        for text in [
            "Success support", "Meetings", "Scheduled a &lt;Follow-Up&gt;", "Makes one.", "Onboard &lt;Ernst&gt;",
            "/plays/runs/\(Self.run)", "Follow-Up",
        ] { #expect(start.text.contains(text), "\(text)") }
        #expect(!start.text.contains("/plays/blueprints"), "blueprints are of engagements")
        let begun = try await browser.post("/plays", [("csrf", start.csrf), ("source", origin)])
        #expect(begun.location == "/plays?source=\(Fields.encoded(origin))&run=\(Self.run)")
        let chosen = try await browser.get(begun.location)
        let address = "/plays/entries/\(Self.entry)"
        #expect(chosen.text.contains("\(address)?source=\(Fields.encoded(origin))&amp;run=\(Self.run)"))
        let form = try await browser.get("\(address)?source=\(Fields.encoded(origin))&run=\(Self.run)")
        for text in [
            #"<textarea id="description""#, #"id="meeting_date" name="meeting_date" type="date""#, #"value="risk""#,
            "/choose/customer_contact?filter=account%20%3D%20%22acc-1%22", "Monitoring", #"type="checkbox""#,
        ] { #expect(form.text.contains(text), "\(text)") }
        let typed = [
            ("csrf", form.csrf), ("source", origin), ("run", Self.run), ("once", Self.run),
            ("subject", "Talk \"soon\""),
            ("description", ""), ("notify", "true"), ("contact", ""), ("contact-text", "Maria Cole"),
            ("products", "p-1"),
        ]
        let date = [("meeting_date", "2027-03-31")]
        let shown = try await browser.post(address, typed + date + [("do", "preview")])
        #expect(shown.status == 200)
        for text in ["What will be made", "Talk &lt;soon&gt;", "Prepare", "Talk &quot;soon&quot;", "2027-03-31"] {
            #expect(shown.text.contains(text), "\(text)")
        }
        let refused = try await browser.post(address, typed + [("do", "launch")])
        #expect(refused.status == 422 && refused.text.contains("The date is missing."))
        #expect(refused.text.contains("Talk &quot;soon&quot;"), "what was typed stays")
        let launched = try await browser.post(address, typed + date + [("do", "launch")])
        #expect(launched.location == "/plays/runs/\(Self.run)?done=launched")
        let answers =
            #"{"contact":"c-1","meeting_date":"2027-03-31","notify":true,"products":["p-1"],"subject":"Talk \"soon\""}"#
        #expect(asked.texts.contains("preview \(answers)"))
        #expect(asked.texts.contains("launch \(Self.run) \(answers)"))
        #expect(asked.texts.contains("begin onboarding_case \(Self.source)"))
        #expect(asked.texts.contains(#"products (account = "acc-1")"#))
        // A person is found by both names.
        func word(_ word: String) -> String {
            #"(first_name : "\#(word)" OR last_name : "\#(word)" OR email : "\#(word)")"#
        }
        #expect(asked.texts.contains(#"contacts (account = "acc-1") AND \#(word("Maria")) AND \#(word("Cole"))"#))
    }

    @Test func blueprintsHaveAnEntryOfTheirOwn() async throws {
        let browser = try await browser(Said())
        let start = try await browser.get("/plays?source=engagement:1")
        #expect(start.text.contains("/plays/blueprints?source=engagement%3A1"))
        let page = try await browser.get("/plays/blueprints?source=engagement:1")
        #expect(page.text.contains("Enable Business Velocity") && page.text.contains("/plays/entries/\(Self.entry)"))
    }

    /// What no play is launched from has no launcher.
    @Test(arguments: ["", "lifecycle_task:1", "nothing:1", "engagement"])
    func otherRecordsHaveNone(source: String) async throws {
        #expect(try await browser(Said()).get("/plays?source=\(source)").status == 404)
    }

    @Test func aFailedRunIsLookedAtRetriedAndSkipped() async throws {
        let asked = Said()
        let browser = try await browser(asked)
        let address = "/plays/runs/\(Self.run)"
        let page = try await browser.get(address)
        for text in [
            "Create: Touchpoint", "Not &lt;you&gt;.", "2 attempts", "<dt>Subject</dt><dd>Next &lt;review&gt;</dd>",
            "<dt>Priority</dt><dd>High</dd>",
            "/cases/ALEONB0000009", "T&lt;1&gt;", "\(address)/retry", "\(address)/skip", #"value="do/b#1""#,
        ] { #expect(page.text.contains(text), "\(text)") }
        #expect(!page.text.contains("\(address)/cancel") && !page.text.contains("data-busy"))
        // Ids, and values as programs exchange them, are for whoever administers plays.
        for text in ["0000000000aa", "&quot;b&quot;"] { #expect(!page.text.contains(text), "\(text)") }
        let roles = RoleCatalog.close(["sn_acct_lc.success_play_admin"]).sorted()
        let administrator = try await self.browser(Said(), roles: roles).get(address)
        for text in ["0000000000aa", "&quot;b&quot; : &quot;&lt;i&gt;&quot;"] {
            #expect(administrator.text.contains(text), "\(text)")
        }
        let retried = try await browser.post("\(address)/retry", [("csrf", page.csrf)])
        #expect(retried.location == "\(address)?done=resumed")
        let step = [("csrf", page.csrf), ("step", "do/b#1")]
        let refused = try await browser.post("\(address)/skip", step + [("reason", "")])
        #expect(refused.status == 422 && refused.text.contains("Give a reason."))
        let skipped = try await browser.post("\(address)/skip", step + [("reason", "By hand")])
        #expect(skipped.location == "\(address)?done=skipped")
        #expect(asked.texts == ["retry \(Self.run)", "skip do/b#1 By hand"])
        let part = try await browser.get("\(address)/steps", ["X-Fragment": "1"])
        #expect(part.status == 200 && part.text.contains("Look up: Task") && !part.text.contains("<html"))
    }

    @Test(arguments: ["in_progress", "held"])
    func aRunIsCanceledAndTakenOver(state: String) async throws {
        let asked = Said()
        let browser = try await browser(asked, state: state)
        let address = "/plays/runs/\(Self.run)"
        let page = try await browser.get(address)
        #expect(page.text.contains("\(address)/cancel") && !page.text.contains("\(address)/retry"))
        #expect(page.text.contains("\(address)/take-over") == (state == "held"))
        #expect(page.text.contains("data-busy") == (state == "in_progress"))
        let canceled = try await browser.post("\(address)/cancel", [("csrf", page.csrf), ("reason", "Not wanted")])
        #expect(canceled.location == "\(address)?done=canceling")
        let taken = try await browser.post("\(address)/take-over", [("csrf", page.csrf)])
        #expect(taken.location == "\(address)?done=resumed")
        #expect(asked.texts == ["cancel Not wanted", "take over \(Self.run)"])
    }
}
