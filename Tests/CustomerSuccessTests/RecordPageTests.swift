import CustomerSuccessWire
import RPC
import Records
import Roles
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import CustomerSuccessService

/// The pages of one engagement and of one objective.
@Suite struct RecordPageTests {
    private func engagementPage(
        _ world: World, _ id: String, items: Int32 = 0, as caller: Caller? = nil
    ) async throws -> EngagementPage {
        var request = GetEngagementPageRequest()
        request.id = id
        request.items = items
        return try await world.call(CustomerSuccessAPI.getEngagementPage, request, as: caller)
    }

    private func objectivePage(
        _ world: World, _ id: String, items: Int32 = 0, as caller: Caller? = nil
    ) async throws -> ObjectivePage {
        var request = GetObjectivePageRequest()
        request.id = id
        request.items = items
        return try await world.call(CustomerSuccessAPI.getObjectivePage, request, as: caller)
    }

    /// The customer team of the world's case: its contact, with two responsibilities, and a colleague. Beside it a
    /// contact of the account who is of no team, one who is of another case's, and a person of the provider.
    private func makeTeam(of world: World, _ colleague: String) async throws {
        let others = [uuid(), uuid()]
        for id in others {
            try await world.insert(
                "customer_contact", ["id": id, "account": world.account, "last_name": "Elsewhere"])
        }
        for (contact, onboarding) in [
            (world.contact, world.onboarding), (world.contact, world.onboarding), (colleague, world.onboarding),
            (others[0], uuid()),
        ] {
            try await world.insert(
                "case_team_member",
                ["id": uuid(), "onboarding_case": onboarding, "side": "customer", "contact": contact])
        }
        try await world.insert(
            "case_team_member", ["id": uuid(), "onboarding_case": world.onboarding, "side": "provider"])
    }

    /// An engagement with something in every list.
    private func furnished(_ world: World) async throws -> Engagement {
        let member = try await world.make(SquadMember.self)
        let colleague = uuid()
        try await world.insert(
            "customer_contact",
            [
                "id": colleague, "account": world.account, "first_name": "Roland", "last_name": "Adler",
                "email": "roland@example.com", "phone": "7675-3425", "title": "Buyer",
            ])
        try await makeTeam(of: world, colleague)
        let engagement = try await world.make(Engagement.self) {
            $0.squad = [member.id]
            $0.keyCustomerContact = colleague
            $0.perceivedHealth = "green"
            $0.customerSuccessManager = world.manager
        }
        var link = EngagementContract()
        link.engagement = engagement.id
        link.contract = world.contracts[0]
        _ = try await world.create(link)
        // Upcoming: a meeting from today on, or without one the due date (G-95).
        for (meeting, due) in [(0, nil), (-1, 5), (nil, 1), (nil, -1), (nil, nil)] as [(Int?, Int?)] {
            _ = try await world.make(Touchpoint.self) {
                $0.engagement = engagement.id
                $0.meetingDate = meeting.map(world.day)
                $0.dueDate = due.map(world.day)
            }
        }
        _ = try await world.make(SuccessCase.self) { $0.engagement = engagement.id }
        _ = try await world.make(InternalPlay.self) { $0.engagement = engagement.id }
        _ = try await world.make(RiskSignal.self) { $0.engagement = engagement.id }
        return engagement
    }

