import ImportValidationWire
import OnboardingWire
import RPC
import Synchronization
import TestKit
import Testing
import Wire

@testable import WorkspaceService

/// What an import task has besides its rows, on its page: its form, where it goes, and starting over.
@Suite struct ImportDetailsTests {
    private static let id = "018f0000-0000-7000-8000-0000000000dd"
    private static let contact = "018f0000-0000-7000-8000-0000000000c1"
    private static let page = "/imports/\(id)"

    /// A task that is stored, and what was asked of it.
    private final class Stored: Sendable {
        private let task: Mutex<ImportTask>
        let said = Said()
        /// What the service says against the next request.
        let against = Mutex<Problem?>(nil)
        private let operations: [String]
        private let rows: Int64

        init(_ operations: [String], rows: Int64) {
            var task = ImportTask()
            (task.id, task.etag, task.number, task.targetTable) = (id, "1", "ALEIMP0001", "location")
            (task.shortDescription, task.state, task.active) = ("Import <sites>", ImportTask.State.open, true)
            (task.company, task.visibleToCustomer, task.priority) = ("acc-1", false, 3)
            self.task = Mutex(task)
            (self.operations, self.rows) = (operations, rows)
        }

        var value: ImportTask { task.withLock { $0 } }

        func change(_ edit: (inout ImportTask) -> Void) {
            task.withLock { task in
                edit(&task)
                task.etag = "\((Int(task.etag) ?? 0) + 1)"
            }
        }

        private func write(
            _ text: String, etag: String = "", _ edit: (inout ImportTask) -> Void
        ) throws(Problem) -> ImportTask {
            if let problem = against.withLock({ $0 }) { throw problem }
            guard etag.isEmpty || etag == value.etag else {
                throw Problem(.aborted, Text(en: "It was changed meanwhile.", ko: "먼저 변경되었습니다."))
            }
            said.add(text)
            change(edit)
            return value
        }

        private func edit(_ task: inout ImportTask, _ new: ImportTask, _ paths: [String]) {
            if paths.contains("short_description") { task.shortDescription = new.shortDescription }
            if paths.contains("contact") { task.contact = new.contact }
            if paths.contains("visible_to_customer") { task.visibleToCustomer = new.visibleToCustomer }
            if paths.contains("assigned_to") { task.assignedTo = new.assignedTo }
            if paths.contains("state") { task.state = new.state }
        }

        private func end(_ state: String, _ request: CloseRequest) throws(Problem) -> ImportTask {
            try write("\(state) \(request.closeNotes)", etag: request.etag) { ($0.state, $0.active) = (state, false) }
        }

        private var described: DescribeResponse {
            var table = TableDescription()
            (table.table, table.operations) = ("import_task", operations)
            table.states = [
                ("open", ["in_progress", "closed", "canceled"]), ("in_progress", ["open", "closed", "canceled"]),
                ("closed", []),
            ].map { state, moves in
                var told = StateDescription()
                (told.state, told.moves, told.ended) = (state, moves, state == "closed")
                return told
            }
            var response = DescribeResponse()
            response.tables = [table]
            return response
        }

