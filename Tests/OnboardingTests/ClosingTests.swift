import ImportValidationWire
import OnboardingWire
import RPC
import Records
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import Events
@testable import OnboardingService
@testable import Records

/// How a case ends, and what nothing begins under afterwards (G-128).
@Suite struct ClosingTests {
    private func active(_ world: World) async throws -> OnboardingCase {
        let opened = try await world.openCase()
        return try await world.update(opened.id, as: world.agent) { $0.state = "active" }
    }

    private func close(
        _ record: OnboardingCase, cancelOpenTasks: Bool = false, _ world: World, as caller: Caller? = nil
    ) async throws(Problem) -> OnboardingCase {
        var request = CloseOnboardingCaseRequest()
        request.id = record.id
        request.closeNotes = "Live."
        request.cancelOpenTasks = cancelOpenTasks
        return try await world.call(OnboardingAPI.closeOnboardingCase, request, as: caller ?? world.agent)
    }

    private func refusal<T: Sendable>(_ body: () async throws(Problem) -> T) async -> Problem? {
        do throws(Problem) {
            _ = try await body()
            return nil
        } catch {
            return error
        }
    }

    private func task(_ id: String, _ world: World) async throws -> LifecycleTask {
        var request = GetRequest()
        request.id = id
        return try await world.call(OnboardingAPI.getLifecycleTask, request, as: world.agent)
    }

    /// An import task of the case becomes known here, as by its event.
    private func hear(
        of number: String, _ state: String, id: String, _ record: OnboardingCase, revision: Int64 = 1,
        _ world: World
    ) async throws {
        var task = ImportTask()
        task.id = id
        task.domain = record.domain
        task.number = number
        task.parent = record.id
        task.state = state
        try await world.server.hear(task, "updated", revision: revision, from: "import-validation")
    }

