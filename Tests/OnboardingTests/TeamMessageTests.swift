import OnboardingWire
import RPC
import Records
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import OnboardingService

/// What the teams of a case are told when the activities that enter them are completed (G-40, G-41).
@Suite struct TeamMessageTests {
    private let activity = uuid()

    /// Completes an activity as the playbook does: in a transaction of the agent's.
    private func complete(
        _ world: World, as caller: Caller? = nil, _ tell: @escaping @Sendable (RuleContext) throws -> Void
    ) async throws {
        let database = world.server.database
        let caller = caller ?? world.agent
        try await database.transaction(as: caller, deadline: .patient) { tx in
            let write = WriteContext(caller: caller, now: database.clock.now)
            try tell(RuleContext(transaction: tx, write: write, database: database))
        }
    }

    private func messages(of record: OnboardingCase, _ world: World) async throws -> [TeamMessage] {
        var list = ListRequest()
        list.filter = "onboarding_case = \"\(record.id)\""
        return try await world.call(OnboardingAPI.listTeamMessages, list, as: world.agent).teamMessages.reversed()
    }

    private func entries(of record: OnboardingCase, as caller: Caller, _ world: World) async throws -> [ActivityEntry] {
        var request = ListActivityRequest()
        request.id = record.id
        return try await world.call(OnboardingAPI.listOnboardingCaseActivity, request, as: caller).entries
            .filter { !$0.text.isEmpty }
    }

    /// A world whose account has a second contact, a Korean user of the portal.
    private func team() async throws -> (World, OnboardingCase, second: CustomerContact) {
        let world = try await World()
        let record = try await world.openCase()
        let second = try await World.addContact("kim@ernst.example", to: world.account, world.agent, world.server)
        let user = try await world.addUser(isCustomer: true)
        _ = try await world.server.admin.run("UPDATE onboarding.\"user\" SET language = 'ko' WHERE id = \(user.id)")
        _ = try await world.changeContact(second.id, as: world.agent) {
            $0.firstName = "Minji"
            $0.lastName = "Kim"
            $0.user = user.id
        }
        try await world.addMember("Customer onboarding contact", of: record)
        try await world.addMember("Key team member", of: record, contact: second.id)
        try await world.addMember("Data SME", of: record, contact: second.id)
        return (world, record, second)
    }

    @Test func theCustomerTeamIsToldOnceWhoItsContactsAre() async throws {
        let (world, record, second) = try await team()
        let id = record.id
        for _ in 0..<2 {
            try await complete(world) {
                try TeamMessages.customerTeamCompleted(case: id, .init(activity: activity, count: 1), $0)
            }
        }
        let told = try await messages(of: record, world)
        // Two contacts and the assignee, of two things.
        #expect(told.count == 6)
        for (kind, people) in [("onboarding_contacts", "Roland Mendel"), ("key_members", "Minji Kim")] {
            let mails = told.filter { $0.kind == kind }
            #expect(mails.allSatisfy { $0.people == people && $0.completion == 1 }, "\(mails)")
            #expect(Set(mails.map(\.contact)) == [world.contact.id, second.id, nil])
            #expect(mails.first { $0.contact == nil }?.user == world.agent.subject)
            #expect(mails.first { $0.contact == second.id }?.language == "ko")
            #expect(mails.filter { $0.contact != second.id }.allSatisfy { $0.language == "en" })
            #expect(mails.allSatisfy { $0.accountName == "Ernst Handel" && $0.caseNumber == record.number })
            #expect(mails.allSatisfy { $0.domain == record.domain })
        }
        // Logged where the customer reads it.
        let admin = try world.customer("sn_customerservice.customer_admin")
        for reader in [world.agent, admin] {
            let entries = try await entries(of: record, as: reader, world)
            #expect(entries.count == 2 && entries.allSatisfy { $0.kind == "additional_comments" })
            #expect(entries.contains { $0.text.contains("Roland Mendel") })
        }
    }

