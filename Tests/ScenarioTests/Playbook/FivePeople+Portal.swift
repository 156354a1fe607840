import ImportValidationWire
import JourneyKit
import OnboardingWire
import RPC
import Testing
import Wire

/// The portal beyond the lists of customers: in the hands of an agent, with the headers that an administrator chooses, and
/// the page of a task.
extension FivePeople {
    /// People of the provider find what is assigned to them and every case (section 9), and are shown what customers may see.
    func lookAsAgents(_ task: ImportTask) async throws {
        var request = GetPortalRequest()
        (request.account, request.items) = (account.id, 50)
        for person in [cast.manager, cast.analyst] {
            let portal = try await ask(OnboardingAPI.getPortal, request, as: person)
            let all = try #require(portal.allCases).items
            #expect(all.contains { $0.id == onboarding.id } && all.allSatisfy { $0.accountName == account.name })
            #expect(all.allSatisfy { cast.reads($0.state) && cast.reads($0.stage) }, "\(all)")
            // Every case in the system, unless an account is chosen.
            let every = try await ask(OnboardingAPI.getPortal, GetPortalRequest(), as: person).allCases
            #expect((every?.count ?? 0) > all.count, "\(person.name)")
            let isOwn = portal.myCases?.items.contains { $0.id == onboarding.id } == true
            #expect(isOwn == (person.user == onboarding.assignedTo), "\(person.name)")
        }
        let administrator = try await ask(OnboardingAPI.getPortal, request, as: cast.administrator)
        #expect(
            administrator.myTasks?.items.contains { $0.id == task.id && $0.caseNumber == onboarding.number } == true)
        var entry = AddEntryRequest()
        (entry.id, entry.text) = (onboarding.id, "zzinside")
        _ = try await ask(OnboardingAPI.addOnboardingCaseWorkNote, entry, as: cast.manager)
        var page = GetPortalCaseRequest()
        page.id = onboarding.id
        let shown = try await ask(OnboardingAPI.getPortalCase, page, as: cast.manager)
        #expect(shown.header.allSatisfy { cast.reads($0.label) } && shown.taskCount == 8, "\(shown)")
        #expect(try !shown.jsonText().contains("zzinside"))
    }

    /// Fields that an administrator adds to the headers stand there at once, under labels in the reader's language.
    func configureHeaders(_ task: ImportTask) async throws {
        let (casePage, taskPage) = (PortalHeaderField.ShownOn.casePage, PortalHeaderField.ShownOn.taskPage)
        var made: [PortalHeaderField] = []
        for (page, field) in [(casePage, "stage"), (taskPage, "progress")] {
            var request = CreatePortalHeaderFieldRequest()
            request.portalHeaderField = PortalHeaderField()
            request.portalHeaderField?.shownOn = page
            request.portalHeaderField?.fieldName = field
            request.portalHeaderField?.position = 50
            try await refuse(cast.manager, OnboardingAPI.createPortalHeaderField, request, .permissionDenied)
            made.append(try await ask(OnboardingAPI.createPortalHeaderField, request, as: cast.administrator))
        }
        var (ofCase, ofTask) = (GetPortalCaseRequest(), GetPortalTaskRequest())
        (ofCase.id, ofTask.id) = (onboarding.id, task.id)
        func headers() async throws -> [[PortalField]] {
            [
                try await ask(OnboardingAPI.getPortalCase, ofCase, as: cast.contact).header,
                try await ask(OnboardingAPI.getPortalTask, ofTask, as: cast.expert).header,
            ]
        }
        for (header, name) in zip(try await headers(), ["stage", "progress"]) {
            let field = try #require(header.last)
            #expect(field.name == name && cast.reads(field.label) && cast.reads(field.value), "\(header)")
        }
        for record in made {
            var removal = DeleteRequest()
            removal.id = record.id
            _ = try await ask(OnboardingAPI.deletePortalHeaderField, removal, as: cast.administrator)
        }
        #expect(
            try await headers().map { $0.map(\.name) } == [
                ["account", "go_live_date", "days_remaining", "state"], ["number", "parent", "company", "state"],
            ])
    }

    /// The page of a task that is the customer's to do: names in place of ids, in the reader's language.
    func lookAtTask(_ task: LifecycleTask, as person: Person) async throws {
        var request = GetPortalTaskRequest()
        request.id = task.id
        let page = try await ask(OnboardingAPI.getPortalTask, request, as: person)
        #expect(page.number == task.number && page.caseNumber == onboarding.number)
        #expect(page.shortDescription == task.shortDescription && cast.reads(page.description))
        #expect(page.header.allSatisfy { cast.reads($0.label) }, "\(page.header)")
        let values = Dictionary(uniqueKeysWithValues: page.header.map { ($0.name, $0.value) })
        #expect(values["company"] == account.name && values["parent"] == onboarding.number, "\(values)")
        #expect(cast.reads(values["state"] ?? ""), "\(values)")
        let rights = try #require(page.rights)
        #expect(rights.mayComment && rights.mayAttach && rights.stateLabels.allSatisfy(cast.reads), "\(rights)")
        let told = try page.jsonText()
        #expect(!cast.provider.contains { told.contains($0.user) }, "\(told)")
    }
}
