import JourneyKit
import OnboardingWire
import PlaybooksWire
import RPC
import Roles
import Tenancy
import Testing
import Wire

/// The teams of both sides, what they answer for, and what they are told (M1 to M3).
extension FivePeople {
    private func member(_ responsibility: String, _ side: String, _ key: String, _ id: String) async throws
        -> [String: String]
    {
        [
            key: id,
            "responsibility": try await world.responsibility(responsibility, of: side, as: cast.manager.credential),
        ]
    }

    private func team() async throws -> [CaseTeamMember] {
        try await list(
            OnboardingAPI.listCaseTeamMembers, "onboarding_case = \"\(onboarding.id)\"", as: cast.manager)
    }

    func addCustomerTeam() async throws {
        let done = try await complete(
            "add_contacts", ["contacts": CasePlaybook.rows(cast.rows)], as: cast.manager)
        #expect(done.created.map(\.table) == ["customer_contact", "customer_contact", "customer_contact"])
        let known = try await list(
            OnboardingAPI.listCustomerContacts, "account = \"\(account.id)\"", as: cast.manager)
        #expect(Set(known.map(\.email)) == Set(cast.customers.map(\.email)))
        #expect(Set(known.map(\.id)) == Set(done.created.map(\.id)) && known.allSatisfy { $0.active == true })
        for contact in known {
            if contact.email == cast.contact.email { cast.contact.contact = contact.id }
            if contact.email == cast.expert.email { cast.expert.contact = contact.id }
            if contact.email == cast.member.email { cast.member.contact = contact.id }
        }
        try await openPortal()
        try await addResponsibilities()
        try await grantRoles()
        try await seePortal()
    }

    /// The customer's contact and data SME are made users of the portal, without roles yet; the case gets its contact.
    private func openPortal() async throws {
        cast.contact.user = try await enter(cast.contact)
        cast.expert.user = try await enter(cast.expert)
        var update = UpdateOnboardingCaseRequest()
        update.onboardingCase = OnboardingCase()
        update.onboardingCase?.id = onboarding.id
        update.onboardingCase?.contact = cast.contact.contact
        onboarding = try await ask(OnboardingAPI.updateOnboardingCase, update, as: cast.manager)
    }

    private func enter(_ person: Person) async throws -> String {
        let user = try await world.person(
            named: person.name, person.email, [], of: account.id, language: cast.language)
        var update = UpdateCustomerContactRequest()
        update.customerContact = CustomerContact()
        update.customerContact?.id = person.contact
        update.customerContact?.user = user.id
        _ = try await ask(OnboardingAPI.updateCustomerContact, update, as: cast.manager)
        return user.id
    }

    private func addResponsibilities() async throws {
        let rows = [
            try await member("Customer onboarding contact", "customer", "contact", cast.contact.contact),
            try await member("Data SME", "customer", "contact", cast.expert.contact),
            try await member("Key team member", "customer", "contact", cast.member.contact),
        ]
        try await refuseCompletion(
            "add_responsibilities", ["members": CasePlaybook.rows(Array(rows.dropLast()))], as: cast.manager,
            .invalidArgument, "CASE_TEAM")
        // Work for the customer's side is no employee's, the administrator's included.
        var foreign = CreateCaseTeamMemberRequest()
        foreign.caseTeamMember = CaseTeamMember()
        foreign.caseTeamMember?.onboardingCase = onboarding.id
        foreign.caseTeamMember?.side = "customer"
        foreign.caseTeamMember?.user = cast.administrator.user
        foreign.caseTeamMember?.responsibility = rows[1]["responsibility"]
        try await refuse(
            cast.administrator, OnboardingAPI.createCaseTeamMember, foreign, .invalidArgument, "CASE_TEAM")
        let done = try await complete(
            "add_responsibilities", ["members": CasePlaybook.rows(rows)], as: cast.manager)
        #expect(done.created.map(\.table) == ["case_team_member", "case_team_member", "case_team_member"])
        // Nobody has been granted the roles that two of the responsibilities need (G-42).
        #expect(try await rolesMissing() == [cast.contact.contact, cast.member.contact])
        let warnings = done.warnings.map { cast.language == "ko" ? $0.ko : $0.en }
        #expect(warnings.count == 2 && warnings.allSatisfy(cast.reads), "\(warnings)")
        #expect(warnings.contains { $0.contains(cast.contact.name) }, "\(warnings)")
        #expect(warnings.contains { $0.contains(cast.member.name) }, "\(warnings)")
        try await expectMails(
            .onboardingContacts, to: cast.customers + [cast.manager], naming: [cast.contact],
            among: cast.customers)
        try await expectMails(
            .keyMembers, to: cast.customers + [cast.manager], naming: [cast.member], among: cast.customers)
    }

    private func rolesMissing() async throws -> Set<String> {
        Set(try await team().filter { $0.roleMissing == true }.compactMap(\.contact))
    }