    @Test func anEngagementIsDrawnFromOneRequest() async throws {
        let world = try await World()
        let engagement = try await furnished(world)
        let objective = try await world.make(SuccessObjective.self) { $0.engagement = engagement.id }
        let done = try await world.make(SuccessObjective.self) { $0.engagement = engagement.id }
        _ = try await world.close(done, "cancel")
        _ = try await world.make(SuccessObjective.self)
        let outcome = try await world.make(SuccessOutcome.self) { $0.successObjective = objective.id }
        let initiative = try await world.make(SuccessInitiative.self) {
            $0.successOutcome = outcome.id
            $0.assignedTo = world.manager
        }
        let number = try #require(engagement.number)
        let page = try await engagementPage(world, number)
        #expect(page.engagement?.id == engagement.id && page.engagement?.healthScore == 100)
        #expect(page.engagement?.contractValue == "1000.5" && page.currency == "USD")
        #expect(page.accountName == "Ernst Handel" && page.daysUntilRenewal == 100)
        #expect(page.customerSuccessManagerName == "Jeremy Hess" && page.accountManagerName.isEmpty)
        let contact = try #require(page.keyCustomerContact)
        #expect(
            contact.name == "Roland Adler" && contact.firstName == "Roland" && contact.email == "roland@example.com"
                && contact.title == "Buyer")
        #expect(contact.phone == "7675-3425")
        #expect(page.customerTeam.map(\.lastName) == ["Adler", "Mendel"] && page.customerTeamSize == 2)
        let member = try #require(page.squad.first)
        #expect(page.squad.count == 1 && member.user == world.manager && member.active)
        #expect(member.name == "Jeremy Hess" && member.responsibilityName == "Architect")
        let upcoming = try #require(page.upcomingTouchpoints)
        #expect(upcoming.items.map { $0.meetingDate ?? $0.dueDate } == [world.day(0), world.day(1)])
        #expect(upcoming.totalSize == 2 && upcoming.allSize == 5)
        let shown = try #require(page.initiatives?.items.first)
        #expect(shown.id == initiative.id && shown.outcomeNumber == outcome.number)
        #expect(shown.outcomeTitle == "Tickets a week" && shown.daysUntilRenewal == 100)
        #expect(shown.assignedToName == "Jeremy Hess")
        #expect(page.successCases?.totalSize == 1 && page.successCases?.items.count == 1)
        #expect(page.objectives?.items.map(\.id) == [objective.id])
        // Behind View all: the objectives of the account.
        let all = try await world.list(SuccessObjective.self, filter: "account = \"\(world.account)\"").resources
        #expect(page.objectives?.totalSize == 1 && page.objectives?.allSize == Int32(all.count) && all.count > 2)
        #expect(try await engagementPage(world, number, items: 1).upcomingTouchpoints?.items.count == 1)
    }

    /// G-18: what is the provider's own is not on the customer's page.
    @Test func customersSeeTheirPart() async throws {
        let world = try await World()
        let engagement = try await furnished(world)
        let page = try await engagementPage(world, engagement.id, as: world.customer)
        #expect(page.engagement == (try await world.get(Engagement.self, engagement.id, as: world.customer)))
        #expect(page.engagement?.contractValue == nil && page.engagement?.healthScore == nil)
        #expect(page.engagement?.perceivedHealth == nil && page.squad.isEmpty)
        #expect(page.accountName == "Ernst Handel" && page.customerTeam.count == 2)
        #expect(page.upcomingTouchpoints?.items.count == 2 && page.successCases?.items.count == 1)
        let objective = try await world.make(SuccessObjective.self) { $0.engagement = engagement.id }
        let own = try await objectivePage(world, objective.id, as: world.customer)
        #expect(own.objective?.id == objective.id && own.engagementNumber == engagement.number)
    }

    @Test func othersKnowNothing() async throws {
        let world = try await World()
        let other = try await World(world.server)
        let objective = try await world.make(SuccessObjective.self)
        let engagement = try #require(objective.engagement)
        var neighbour = other.agent
        neighbour.domain = other.customer.domain
        for caller in [other.customer, neighbour] {
            let first = try await refusal { _ = try await engagementPage(world, engagement, as: caller) }
            let second = try await refusal { _ = try await objectivePage(world, objective.id, as: caller) }
            #expect(first.code == .notFound && second.code == .notFound)
        }
        var unrelated = world.agent
        unrelated.roles = RoleCatalog.close(["sn_acct_lc.definition_record_read"])
        let caller = unrelated
        let first = try await refusal { _ = try await engagementPage(world, engagement, as: caller) }
        let second = try await refusal { _ = try await objectivePage(world, objective.id, as: caller) }
        #expect(first.code == .permissionDenied && second.code == .permissionDenied)
        #expect(try await refusal { _ = try await engagementPage(world, "x") }.code == .notFound)
    }

    /// Whoever reads engagements and nothing else gets the page without the other lists.
    @Test func listsFollowTheirOwnRoles() async throws {
        let world = try await World()
        let engagement = try await furnished(world)
        var reader = world.agent
        reader.roles = RoleCatalog.close(["sn_acct_lc.engagement_read"])
        let page = try await engagementPage(world, engagement.id, as: reader)
        #expect(page.engagement?.id == engagement.id && page.accountName.isEmpty)
        #expect(page.upcomingTouchpoints?.totalSize == 0 && page.successCases?.items.isEmpty == true)
        #expect(page.squad.isEmpty && page.customerTeam.isEmpty && page.keyCustomerContact == nil)
    }

    @Test func anObjectiveShowsItsOutcomesAndInitiatives() async throws {
        let world = try await World()
        let objective = try await world.make(SuccessObjective.self) {
            $0.driver = "growth"
            $0.plannedStop = world.day(30)
        }
        var outcomes: [SuccessOutcome] = []
        for days in [20, 10] {
            outcomes.append(
                try await world.make(SuccessOutcome.self) {
                    $0.successObjective = objective.id
                    $0.plannedStop = world.day(days)
                })
        }
        for (outcome, days) in [(outcomes[0], 4), (outcomes[0], -2), (outcomes[1], 1)] {
            _ = try await world.make(SuccessInitiative.self) {
                $0.successOutcome = outcome.id
                $0.dueDate = world.day(days)
            }
        }
        for days in [9, 3] {
            _ = try await world.make(SuccessMilestone.self) {
                $0.successObjective = objective.id
                $0.successOutcome = outcomes[0].id
                $0.targetDate = world.day(days)
                $0.owner = world.manager
            }
        }
        var page = try await objectivePage(world, try #require(objective.number))
        let milestones = try #require(page.milestones)
        #expect(milestones.items.map(\.daysRemaining) == [3, 9] && milestones.totalSize == 2)
        #expect(milestones.items.map(\.assignedToName) == ["Jeremy Hess", "Jeremy Hess"])
        #expect(milestones.items.map(\.outcomeNumber) == [outcomes[0].number, outcomes[0].number])
        #expect(page.objective?.state == "new" && page.objective?.driver == "growth")
        #expect(page.objective?.plannedStop == world.day(30) && page.objective?.daysRemaining == 30)
        #expect(page.accountName == "Ernst Handel" && page.outcomeCount == 2)
        #expect(page.outcomes.map(\.outcome?.id) == [outcomes[1].id, outcomes[0].id])
        #expect(page.outcomes.map { $0.initiatives?.items.map(\.daysRemaining) } == [[1], [-2, 4]])
        let first = try #require(page.outcomes.last?.initiatives?.items.first)
        #expect(first.number.hasPrefix(SuccessInitiative.schema.numberPrefix ?? "-"))
        #expect(first.title == "Adopt self-service" && first.progress == "not_started")
        page = try await objectivePage(world, objective.id, items: 1)
        #expect(page.outcomes.count == 1 && page.outcomeCount == 2)
        #expect(page.milestones?.items.count == 1 && page.milestones?.totalSize == 2)
        let bare = try await world.make(SuccessObjective.self)
        _ = try await world.make(SuccessMilestone.self) { $0.successObjective = bare.id }
        page = try await objectivePage(world, bare.id)
        #expect(page.outcomes.isEmpty && page.milestones?.items.map(\.title) == ["First site live"])
    }
}
