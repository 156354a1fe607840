import OnboardingWire
import PlaybooksWire
import RPC
import Testing
import Wire

@testable import WorkspaceService

/// A case from where it begins to where it ends, on its page: what is offered, what is next, and what is asked of onboarding.
@Suite struct CaseMoveTests {
    private static let id = "018f0000-0000-7000-8000-0000000000aa"
    private static let href = "/cases/ALEONB0001001"

    private static func stage(_ state: String) -> PlaybookStage {
        var stage = PlaybookStage()
        (stage.lane, stage.state) = (state, state)
        return stage
    }

    private static func record(_ state: String, below parent: String? = nil) -> OnboardingCase {
        var record = OnboardingCase()
        (record.id, record.number, record.account, record.etag) = (id, "ALEONB0001001", "acc-1", "7")
        (record.state, record.assignedTo, record.parent) = (state, "u-1", parent)
        record.active = ![OnboardingCase.State.closed, OnboardingCase.State.canceled].contains(state)
        return record
    }

    private func browser(
        _ record: OnboardingCase, _ stages: [String], _ activities: [PlaybookActivity] = [], said: Said = Said(),
        roles: [String] = ["admin"]
    ) async throws -> Browser {
        let bench = try Bench()
        var ann = SignedIn.ann()
        ann.roles = roles
        try await bench.answer("onboarding", StandIn.sessions(ann))
        try await bench.answer(
            "onboarding",
            [
                Endpoint(OnboardingAPI.getOnboardingCase) { _, _ in record },
                Endpoint(OnboardingAPI.getOnboardingCasePage) { _, _ in
                    var page = OnboardingCasePage()
                    (page.onboardingCase, page.activities) = (record, activities)
                    var picker = StagePicker()
                    picker.stages = stages.map(Self.stage)
                    page.stages = picker
                    return page
                },
                Endpoint(OnboardingAPI.updateOnboardingCase) { _, request in
                    said.add("update \(request.onboardingCase?.state ?? "")")
                    return record
                },
                Endpoint(OnboardingAPI.closeOnboardingCase) { _, request async throws(Problem) in
                    said.add("close \(request.etag) \(request.closeNotes) \(request.cancelOpenTasks)")
                    guard request.cancelOpenTasks else {
                        throw .failedPrecondition(
                            rule: "G-128", Text(en: "ALETSK0001 is open.", ko: "ALETSK0001이(가) 열려 있습니다."))
                    }
                    return record
                },
                Endpoint(OnboardingAPI.cancelOnboardingCase) { _, request in
                    said.add("cancel \(request.etag) \(request.closeNotes)")
                    return record
                },
            ])
        return Browser(bench, session: "good")
    }

    /// Only what begins can be closed: a new case is begun, and so is one that waited for somebody.
    @Test(arguments: ["new", "unassigned"]) func aCaseIsBegunWhenItsSetupIsDone(state: String) async throws {
        let said = Said()
        let browser = try await browser(Self.record(state), ["done", "in_progress"], said: said)
        let page = try await browser.get(Self.href)
        #expect(page.text.contains("The setup is done. Begin the case"))
        #expect(page.text.contains("button-main\" name=\"to\" value=\"active\">Begin"))
        #expect(!page.text.contains("value=\"closed\""), "it cannot be closed yet")
        let done = try await browser.post("\(Self.href)/move", [("csrf", page.csrf), ("etag", "7"), ("to", "active")])
        // There is no way back to where nobody had it.
        #expect(done.location == "\(Self.href)?done=moved" && said.texts == ["update active"])
        let early = try await self.browser(Self.record(state), ["in_progress", "pending"])
        #expect(!(try await early.get(Self.href).text.contains("The setup is done")))
    }