    /// By hand, by an administrator: the analyst may not.
    private func grantRoles() async throws {
        for (person, role) in [
            (cast.contact, "sn_customerservice.customer_admin"), (cast.expert, "sn_customerservice.customer"),
        ] {
            var granting = CreateRoleGrantRequest()
            granting.roleGrant = RoleGrant()
            granting.roleGrant?.user = person.user
            granting.roleGrant?.role = role
            try await refuse(cast.analyst, OnboardingAPI.createRoleGrant, granting, .permissionDenied)
            _ = try await ask(OnboardingAPI.createRoleGrant, granting, as: cast.administrator)
        }
        #expect(try await rolesMissing() == [cast.member.contact])
        cast.contact.credential = try token(cast.contact, "sn_customerservice.customer_admin", of: account)
        cast.expert.credential = try token(cast.expert, "sn_customerservice.customer", of: account)
    }

    /// What somebody of a customer signs requests with.
    func token(_ person: Person, _ role: String, of account: CustomerAccount) throws -> Credential {
        let membership = Membership(
            account: account.id, domain: try #require(DomainPath(account.domain)),
            contact: person.contact.isEmpty ? nil : person.contact)
        let caller = Caller(
            subject: person.user, roles: RoleCatalog.close([role]), memberships: [membership], locale: cast.language)
        return .token(try world.token(try #require(caller)))
    }

    /// The contact sees the case and looks after the customer's team; neither of the two has a part in the playbook.
    private func seePortal() async throws {
        let seen = try await get(OnboardingAPI.getOnboardingCase, onboarding.id, as: cast.contact)
        #expect(seen.goLiveDate == Self.goLiveDate && seen.stage == "not_started" && seen.assignedTo == nil)
        var request = GetRequest()
        request.id = onboarding.id
        try await refuse(cast.expert, OnboardingAPI.getOnboardingCase, request, .notFound)
        for person in [cast.contact, cast.expert] {
            try await refuseCompletion("add_account_team", as: person, .permissionDenied)
            var picker = GetStagePickerRequest()
            picker.table = "onboarding_case"
            picker.record = onboarding.id
            try await refuse(person, OnboardingAPI.getStagePicker, picker, .permissionDenied)
        }
        var creation = CreateCustomerContactRequest()
        creation.customerContact = CustomerContact()
        creation.customerContact?.account = account.id
        creation.customerContact?.firstName = "Robin"
        creation.customerContact?.lastName = "Substitute"
        creation.customerContact?.email = "robin.\(cast.language)@customer.example"
        try await refuse(cast.expert, OnboardingAPI.createCustomerContact, creation, .permissionDenied)
        let added = try await ask(OnboardingAPI.createCustomerContact, creation, as: cast.contact)
        var update = UpdateCustomerContactRequest()
        update.customerContact = CustomerContact()
        update.customerContact?.id = added.id
        update.customerContact?.active = false
        _ = try await ask(OnboardingAPI.updateCustomerContact, update, as: cast.contact)
        let left = try await get(OnboardingAPI.getCustomerContact, added.id, as: cast.manager)
        #expect(left.active == false && left.createdBy == cast.contact.user)
        // Nobody who has left comes into the team.
        var member = CreateCaseTeamMemberRequest()
        member.caseTeamMember = CaseTeamMember()
        member.caseTeamMember?.onboardingCase = onboarding.id
        member.caseTeamMember?.side = "customer"
        member.caseTeamMember?.contact = added.id
        member.caseTeamMember?.responsibility = try await world.responsibility(
            "Data SME", of: "customer", as: cast.manager.credential)
        try await refuse(cast.manager, OnboardingAPI.createCaseTeamMember, member, .invalidArgument)
        try await refuse(cast.contact, OnboardingAPI.createCaseTeamMember, member, .permissionDenied)
    }

    func addAccountTeam() async throws {
        let outsider = try await member("Data analyst", "provider", "user", cast.contact.user)
        try await refuseCompletion(
            "add_account_team", ["members": CasePlaybook.rows([outsider])], as: cast.manager, .invalidArgument)
        let rows = [
            try await member("Onboarding manager", "provider", "user", cast.manager.user),
            try await member("Data analyst", "provider", "user", cast.analyst.user),
            try await member("ServiceNow developer/admin", "provider", "user", cast.administrator.user),
        ]
        let done = try await complete(
            "add_account_team", ["members": CasePlaybook.rows(rows)], as: cast.manager)
        #expect(done.created.count == 3 && done.warnings.isEmpty)
        let members = try await team()
        #expect(members.count == 6 && Set(members.compactMap(\.user)) == Set(cast.provider.map(\.user)))
        try await expectMails(.accountTeam, to: cast.provider, naming: cast.provider, among: cast.provider)
    }
}
