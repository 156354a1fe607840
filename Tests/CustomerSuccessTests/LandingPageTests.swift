import CustomerSuccessWire
import OnboardingWire
import RPC
import Records
import Roles
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import CustomerSuccessService

/// The success landing page and what stands behind its cards.
@Suite struct LandingPageTests {
    private func page(_ world: World, as caller: Caller? = nil, items: Int32 = 0) async throws -> LandingPage {
        var request = GetLandingPageRequest()
        request.items = items
        return try await world.call(CustomerSuccessAPI.getLandingPage, request, as: caller)
    }

    private func list(
        _ world: World, _ card: String, size: Int32 = 0, token: String = "", as caller: Caller? = nil
    ) async throws -> ListCardEngagementsResponse {
        var request = ListCardEngagementsRequest()
        request.card = card
        request.pageSize = size
        request.pageToken = token
        return try await world.call(CustomerSuccessAPI.listCardEngagements, request, as: caller)
    }

    private func counts(_ page: LandingPage) -> [Int32] { page.cards.map(\.count) }

    private func link(_ engagement: Engagement, _ contract: String, in world: World) async throws {
        var draft = EngagementContract()
        draft.engagement = engagement.id
        draft.contract = contract
        _ = try await world.create(draft)
    }

    @Test func aNewcomerHasNothing() async throws {
        let world = try await World()
        let page = try await page(world)
        #expect(page.cards.map(\.card) == Card.allCases.map(\.rawValue))
        #expect(counts(page) == [0, 0, 0, 0, 0] && page.activeEngagements.isEmpty)
        #expect(page.cards.allSatisfy { $0.trend.map(\.day) == [page.today] && $0.contractValues.isEmpty })
    }

    /// G-07: success manager, account manager, or in the squad; each engagement once, whatever its state.
    @Test func associationMakesTheFirstCard() async throws {
        let world = try await World()
        let member = try await world.make(SquadMember.self)
        let stranger = uuid()
        _ = try await world.make(Engagement.self) { $0.accountManager = world.manager }
        let managed = try await world.make(Engagement.self) {
            $0.customerSuccessManager = nil
            $0.accountManager = world.manager
        }
        let inSquad = try await world.make(Engagement.self) {
            $0.customerSuccessManager = nil
            $0.squad = [member.id]
        }
        try await world.insert("user", ["id": stranger], domain: "/provider/")
        _ = try await world.make(Engagement.self) { $0.customerSuccessManager = stranger }
        _ = try await world.close(managed, "cancel")
        var page = try await page(world)
        #expect(counts(page) == [3, 0, 0, 0, 2])
        #expect(page.activeEngagementCount == 2 && page.activeEngagements.count == 2)
        #expect(page.activeEngagements.contains { $0.engagement?.id == inSquad.id })
        #expect(page.activeEngagements.allSatisfy { $0.accountName == "Ernst Handel" && $0.currency == "USD" })
        // Who has left the squad is no longer associated.
        _ = try await world.set(member, "active", .bool(false))
        page = try await self.page(world)
        #expect(counts(page) == [2, 0, 0, 0, 1])
    }

    static let healthChanges: [(through: [String], count: Int32)] = [
        (["green", "yellow"], 1), (["green", "red"], 1), (["yellow", "red"], 1), (["red"], 0), (["yellow"], 0),
        (["red", "yellow"], 0), (["green", "unknown"], 0), (["green", "unknown", "red"], 0), (["red", "green"], 0),
    ]

    /// G-05: only a change for the worse counts, and only into yellow or red.
    @Test(arguments: healthChanges.indices)
    func healthDeclines(row: Int) async throws {
        let (through, count) = Self.healthChanges[row]
        let world = try await World()
        let engagement = try await world.make(Engagement.self)
        for health in through { _ = try await world.set(engagement, "perceived_health", .string(health)) }
        #expect(try await page(world).cards[1].count == count, "\(through)")
        #expect(try await list(world, "health_declined").engagements.count == Int(count))
        _ = try await world.close(engagement, "cancel")
        #expect(try await page(world).cards[1].count == 0)
    }

