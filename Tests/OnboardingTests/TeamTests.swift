import OnboardingWire
import RPC
import Records
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import OnboardingService

/// Who is in the teams of a case, and with which rights.
@Suite struct TeamTests {
    // MARK: Roles that responsibilities need (G-42)

    private func grant(_ role: String, to user: User, _ world: World) async throws {
        var request = CreateRoleGrantRequest()
        request.roleGrant = RoleGrant()
        request.roleGrant?.user = user.id
        request.roleGrant?.role = role
        _ = try await world.call(OnboardingAPI.createRoleGrant, request, as: world.administrator)
    }

    private func member(_ id: String, _ world: World) async throws -> CaseTeamMember {
        var request = GetRequest()
        request.id = id
        return try await world.call(OnboardingAPI.getCaseTeamMember, request, as: world.agent)
    }

    /// The member says so as long as the role is missing, in whatever order role, user and contact come about.
    @Test func aMissingRoleShows() async throws {
        let world = try await World()
        let record = try await world.openCase()
        let manager = try await world.addMember("Key team member", of: record)
        let contact = try await world.addMember("Customer onboarding contact", of: record)
        let expert = try await world.addMember("Data SME", of: record)
        #expect(manager.roleMissing == true && contact.roleMissing == true && expert.roleMissing == false)
        let user = try await world.addUser(isCustomer: true)
        var update = UpdateCustomerContactRequest()
        update.customerContact = CustomerContact()
        update.customerContact?.id = world.contact.id
        update.customerContact?.user = user.id
        _ = try await world.call(OnboardingAPI.updateCustomerContact, update, as: world.agent)
        #expect(try await member(manager.id, world).roleMissing == true)
        try await grant("sn_customerservice.customer_case_manager", to: user, world)
        #expect(try await member(manager.id, world).roleMissing == false)
        #expect(try await member(contact.id, world).roleMissing == true)
        // A role that contains the one that is needed is as good.
        try await grant("sn_customerservice.customer_admin", to: user, world)
        #expect(try await member(contact.id, world).roleMissing == false)
        var list = ListRequest()
        list.filter = "onboarding_case = \"\(record.id)\""
        let all = try await world.call(OnboardingAPI.listCaseTeamMembers, list, as: world.agent).caseTeamMembers
        #expect(all.count == 3 && all.allSatisfy { $0.roleMissing == false })
    }

    /// It is a warning: the member is stored, and nothing is granted.
    @Test func aMissingRoleIsAdvisedAndNothingIsBlocked() async throws {
        let world = try await World()
        let record = try await world.openCase()
        let (_, warnings) = try await world.callWithWarnings(
            OnboardingAPI.createCaseTeamMember, World.membership("Key team member", of: record, world.contact.id))
        #expect(warnings.map(\.rule) == ["G-42"])
        #expect(warnings.first?.field == "case_team_member.responsibility")
        let (_, none) = try await world.callWithWarnings(
            OnboardingAPI.createCaseTeamMember, World.membership("Data SME", of: record, world.contact.id))
        #expect(none.isEmpty)
        let grants = try await world.server.admin.run(
            "SELECT 1 FROM onboarding.role_grant WHERE domain = \(world.account.domain)")
        #expect(grants.isEmpty)
    }

    @Test func customersAreNotToldOfRoles() async throws {
        let world = try await World()
        let record = try await world.openCase()
        let stored = try await world.addMember("Key team member", of: record)
        var request = GetRequest()
        request.id = stored.id
        let seen = try await world.call(
            OnboardingAPI.getCaseTeamMember, request, as: world.customer("sn_customerservice.customer_admin"))
        #expect(seen.id == stored.id && seen.roleMissing == nil)
    }

    // MARK: Who may be in which team

