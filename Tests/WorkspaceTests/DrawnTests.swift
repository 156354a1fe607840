import ImportValidationWire
import OnboardingWire
import PlaybooksWire
import RPC
import Testing
import Wire

@testable import WorkspaceService

/// What pages draw of the answers they have: bad cells and rows, a plan, a trend, parts that are away; and how often they ask.
@Suite struct DrawnTests {
    private static let id = "018f0000-0000-7000-8000-0000000000dd"

    private func browser(_ imports: [Endpoint], _ onboarding: [Endpoint] = []) async throws -> Browser {
        let bench = try Bench()
        try await bench.answer("onboarding", StandIn.sessions() + onboarding)
        try await bench.answer(
            "import-validation",
            [
                Endpoint(ImportValidationAPI.getImportTask) { _, _ in
                    var task = ImportTask()
                    (task.id, task.number, task.targetTable) = (Self.id, "ALEIMP0001", "location")
                    return task
                },
                Endpoint(ImportValidationAPI.summarizeImport) { _, _ in
                    var summary = ImportSummary()
                    summary.needsAttention = 2
                    return summary
                },
            ] + imports)
        return Browser(bench, session: "good")
    }

    private static func error(_ field: String, _ message: String) -> StagingError {
        var error = StagingError()
        (error.field, error.message) = (field, message)
        return error
    }

    private static let grid = [
        Endpoint(ImportValidationAPI.listImportRuns) { _, _ in ListImportRunsResponse() },
        Endpoint(ImportValidationAPI.countStagingErrors) { _, _ in CountStagingErrorsResponse() },
        Endpoint(ImportValidationAPI.listStagingRows) { _, _ in
            var (bad, double) = (StagingRow(), StagingRow())
            (bad.id, bad.rowNumber, bad.status) = ("row-1", 2, "needs_attention")
            bad.cells = [("name", "Graz"), ("country", "Norwey")].map {
                var cell = StagedCell()
                (cell.field, cell.value) = $0
                return cell
            }
            bad.errors = [error("country", "Country is <unknown>.")]
            (double.id, double.rowNumber, double.status) = ("row-2", 3, "needs_attention")
            double.cells = bad.cells
            double.errors = [error("", "It is there twice."), error("no_column", "It belongs to nothing.")]
            var list = ListStagingRowsResponse()
            list.stagingRows = [bad, double]
            return list
        },
    ]

    /// A reason stands at its cell; one of the whole row, or of what has no column, at the number of the row.
    @Test func badCellsAndBadRowsAreMarked() async throws {
        let page = try await browser(Self.grid).get("/imports/\(Self.id)?step=fix")
        #expect(page.status == 200)
        let rows = page.text.matches(of: #/(?s)<tr data-row.*?<\/tr>/#).map { String($0.output) }
        #expect(rows.count == 2)
        #expect(
            rows[0].contains("data-field=\"country\" class=\"bad\" data-reason=\"Country is &lt;unknown&gt;.\">Norwey"))
        #expect(!rows[0].contains("grid-key bad") && !rows[0].contains("data-field=\"name\" class"))
        #expect(rows[1].contains("grid-key bad\" data-reason=\"It is there twice. It belongs to nothing.\""))
        #expect(rows[1].contains("needs attention: It is there twice.") && !rows[1].contains("<td class=\"bad\""))
    }

    /// A plan shows of each field what stands there and what will.
    @Test func aPlanShowsBeforeAndAfter() async throws {
        let said = Said()
        let page = try await browser([
            Endpoint(ImportValidationAPI.listImportRuns) { _, _ in
                var run = ImportRun()
                (run.id, run.kind, run.state) = ("plan-1", ImportRun.Kind.plan, ImportRun.State.completed)
                var page = ListImportRunsResponse()
                page.importRuns = [run]
                return page
            },
            Endpoint(ImportValidationAPI.listPlanRows) { _, request in
                said.add("\(request.plan) \(request.outcome)")
                var change = FieldChange()
                (change.field, change.before, change.after) = ("city", "Gratz", "Graz <8010>")
                var row = PlanRow()
                (row.rowNumber, row.outcome, row.outcomeLabel, row.fields) = (7, "update", "Update", [change])
                var conflict = PlanRow()
                (conflict.rowNumber, conflict.outcome) = (8, "conflict")
                conflict.reasons = [Self.error("", "Somebody has changed it.")]
                var counts = PlanCounts()
                (counts.inserts, counts.updates, counts.conflicts) = (30, 1, 1)
                var list = ListPlanRowsResponse()
                (list.planRows, list.counts) = ([row, conflict], counts)
                return list
            },
        ]).get("/imports/\(Self.id)?step=plan&outcome=update")
        #expect(page.status == 200 && said.texts == ["plan-1 update"])
        let city = try #require(Dictionaries.schema("location")?.field("city")?.label(.en))
        #expect(page.text.contains("<td>\(city)</td><td class=\"quiet\">Gratz</td><td><b>Graz &lt;8010&gt;</b></td>"))
        for text in ["Somebody has changed it.", "Publish: 30 new, 1 changed", "value=\"plan-1\""] {
            #expect(page.text.contains(text), "\(text)")
        }
    }

    /// The trend of a card is a line over its days, from the oldest to the newest.
    @Test func aTrendIsALine() async throws {
        #expect(Trend.points([0, 5, 10]) == "0.0,30.0 48.0,16.0 96.0,2.0")
        #expect(Trend.points([4]) == "" && Trend.points([0, 0]) == "0.0,30.0 96.0,30.0")
        let page = try await browser(
            [],
            [
                Endpoint(OnboardingAPI.getOnboardingLandingPage) { _, _ in
                    var card = OnboardingCard()
                    (card.card, card.label, card.count) = ("my_active_cases", "My active cases", 12)
                    card.trend = [Int32(6), 12].map {
                        var day = OnboardingCardDay()
                        day.count = $0
                        return day
                    }
                    var page = OnboardingLandingPage()
                    page.cards = [card]
                    return page
                }
            ]
        ).get("/onboarding")
        #expect(page.text.contains("<polyline points=\"\(Trend.points([6, 12]))\"/>"))
    }