    /// G-06, both ends included; contract values per currency (G-106).
    @Test func renewalsValuesAndEscalation() async throws {
        let world = try await World()
        for days in [-1, 0, 90, 91] {
            _ = try await world.make(Engagement.self) { $0.renewalDate = world.day(days) }
        }
        let contracted = try await world.make(Engagement.self)
        try await link(contracted, world.contracts[0], in: world)
        try await link(contracted, world.contracts[1], in: world)
        // The example of an objective brings one more engagement.
        _ = try await world.make(SuccessObjective.self) { $0.engagement = contracted.id }
        var page = try await page(world)
        #expect(counts(page) == [6, 0, 0, 2, 5])
        #expect(page.cards[0].contractValues.map(\.amount) == ["2001"])
        #expect(page.cards[0].contractValues.map(\.currency) == ["USD"])
        #expect(page.cards[4].contractValues.isEmpty)
        var account = CustomerAccount()
        account.id = world.account
        account.domain = world.domain
        account.name = "Ernst Handel"
        account.escalated = true
        account.currency = "EUR"
        try await world.server.hear(account, "updated", revision: 9)
        page = try await self.page(world)
        #expect(counts(page) == [6, 0, 6, 2, 5])
        #expect(page.cards[2].contractValues.map(\.currency) == ["EUR"])
        #expect(page.activeEngagements.map(\.daysUntilRenewal) == [-1, 0, 90, 91, 100, nil])
        let drilled = try await list(world, "renewals_due")
        #expect(drilled.engagements.compactMap(\.engagement?.renewalDate) == [world.day(0), world.day(90)])
        #expect(drilled.engagements.allSatisfy { $0.currency == "EUR" })
    }

    @Test func cardsAreListedInPages() async throws {
        let world = try await World()
        var made: [String] = []
        for _ in 0..<5 { made.append(try await world.make(Engagement.self).id) }
        var seen: [String] = []
        var token = ""
        repeat {
            let answer = try await list(world, "total_engagements", size: 2, token: token)
            seen += answer.engagements.compactMap(\.engagement?.id)
            token = answer.nextPageToken
        } while !token.isEmpty && seen.count < 10
        #expect(seen == made)
        let first = try await list(world, "total_engagements", size: 2)
        let misused = try await refusal {
            _ = try await list(world, "new_engagements", token: first.nextPageToken)
        }
        #expect(misused.violations.map(\.field) == ["page_token"])
        #expect(try await refusal { _ = try await list(world, "all") }.violations.map(\.field) == ["card"])
    }

    @Test func engagementsShowWhatGoesOn() async throws {
        let world = try await World()
        let engagement = try await world.make(Engagement.self)
        for days in [3, 1, 2] {
            _ = try await world.make(Touchpoint.self) {
                $0.engagement = engagement.id
                $0.dueDate = world.day(days)
                $0.assignedTo = world.manager
            }
        }
        let closed = try await world.make(Touchpoint.self) { $0.engagement = engagement.id }
        _ = try await world.close(closed, "cancel")
        let risk = try await world.make(RiskSignal.self) { $0.engagement = engagement.id }
        let objective = try await world.make(SuccessObjective.self) { $0.engagement = engagement.id }
        let outcome = try await world.make(SuccessOutcome.self) { $0.successObjective = objective.id }
        let initiative = try await world.make(SuccessInitiative.self) { $0.successOutcome = outcome.id }
        let aCase = try await world.make(SuccessCase.self) { $0.engagement = engagement.id }
        let page = try await page(world, items: 2)
        let shown = try #require(page.activeEngagements.first { $0.engagement?.id == engagement.id })
        let touchpoints = try #require(shown.touchpoints)
        #expect(touchpoints.items.map(\.daysRemaining) == [1, 2])
        #expect(touchpoints.totalSize == 3 && touchpoints.allSize == 4)
        #expect(touchpoints.items.allSatisfy { $0.assignedToName == "Jeremy Hess" && $0.title == "Weekly check-in" })
        #expect(touchpoints.items.allSatisfy { $0.number.hasPrefix("TCHPT") && $0.priority == 4 })
        #expect(shown.riskSignals?.items.map(\.id) == [risk.id])
        #expect(shown.initiatives?.items.map(\.id) == [initiative.id])
        #expect(shown.initiatives?.items.first?.outcomeNumber == outcome.number)
        #expect(shown.successCases?.items.map(\.number) == [aCase.number ?? ""])
    }

    private func portfolio(
        _ world: World, chosen: String = "", as caller: Caller? = nil
    ) async throws -> LandingPage {
        var request = GetLandingPageRequest()
        (request.portfolio, request.engagement, request.engagements) = (10, chosen, 1)
        return try await world.call(CustomerSuccessAPI.getLandingPage, request, as: caller)
    }

