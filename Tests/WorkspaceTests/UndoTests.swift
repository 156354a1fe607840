import CustomerSuccessWire
import ImportValidationWire
import OnboardingWire
import RPC
import RecommendedActionsWire
import Testing
import Wire

@testable import WorkspaceService

/// What was just done on a page is offered to be taken back there, and is written back as it was.
@Suite struct UndoTests {
    private static let id = "018f0000-0000-7000-8000-0000000000ab"

    /// The address that the page behind `location` offers.
    private func offered(_ location: String) -> String {
        Fields(location.drop { $0 != "?" }.dropFirst().prefix { $0 != "#" })["undo"]
    }

    private static func done<Request: RecordMessage>(
        _ said: Said, _ record: Request, _ mask: FieldMask?
    ) -> BatchResponse {
        let paths = mask?.paths ?? []
        let values = paths.map { name in Request.schema.index(of: name).map { "\(record[fieldAt: $0])" } ?? "" }
        said.add("back \(record.id) \(record.etag) \(paths) \(values)")
        var response = BatchResponse()
        response.succeeded = 1
        response.results = [BatchResult()]
        return response
    }

    // MARK: The portal

    private static func portal(_ said: Said) -> [Endpoint] {
        var task = LifecycleTask()
        (task.id, task.etag, task.state, task.description) = (id, "1", LifecycleTask.State.open, "Ten")
        let stored = task
        return [
            Endpoint(OnboardingAPI.getPortalTask) { _, _ in
                var page = PortalTask()
                (page.id, page.table) = (id, LifecycleTask.schema.table)
                var rights = PortalRights()
                (rights.states, rights.stateLabels) = (["in_progress", "closed"], ["Begin it", "Close it"])
                rights.writableFields = ["description"]
                page.rights = rights
                return page
            },
            Endpoint(OnboardingAPI.getLifecycleTask) { _, _ in stored },
            Endpoint(OnboardingAPI.updateLifecycleTask) { _, request in
                var after = request.lifecycleTask ?? LifecycleTask()
                after.etag = "2"
                return after
            },
            Endpoint(OnboardingAPI.batchUpdateLifecycleTasks) { _, request in
                done(said, request.lifecycleTasks.first ?? LifecycleTask(), request.updateMask)
            },
        ]
    }

    @Test func aCustomerTakesBackWhatWasSavedOrMoved() async throws {
        let (bench, said) = (try Bench(), Said())
        try await bench.answer("onboarding", StandIn.sessions(.ann(accounts: ["a"])) + Self.portal(said))
        let browser = Browser(bench, session: "good")
        let href = "/portal/tasks/\(Self.id)"
        let csrf = try await browser.get(href).csrf
        let saved = try await browser.post(
            href, [("csrf", csrf), ("etag", "1"), ("was-description", "Ten"), ("description", "Twelve")])
        let moved = try await browser.post("\(href)/move", [("csrf", csrf), ("to", "in_progress")])
        for (done, toast) in [(saved, "saved"), (moved, "moved")] {
            #expect(done.location.hasPrefix("\(href)?done=\(toast)"))
            let undo = offered(done.location)
            #expect(undo.hasPrefix("\(href)/undo/"))
            #expect(try await browser.get(done.location).text.contains("action=\"\(undo)\""))
            #expect(try await browser.post(undo, [("csrf", csrf)]).location == "\(href)?done=restored")
        }
        #expect(said.texts.count == 2)
        #expect(said.texts[0].hasPrefix("back \(Self.id) 2 [\"description\"]") && said.texts[0].contains("Ten"))
        #expect(said.texts[1].hasPrefix("back \(Self.id) 2 [\"state\"]") && said.texts[1].contains("open"))
        // What has ended is opened again by the provider.
        let closed = try await browser.post("\(href)/move", [("csrf", csrf), ("to", "closed")])
        #expect(closed.location == "\(href)?done=moved")
    }