    /// An import whose case cannot be read now says so; a case that has not heard of it is not spoken of.
    @Test func anImportSaysWhatIsAway() async throws {
        let away = try await browser(Self.grid).get("/imports/\(Self.id)?step=fix")
        #expect(away.text.contains("Not shown") && away.text.contains("related records"))
        let page = Endpoint(OnboardingAPI.getOnboardingImportPage) { _, _ async throws(Problem) in
            throw .notFound(ImportTask.schema.label, id: Self.id)
        }
        let other = try await browser(Self.grid, [page]).get("/imports/\(Self.id)?step=fix")
        #expect(other.status == 200 && !other.text.contains("related records"))
    }

    // MARK: How often a page asks

    private static func activity(_ number: Int) -> PlaybookActivity {
        var (user, products) = (ActivityInput(), ActivityInput())
        (user.key, user.type, user.reference) = ("assigned_to", "reference", "user")
        (products.key, products.type, products.reference) = ("accounts", "list_of_references", "customer_account")
        var entered = EnteredValue()
        (entered.input, entered.value) = ("assigned_to", "018f0000-0000-7000-8000-0000000000ee")
        var activity = PlaybookActivity()
        (activity.id, activity.key, activity.state, activity.applies) = ("\(number)", "\(number)", "in_progress", true)
        (activity.inputs, activity.values) = ([user, products], [entered])
        return activity
    }

    private static func records(_ table: String, _ names: [String: String], offered: Bool) -> FormRecords {
        var records = FormRecords()
        (records.table, records.offered) = (table, offered)
        records.records = names.sorted { $0.value < $1.value }.map {
            var record = NamedRecord()
            (record.id, record.name) = $0
            return record
        }
        return records
    }

    private static let formRecords = [
        records("user", ["018f0000-0000-7000-8000-0000000000ee": "Ann Agent"], offered: false),
        records("customer_account", ["018f0000-0000-7000-8000-0000000000ff": "Ernst Handel"], offered: true),
    ]

    /// What a page asks the services for, without the notices of its frame.
    private func asked(_ path: String, _ page: Endpoint) async throws -> (Bench.Seen, asked: [String]) {
        let said = Said()
        let bench = try Bench(agreeing: said)
        try await bench.answer("onboarding", StandIn.sessions() + [page])
        let seen = try await Browser(bench, session: "good").get(path)
        return (seen, said.texts.filter { !$0.contains(".notifier.") })
    }

    /// The page of a case asks for its answer alone, however many forms are at work: what they name and offer is in it.
    @Test(arguments: [0, 1, 3]) func aCaseIsOneRequest(forms: Int) async throws {
        let (seen, asked) = try await asked(
            "/cases/ALEONB0001001",
            Endpoint(OnboardingAPI.getOnboardingCasePage) { _, _ in
                var record = OnboardingCase()
                (record.id, record.number) = (Self.id, "ALEONB0001001")
                var page = OnboardingCasePage()
                (page.onboardingCase, page.activities) = (record, (0..<forms).map { Self.activity($0) })
                page.stages = StagePicker()
                page.stages?.stages = [PlaybookStage()]
                page.formRecords = Self.formRecords
                return page
            })
        #expect(seen.status == 200 && asked.isEmpty, "\(asked)")
        #expect(seen.text.matches(of: #/value="Ann Agent"/#).count == forms)
        #expect(seen.text.matches(of: #/<input type="checkbox"[^>]*> Ernst Handel/#).count == forms)
    }

    /// So does the page of a task, with the activity that it stands for.
    @Test func aTaskIsOneRequest() async throws {
        let (seen, asked) = try await asked(
            "/tasks/ALETSK0001001",
            Endpoint(OnboardingAPI.getOnboardingTaskPage) { _, _ in
                var record = LifecycleTask()
                (record.id, record.number) = (Self.id, "ALETSK0001001")
                var page = OnboardingTaskPage()
                (page.lifecycleTask, page.activity, page.formRecords) = (record, Self.activity(1), Self.formRecords)
                return page
            })
        #expect(seen.status == 200 && asked.isEmpty, "\(asked)")
        #expect(seen.text.contains("value=\"Ann Agent\"") && seen.text.contains("> Ernst Handel"))
    }

    /// What was entered into an activity that is done is told by its names.
    @Test func whatWasEnteredIsToldByItsNames() async throws {
        var activity = Self.activity(1)
        activity.state = "done"
        var (label, entered) = (LocalText(), EnteredValue())
        label.en = "Assigned to"
        for place in activity.inputs.indices { activity.inputs[place].label = label }
        (entered.input, entered.value) = ("accounts", #"["018f0000-0000-7000-8000-0000000000ff"]"#)
        activity.values.append(entered)
        let done = activity
        let (seen, _) = try await asked(
            "/cases/ALEONB0001001",
            Endpoint(OnboardingAPI.getOnboardingCasePage) { _, _ in
                var page = OnboardingCasePage()
                (page.onboardingCase, page.activities) = (OnboardingCase(), [done])
                page.stages = StagePicker()
                page.stages?.stages = [PlaybookStage()]
                page.formRecords = Self.formRecords
                return page
            })
        for name in ["Ann Agent", "Ernst Handel"] { #expect(seen.text.contains("<dd>\(name)</dd>"), "\(name)") }
    }
}