    /// A case closes with its notes; over open tasks only where it is said that they are canceled with it (G-128).
    @Test func aCaseIsClosedWithWhatIsStillOpen() async throws {
        let said = Said()
        let browser = try await browser(Self.record("active"), ["done", "done"], said: said)
        let page = try await browser.get(Self.href)
        for text in [
            "Every stage is done. Close the case", "id=\"closed-notes\"", "id=\"closed-tasks\"",
            "id=\"canceled-notes\"",
        ] {
            #expect(page.text.contains(text), "\(text)")
        }
        let form = [("csrf", page.csrf), ("etag", "7"), ("to", "closed"), ("closed-notes", "Live <since> June.")]
        let refused = try await browser.post("\(Self.href)/move", form)
        #expect(refused.status == 409 && refused.text.contains("ALETSK0001 is open."))
        // What was typed waits in the form, which stands open.
        #expect(
            refused.text.contains("<details class=\"menu\" open>") && refused.text.contains("Live &lt;since&gt; June."))
        let done = try await browser.post("\(Self.href)/move", form + [("closed-tasks", "true")])
        #expect(done.location == "\(Self.href)?done=moved", "what was canceled does not come back")
        #expect(said.texts == ["close 7 Live <since> June. false", "close 7 Live <since> June. true"])
    }

    @Test func aCaseIsCanceled() async throws {
        let said = Said()
        let browser = try await browser(Self.record("blocked"), [], said: said)
        let page = try await browser.get(Self.href)
        #expect(!page.text.contains("id=\"closed-notes\""))
        let done = try await browser.post(
            "\(Self.href)/move",
            [("csrf", page.csrf), ("etag", "7"), ("to", "canceled"), ("canceled-notes", "Withdrawn.")])
        #expect(done.location == "\(Self.href)?done=moved" && said.texts == ["cancel 7 Withdrawn."])
    }

    /// Behind a complete onboarding lies the engagement, for who may begin one; not behind a case that is part of another.
    @Test func aClosedCaseLeadsToCustomerSuccess() async throws {
        let link = "href=\"/records/engagement/new?account=acc-1&amp;initial_onboarding=\(Self.id)\""
        let closed = try await browser(Self.record("closed"), ["done"]).get(Self.href)
        #expect(closed.text.contains(link) && !closed.text.contains("id=\"closed-notes\""))
        let agent = try await browser(Self.record("closed"), ["done"], roles: ["sn_acct_lc.onboarding_case_write"])
        let theirs = try await agent.get(Self.href).text
        #expect(!theirs.contains(link) && theirs.contains("The onboarding is complete."))
        let below = try await browser(Self.record("closed", below: "c-1"), []).get(Self.href)
        #expect(!below.text.contains("records/engagement/new"))
    }

    // MARK: Activities

    private static func activity(_ key: String, _ kind: String) -> PlaybookActivity {
        var activity = PlaybookActivity()
        (activity.id, activity.key, activity.kind) = (key, key, kind)
        (activity.state, activity.applies) = ("in_progress", true)
        return activity
    }

    private static func made(_ table: String, _ id: String, _ number: String) -> CreatedRecord {
        var made = CreatedRecord()
        (made.table, made.id, made.number) = (table, id, number)
        return made
    }

    private static func summary(saying value: String = "") -> PlaybookActivity {
        var summary = activity("data_summary", "summary")
        var input = ActivityInput()
        (input.key, input.type) = ("close_notes", "rows")
        input.columns = [("record", "reference", "import_task"), ("close_notes", "string", "")].map {
            key, type, table in
            var column = InputColumn()
            (column.key, column.type, column.reference, column.mandatory) = (key, type, table, !table.isEmpty)
            return column
        }
        summary.inputs = [input]
        if !value.isEmpty {
            var entered = EnteredValue()
            (entered.input, entered.value) = ("close_notes", value)
            summary.values = [entered]
        }
        return summary
    }

    /// A table of what is said about records begins with a row for each that the stage has made, of one that was made anew the last.
    @Test func aSummaryNamesWhatItsStageHasMade() async throws {
        var (first, second, task) = (
            Self.activity("a", "create_task"), Self.activity("b", "create_task"), Self.activity("c", "create_task")
        )
        first.created = [Self.made("import_task", "i-0", "ALEIMP0"), Self.made("import_task", "i-1", "ALEIMP1")]
        second.created = [Self.made("import_task", "i-2", "ALEIMP2")]
        task.created = [Self.made("lifecycle_task", "t-1", "ALETSK1")]
        let known = #"[{"record":"i-2","close_notes":"Loaded."}]"#
        let page = try await browser(
            Self.record("active"), ["in_progress"], [first, second, task, Self.summary(saying: known)]
        ).get(Self.href)
        let values = page.text.matches(of: #/name="input-close_notes-(\d)-record" value="([^"]*)"/#).map {
            "\($0.output.1) \($0.output.2)"
        }
        #expect(values == ["0 i-2", "1 i-1"])
        #expect(page.text.contains("value=\"ALEIMP1\"") && page.text.contains("value=\"Loaded.\""))
    }

    /// A row that nobody has begun asks for nothing: who has nothing to say goes on.
    @Test func anEmptyRowKeepsNobodyFromGoingOn() async throws {
        func isAsked(_ summary: PlaybookActivity) async throws -> Bool {
            let page = try await browser(Self.record("active"), ["in_progress"], [summary]).get(Self.href)
            let field = try #require(page.text.firstMatch(of: #/<input[^>]*id="input-close_notes-0-record"[^>]*>/#))
            return field.output.contains(" required")
        }
        #expect(!(try await isAsked(Self.summary())))
        #expect(try await isAsked(Self.summary(saying: #"[{"close_notes":"Loaded."}]"#)))
        var mandatory = Self.summary()
        mandatory.inputs[0].mandatory = true
        #expect(try await isAsked(mandatory))
    }

    /// An activity that ends with a case or an import leads there; a task is done on the spot.
    @Test func anActivityLeadsToWhatEndsIt() async throws {
        for (table, number, link) in [
            ("onboarding_case", "ALEONB2", "/cases/ALEONB2"), ("import_task", "ALEIMP1", "/imports/i"),
            ("lifecycle_task", "ALETSK1", ""),
        ] {
            var activity = Self.activity("a", "create_task")
            activity.created = [Self.made(table, "i", number)]
            let page = try await browser(Self.record("active"), ["in_progress"], [activity]).get(Self.href)
            let main =
                link.isEmpty
                ? "button button-main\" name=\"do\" value=\"complete\"" : "button button-main\" href=\"\(link)\""
            #expect(page.text.contains(main), "\(table)")
        }
    }

    /// Whoever does a task for the customer is chosen among the contacts of the account.
    @Test func aTaskIsGivenToSomebodyOfTheAccount() async throws {
        let bench = try Bench()
        try await bench.answer("onboarding", StandIn.sessions())
        try await bench.answer(
            "onboarding",
            [
                Endpoint(OnboardingAPI.getOnboardingTaskPage) { _, _ in
                    var (page, task) = (OnboardingTaskPage(), LifecycleTask())
                    (task.id, task.number, task.company, task.contact) = ("t", "ALETSK1", "acc-1", "c-1")
                    (page.lifecycleTask, page.contactName) = (task, "Nils <Nord>")
                    return page
                }
            ])
        let page = try await Browser(bench, session: "good").get("/tasks/ALETSK1")
        let choose = "/choose/customer_contact?filter=account%20%3D%20%22acc-1%22"
        #expect(page.text.contains("value=\"Nils &lt;Nord&gt;\" data-choose=\"\(choose)\""))
    }
}