    @Test func aMovedTaskOfWorkUnderWayIsTakenBack() async throws {
        let (bench, said) = (try Bench(), Said())
        try await bench.answer("onboarding", StandIn.sessions(.ann(accounts: ["a"])))
        try await bench.answer(
            "customer-success",
            [
                Endpoint(CustomerSuccessAPI.getPortalCase) { _, _ in
                    var work = PortalWork()
                    var task = PortalWorkTask()
                    (task.id, task.state, task.own) = ("t-1", "open", true)
                    (work.id, work.tasks) = (Self.id, [task])
                    return work
                },
                Endpoint(CustomerSuccessAPI.updateSuccessTask) { _, request in
                    var after = request.successTask ?? SuccessTask()
                    after.etag = "5"
                    return after
                },
                Endpoint(CustomerSuccessAPI.batchUpdateSuccessTasks) { _, request in
                    Self.done(said, request.successTasks.first ?? SuccessTask(), request.updateMask)
                },
            ])
        let browser = Browser(bench, session: "good")
        let csrf = Secrets.proof(of: StandIn.token("good"))
        let href = "/portal/success-cases/\(Self.id)"
        let moved = try await browser.post("\(href)/tasks/t-1/move", [("csrf", csrf), ("to", "in_progress")])
        let undo = offered(moved.location)
        #expect(undo.hasPrefix("\(href)/undo/"))
        #expect(try await browser.post(undo, [("csrf", csrf)]).location == "\(href)?done=restored")
        #expect(said.texts.first?.hasPrefix("back t-1 5 [\"state\"]") == true && said.texts[0].contains("open"))
        let closed = try await browser.post("\(href)/tasks/t-1/move", [("csrf", csrf), ("to", "closed")])
        #expect(closed.location == "\(href)?done=moved")
    }

    // MARK: Recommended actions

    private static func assigned(_ request: AssignRecommendedActionRequest) -> AssignRecommendedActionResponse {
        var response = AssignRecommendedActionResponse()
        (response.table, response.record, response.etag) = (request.table, request.record, "9")
        (response.field, response.value) = ("assigned_to", "kim")
        return response
    }

    private static func before<Task: RecordMessage>(_ type: Task.Type) throws -> Task {
        var record = Task()
        try record.setField(at: #require(Task.schema.index(of: "id")), to: .string(id))
        try record.setField(at: #require(Task.schema.index(of: "assigned_to")), to: .string("lee"))
        return record
    }

    /// What a recommended action has assigned goes back to whoever had it.
    @Test(arguments: ["/cases", "/tasks", "/imports"]) func whatWasAssignedIsTakenBack(pages: String) async throws {
        let (bench, said) = (try Bench(), Said())
        let (aCase, task) = (try Self.before(OnboardingCase.self), try Self.before(LifecycleTask.self))
        let imported = try Self.before(ImportTask.self)
        try await bench.answer(
            "onboarding",
            StandIn.sessions() + [
                Endpoint(OnboardingAPI.getOnboardingCase) { _, _ in aCase },
                Endpoint(OnboardingAPI.getLifecycleTask) { _, _ in task },
                Endpoint(OnboardingAPI.assignRecommendedAction) { _, request in Self.assigned(request) },
                Endpoint(OnboardingAPI.batchUpdateOnboardingCases) { _, request in
                    Self.done(said, request.onboardingCases.first ?? OnboardingCase(), request.updateMask)
                },
                Endpoint(OnboardingAPI.batchUpdateLifecycleTasks) { _, request in
                    Self.done(said, request.lifecycleTasks.first ?? LifecycleTask(), request.updateMask)
                },
            ])
        try await bench.answer(
            "import-validation",
            [
                Endpoint(ImportValidationAPI.getImportTask) { _, _ in imported },
                Endpoint(ImportValidationAPI.assignRecommendedAction) { _, request in Self.assigned(request) },
                Endpoint(ImportValidationAPI.batchUpdateImportTasks) { _, request in
                    Self.done(said, request.importTasks.first ?? ImportTask(), request.updateMask)
                },
            ])
        let browser = Browser(bench, session: "good")
        let csrf = Secrets.proof(of: StandIn.token("good"))
        let href = "\(pages)/\(Self.id)"
        let done = try await browser.post("\(href)/help/someone/assign", [("csrf", csrf)])
        let undo = offered(done.location)
        #expect(done.location.hasPrefix("\(href)?done=saved") && undo.hasPrefix("\(href)/undo/"))
        #expect(try await browser.post(undo, [("csrf", csrf)]).location.hasPrefix("\(href)?done=restored"))
        #expect(said.texts.count == 1 && said.texts[0].hasPrefix("back \(Self.id) 9 [\"assigned_to\"]"))
        #expect(said.texts[0].contains("lee"))
    }
}
