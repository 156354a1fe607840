import CustomerSuccessWire
import ImportValidationWire
import OnboardingWire
import RPC
import Records
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import OnboardingService

/// The onboarding landing page and what stands behind its cards.
@Suite struct LandingPageTests {
    private func page(
        _ world: World, as caller: Caller? = nil, card: String = "", items: Int32 = 0
    ) async throws -> OnboardingLandingPage {
        var request = GetOnboardingLandingPageRequest()
        request.card = card
        request.items = items
        return try await world.call(OnboardingAPI.getOnboardingLandingPage, request, as: caller ?? world.agent)
    }

    private func list(
        _ world: World, _ card: String, size: Int32 = 0, token: String = "", as caller: Caller? = nil
    ) async throws -> OnboardingCardList {
        var request = ListOnboardingCardRequest()
        (request.card, request.pageSize, request.pageToken) = (card, size, token)
        return try await world.call(OnboardingAPI.listOnboardingCard, request, as: caller ?? world.agent)
    }

    private func counts(_ page: OnboardingLandingPage) -> [Int32] { page.cards.map(\.count) }

    /// A copy of an import task of the case.
    static func hearImportTask(
        of record: OnboardingCase, _ world: World, revision: Int64 = 1, _ edit: (inout ImportTask) -> Void = { _ in }
    ) async throws -> ImportTask {
        var task = ImportTask()
        task.id = uuid()
        (task.domain, task.number, task.parent) = (record.domain, "ALEIMP0000001", record.id)
        (task.account, task.state, task.active) = (record.account, "open", true)
        (task.shortDescription, task.progress, task.priority) = ("Import locations", "not_started", 3)
        task.updatedAt = world.server.database.clock.now
        edit(&task)
        try await world.server.hear(task, "created", revision: revision, from: "import-validation")
        return task
    }

    private func hearRisk(of record: OnboardingCase, _ world: World, state: String = "new") async throws -> RiskSignal {
        var risk = RiskSignal()
        risk.id = uuid()
        (risk.domain, risk.number, risk.onboardingCase) = (record.domain, "RSKSG0000001", record.id)
        (risk.account, risk.state, risk.active) = (record.account, state, state != "closed")
        (risk.shortDescription, risk.updatedAt) = ("No data yet", world.server.database.clock.now)
        try await world.server.hear(risk, "created", revision: 1, from: "customer-success")
        return risk
    }

    @Test func aDomainWithoutCasesHasNothing() async throws {
        let world = try await World(try await Server.start())
        let page = try await page(world)
        #expect(page.cards.map(\.card) == LandingCard.allCases.map(\.rawValue))
        #expect(counts(page) == [0, 0, 0, 0, 0] && page.list?.items.isEmpty == true)
        #expect(page.cards.allSatisfy { $0.trend.map(\.day) == [page.today] && !$0.more })
        #expect(page.cards[0].label == "My active onboarding cases" && page.list?.card == "my_active_cases")
    }

    /// G-36: the first card is the caller's own, the others what the caller may see; G-33, G-34 and G-32 of what they count.
    @Test func theCardsCountWhatTheySay() async throws {
        let server = try await Server.start()
        let world = try await World(server)
        let mine = try await world.openCase()
        let colleague = try await world.addUser().id
        let another = try await world.openCase { $0.assignedTo = colleague }
        let task = try await world.createTask(mine) { $0.dueDate = "2026-03-09" }
        _ = try await world.createTask(another) { $0.dueDate = "2026-03-10" }
        _ = try await Self.hearImportTask(of: mine, world) { $0.dueDate = "2026-03-01" }
        _ = try await Self.hearImportTask(of: mine, world) { ($0.state, $0.active) = ("closed", false) }
        let risk = try await hearRisk(of: mine, world)
        _ = try await hearRisk(of: mine, world, state: "closed")
        var page = try await page(world)
        #expect(counts(page) == [1, 0, 3, 2, 1])
        #expect(page.list?.items.map(\.id) == [mine.id])
        let item = try #require(page.list?.items.first)
        #expect(item.number == mine.number && item.accountName == "Ernst Handel" && item.parent.isEmpty)
        #expect(item.priority == 3 && item.state == "new" && item.stage == "not_started")
        #expect(item.date == "2026-03-20" && item.daysRemaining == 10 && item.assignedToName == "Ann Agent")
        let overdue = try await list(world, "overdue_tasks")
        #expect(overdue.items.map(\.table) == ["import_task", "lifecycle_task"])
        #expect(overdue.items.last?.id == task.id && overdue.items.allSatisfy { $0.parentNumber == mine.number })
        #expect(try await list(world, "active_risk_signals").items.map(\.id) == [risk.id])
        // 72 hours and not a second less.
        _ = try await server.admin.run(
            """
            UPDATE onboarding.onboarding_case SET updated_at = \(server.database.clock.now.sqlValue)::timestamptz - \
            CASE WHEN id = \(mine.id) THEN interval '72 hours 1 second' ELSE interval '72 hours' END
            """)
        page = try await self.page(world, card: "stale_cases")
        #expect(counts(page)[1] == 1 && page.list?.items.map(\.id) == [mine.id])
        // What is blocked is active; its risks are not counted (G-34), its tasks are.
        _ = try await world.update(mine.id, as: world.agent) { $0.state = "blocked" }
        page = try await self.page(world)
        #expect(counts(page) == [1, 0, 3, 2, 0])
        var cancel = CloseRequest()
        cancel.id = mine.id
        _ = try await world.call(OnboardingAPI.cancelOnboardingCase, cancel, as: world.agent)
        page = try await self.page(world)
        #expect(counts(page) == [0, 0, 1, 0, 0])
    }

