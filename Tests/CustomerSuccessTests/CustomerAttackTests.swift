import CustomerSuccessWire
import RPC
import Records
import Roles
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import CustomerSuccessService

/// A token in which account and domain do not agree opens nothing, by any method; one with two accounts opens both, and
/// nothing of a third (G-126).
@Suite struct CustomerAttackTests {
    private static let role = "sn_acct_lc.ale_success_customer"

    private static func customer(_ memberships: [Membership]) throws -> Caller {
        try #require(Caller(subject: uuid(), roles: RoleCatalog.close([role]), memberships: memberships))
    }

    /// The account of `world` in the domain `path`, as the contact who is the customer there.
    private static func membership(_ world: World, in path: String? = nil) throws -> Membership {
        Membership(
            account: world.account, domain: try #require(DomainPath(path ?? world.domain)), contact: world.contact)
    }

    /// Tokens that name an account and a domain which are not of one customer: the attacker's account in the victim's
    /// domain, in the provider's or in all; the victim's account in the attacker's domain; and such pairs beside a true one.
    private static func liars(_ victim: World, _ attacker: World) throws -> [Caller] {
        let own = try membership(attacker)
        let stolen = try membership(attacker, in: victim.domain)
        return try [
            [stolen], [try membership(attacker, in: "/provider/")], [try membership(attacker, in: "/")],
            [try membership(victim, in: attacker.domain)],
            [own, Membership(account: uuid(), domain: stolen.domain, contact: victim.contact)],
        ].map(customer)
    }

    private static func show<R: Sample>(_ record: inout R) {
        if R.schema.index(of: "visible_to_customer") != nil { record[named: "visible_to_customer"] = .bool(true) }
    }

    // MARK: Every method of every record

    @Test(arguments: CustomerTests.seen.indices)
    func aDomainThatIsNotTheAccountsOpensNoRecord(row: Int) async throws { try await attack(CustomerTests.seen[row]) }

    private func attack<R: Sample>(_ type: R.Type) async throws {
        let world = try await World()
        let next = try await World(world.server)
        let record = try await world.make(type) { record in
            Self.show(&record)
            if R.schema.index(of: "contact") != nil { record[named: "contact"] = .string(world.contact) }
        }
        for liar in try Self.liars(world, next) {
            for verb in World.verbs(of: type) where !["create", "batch_create", "list", "export"].contains(verb) {
                let met = try await refusal("\(verb)") {
                    try await world.attempt(verb, type, record.id, as: liar)
                }
                // What is not there and what is not theirs look the same.
                let unknown = try await refusal("\(verb)") { try await world.attempt(verb, type, uuid(), as: liar) }
                #expect(met.code == unknown.code && met.reason == unknown.reason, "\(verb) \(met)")
                #expect([.notFound, .permissionDenied].contains(met.code), "\(verb) \(met)")
            }
            for filter in ["", "id = \"\(record.id)\""] {
                let page = try await world.list(type, filter: filter, as: liar)
                #expect(!page.resources.contains { $0.id == record.id }, "\(filter)")
            }
            let draft = try await R.draft(in: world)
            let refused = try await refusal("create") { _ = try await world.create(draft, as: liar) }
            #expect([.permissionDenied, .invalidArgument].contains(refused.code), "\(refused)")
        }
        #expect(try await world.get(type, record.id) == record)
        // The check of the check: the same verbs reach the record with a token that is true.
        #expect(try await world.get(type, record.id, as: world.customer).id == record.id)
    }

    @Test func filesHoldNothing() async throws {
        let server = try await Server.start()
        let world = try await World(server)
        let next = try await World(server)
        _ = try await world.make(Engagement.self)
        var request = ExportRequest()
        request.format = "csv"
        let ask = request
        for liar in try Self.liars(world, next) {
            do {
                #expect(try await world.call(CustomerSuccessAPI.exportEngagements, ask, as: liar).rows == 0)
            } catch {
                // Not even an empty file can be kept in a domain that is another's.
                #expect((error as? Problem)?.code == .permissionDenied)
            }
        }
        // A file is of all accounts together: the same person with one of them is somebody else.
        let both = try Self.customer([Self.membership(world), Self.membership(next)])
        _ = try await next.make(Engagement.self)
        let file = try await world.call(CustomerSuccessAPI.exportEngagements, ask, as: both)
        #expect(file.rows == 2)
        var chunk = ReadExportRequest()
        chunk.token = file.token
        let read = chunk
        #expect(try await world.call(CustomerSuccessAPI.readExport, read, as: both).last)
        for membership in both.memberships {
            let one = Caller(
                subject: both.subject, kind: .customer, domain: membership.domain, roles: both.roles,
                account: membership.account, contact: membership.contact)
            let problem = try await refusal { _ = try await world.call(CustomerSuccessAPI.readExport, read, as: one) }
            #expect(problem.code == .notFound)
        }
    }

    // MARK: Pages

    @Test func noPageShowsAnotherAccounts() async throws {
        let world = try await World()
        let next = try await World(world.server)
        let engagement = try await world.make(Engagement.self) { $0.renewalDate = world.day(100) }
        let objective = try await world.make(SuccessObjective.self) { $0.engagement = engagement.id }
        var engagementPage = GetEngagementPageRequest()
        engagementPage.id = engagement.id
        var objectivePage = GetObjectivePageRequest()
        objectivePage.id = objective.id
        let (engagementAsked, objectiveAsked) = (engagementPage, objectivePage)
        for liar in try Self.liars(world, next) {
            let pages: [() async throws -> Void] = [
                { _ = try await world.call(CustomerSuccessAPI.getEngagementPage, engagementAsked, as: liar) },
                { _ = try await world.call(CustomerSuccessAPI.getObjectivePage, objectiveAsked, as: liar) },
                {
                    let page = try await world.call(
                        CustomerSuccessAPI.getLandingPage, GetLandingPageRequest(), as: liar)
                    #expect(page.activeEngagementCount == 0 && page.cards.allSatisfy { $0.count == 0 })
                    throw Problem.permissionDenied()
                },
            ]
            for page in pages {
                let problem = try await refusal { try await page() }
                #expect([.notFound, .permissionDenied].contains(problem.code))
            }
        }
        // Of two accounts each engagement's page shows its own people.
        let other = try await next.make(Engagement.self)
        let both = try Self.customer([Self.membership(world), Self.membership(next)])
        for (id, account) in [(engagement.id, world.account), (other.id, next.account)] {
            engagementPage.id = id
            let ask = engagementPage
            let page = try await world.call(CustomerSuccessAPI.getEngagementPage, ask, as: both)
            #expect(page.engagement?.account == account)
        }
    }

    // MARK: Two accounts

    @Test(arguments: CustomerTests.seen.indices)
    func twoAccountsSeeBothAndNoThird(row: Int) async throws { try await see(CustomerTests.seen[row]) }

    private func see<R: Sample>(_ type: R.Type) async throws {
        // Made in this order, the domain of the third lies between those of the two.
        let first = try await World()
        let third = try await World(first.server)
        let second = try await World(first.server)
        var records: [R] = []
        for world in [first, third, second] { records.append(try await world.make(type) { Self.show(&$0) }) }
        let both = try Self.customer([Self.membership(second), Self.membership(first)])
        let filter = records.map { "id = \"\($0.id)\"" }.joined(separator: " OR ")
        let page = try await first.list(type, filter: filter, as: both)
        #expect(Set(page.resources.map(\.id)) == [records[0].id, records[2].id] && page.totalSize == 2)
        // Page by page, too.
        let start = try await first.list(type, filter: filter, size: 1, as: both)
        let rest = try await first.list(type, filter: filter, size: 1, token: start.nextPageToken, as: both)
        #expect(Set((start.resources + rest.resources).map(\.id)).count == 2 && rest.nextPageToken.isEmpty)
        for (record, isOwn) in zip(records, [true, false, true]) {
            if isOwn {
                #expect(try await first.get(type, record.id, as: both).id == record.id)
            } else {
                let problem = try await refusal { _ = try await first.get(type, record.id, as: both) }
                #expect(problem.code == .notFound)
            }
        }
    }

    /// What such a customer makes belongs to the account it is made for, in the name of the contact there.
    @Test func whatTheyMakeBelongsToOneAccount() async throws {
        let first = try await World()
        let third = try await World(first.server)
        let second = try await World(first.server)
        let both = try Self.customer([Self.membership(first), Self.membership(second)])
        for world in [first, second] {
            let engagement = try await world.make(Engagement.self)
            var draft = Touchpoint()
            draft.engagement = engagement.id
            draft.subject = "From us"
            draft.description = "d"
            let made = try await world.create(draft, as: both, requestID: uuid())
            let stored = try await world.get(Touchpoint.self, made.id)
            #expect(stored.account == world.account && stored.domain == world.domain)
            #expect(stored.contact == world.contact && stored.assignedTo == world.manager)
            let task = try await world.make(SuccessTask.self) {
                $0.visibleToCustomer = true
                $0.contact = world.contact
            }
            #expect(try await world.set(task, "state", .string("in_progress"), as: both).state == "in_progress")
            // The contact of one account has no business at the other.
            draft.contact = world.account == first.account ? second.contact : first.contact
            let mixed = draft
            #expect(try await refusal { _ = try await world.create(mixed, as: both) }.code == .invalidArgument)
        }
        var draft = Touchpoint()
        draft.engagement = try await third.make(Engagement.self).id
        draft.subject = "From us"
        draft.description = "d"
        let foreign = draft
        #expect(try await refusal { _ = try await first.create(foreign, as: both) }.code == .invalidArgument)
    }
}
