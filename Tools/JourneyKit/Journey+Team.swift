import ImportValidationWire
import OnboardingWire
import RPC
import Roles
import Tenancy
import Wire

extension Journey {
    /// The agent enters the customer's people on the case, and says who of the provider carries out its imports; the
    /// import tasks go there.
    public func formTeam() async throws {
        for persona in Persona.allCases {
            guard let responsibility = persona.customerResponsibility else { continue }
            try await step("\(persona.name) joins the customer team, as \(responsibility)") {
                try await join(persona, responsibility)
            }
        }
        try await step("Customers see the cases that are theirs to see") {
            for (persona, cases) in [
                (Persona.customerAdministrator, [onboardingCase.id]), (.customerDeveloper, [onboardingCase.id]),
                (.customerExpert, []),
            ] {
                let found = try await world.call(
                    OnboardingAPI.listOnboardingCases, ListRequest(), as: credential(persona)
                ).onboardingCases.map(\.id)
                try expect(found == cases, "the \(persona.rawValue) sees the cases \(found)")
            }
        }
        try await step("The import tasks go to the provider's ServiceNow developer") { try await handOverImports() }
    }

    /// A person of the customer: a user with roles, the contact who is this user, and the member of the case's team.
    private func join(_ persona: Persona, _ responsibility: String) async throws {
        let agent = try credential(.agent)
        let email = "\(persona.rawValue)@\(account.accountNumber ?? "account").example".lowercased()
        let user = try await world.person(named: persona.name, email, persona.roles, of: account.id)
        let names = persona.name.split(separator: " ").map(String.init)
        var creation = CreateCustomerContactRequest()
        var draft = CustomerContact()
        draft.account = account.id
        draft.firstName = names.first
        draft.lastName = names.last
        draft.email = email
        draft.user = user.id
        creation.customerContact = draft
        let contact = try await world.call(OnboardingAPI.createCustomerContact, creation, as: agent)
        var member = CaseTeamMember()
        member.contact = contact.id
        try await add(member, responsibility, on: "customer")
        let membership = Membership(
            account: account.id, domain: DomainPath(account.domain) ?? .root, contact: contact.id)
        guard
            let caller = Caller(
                subject: user.id, roles: RoleCatalog.close(persona.roles), memberships: [membership])
        else { throw JourneyFailure("\(persona.name) has no account") }
        users[persona] = user.id
        tokens[persona] = try world.token(caller, lifetimeSeconds: 86_400)
    }

    private func add(_ member: CaseTeamMember, _ responsibility: String, on side: String) async throws {
        let agent = try credential(.agent)
        var member = member
        member.onboardingCase = onboardingCase.id
        member.side = side
        member.responsibility = try await world.responsibility(responsibility, of: side, as: agent)
        var request = CreateCaseTeamMemberRequest()
        request.caseTeamMember = member
        _ = try await world.call(OnboardingAPI.createCaseTeamMember, request, as: agent)
    }

    private func handOverImports() async throws {
        let agent = try credential(.agent)
        let developer = try await world.person(
            named: "Dina Developer", "developer@provider.example", ["sn_acct_lc.agent"])
        var member = CaseTeamMember()
        member.user = developer.id
        try await add(member, "ServiceNow developer/admin", on: "provider")
        _ = try await world.eventually("the import tasks of the developer") { () -> Bool? in
            var request = ListRequest()
            request.filter = "parent = \"\(onboardingCase.id)\" AND assigned_to = \"\(developer.id)\""
            request.count = true
            let tasks = try await world.call(ImportValidationAPI.listImportTasks, request, as: agent)
            return tasks.totalSize == Int64(importTasks.count) ? true : nil
        }
    }
}