        var endpoints: [Endpoint] {
            [
                Endpoint(ImportValidationAPI.getImportTask) { _, _ in self.value },
                Endpoint(ImportValidationAPI.describeImportValidation) { _, _ in self.described },
                Endpoint(ImportValidationAPI.summarizeImport) { _, _ in
                    var summary = ImportSummary()
                    (summary.needsAttention, summary.yetToValidate, summary.readyToPublish) = (
                        self.rows, self.rows, min(self.rows, 1)
                    )
                    summary.published = 5_000
                    return summary
                },
                Endpoint(ImportValidationAPI.listImportRuns) { _, _ in ListImportRunsResponse() },
                Endpoint(ImportValidationAPI.listUploads) { _, _ in ListUploadsResponse() },
                Endpoint(ImportValidationAPI.countStagingErrors) { _, _ in CountStagingErrorsResponse() },
                Endpoint(ImportValidationAPI.listStagingRows) { _, _ in ListStagingRowsResponse() },
                Endpoint(ImportValidationAPI.updateImportTask) { _, request async throws(Problem) in
                    let (new, paths) = (request.importTask ?? ImportTask(), request.updateMask?.paths ?? [])
                    return try self.write(paths.joined(separator: " "), etag: new.etag) { self.edit(&$0, new, paths) }
                },
                Endpoint(ImportValidationAPI.batchUpdateImportTasks) { _, request async throws(Problem) in
                    let (new, paths) = (request.importTasks.first ?? ImportTask(), request.updateMask?.paths ?? [])
                    _ = try self.write("back \(paths.joined(separator: " "))", etag: new.etag) {
                        self.edit(&$0, new, paths)
                    }
                    var response = BatchResponse()
                    response.succeeded = 1
                    return response
                },
                Endpoint(ImportValidationAPI.assignImportTaskToMe) { call, _ async throws(Problem) in
                    try self.write("mine") { $0.assignedTo = "018f0000-0000-7000-8000-000000000001" }
                },
                Endpoint(ImportValidationAPI.closeImportTask) { _, request async throws(Problem) in
                    try self.end(ImportTask.State.closed, request)
                },
                Endpoint(ImportValidationAPI.cancelImportTask) { _, request async throws(Problem) in
                    try self.end(ImportTask.State.canceled, request)
                },
                Endpoint(ImportValidationAPI.reopenImportTask) { _, request async throws(Problem) in
                    try self.write("open", etag: request.etag) {
                        ($0.state, $0.active) = (ImportTask.State.open, true)
                    }
                },
                Endpoint(ImportValidationAPI.startOver) { _, request async throws(Problem) in
                    _ = try self.write("over \(request.confirm) \(request.requestID)") { _ in }
                    return StartOverResponse()
                },
            ]
        }
    }

    private static let contacts = Endpoint(OnboardingAPI.listCustomerContacts) { _, _ in
        var found = CustomerContact()
        (found.id, found.firstName, found.lastName) = (contact, "Nils", "Nord")
        var list = ListCustomerContactsResponse()
        list.customerContacts = [found]
        return list
    }

    private func opened(
        _ operations: [String] = ["read", "create", "write"], rows: Int64 = 600, accounts: [String] = []
    ) async throws -> (Browser, Stored, String) {
        let bench = try Bench()
        let stored = Stored(operations, rows: rows)
        try await bench.answer("onboarding", StandIn.sessions(.ann(accounts: accounts)) + [Self.contacts])
        try await bench.answer("import-validation", stored.endpoints)
        return (Browser(bench, session: "good"), stored, Secrets.proof(of: StandIn.token("good")))
    }

    private static let form = [
        ("etag", "1"), ("was-short_description", "Import <sites>"), ("was-description", ""), ("was-assigned_to", ""),
        ("was-priority", "3"), ("was-contact", ""), ("was-visible_to_customer", "false"), ("was-progress", ""),
        ("priority", "3"),
    ]
    private static func typed(_ title: String, _ more: [(String, String)] = []) -> [(String, String)] {
        form + [("short_description", title)] + more
    }

    private func undo(_ location: String) -> String {
        Fields(location.split(separator: "?").last.map(String.init) ?? "")["undo"]
    }

    // MARK: The form