    @Test func eachTeamHasItsSideAndNobodyWhoHasLeft() async throws {
        let world = try await World()
        let record = try await world.openCase()
        let external = try await world.addUser(isCustomer: true)
        let leaver = try await world.addUser(isActive: false)
        for user in [external, leaver] {
            var request = World.membership("Data analyst", side: "provider", of: record, nil)
            request.caseTeamMember?.user = user.id
            let problem = await world.problem(OnboardingAPI.createCaseTeamMember, request, as: world.agent)
            #expect(problem?.violations.first?.field == "case_team_member.user", "\(problem as Any)")
        }
        // A contact of another account, and one who has left.
        let stranger = try await World(world.server)
        _ = try await world.changeContact(world.contact.id, as: world.agent) { $0.active = false }
        for contact in [stranger.contact, world.contact] {
            let problem = await world.problem(
                OnboardingAPI.createCaseTeamMember, World.membership("Data SME", of: record, contact.id),
                as: world.agent)
            #expect(problem?.violations.first?.field == "case_team_member.contact", "\(problem as Any)")
        }
        // Nor somebody of the provider in the customer team, or the other way round.
        var crossed = World.membership("Data SME", of: record, nil)
        crossed.caseTeamMember?.user = world.agent.subject
        #expect(
            await world.problem(OnboardingAPI.createCaseTeamMember, crossed, as: world.agent)?.reason == "CASE_TEAM")
    }

    // MARK: The customer's onboarding contact manages the customer team

    private func creation(_ account: String, email: String = "\(uuid())@ernst.example") -> CreateCustomerContactRequest
    {
        var request = CreateCustomerContactRequest()
        request.customerContact = CustomerContact()
        request.customerContact?.firstName = "Maria"
        request.customerContact?.lastName = "Anders"
        request.customerContact?.email = email
        request.customerContact?.account = account
        return request
    }

    @Test func theOnboardingContactAddsChangesAndDeactivates() async throws {
        let world = try await World()
        let admin = try world.customer("sn_customerservice.customer_admin")
        let made = try await world.call(
            OnboardingAPI.createCustomerContact, creation(world.account.id), as: admin)
        #expect(made.account == world.account.id && made.active == true)
        let changed = try await world.changeContact(made.id, as: admin) { $0.title = "Buyer" }
        #expect(changed.title == "Buyer")
        let gone = try await world.changeContact(made.id, as: admin) { $0.active = false }
        #expect(gone.active == false)
        var get = GetRequest()
        get.id = made.id
        let stored = try await world.call(OnboardingAPI.getCustomerContact, get, as: world.agent)
        #expect(stored.domain == world.account.domain && stored.active == false && stored.createdBy == admin.subject)
    }

    @Test func nothingElseIsTheOnboardingContacts() async throws {
        let world = try await World()
        let admin = try world.customer("sn_customerservice.customer_admin")
        // Who becomes a portal user is the provider's to say, and so is which account a contact belongs to.
        let user = try await world.addUser(isCustomer: true)
        for edit in [{ $0.user = user.id }, { $0.account = uuid() }] as [(inout CustomerContact) -> Void] {
            let refused = await refusal { () async throws(Problem) in
                try await world.changeContact(world.contact.id, as: admin, edit)
            }
            #expect(refused != nil)
        }
        var delete = DeleteRequest()
        delete.id = world.contact.id
        #expect(
            await world.problem(OnboardingAPI.deleteCustomerContact, delete, as: admin)?.code == .permissionDenied)
        // Another account, by name and by contact.
        let other = try await World(world.server)
        let created = await world.problem(
            OnboardingAPI.createCustomerContact, creation(other.account.id), as: admin)
        #expect(created?.code == .invalidArgument, "\(created as Any)")
        let met = await refusal { () async throws(Problem) in
            try await world.changeContact(other.contact.id, as: admin) { $0.active = false }
        }
        #expect(met?.code == .notFound)
        // The account itself, cases and teams stay the provider's.
        let record = try await world.openCase()
        #expect(
            await world.problem(
                OnboardingAPI.createCaseTeamMember, World.membership("Data SME", of: record, world.contact.id),
                as: admin)?.code == .permissionDenied)
        // Nor may other people of the customer manage the team.
        for role in ["sn_customerservice.customer", "sn_customerservice.customer_case_manager"] {
            let other = try world.customer(role)
            let denied = [
                await world.problem(OnboardingAPI.createCustomerContact, creation(world.account.id), as: other),
                await refusal { () async throws(Problem) in
                    try await world.changeContact(world.contact.id, as: other) { $0.title = "x" }
                },
            ]
            #expect(denied.allSatisfy { $0?.code == .permissionDenied }, "\(role)")
        }
    }

    private func refusal<T: Sendable>(_ body: () async throws(Problem) -> T) async -> Problem? {
        await ServiceTestKit.problem(of: body)
    }
}

extension World {
    /// The request to put a contact, or with nil nobody yet, into a team.
    static func membership(
        _ responsibility: String, side: String = "customer", of record: OnboardingCase, _ contact: String?
    ) -> CreateCaseTeamMemberRequest {
        var request = CreateCaseTeamMemberRequest()
        request.caseTeamMember = CaseTeamMember()
        request.caseTeamMember?.responsibility = OnboardingSeed.responsibility(side, responsibility)
        request.caseTeamMember?.side = side
        request.caseTeamMember?.onboardingCase = record.id
        request.caseTeamMember?.contact = contact
        return request
    }

    /// Puts somebody into a team: a contact, by default that of the account, or a user.
    @discardableResult
    func addMember(
        _ responsibility: String, of record: OnboardingCase, contact other: String? = nil, user: String? = nil
    ) async throws -> CaseTeamMember {
        let side = user == nil ? "customer" : "provider"
        var request = Self.membership(responsibility, side: side, of: record, user == nil ? other ?? contact.id : nil)
        request.caseTeamMember?.user = user
        return try await call(OnboardingAPI.createCaseTeamMember, request, as: agent)
    }

    func changeContact(
        _ id: String, as caller: Caller, _ edit: (inout CustomerContact) -> Void
    ) async throws(Problem) -> CustomerContact {
        var request = UpdateCustomerContactRequest()
        var contact = CustomerContact()
        contact.id = id
        edit(&contact)
        request.customerContact = contact
        return try await call(OnboardingAPI.updateCustomerContact, request, as: caller)
    }

    /// Calls as the agent; the answer with what it warns of.
    func callWithWarnings<Request: Message, Response: Message>(
        _ method: Method<Request, Response>, _ request: Request
    ) async throws(Problem) -> (answer: Response, warnings: [Warning]) {
        try await server.client.callWithWarnings(method, request, as: CallerTokens.credential(agent))
    }
}