    /// Reopened and completed again, they are told again.
    @Test func eachCompletionIsToldOnce() async throws {
        let (world, record, _) = try await team()
        let id = record.id
        for completion in [1, 2, 2, 1] {
            try await complete(world) {
                try TeamMessages.customerTeamCompleted(case: id, .init(activity: activity, count: completion), $0)
            }
        }
        let told = try await messages(of: record, world)
        #expect(told.count == 12 && told.filter { $0.completion == 2 }.count == 6)
        #expect(Set(told.map(\.id)).count == 12)
        // So are those of another run of the playbook.
        try await complete(world) {
            try TeamMessages.customerTeamCompleted(case: id, .init(activity: uuid(), count: 1), $0)
        }
        #expect(try await messages(of: record, world).count == 18)
    }

    /// Two completions of the same kind at once tell once; nobody is left out.
    @Test func twoAtOnceTellOnce() async throws {
        let (world, record, _) = try await team()
        let id = record.id
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    try await complete(world) {
                        try TeamMessages.customerTeamCompleted(case: id, .init(activity: activity, count: 1), $0)
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(try await messages(of: record, world).count == 6)
        #expect(try await entries(of: record, as: world.agent, world).count == 2)
    }

    /// Nothing is told that did not happen: it goes with the transaction of the activity.
    @Test func whatIsUndoneIsNotTold() async throws {
        let (world, record, _) = try await team()
        let id = record.id
        struct Undone: Error {}
        await #expect(throws: (any Error).self) {
            try await complete(world) {
                try TeamMessages.customerTeamCompleted(case: id, .init(activity: activity, count: 1), $0)
                throw Undone()
            }
        }
        #expect(try await messages(of: record, world).isEmpty)
        #expect(try await entries(of: record, as: world.agent, world).isEmpty)
    }

    @Test func peopleWhoHaveLeftAreNotToldAndNothingIsSaidOfNobody() async throws {
        let (world, record, second) = try await team()
        let id = record.id
        _ = try await world.changeContact(second.id, as: world.agent) { $0.active = false }
        try await complete(world) {
            try TeamMessages.customerTeamCompleted(case: id, .init(activity: activity, count: 1), $0)
        }
        // The only key member has left: there is nobody to name.
        let told = try await messages(of: record, world)
        #expect(told.map(\.kind) == ["onboarding_contacts", "onboarding_contacts"])
        #expect(Set(told.map(\.contact)) == [world.contact.id, nil])
    }

    @Test func theAccountTeamIsTold() async throws {
        let world = try await World()
        let record = try await world.openCase()
        let id = record.id
        let (one, leaver) = (try await world.addUser(), try await world.addUser())
        for user in [world.agent.subject, one.id, leaver.id] {
            try await world.addMember("Data analyst", of: record, user: user)
        }
        try await world.addMember("Onboarding manager", of: record, user: one.id)
        try await world.addMember("Data SME", of: record)
        _ = try await world.server.admin.run("UPDATE onboarding.\"user\" SET active = false WHERE id = \(leaver.id)")
        for _ in 0..<2 {
            try await complete(world) {
                try TeamMessages.accountTeamCompleted(case: id, .init(activity: activity, count: 1), $0)
            }
        }
        let told = try await messages(of: record, world)
        #expect(told.map(\.kind) == ["account_team", "account_team"])
        #expect(Set(told.map(\.user)) == [world.agent.subject, one.id])
        #expect(told.allSatisfy { $0.contact == nil && $0.people == "Ann Agent, Pat" })
        // Logged for the provider alone.
        #expect(try await entries(of: record, as: world.agent, world).map(\.kind) == ["work_notes"])
        let admin = try world.customer("sn_customerservice.customer_admin")
        #expect(try await entries(of: record, as: admin, world).isEmpty)
        #expect(
            await world.problem(OnboardingAPI.listTeamMessages, ListRequest(), as: admin)?.code == .permissionDenied)
    }
}