    /// G-23: an agent shows a task to the customer by its contact and the flag; that is written alone, and taken back.
    @Test func anImportIsShownToTheCustomer() async throws {
        let (browser, stored, csrf) = try await opened()
        let seen = try await browser.get("\(Self.page)?step=upload")
        for text in [
            "Nobody yet · The customer does not see it", "action=\"\(Self.page)/details\"",
            "id=\"visible_to_customer\"",
            "value=\"Import &lt;sites&gt;\"", "/choose/customer_contact?filter=account%20%3D%20%22acc-1%22",
        ] { #expect(seen.text.contains(text), "\(text)") }
        #expect(seen.text.contains("<details class=\"panel no-print\" id=\"details\"><summary"), "it is folded")
        #expect(!seen.text.contains("id=\"due_date\""), "its due date is moved on a page of its own")
        let done = try await browser.post(
            "\(Self.page)/details",
            [("csrf", csrf)]
                + Self.typed(
                    "Import <sites>",
                    [("contact", Self.contact), ("contact-text", "Nils Nord"), ("visible_to_customer", "true")]))
        #expect(done.location.hasPrefix("\(Self.page)?done=saved&saved=edit&undo="))
        #expect(Set(stored.said.texts[0].split(separator: " ")) == ["contact", "visible_to_customer"])
        #expect(stored.value.contact == Self.contact && stored.value.visibleToCustomer == true)
        let shown = try await browser.get(done.location)
        #expect(shown.text.contains("The customer sees it · Nils Nord"))
        let undo = undo(done.location)
        #expect(undo.hasPrefix("\(Self.page)/undo/") && shown.text.contains("action=\"\(undo)\""))
        #expect(try await browser.post(undo, [("csrf", csrf)]).location == "\(Self.page)?done=restored")
        #expect(stored.value.contact == nil && stored.value.visibleToCustomer == false)
    }

    /// Who has set the flag and no contact is told that nobody sees it.
    @Test func aTaskWithoutContactIsSeenByNobody() async throws {
        let (browser, stored, _) = try await opened()
        stored.change { $0.visibleToCustomer = true }
        let seen = try await browser.get("\(Self.page)?step=upload")
        #expect(seen.text.contains("The customer does not see it: it has no contact"))
    }

    @Test func whatIsRefusedStandsInTheOpenPanel() async throws {
        let (browser, stored, csrf) = try await opened()
        stored.against.withLock {
            $0 = .invalid(field: ImportTask.path(.shortDescription), Text(en: "Say it otherwise.", ko: "다르게 입력하세요."))
        }
        let refused = try await browser.post("\(Self.page)/details", [("csrf", csrf)] + Self.typed("Sites & more"))
        #expect(refused.status == 422 && stored.said.texts.isEmpty)
        #expect(refused.text.contains("id=\"short_description-wrong\">Say it otherwise."))
        #expect(refused.text.contains("value=\"Sites &amp; more\"") && refused.text.contains("id=\"details\" open>"))
        #expect(refused.text.split(separator: "role=\"alert\"").count == 2, "it is said once")
    }

    @Test func twoPeopleAtOneFieldChoose() async throws {
        let (browser, stored, csrf) = try await opened()
        stored.change { $0.shortDescription = "Import depots" }
        let form = [("csrf", csrf)] + Self.typed("Import shops")
        let asked = try await browser.post("\(Self.page)/details", form)
        #expect(asked.status == 409 && stored.said.texts.isEmpty)
        for text in ["name=\"keep-short_description\" value=\"theirs\"", "Import depots", "id=\"details\" open>"] {
            #expect(asked.text.contains(text), "\(text)")
        }
        // What was typed is not lost where the task has ended meanwhile.
        stored.change { ($0.state, $0.active) = (ImportTask.State.closed, false) }
        let ended = try await browser.post("\(Self.page)/details", form)
        #expect(ended.status == 409 && ended.text.contains("value=\"Import shops\""))
    }

    @Test func whatMayNotBeWrittenIsText() async throws {
        let (browser, stored, _) = try await opened(["read"])
        stored.change { ($0.contact, $0.description) = (Self.contact, "By <Friday>") }
        let seen = try await browser.get("\(Self.page)?step=upload")
        #expect(!seen.text.contains("id=\"edit\"") && !seen.text.contains("\(Self.page)/move"))
        #expect(seen.text.contains("<dd>Nils Nord</dd>") && seen.text.contains("<dd>By &lt;Friday&gt;</dd>"))
        // Customers have a page in the portal, and nothing of this.
        let (customer, untouched, csrf) = try await opened(accounts: ["acc-1"])
        let nowhere = try await customer.post("\(Self.page)/details", [("csrf", csrf)] + Self.typed("Mine"))
        #expect(nowhere.status == 404 && untouched.said.texts.isEmpty)
        #expect(try await customer.post("\(Self.page)/move", [("csrf", csrf), ("to", "closed")]).status == 404)
    }

    // MARK: Moves

    @Test func anImportIsTakenAndGivenBack() async throws {
        let (browser, stored, csrf) = try await opened()
        #expect(try await browser.get("\(Self.page)?step=upload").text.contains("name=\"to\" value=\"me\""))
        let taken = try await browser.post("\(Self.page)/move", [("csrf", csrf), ("etag", "1"), ("to", "me")])
        let undo = undo(taken.location)
        #expect(stored.said.texts == ["mine"] && undo == "\(Self.page)/move?to=nobody&etag=2")
        #expect(!(try await browser.get(taken.location).text.contains("name=\"to\" value=\"me\"")))
        #expect(try await browser.post(undo, [("csrf", csrf)]).location == "\(Self.page)?done=moved")
        #expect(stored.value.assignedTo == nil)
    }

    @Test(arguments: ["closed", "canceled"]) func anImportEndsWithItsNotesAndOpensAgain(state: String) async throws {
        let (browser, stored, csrf) = try await opened()
        let seen = try await browser.get("\(Self.page)?step=upload")
        #expect(seen.text.contains("id=\"\(state)-notes\"") && seen.text.contains("Set to In progress"))
        #expect(!seen.text.contains("name=\"to\" value=\"publish\""), "an import is published by its plan")
        let form = [("csrf", csrf), ("etag", "1"), ("to", state), ("\(state)-notes", "By <hand>.")]
        stored.against.withLock { $0 = .failedPrecondition(rule: "G-55", Text(en: "Runs go on.", ko: "실행 중입니다.")) }
        let refused = try await browser.post("\(Self.page)/move", form)
        #expect(refused.status == 409 && refused.text.contains("Runs go on."))
        #expect(refused.text.contains("By &lt;hand&gt;.") && refused.text.contains("id=\"details\" open>"))
        stored.against.withLock { $0 = nil }
        let ended = try await browser.post("\(Self.page)/move", form)
        #expect(stored.said.texts == ["\(state) By <hand>."])
        if state == ImportTask.State.closed {
            #expect(undo(ended.location) == "\(Self.page)/move?to=reopen&etag=2")
            let over = try await browser.get("\(Self.page)?step=upload")
            #expect(over.text.contains("Open again") && !over.text.contains("id=\"edit\""))
            #expect(try await browser.post(undo(ended.location), [("csrf", csrf)]).location.hasSuffix("?done=moved"))
            #expect(stored.value.state == ImportTask.State.open)
        }
    }

    // MARK: Starting over

    /// G-64: how many go is said first, and only where some would.
    @Test func startingOverSaysHowManyRowsGo() async throws {
        let (browser, stored, csrf) = try await opened()
        for step in ["upload", "fix"] {
            let seen = try await browser.get("\(Self.page)?step=\(step)")
            #expect(seen.text.contains("\(Self.page)/start-over") && seen.text.contains("Remove 1,201 rows"), "\(step)")
        }
        #expect(!(try await browser.get("\(Self.page)?step=plan").text.contains("start-over")))
        let done = try await browser.post("\(Self.page)/start-over", [("csrf", csrf), ("once", "o-1")])
        #expect(done.location == "\(Self.page)?step=upload&done=started-over" && stored.said.texts == ["over true o-1"])
        #expect(try await browser.get(done.location).text.contains("The rows that were not published are gone."))
        stored.change { $0.active = false }
        #expect(!(try await browser.get("\(Self.page)?step=upload").text.contains("start-over")))
        let (none, _, _) = try await opened(rows: 0)
        #expect(!(try await none.get("\(Self.page)?step=upload").text.contains("start-over")))
    }

    @Test func whatStandsAgainstStartingOverIsSaid() async throws {
        let (browser, stored, csrf) = try await opened()
        stored.against.withLock {
            $0 = Problem(
                .failedPrecondition, Text(en: "Wait until the runs have ended.", ko: "실행이 끝날 때까지 기다리세요."),
                reason: "RUN_IN_PROGRESS")
        }
        let refused = try await browser.post("\(Self.page)/start-over", [("csrf", csrf)])
        #expect(refused.status == 409 && refused.text.contains("Wait until the runs have ended."))
        stored.against.withLock {
            $0 = Problem(.deadlineExceeded, Text(en: "Ask again.", ko: "다시 요청하세요."), reason: "START_OVER_UNFINISHED")
        }
        let some = try await browser.post("\(Self.page)/start-over", [("csrf", csrf)])
        #expect(some.location == "\(Self.page)?step=upload&done=started-over-some")
    }
}
