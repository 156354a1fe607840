import ImportValidationWire
import JourneyKit
import OnboardingWire
import RPC
import Roles
import Tenancy
import Testing
import Wire

/// Who follows whole accounts in the portal (G-22): the case manager of two, who sees both and no third (G-126), and
/// who runs the customer's own instance.
extension FivePeople {
    func followAccounts(_ task: ImportTask) async throws {
        let second = try await neighbour("Königlich Essen")
        let third = try await neighbour("Frankenversand")
        cast.member.user = try await world.person(
            named: cast.member.name, cast.member.email, ["sn_customerservice.customer_case_manager"], of: account.id,
            language: cast.language
        ).id
        let own = try await makeUser(cast.member, of: account, contact: cast.member.contact)
        let other = try await makeUser(cast.member, of: second.account)
        cast.member.credential = try token(
            cast.member, ["sn_customerservice.customer_case_manager"], [own, other])
        try await followBoth(second, third, task)
        try await followOne(second)
    }

    private typealias Neighbour = (account: CustomerAccount, onboarding: OnboardingCase)

    /// An account next door with its own case.
    private func neighbour(_ name: String) async throws -> Neighbour {
        let account = try await world.openAccount("\(name) \(cast.language)", as: cast.manager.credential)
        return (account, try await world.automaticCase(of: account.id, as: cast.manager.credential))
    }

