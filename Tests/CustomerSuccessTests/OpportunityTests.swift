import CustomerSuccessWire
import RPC
import Records
import ServiceTestKit
import Testing
import Wire

@testable import CustomerSuccessService

/// Opportunities to renew or to expand (G-120); what they share with other records is in the suites of those.
@Suite struct OpportunityTests {
    private func move(_ opportunity: Opportunity, _ state: String, in world: World) async throws -> Opportunity {
        try await world.set(opportunity, "state", .string(state))
    }

    @Test func theCurrencyIsThatOfTheAccount() async throws {
        let world = try await World()
        let own = try await world.make(Opportunity.self) { $0.value = "1200.50" }
        #expect(own.currency == "USD" && own.value == "1200.5" && own.account == world.account)
        let other = try await world.make(Opportunity.self) { ($0.value, $0.currency) = ("10", "KRW") }
        #expect(other.currency == "KRW")
        for (field, value) in [
            ("value", FieldValue.string("-1")), ("value", .string("NaN")), ("currency", .string("XXL")),
            ("probability", .int(101)), ("probability", .int(-1)),
        ] {
            let refused = try await refusal("\(field)") { _ = try await world.set(own, field, value) }
            #expect(refused.violations.map(\.field) == ["opportunity.\(field)"])
        }
    }

