import CampaignKit
import ImportValidationWire
import JourneyKit
import OnboardingWire
import RPC
import Testing
import Wire

/// What each of them sees on one page while the data comes in: tasks of both services, in their language.
extension FivePeople {
    func lookAtPages(_ task: ImportTask) async throws {
        try await lookAtCase()
        try await lookAtCards()
        try await lookAtPortal(task)
        try await configureHeaders(task)
        try await followImportCards(task)
        try await lookFor(task)
        try await followAccounts(task)
        try await lookAsAgents(task)
    }

    /// The teams beside the case, since Initial setup is done, and import tasks like other tasks.
    private func lookAtCase() async throws {
        var request = GetOnboardingCasePageRequest()
        (request.id, request.items) = (onboarding.id, 50)
        let page = try await world.eventually("the import tasks on the page of the case") {
            let page = try await ask(OnboardingAPI.getOnboardingCasePage, request, as: cast.manager)
            return page.tasks?.items.count { $0.service == "import-validation" } == 8 ? page : nil
        }
        #expect(page.lane == "data_capture" && page.stages?.stages.count == 5)
        #expect(page.activities.map(\.key) == PrintedActivity.dataCapture.map(\.key))
        #expect(page.accountName == account.name && page.stream.contains { $0.field == "go_live_date" })
        let people = try #require(page.people)
        #expect(Set(people.customerTeam.map(\.name)).isSuperset(of: [cast.contact.name, cast.expert.name]))
        #expect(people.customerTeam.allSatisfy { cast.reads($0.responsibility) }, "\(people.customerTeam)")
        #expect(people.account?.id == account.id && people.squad.map(\.name) == [cast.analyst.name])
    }

    private func lookAtCards() async throws {
        for person in [cast.manager, cast.analyst, cast.administrator] {
            let page = try await ask(
                OnboardingAPI.getOnboardingLandingPage, GetOnboardingLandingPageRequest(), as: person)
            #expect(page.cards.count == 5 && page.cards.allSatisfy { cast.reads($0.label) }, "\(page.cards)")
            #expect(page.cards.first { $0.card == "active_tasks" }?.count ?? 0 >= 8)
            // From the card to its list, of what is assigned to who looks.
            var request = ListOnboardingCardRequest()
            request.card = "my_active_cases"
            let list = try await ask(OnboardingAPI.listOnboardingCard, request, as: person)
            let own = list.items.first { $0.id == onboarding.id }
            #expect((own != nil) == (person.user == cast.manager.user) && cast.reads(list.label), "\(person.name)")
            #expect(own == nil || own?.accountName == account.name && own?.date == Self.goLiveDate)
        }
        try await refuse(
            cast.contact, OnboardingAPI.getOnboardingLandingPage, GetOnboardingLandingPageRequest(), .permissionDenied)
    }

    /// The expert has the task in My lists, the contact all of the account's cases; both read labels and no ids of people.
    private func lookAtPortal(_ task: ImportTask) async throws {
        let portal = try await world.eventually("the import task in the portal") {
            let portal = try await ask(OnboardingAPI.getPortal, GetPortalRequest(), as: cast.expert)
            return portal.myTasks?.items.contains { $0.id == task.id } == true ? portal : nil
        }
        let item = try #require(portal.myTasks?.items.first { $0.id == task.id })
        #expect(portal.allCases == nil && item.caseNumber == onboarding.number && item.accountName == account.name)
        #expect([item.state, item.progress, item.priority].allSatisfy(cast.reads), "\(item)")
        let all = try await ask(OnboardingAPI.getPortal, GetPortalRequest(), as: cast.contact).allCases
        #expect(all?.items.contains { $0.id == onboarding.id } == true)
        var request = GetPortalCaseRequest()
        request.id = onboarding.id
        let page = try await ask(OnboardingAPI.getPortalCase, request, as: cast.contact)
        #expect(!page.header.isEmpty && page.header.allSatisfy { cast.reads($0.label) }, "\(page.header)")
        let told = try page.jsonText() + portal.jsonText()
        #expect(!cast.provider.contains { told.contains($0.user) })
    }

    /// One search in each service, whose answers the asker merges.
    private func lookFor(_ task: ImportTask) async throws {
        var request = SearchRequest()
        request.text = onboarding.number ?? ""
        let cases = try await ask(OnboardingAPI.searchOnboarding, request, as: cast.analyst)
        #expect(cases.items.contains { $0.id == onboarding.id })
        request.text = task.number ?? ""
        let tasks = try await ask(ImportValidationAPI.searchImportTasks, request, as: cast.expert)
        #expect(tasks.items.map(\.id) == [task.id])
    }
}