    /// Makes a person a contact who is a user, and answers the membership of it.
    private func makeUser(
        _ person: Person, of account: CustomerAccount, contact known: String? = nil
    ) async throws -> Membership {
        var contact = CustomerContact()
        contact.user = person.user
        let id: String
        if let known {
            contact.id = known
            var update = UpdateCustomerContactRequest()
            update.customerContact = contact
            id = try await ask(OnboardingAPI.updateCustomerContact, update, as: cast.manager).id
        } else {
            (contact.account, contact.email) = (account.id, person.email)
            (contact.firstName, contact.lastName) = ("Kim", "Key")
            var creation = CreateCustomerContactRequest()
            creation.customerContact = contact
            id = try await ask(OnboardingAPI.createCustomerContact, creation, as: cast.manager).id
        }
        return Membership(account: account.id, domain: try #require(DomainPath(account.domain)), contact: id)
    }

    private func token(_ person: Person, _ roles: Set<String>, _ memberships: [Membership]) throws -> Credential {
        let caller = Caller(
            subject: person.user, roles: RoleCatalog.close(roles), memberships: memberships, locale: cast.language)
        return .token(try world.token(try #require(caller)))
    }

    private func followBoth(_ second: Neighbour, _ third: Neighbour, _ task: ImportTask) async throws {
        let portal = try await ask(OnboardingAPI.getPortal, GetPortalRequest(), as: cast.member)
        #expect(Set(portal.accounts.map(\.id)) == [account.id, second.account.id])
        let all = try #require(portal.allCases).items
        #expect(Set(all.map(\.id)).isSuperset(of: [onboarding.id, second.onboarding.id]))
        #expect(all.allSatisfy { cast.reads($0.state) && cast.reads($0.stage) }, "\(all)")
        #expect(Set(all.map(\.accountName)) == [account.name ?? "", second.account.name ?? ""])
        var narrowed = ListPortalRequest()
        (narrowed.list, narrowed.account) = ("all_cases", second.account.id)
        let ofSecond = try await ask(OnboardingAPI.listPortal, narrowed, as: cast.member)
        #expect(ofSecond.items.map(\.id) == [second.onboarding.id] && ofSecond.count == 1)
        for record in [onboarding, second.onboarding] {
            var request = GetPortalCaseRequest()
            request.id = record.id
            let page = try await ask(OnboardingAPI.getPortalCase, request, as: cast.member)
            #expect(page.header.allSatisfy { cast.reads($0.label) }, "\(page.header)")
        }
        // No third one, by no way of asking.
        narrowed.account = third.account.id
        #expect(try await ask(OnboardingAPI.listPortal, narrowed, as: cast.member).items.isEmpty)
        var (page, tasks, get) = (GetPortalCaseRequest(), ListPortalCaseTasksRequest(), GetRequest())
        (page.id, tasks.id, get.id) = (third.onboarding.id, third.onboarding.number ?? "", third.onboarding.id)
        try await refuse(cast.member, OnboardingAPI.getPortalCase, page, .notFound)
        try await refuse(cast.member, OnboardingAPI.listPortalCaseTasks, tasks, .notFound)
        try await refuse(cast.member, OnboardingAPI.getOnboardingCase, get, .notFound)
        var search = SearchRequest()
        for (record, isFound) in [(onboarding, true), (second.onboarding, true), (third.onboarding, false)] {
            search.text = record.number ?? ""
            let found = try await ask(OnboardingAPI.searchOnboarding, search, as: cast.member).items
            #expect(found.contains { $0.id == record.id } == isFound, "\(search.text) \(found)")
        }
        // The import task is the expert's, and nobody else's of the account (D-50).
        get.id = task.id
        try await refuse(cast.member, ImportValidationAPI.getImportTask, get, .notFound)
        try await refuse(
            cast.member, OnboardingAPI.getOnboardingLandingPage, GetOnboardingLandingPageRequest(), .permissionDenied)
    }

    /// Who runs the customer's instance follows the account as its case managers do, reads in the own language and learns no ids
    /// of people.
    private func followOne(_ second: Neighbour) async throws {
        let role = "sn_customerservice.customer_manager"
        var person = Person(
            name: cast.language == "ko" ? "윤하준" : "Nils Network", email: "network.\(cast.language)@customer.example")
        person.user = try await world.person(
            named: person.name, person.email, [role], of: account.id, language: cast.language
        ).id
        let own = try await makeUser(person, of: account)
        person.contact = own.contact ?? ""
        person.credential = try token(person, [role], [own])
        let portal = try await ask(OnboardingAPI.getPortal, GetPortalRequest(), as: person)
        #expect(portal.accounts.map(\.id) == [account.id] && portal.myTasks?.items.isEmpty == true)
        #expect(portal.allCases?.items.contains { $0.id == onboarding.id } == true)
        var request = GetPortalCaseRequest()
        request.id = onboarding.id
        let page = try await ask(OnboardingAPI.getPortalCase, request, as: person)
        #expect(page.header.allSatisfy { cast.reads($0.label) }, "\(page.header)")
        var activity = ListActivityRequest()
        activity.id = onboarding.id
        let stream = try await ask(OnboardingAPI.listOnboardingCaseActivity, activity, as: person)
        #expect(stream.entries.contains { $0.byName == cast.manager.name }, "\(stream.entries)")
        let told = try page.jsonText() + portal.jsonText() + stream.jsonText()
        #expect(!cast.provider.contains { told.contains($0.user) }, "\(told)")
        request.id = second.onboarding.id
        try await refuse(person, OnboardingAPI.getPortalCase, request, .notFound)
        try await setUpServiceBridge(as: person, second)
    }

    /// Who runs the customer's instance sets Service Bridge up (D-225): registers it, for the own account alone, and follows
    /// what becomes of that. Whoever else follows the account does not.
    private func setUpServiceBridge(as person: Person, _ second: Neighbour) async throws {
        var request = registration("https://own.\(cast.language).customer.example")
        request.consumerRegistration?.contact = person.contact
        try await refuse(cast.member, OnboardingAPI.registerConsumer, request, .permissionDenied)
        let made = try await ask(OnboardingAPI.registerConsumer, request, as: person)
        #expect(made.status == "requested" && made.account == account.id && made.onboardingCase == onboarding.id)
        let known = try await list(OnboardingAPI.listConsumerRegistrations, "", as: person)
        #expect(known.map(\.id) == [made.id] && known.map(\.instanceUrl) == [request.consumerRegistration?.instanceUrl])
        var start = ActionRequest()
        start.id = made.id
        try await refuse(
            person, OnboardingAPI.startConsumerRegistration, start, .failedPrecondition, "REGISTRATION_STARTED")
        try await refuse(cast.member, OnboardingAPI.startConsumerRegistration, start, .permissionDenied)
        request.consumerRegistration?.account = second.account.id
        try await refuse(person, OnboardingAPI.registerConsumer, request, .invalidArgument)
    }
}