    /// The health at the end of each of twelve weeks, whatever else was changed meanwhile.
    @Test func thePortfolioHasItsHealthWeekByWeek() async throws {
        let server = try await Server.start()
        let world = try await World(server)
        let start = server.clock.today
        let engagement = try await world.make(Engagement.self) { $0.perceivedHealth = "green" }
        let late = try await world.make(Engagement.self) { $0.renewalDate = world.day(300) }
        _ = try await world.set(late, "title", .string("Another title"))
        server.clock.set(start.adding(days: 10).description)
        _ = try await world.set(engagement, "perceived_health", .string("yellow"))
        server.clock.set(start.adding(days: 38).description)
        _ = try await world.set(engagement, "perceived_health", .string("red"))
        // On one day the last change counts.
        _ = try await world.set(engagement, "perceived_health", .string("yellow"))
        _ = try await world.set(engagement, "perceived_health", .string("red"))
        server.clock.set(start.adding(days: 42).description)
        let page = try await portfolio(world)
        // Seven weeks have ended since: at days 0, 7, 14, 21, 28, 35 and 42.
        let weeks = try #require(page.portfolio.first { $0.engagement?.id == engagement.id }).health
        #expect(
            weeks == Array(repeating: "", count: 5) + ["green", "green"] + Array(repeating: "yellow", count: 4) + [
                "red"
            ])
        // Those that renew first stand in front; without a date behind all others.
        #expect(page.portfolio.map { $0.engagement?.id } == [late.id, engagement.id])
        #expect(page.portfolio.first?.accountName == "Ernst Handel" && page.portfolio.first?.daysUntilRenewal != nil)
        #expect(page.activeEngagements.count == 1 && page.activeEngagementCount == 2)
        // Nobody asked, nobody has it.
        #expect(try await self.page(world).portfolio.isEmpty)
    }

    @Test func oneEngagementIsLookedAtAndNothingThatIsNotThere() async throws {
        let (world, other) = (try await World(), try await World())
        _ = try await world.make(Engagement.self) { $0.renewalDate = world.day(3) }
        let second = try await world.make(Engagement.self) { $0.renewalDate = world.day(30) }
        let touchpoint = try await world.make(Touchpoint.self) { $0.engagement = second.id }
        for name in [second.id, second.number ?? ""] {
            let shown = try await portfolio(world, chosen: name).activeEngagements
            #expect(shown.map { $0.engagement?.id } == [second.id])
            #expect(shown.first?.touchpoints?.items.map(\.id) == [touchpoint.id])
        }
        let strange = try await other.make(Engagement.self)
        for name in [strange.id, strange.number ?? "", uuid()] {
            var narrow = world.agent
            narrow.domain = world.customer.domain
            let problem = try await refusal { _ = try await portfolio(world, chosen: name, as: narrow) }
            #expect(problem.code == .notFound)
        }
    }

    /// G-35: 92 days, the last one live; a snapshot taken again replaces that of the day.
    @Test func trendsComeFromSnapshots() async throws {
        let server = try await Server.start()
        let world = try await World(server)
        let job = ScorecardSnapshots(server.database)
        let start = server.clock.today
        _ = try await world.make(Engagement.self)
        #expect(try await job.run() == 1)
        _ = try await world.make(Engagement.self)
        #expect(try await job.run() == 1)
        server.clock.set(start.adding(days: 1).description)
        let contracted = try await world.make(Engagement.self)
        try await link(contracted, world.contracts[2], in: world)
        #expect(try await job.run() == 1)
        server.clock.set(start.adding(days: 91).description)
        var trend = try #require(try await page(world).cards.first).trend
        #expect(trend.map(\.day) == [0, 1, 91].map { start.adding(days: $0).description })
        #expect(trend.map(\.count) == [2, 3, 3])
        #expect(trend.map { $0.contractValues.map(\.amount) } == [[], ["1000.5"], ["1000.5"]])
        server.clock.set(start.adding(days: 92).description)
        _ = try await job.run()
        trend = try #require(try await page(world).cards.first).trend
        #expect(trend.map(\.day) == [1, 92].map { start.adding(days: $0).description })
        let kept = try await server.admin.run("SELECT count(*) FROM customer_success.scorecard_snapshot")
        #expect(try kept.first?.int(at: 0) == 2)
    }

    /// Two accounts of one manager: whoever sees one domain only counts and trends that one.
    @Test func domainsAreCountedApart() async throws {
        let server = try await Server.start()
        let world = try await World(server)
        let other = try await World(server)
        _ = try await world.make(Engagement.self)
        _ = try await world.make(Engagement.self)
        _ = try await other.make(Engagement.self) { $0.customerSuccessManager = world.manager }
        let start = server.clock.today
        #expect(try await ScorecardSnapshots(server.database).run() == 2)
        server.clock.set(start.adding(days: 1).description)
        #expect(try await page(world).cards[0].trend.map(\.count) == [3, 3])
        var inside = world.agent
        inside.domain = other.customer.domain
        let narrow = try await page(world, as: inside)
        #expect(narrow.cards[0].trend.map(\.count) == [1, 1] && narrow.activeEngagements.count == 1)
        #expect(try await list(world, "total_engagements", as: inside).engagements.count == 1)
    }

    @Test func thePageIsForTheProvider() async throws {
        let world = try await World()
        var mistaken = world.customer
        mistaken.roles = world.agent.roles
        var unrelated = world.agent
        unrelated.roles = RoleCatalog.close(["sn_acct_lc.definition_record_read"])
        for caller in [world.customer, mistaken, unrelated] {
            #expect(try await refusal { _ = try await page(world, as: caller) }.code == .permissionDenied)
            let drilled = try await refusal { _ = try await list(world, "total_engagements", as: caller) }
            #expect(drilled.code == .permissionDenied)
        }
    }
}
