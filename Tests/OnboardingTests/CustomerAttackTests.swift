import OnboardingWire
import RPC
import Records
import Roles
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import OnboardingService

/// Customers of onboarding (G-22, G-126): what a token opens in which account and domain disagree, and one with two
/// accounts.
@Suite struct CustomerAttackTests {
    /// An account with everything that customers see of one.
    private struct Customer {
        let world: World
        let onboarding: OnboardingCase
        let task: LifecycleTask
        let member: CaseTeamMember

        init(_ server: Server? = nil) async throws {
            world = try await World(server)
            let contact = world.contact.id
            onboarding = try await world.openCase { $0.contact = contact }
            task = try await world.createTask(onboarding) {
                $0.contact = contact
                $0.visibleToCustomer = true
            }
            var request = CreateCaseTeamMemberRequest()
            request.caseTeamMember = CaseTeamMember()
            request.caseTeamMember?.onboardingCase = onboarding.id
            request.caseTeamMember?.side = "customer"
            request.caseTeamMember?.contact = contact
            request.caseTeamMember?.responsibility = OnboardingSeed.responsibility("customer", "Data SME")
            member = try await world.call(OnboardingAPI.createCaseTeamMember, request, as: world.agent)
        }

        func membership(in path: String? = nil) throws -> Membership {
            Membership(
                account: world.account.id, domain: try #require(DomainPath(path ?? world.account.domain)),
                contact: world.contact.id)
        }
    }

    private static func customer(_ memberships: [Membership], _ role: String) throws -> Caller {
        try #require(Caller(subject: uuid(), roles: RoleCatalog.close([role]), memberships: memberships))
    }

    private static let roles = ["sn_customerservice.customer", "sn_customerservice.customer_case_manager"]

    private static func get(_ id: String) -> GetRequest {
        var request = GetRequest()
        request.id = id
        return request
    }

    private static func update(_ task: LifecycleTask) -> UpdateLifecycleTaskRequest {
        var request = UpdateLifecycleTaskRequest()
        request.lifecycleTask = LifecycleTask()
        request.lifecycleTask?.id = task.id
        request.lifecycleTask?.state = "in_progress"
        return request
    }

    private static func comment(_ id: String) -> AddEntryRequest {
        var request = AddEntryRequest()
        request.id = id
        request.text = "x"
        return request
    }

    /// What `caller` sees of the customer: ids of the lists, and whether single records are there.
    private static func seen(_ customer: Customer, by caller: Caller) async throws -> Set<String> {
        let world = customer.world
        var ids = Set(
            try await world.call(OnboardingAPI.listCustomerAccounts, ListRequest(), as: caller).customerAccounts
                .map(\.id))
        ids.formUnion(
            try await world.call(OnboardingAPI.listCustomerContacts, ListRequest(), as: caller).customerContacts
                .map(\.id))
        ids.formUnion(
            try await world.call(OnboardingAPI.listOnboardingCases, ListRequest(), as: caller).onboardingCases
                .map(\.id))
        ids.formUnion(
            try await world.call(OnboardingAPI.listLifecycleTasks, ListRequest(), as: caller).lifecycleTasks.map(\.id))
        ids.formUnion(
            try await world.call(OnboardingAPI.listCaseTeamMembers, ListRequest(), as: caller).caseTeamMembers
                .map(\.id))
        return ids
    }

    /// Every single record, read one by one and written as far as customers write: the problems met.
    private static func single(_ customer: Customer, by caller: Caller) async -> [Problem?] {
        let world = customer.world
        let entry = comment(customer.task.id)
        return [
            await world.problem(OnboardingAPI.getCustomerAccount, get(world.account.id), as: caller),
            await world.problem(OnboardingAPI.getCustomerContact, get(world.contact.id), as: caller),
            await world.problem(OnboardingAPI.getOnboardingCase, get(customer.onboarding.id), as: caller),
            await world.problem(OnboardingAPI.getLifecycleTask, get(customer.task.id), as: caller),
            await world.problem(OnboardingAPI.getCaseTeamMember, get(customer.member.id), as: caller),
            await world.problem(OnboardingAPI.addLifecycleTaskComment, entry, as: caller),
            await world.problem(OnboardingAPI.updateLifecycleTask, update(customer.task), as: caller),
        ]
    }

    private static func resolve(_ customer: Customer, by caller: Caller) async throws -> [Int32] {
        var request = ResolveReferencesRequest()
        request.table = "customer_contact"
        request.field = "email"
        request.account = customer.world.account.id
        request.values = [customer.world.contact.email ?? ""]
        return try await customer.world.call(OnboardingAPI.resolveReferences, request, as: caller).references
            .map(\.matches)
    }

    @Test(arguments: roles) func aDomainThatIsNotTheAccountsOpensNothing(role: String) async throws {
        let victim = try await Customer()
        let attacker = try await Customer(victim.world.server)
        let domain = victim.world.account.domain
        let liars: [[Membership]] = try [
            [attacker.membership(in: domain)], [attacker.membership(in: "/provider/")],
            [attacker.membership(in: "/")], [victim.membership(in: attacker.world.account.domain)],
            [
                attacker.membership(),
                Membership(
                    account: uuid(), domain: try #require(DomainPath(domain)), contact: victim.world.contact.id),
            ],
        ]
        let prey: Set = [
            victim.world.account.id, victim.world.contact.id, victim.onboarding.id, victim.task.id, victim.member.id,
        ]
        for memberships in liars {
            let liar = try Self.customer(memberships, role)
            let seen = try await Self.seen(victim, by: liar)
            #expect(seen.isDisjoint(with: prey), "\(memberships)")
            for problem in await Self.single(victim, by: liar) {
                #expect(problem?.code == .notFound, "\(memberships) \(String(describing: problem))")
            }
            #expect(try await Self.resolve(victim, by: liar) == [0], "\(memberships)")
        }
        let stored = try await victim.world.call(
            OnboardingAPI.getLifecycleTask, Self.get(victim.task.id), as: victim.world.agent)
        #expect(stored == victim.task)
    }

    /// The check of the check, and G-126: with true accounts all of it is there, of both, and nothing of a third.
    @Test(arguments: roles) func twoAccountsSeeBothAndNoThird(role: String) async throws {
        let first = try await Customer()
        let third = try await Customer(first.world.server)
        let second = try await Customer(first.world.server)
        let both = try Self.customer([second.membership(), first.membership()], role)
        let expected: Set = [
            first.world.account.id, first.world.contact.id, first.onboarding.id, first.task.id, first.member.id,
            second.world.account.id, second.world.contact.id, second.onboarding.id, second.task.id, second.member.id,
        ]
        #expect(try await Self.seen(first, by: both) == expected)
        for customer in [first, second] {
            #expect(await Self.single(customer, by: both).allSatisfy { $0 == nil })
            #expect(try await Self.resolve(customer, by: both) == [1])
        }
        for problem in await Self.single(third, by: both) { #expect(problem?.code == .notFound) }
        #expect(try await Self.resolve(third, by: both) == [0])
        // Who is one contact in one account and none in the other sees what is assigned, there.
        var stranger = try second.membership()
        stranger.contact = nil
        let half = try Self.customer([first.membership(), stranger], role)
        let isManager = role == Self.roles[1]
        #expect(try await Self.seen(first, by: half).contains(second.onboarding.id) == isManager)
        #expect(try await Self.seen(first, by: half).contains(second.member.id) == isManager)
    }
}
