import CustomerSuccessWire
import OnboardingWire
import PlaybooksWire
import RPC
import ServiceTestKit
import Testing
import Wire

@testable import CustomerSuccessService
@testable import Events
@testable import Records

/// The jobs of each day, on a clock that the test sets.
@Suite struct JobTests {
    private func link(_ engagement: Engagement, _ contract: String, in world: World) async throws {
        var draft = EngagementContract()
        draft.engagement = engagement.id
        draft.contract = contract
        _ = try await world.create(draft)
    }

    /// G-17, over a leap day and two years' ends.
    @Test func renewalDatesFollowContractsAsTheyExpire() async throws {
        let server = try await Server.start()
        server.clock.set("2028-02-20")
        let world = try await World(server)
        let ends = ["2028-02-28", "2028-02-29", "2028-12-31"]
        let contracts = [uuid(), uuid(), uuid()]
        for (contract, end) in zip(contracts, ends) {
            try await world.insert(
                "contract", ["id": contract, "account": world.account, "end_date": end, "contract_value": "10.10"])
        }
        let engagement = try await world.make(Engagement.self)
        for contract in contracts { try await link(engagement, contract, in: world) }
        let untouched = try await world.make(Engagement.self) { $0.renewalDate = "2028-02-21" }
        let job = RenewalDates(server.database)
        #expect(try await job.run() == 0)
        let expected: [(String, String?, String?, Int)] = [
            ("2028-02-28", "2028-02-28", "30.30", 0), ("2028-02-29", "2028-02-29", "20.20", 1),
            ("2028-03-01", "2028-12-31", "10.10", 1), ("2028-12-31", "2028-12-31", "10.10", 0),
            ("2029-01-01", nil, nil, 1),
        ]
        for (today, renewal, value, changed) in expected {
            server.clock.set(today)
            #expect(try await job.run() == changed, "\(today)")
            #expect(try await job.run() == 0, "\(today), again")
            let after = try await world.get(Engagement.self, engagement.id)
            #expect(after.renewalDate == renewal, "\(today)")
            #expect(Double(after.contractValue ?? "0") == Double(value ?? "0"), "\(today)")
        }
        // A date typed by a person, without contracts, is nobody's business.
        #expect(try await world.get(Engagement.self, untouched.id).renewalDate == "2028-02-21")
    }

    /// G-108: 90 to 120 days ahead, both ends included.
    @Test(arguments: [(89, 0), (90, 1), (105, 1), (120, 1), (121, 0)])
    func theWatchLooksAhead(days: Int, proposals: Int) async throws {
        let server = try await Server.start()
        let world = try await World(server)
        let engagement = try await world.make(Engagement.self) { $0.renewalDate = world.day(days) }
        let watch = RenewalWatch(server.database)
        #expect(try await watch.run() == proposals)
        #expect(try await watch.run() == 0)
        let plays = try await world.list(InternalPlay.self).resources
        #expect(plays.count == proposals)
        guard let play = plays.first else { return }
        #expect(play.engagement == engagement.id && play.domain == world.domain && play.account == world.account)
        #expect(play.assignedTo == world.manager && play.dueDate == world.day(days) && play.state == "new")
        #expect(play.createdBy == "service:customer-success")
        // Turned down is turned down, until the renewal is another.
        _ = try await world.close(play, "cancel")
        #expect(try await watch.run() == 0)
        _ = try await world.set(engagement, "renewal_date", .string(world.day(days == 90 ? 91 : days - 1)))
        #expect(try await watch.run() == 1)
    }

    /// What the watch writes is in the language of the person who is to do it.
    @Test(
        arguments: [
            ("ko", "갱신 계획: Journey of Ernst Handel", "참여의 갱신일은 "),
            (nil, "Plan the renewal: ", "The engagement renews on "),
        ] as [(String?, String, String)])
    func theWatchWritesInTheLanguageOfTheManager(language: String?, title: String, text: String) async throws {
        let server = try await Server.start()
        let world = try await World(server)
        _ = try await server.admin.run(
            "UPDATE customer_success.\"user\" SET language = \(language) WHERE id = \(world.manager)")
        _ = try await world.make(Engagement.self) { $0.renewalDate = world.day(100) }
        #expect(try await RenewalWatch(server.database).run() == 1)
        let play = try #require(try await world.list(InternalPlay.self).resources.first)
        #expect(play.shortDescription?.hasPrefix(title) == true && play.description?.hasPrefix(text) == true, "\(play)")
        #expect(play.description?.contains("일입니다") == (language == "ko"))
    }