    /// G-125: by priority, go-live date and last update, in pages.
    @Test func listsArePrioritized() async throws {
        let world = try await World(try await Server.start())
        var expected: [String] = []
        for (priority, date) in [(1, "2026-05-01"), (1, nil), (2, "2026-04-01"), (3, "2026-04-01"), (3, "2026-04-02")] {
            let record = try await world.openCase {
                $0.priority = Int32(priority)
                $0.goLiveDate = date
            }
            expected.append(record.id)
        }
        let last = try await world.openCase {
            $0.priority = 3
            $0.goLiveDate = "2026-04-02"
        }
        _ = try await world.server.admin.run(
            "UPDATE onboarding.onboarding_case SET updated_at = updated_at + interval '1 hour' WHERE id = \(last.id)")
        expected.append(last.id)
        var seen: [String] = []
        var token = ""
        repeat {
            let answer = try await list(world, "my_active_cases", size: 2, token: token)
            seen += answer.items.map(\.id)
            token = answer.nextPageToken
        } while !token.isEmpty && seen.count < 10
        #expect(seen == expected)
        let first = try await list(world, "my_active_cases", size: 2)
        let (request, agent) = (first.nextPageToken, world.agent)
        var misused = ListOnboardingCardRequest()
        (misused.card, misused.pageToken) = ("stale_cases", request)
        let problem = await world.problem(OnboardingAPI.listOnboardingCard, misused, as: agent)
        #expect(problem?.violations.map(\.field) == ["page_token"])
        misused = ListOnboardingCardRequest()
        misused.card = "all"
        let unknown = await world.problem(OnboardingAPI.listOnboardingCard, misused, as: agent)
        #expect(unknown?.violations.map(\.field) == ["card"])
    }

    /// Tasks of both services stand in one list, and pages of it miss none.
    @Test func tasksOfBothServicesAreOneList() async throws {
        let world = try await World(try await Server.start())
        let record = try await world.openCase()
        var expected: [(String, String)] = []
        for day in 1...6 {
            let date = "2026-04-0\(day)"
            if day % 2 == 0 {
                expected.append((date, try await world.createTask(record) { $0.dueDate = date }.id))
            } else {
                expected.append((date, try await Self.hearImportTask(of: record, world) { $0.dueDate = date }.id))
            }
        }
        var seen: [String] = []
        var token = ""
        repeat {
            let answer = try await list(world, "active_tasks", size: 4, token: token)
            seen += answer.items.map(\.id)
            token = answer.nextPageToken
        } while !token.isEmpty && seen.count < 10
        #expect(seen == expected.map(\.1))
    }

    /// G-35: 92 days, the last one live; a snapshot taken again replaces that of the day.
    @Test func trendsComeFromSnapshots() async throws {
        let server = try await Server.start()
        let world = try await World(server)
        let clock = try #require(server.database.clock as? TestClock)
        let start = server.database.clock.today
        let job = CardSnapshots(server.database)
        let record = try await world.openCase()
        _ = try await world.createTask(record)
        _ = try await Self.hearImportTask(of: record, world)
        _ = try await job.run()
        let colleague = try await world.addUser().id
        _ = try await world.openCase { $0.assignedTo = colleague }
        // Two people's cases, and the tasks of two services, which are one row.
        #expect(try await job.run() == 4)
        clock.set(start.adding(days: 1).description)
        _ = try await world.openCase()
        let trends = try await page(world).cards.map { $0.trend.map(\.count) }
        #expect(trends == [[1, 2], [0], [2, 2], [0], [0]])
        clock.set(start.adding(days: 92).description)
        _ = try await job.run()
        let kept = try await server.admin.run("SELECT DISTINCT day::text FROM onboarding.card_snapshot")
        #expect(try kept.map { try $0.string(at: 0) } == [start.adding(days: 92).description])
    }

    /// Who sees one domain only counts that one, and learns nothing of another tenant.
    @Test func domainsAreCountedApart() async throws {
        let server = try await Server.start()
        let world = try await World(server)
        let other = try await World(server)
        let record = try await world.openCase()
        _ = try await world.createTask(record)
        _ = try await Self.hearImportTask(of: record, world)
        _ = try await hearRisk(of: record, world)
        _ = try await CardSnapshots(server.database).run()
        var inside = world.agent
        inside.domain = try #require(DomainPath(other.account.domain))
        let page = try await page(world, as: inside)
        #expect(counts(page) == [0, 0, 0, 0, 0] && page.list?.items.isEmpty == true)
        #expect(page.cards.allSatisfy { $0.trend.count == 1 })
        for card in LandingCard.allCases {
            #expect(try await list(world, card.rawValue, as: inside).items.isEmpty)
        }
    }

    @Test(arguments: ["sn_acct_lc.ale_success_agent", "process_automation_designer", "sn_ti_core.read"])
    func thePageIsTheAgents(role: String) async throws {
        let world = try await World()
        let caller = try World.person(uuid(), role)
        let problem = await world.problem(
            OnboardingAPI.getOnboardingLandingPage, GetOnboardingLandingPageRequest(), as: caller)
        #expect(problem?.code == .permissionDenied)
        let customer = try world.customer("sn_customerservice.customer_admin")
        let refused = await world.problem(
            OnboardingAPI.getOnboardingLandingPage, GetOnboardingLandingPageRequest(), as: customer)
        #expect(refused?.code == .permissionDenied)
    }
}