    @Test func aCaseDoesNotCloseOverOpenTasks() async throws {
        let world = try await World()
        let record = try await active(world)
        let open = try await world.createTask(record)
        let importing = uuid()
        try await hear(of: "IMPTSK0000007", "open", id: importing, record, world)
        let problem = try #require(await refusal { () async throws(Problem) in try await close(record, world) })
        #expect(problem.code == .failedPrecondition && problem.reason == "OPEN_TASKS")
        #expect(problem.violations.map(\.rule) == ["G-128"] && problem.metadata["count"] == "2")
        for number in [open.number ?? "?", "IMPTSK0000007"] {
            #expect(problem.text.en.contains(number) && problem.text.ko.contains(number), "\(problem.text.en)")
        }
        // Nor by the way around, a change of the state.
        #expect(
            await refusal { () async throws(Problem) in
                try await world.update(record.id, as: world.agent) { $0.state = "closed" }
            }?.reason == "OPEN_TASKS")
        var done = CloseRequest()
        done.id = open.id
        _ = try await world.call(OnboardingAPI.closeLifecycleTask, done, as: world.agent)
        #expect(
            await refusal { () async throws(Problem) in try await close(record, world) }?.metadata["count"] == "1")
        try await hear(of: "IMPTSK0000007", "closed", id: importing, record, revision: 2, world)
        #expect(try await close(record, world).state == "closed")
    }

    /// An import task whose event is late or lost keeps the case open all the same: its owner is asked.
    @Test func importTasksAreAskedFor() async throws {
        let world = try await World()
        let record = try await active(world)
        var task = ImportTask()
        task.id = uuid()
        task.etag = "1"
        task.domain = record.domain
        task.number = "IMPTSK0000009"
        task.parent = record.id
        task.state = "open"
        let held = task
        let transport = InMemoryTransport()
        let own = CallerTokens.credential(.service("onboarding", domain: .root))
        let replicas = Onboarding.replicas(world.server.database, Client(transport, credential: own))
        let owner = Endpoint(ImportValidationAPI.listImportTasks) { _, request async throws(Problem) in
            var response = ListImportTasksResponse()
            if request.filter == "parent = \"\(held.parent ?? "")\"" { response.importTasks = [held] }
            return response
        }
        var running: [Service] = []
        for (name, endpoint) in [
            ("import-validation", owner), ("onboarding", OnboardingCase.closeEndpoint(world.server.database, replicas)),
        ] {
            let service = try Service(
                .init(name: name, version: "1.0.0", description: "A test."), endpoints: [endpoint],
                transport: transport, authenticator: CallerTokens(), logger: world.server.database.log)
            try await service.start()
            running.append(service)
        }
        let client = Client(transport, credential: CallerTokens.credential(world.agent))
        for name in [record.id, record.number ?? "?"] {
            var request = CloseOnboardingCaseRequest()
            request.id = name
            let asked = request
            let refused = await refusal { () async throws(Problem) in
                try await client.call(OnboardingAPI.closeOnboardingCase, asked)
            }
            #expect(refused?.reason == "OPEN_TASKS" && refused?.metadata["open"] == "IMPTSK0000009")
        }
        withExtendedLifetime(running) {}
    }

    @Test func askedToItCancelsThem() async throws {
        let world = try await World()
        let record = try await active(world)
        let open = try await world.createTask(record)
        let review = try await world.createTask(record) { $0.state = "review" }
        try await hear(of: "IMPTSK0000008", "in_progress", id: uuid(), record, world)
        let closed = try await close(record, cancelOpenTasks: true, world)
        #expect(closed.state == "closed" && closed.closeNotes == "Live.")
        for id in [open.id, review.id] {
            let task = try await task(id, world)
            #expect(task.state == "canceled" && task.progress == "finished" && task.active == false)
            #expect(task.closedBy == world.agent.subject)
        }
    }

    /// Who may not close a case cancels none of its tasks either.
    @Test func theRightToCloseComesFirst() async throws {
        let world = try await World()
        let record = try await active(world)
        let open = try await world.createTask(record)
        let viewer = try World.person(uuid(), "sn_acct_lc.ale_success_viewer")
        for caller in [viewer, try world.customer("sn_customerservice.customer_admin")] {
            let problem = await refusal { () async throws(Problem) in
                try await close(record, cancelOpenTasks: true, world, as: caller)
            }
            #expect(problem?.code == .permissionDenied || problem?.code == .notFound)
        }
        #expect(try await task(open.id, world).state == "open")
    }

    @Test func cancelingTakesTheTasksAlong() async throws {
        let world = try await World()
        let record = try await active(world)
        let open = try await world.createTask(record)
        var request = CloseRequest()
        request.id = record.id
        #expect(try await world.call(OnboardingAPI.cancelOnboardingCase, request, as: world.agent).state == "canceled")
        #expect(try await task(open.id, world).state == "canceled")
    }

    @Test func nothingBeginsOnACaseThatHasEnded() async throws {
        let world = try await World()
        let record = try await active(world)
        let old = try await world.createTask(record)
        _ = try await close(record, cancelOpenTasks: true, world)
        var creation = CreateLifecycleTaskRequest()
        creation.lifecycleTask = LifecycleTask()
        creation.lifecycleTask?.parent = record.id
        creation.lifecycleTask?.shortDescription = "Too late"
        let problem = try #require(
            await world.problem(OnboardingAPI.createLifecycleTask, creation, as: world.agent))
        #expect(problem.code == .failedPrecondition && problem.reason == "G-128")
        #expect(problem.violations.map(\.field) == ["lifecycle_task.parent"])
        var again = ActionRequest()
        again.id = old.id
        #expect(
            await world.problem(OnboardingAPI.reopenLifecycleTask, again, as: world.agent)?.reason == "G-128")
        var member = CreateCaseTeamMemberRequest()
        member.caseTeamMember = CaseTeamMember()
        member.caseTeamMember?.onboardingCase = record.id
        member.caseTeamMember?.side = "provider"
        member.caseTeamMember?.user = world.agent.subject
        member.caseTeamMember?.responsibility = OnboardingSeed.responsibility("provider", "Onboarding manager")
        #expect(await world.problem(OnboardingAPI.createCaseTeamMember, member, as: world.agent)?.reason == "G-128")
        var comment = AddEntryRequest()
        comment.id = record.id
        comment.text = "For the record."
        _ = try await world.call(OnboardingAPI.addOnboardingCaseComment, comment, as: world.agent)
        // Reopened, it takes new work again; what was canceled stays so until somebody reopens it.
        again.id = record.id
        _ = try await world.call(OnboardingAPI.reopenOnboardingCase, again, as: world.agent)
        _ = try await world.createTask(record)
        #expect(try await task(old.id, world).state == "canceled")
    }

    /// Two writers: while one adds tasks, the other closes. In the end the case is closed and none of its tasks open.
    @Test(.timeLimit(.minutes(15))) func creationsRaceTheClosing() async throws {
        let world = try await World()
        let record = try await active(world)
        let made = await withTaskGroup(of: Int.self) { group in
            group.addTask {
                var count = 0
                while (try? await world.createTask(record)) != nil { count += 1 }
                return count
            }
            group.addTask {
                while (try? await world.createTask(record)) == nil {}
                return (try? await self.close(record, cancelOpenTasks: true, world)) == nil ? -1_000_000 : 1
            }
            return await group.reduce(0, +)
        }
        #expect(made > 0)
        let rows = try await world.server.admin.run(
            "SELECT count(*), count(*) FILTER (WHERE active) FROM onboarding.lifecycle_task WHERE parent = \(record.id)"
        )
        let row = try #require(rows.first)
        #expect(try row.int64(at: 0) == Int64(made) && row.int64(at: 1) == 0)
    }
}