    /// Handing over names the account manager of the engagement, giving back takes the name away; nobody sets it by hand.
    @Test func handingOverNamesTheAccountManager() async throws {
        let world = try await World()
        var opportunity = try await world.make(Opportunity.self)
        opportunity = try await move(move(opportunity, "qualified", in: world), "handed_over", in: world)
        #expect(opportunity.handedOverTo == world.manager && opportunity.handedOverAt == world.server.clock.now)
        opportunity = try await move(opportunity, "qualified", in: world)
        #expect(opportunity.handedOverTo == nil && opportunity.handedOverAt == nil)
        #expect(
            try await refusal { _ = try await world.set(opportunity, "handed_over_to", .string(world.manager)) }.code
                == .invalidArgument)
        opportunity = try await move(move(opportunity, "handed_over", in: world), "won", in: world)
        #expect(opportunity.handedOverTo == world.manager && opportunity.active == false)
        #expect(opportunity.closedBy == world.agent.subject)
        #expect(try await world.act("reopen", opportunity).state == "qualified")
    }

    @Test func withoutAnAccountManagerNothingIsHandedOver() async throws {
        let world = try await World()
        let engagement = try await world.make(Engagement.self)
        let opportunity = try await world.make(Opportunity.self) {
            ($0.engagement, $0.state) = (engagement.id, "qualified")
        }
        try await breaks("G-120", field: "opportunity.state") {
            _ = try await move(opportunity, "handed_over", in: world)
        }
        // Nor to somebody who has left.
        let gone = try await world.person()
        _ = try await world.set(engagement, "account_manager", .string(gone))
        _ = try await world.server.admin.run("UPDATE customer_success.\"user\" SET active = false WHERE id = \(gone)")
        try await breaks("G-120", field: "opportunity.state") {
            _ = try await move(opportunity, "handed_over", in: world)
        }
    }

    @Test func theSourceIsOfTheAccountAndStays() async throws {
        let world = try await World()
        let other = try await World(world.server)
        let touchpoint = try await world.make(Touchpoint.self)
        let foreign = try await other.make(Touchpoint.self)
        func from(_ table: String?, _ id: String?) async throws -> Opportunity {
            try await world.make(Opportunity.self) { ($0.table, $0.sourceRecord) = (table, id) }
        }
        for (table, id, field) in [
            ("touchpoint", nil, "source_record"), ("squad_member", touchpoint.id, "table"),
            ("touchpoint", foreign.id, "source_record"), ("touchpoint", uuid(), "source_record"),
        ] as [(String?, String?, String)] {
            try await breaks("G-120", field: "opportunity.\(field)") { _ = try await from(table, id) }
        }
        let opportunity = try await from("touchpoint", touchpoint.id)
        #expect(try await refusal { try await world.delete(touchpoint) }.code == .failedPrecondition)
        try await world.delete(opportunity)
        try await world.delete(touchpoint)
    }

    /// As long as it has one, an engagement stays with its account; under one that has ended nothing begins (G-128).
    @Test func itHoldsItsEngagement() async throws {
        let world = try await World()
        let other = try await World(world.server)
        let opportunity = try await world.make(Opportunity.self)
        var moved = Engagement()
        moved.id = try #require(opportunity.engagement)
        (moved.account, moved.initialOnboarding) = (other.account, other.onboarding)
        try await breaks("G-120", field: "engagement.account") { _ = try await world.update(moved) }
        let lost = try await move(opportunity, "lost", in: world)
        let engagement = try await world.get(Engagement.self, moved.id)
        _ = try await world.close(engagement, "cancel", notes: "Ended.")
        try await breaks("G-128") { _ = try await world.act("reopen", lost) }
        try await breaks("G-128") { _ = try await world.make(Opportunity.self) { $0.engagement = moved.id } }
    }

    /// Its events say how it ended.
    @Test func eachEndIsAnEvent() async throws {
        let world = try await World()
        let opportunity = try await world.make(Opportunity.self)
        _ = try await move(opportunity, "lost", in: world)
        let rows = try await world.server.admin.run(
            "SELECT subject FROM customer_success.outbox WHERE record = \(opportunity.id) ORDER BY seq")
        #expect(try rows.map { try $0.string(at: 0).split(separator: ".").last } == ["created", "lost"])
    }

    /// The page of the engagement shows and counts those that are open, and customers find none.
    @Test func theEngagementCountsThem() async throws {
        let world = try await World()
        let open = try await world.make(Opportunity.self) { $0.expectedDate = world.day(20) }
        let engagement = try #require(open.engagement)
        let lost = try await world.make(Opportunity.self) { $0.engagement = engagement }
        _ = try await move(lost, "lost", in: world)
        var request = GetEngagementPageRequest()
        request.id = engagement
        let page = try await world.call(CustomerSuccessAPI.getEngagementPage, request)
        #expect(
            page.opportunities?.items.map(\.id) == [open.id] && page.opportunities?.items.first?.daysRemaining == 20)
        #expect(page.opportunities?.totalSize == 1 && page.opportunities?.allSize == 2)
        let theirs = try await world.call(CustomerSuccessAPI.getEngagementPage, request, as: world.customer)
        #expect(theirs.opportunities?.items.isEmpty == true && theirs.opportunities?.allSize == 0)
    }

    /// By no way does a customer learn that there is one.
    @Test func customersHearNothingOfIt() async throws {
        let world = try await World()
        let word = "Expansion\(uuid().suffix(8))"
        let opportunity = try await world.make(Opportunity.self) { $0.title = word }
        _ = try await world.write("add_work_note", "Ask for more seats", on: opportunity)
        var search = SearchRequest()
        search.text = word
        let found = try await world.call(CustomerSuccessAPI.searchCustomerSuccess, search)
        #expect(found.items.map(\.id) == [opportunity.id])
        let theirs = try? await world.call(CustomerSuccessAPI.searchCustomerSuccess, search, as: world.customer)
        #expect(theirs?.items.isEmpty ?? true)
        var references = FindReferencesRequest()
        references.table = "engagement"
        var referred = ReferredRecord()
        referred.id = try #require(opportunity.engagement)
        references.records = [referred]
        let named = try? await world.call(CustomerSuccessAPI.findReferences, references, as: world.customer)
        #expect(named.map { !"\($0)".contains("opportunity") } ?? true)
        #expect(
            try await refusal { _ = try await world.activity(opportunity, as: world.customer) }.code
                == .permissionDenied)
        var export = ExportRequest()
        export.format = "xlsx"
        let exported = try await refusal {
            let _: Export = try await world.call(World.method(Opportunity.self, "export"), export, as: world.customer)
        }
        #expect(exported.code == .permissionDenied)
    }

    /// A renewal that comes near is proposed once, whatever becomes of it; an open one is enough.
    @Test(arguments: [(89, 0), (90, 1), (120, 1), (121, 0)])
    func renewalsAreProposed(days: Int, proposals: Int) async throws {
        let server = try await Server.start()
        let world = try await World(server)
        let engagement = try await world.make(Engagement.self) { $0.renewalDate = world.day(days) }
        let job = RenewalOpportunities(server.database)
        #expect(try await job.run() == proposals)
        #expect(try await job.run() == 0)
        let made = try await world.list(Opportunity.self).resources
        #expect(made.count == proposals)
        guard let proposed = made.first else { return }
        #expect(proposed.kind == "renewal" && proposed.engagement == engagement.id && proposed.domain == world.domain)
        #expect(proposed.expectedDate == world.day(days) && proposed.assignedTo == world.manager)
        #expect(proposed.title == "Renewal: Journey of Ernst Handel")
        _ = try await move(proposed, "lost", in: world)
        #expect(try await job.run() == 0)
        _ = try await world.make(Opportunity.self) { ($0.engagement, $0.kind) = (engagement.id, "renewal") }
        _ = try await world.set(engagement, "renewal_date", .string(world.day(100)))
        #expect(try await job.run() == 0)
    }

    /// Neither one that was deleted nor one that people made and lost is proposed again; the next year's is.
    @Test func whatBecameOfARenewalIsNotForgotten() async throws {
        let server = try await Server.start()
        let world = try await World(server)
        let deleted = try await world.make(Engagement.self) { $0.renewalDate = world.day(100) }
        let job = RenewalOpportunities(server.database)
        #expect(try await job.run() == 1)
        let proposed = try #require(try await world.list(Opportunity.self).resources.first)
        try await world.delete(proposed)
        #expect(try await job.run() == 0)
        let (lost, undated) = (try await world.make(Engagement.self), try await world.make(Engagement.self))
        for engagement in [lost, undated] {
            let own = try await world.make(Opportunity.self) {
                ($0.engagement, $0.kind) = (engagement.id, "renewal")
                $0.expectedDate = engagement.id == lost.id ? world.day(130) : nil
            }
            _ = try await move(own, "lost", in: world)
            _ = try await world.set(engagement, "renewal_date", .string(world.day(100)))
        }
        #expect(try await job.run() == 0)
        server.clock.advance(seconds: 365 * 86_400)
        for engagement in [deleted, lost, undated] {
            _ = try await world.set(engagement, "renewal_date", .string(world.day(100)))
        }
        #expect(try await job.run() == 3)
    }
}