    /// A proposed play follows its playbook, with the tasks that come by themselves; where that was retired, it is there
    /// without.
    @Test(arguments: [("ko", "목표 합의"), (nil, "Agree on the goal")] as [(String?, String)])
    func whatIsProposedFollowsItsPlaybook(language: String?, task: String) async throws {
        let server = try await Server.start()
        let world = try await World(server)
        _ = try await server.admin.run(
            "UPDATE customer_success.\"user\" SET language = \(language) WHERE id = \(world.manager)")
        let engagement = try await world.make(Engagement.self) { $0.renewalDate = world.day(100) }
        let watch = RenewalWatch(server.database)
        #expect(try await watch.run() == 1)
        let play = try #require(try await world.list(InternalPlay.self).resources.first)
        var request = ListPlaybookRunsRequest()
        (request.table, request.record) = (InternalPlay.schema.table, play.id)
        let runs = try await world.call(CustomerSuccessAPI.listPlaybookRuns, request).runs
        #expect(runs.map(\.state) == ["in_progress"])
        let tasks = try await world.list(InternalPlayTask.self, filter: "internal_play = \"\(play.id)\"").resources
        #expect(tasks.contains { $0.shortDescription == task && $0.assignedTo == world.manager })
        _ = try await world.close(play, "cancel")
        _ = try await server.admin.run(
            "UPDATE customer_success.playbook_definition SET state = 'retired' WHERE key = 'internal_play'")
        _ = try await world.set(engagement, "renewal_date", .string(world.day(101)))
        #expect(try await watch.run() == 1)
        let again = try await world.list(InternalPlay.self, filter: "state = new").resources
        #expect(again.count == 1)
        request.record = again.first?.id ?? ""
        #expect(try await world.call(CustomerSuccessAPI.listPlaybookRuns, request).runs.isEmpty)
    }

    @Test func theWatchLeavesOpenPlaysAndClosedEngagementsAlone() async throws {
        let server = try await Server.start()
        let world = try await World(server)
        let busy = try await world.make(Engagement.self) { $0.renewalDate = world.day(100) }
        _ = try await world.make(InternalPlay.self) { $0.engagement = busy.id }
        let gone = try await world.make(Engagement.self) { $0.renewalDate = world.day(100) }
        _ = try await world.close(gone, "cancel")
        #expect(try await RenewalWatch(server.database).run() == 0)
    }

    /// What the events of other services do here, each once.
    @Test func replicasFeedWhatFollowsFromThem() async throws {
        let world = try await World()
        let engagement = try await world.make(Engagement.self)
        try await link(engagement, world.contracts[0], in: world)
        var contract = Contract()
        contract.id = world.contracts[0]
        contract.domain = world.domain
        contract.account = world.account
        contract.endDate = world.day(7)
        contract.contractValue = "12.5"
        try await world.server.hear(contract, "updated", revision: 5)
        var after = try await world.get(Engagement.self, engagement.id)
        #expect(after.renewalDate == world.day(7) && after.contractValue == "12.5")
        // An older event that comes late changes nothing.
        contract.endDate = world.day(9)
        try await world.server.hear(contract, "updated", revision: 4)
        after = try await world.get(Engagement.self, engagement.id)
        #expect(after.renewalDate == world.day(7))
        var onboarding = OnboardingCase()
        onboarding.id = world.onboarding
        onboarding.domain = world.domain
        onboarding.account = world.account
        onboarding.state = "active"
        onboarding.goLiveDate = "2028-01-15"
        try await world.server.hear(onboarding, "updated", revision: 2)
        #expect(try await world.get(Engagement.self, engagement.id).initialGoLive == "2028-01-15")
    }

    /// A reference to a record whose event has not come yet is asked for.
    @Test func whatIsNotHereYetIsAskedFor() async throws {
        let world = try await World()
        var contact = CustomerContact()
        contact.id = uuid()
        contact.domain = world.domain
        contact.account = world.account
        contact.lastName = "New"
        contact.etag = "1"
        world.server.onboarding.own(contact)
        let touchpoint = try await world.make(Touchpoint.self) { $0.contact = contact.id }
        #expect(touchpoint.contact == contact.id)
        let newcomer = uuid()
        var user = User()
        user.id = newcomer
        user.domain = "/provider/"
        user.etag = "1"
        world.server.onboarding.own(user)
        var agent = world.agent
        agent.subject = newcomer
        #expect(try await world.act("assign_to_me", touchpoint, as: agent).assignedTo == newcomer)
    }
}
