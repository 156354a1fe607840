import CustomerSuccessWire
import ImportValidationWire
import OnboardingWire
import RPC
import RecommendedActionsWire
import Records
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import OnboardingService

/// The pages of a case and of a task, as people of the provider see them.
@Suite struct CasePageTests {
    private func page(
        _ id: String, _ world: World, as caller: Caller? = nil, lane: String = ""
    ) async throws -> OnboardingCasePage {
        var request = GetOnboardingCasePageRequest()
        (request.id, request.lane) = (id, lane)
        return try await world.call(OnboardingAPI.getOnboardingCasePage, request, as: caller ?? world.agent)
    }

    private func taskPage(_ id: String, _ world: World, as caller: Caller? = nil) async throws -> OnboardingTaskPage {
        var request = GetOnboardingTaskPageRequest()
        request.id = id
        return try await world.call(OnboardingAPI.getOnboardingTaskPage, request, as: caller ?? world.agent)
    }

    /// The stage picker with the activities of the stage at work; the left panel once Initial setup is done.
    @Test func aCaseIsSeenThroughItsPlaybook() async throws {
        let stage = try await PlaybookStage()
        let world = stage.world
        let record = try await stage.begin()
        var page = try await page(record.id, world)
        #expect(page.onboardingCase?.id == record.id && page.accountName == "Ernst Handel")
        #expect(page.stages?.stages.count == 5 && page.stages?.current == "initial_setup")
        #expect(page.lane == "initial_setup" && page.activities.first?.lane == "initial_setup")
        #expect(page.people == nil)
        #expect(page.log.contains { $0.action == "started" })
        let squad = SquadMember.of(world.account, user: world.agent.subject)
        try await world.server.hear(squad, "created", revision: 1, from: "customer-success")
        try await stage.setUp(record)
        _ = try await world.update(record.id, as: world.agent) { $0.squad = [squad.id] }
        page = try await self.page(record.number ?? "", world)
        #expect(page.lane == "data_capture" && page.activities.allSatisfy { $0.lane == "data_capture" })
        let people = try #require(page.people)
        #expect(people.account?.id == world.account.id)
        #expect(people.customerTeam.map(\.name) == ["Ida Berg"])
        #expect(people.customerTeam.map(\.responsibility) == ["Customer onboarding contact"])
        #expect(people.accountTeam.map(\.name) == ["Ann Agent"])
        #expect(people.squad.map(\.name) == ["Ann Agent"] && people.squad.map(\.responsibility) == ["Architect"])
        #expect(page.names.contains { $0.user == world.agent.subject && $0.name == "Ann Agent" })
        #expect(page.log.contains { $0.action == "completed" && $0.by == world.agent.subject })
        #expect(page.assignedToName == "Ann Agent")
        // Any other stage, by its key.
        let shown = try await self.page(record.id, world, lane: "initial_setup")
        #expect(shown.lane == "initial_setup" && shown.activities.contains { $0.state == "done" })
        var korean = world.agent
        korean.locale = "ko"
        let named = try await self.page(record.id, world, as: korean).people?.customerTeam.map(\.responsibility)
        #expect(named == ["고객 온보딩 연락처"])
    }

    /// Who watches is named in the answers, so that the forms of the pages need not ask.
    @Test func whoWatchesIsNamed() async throws {
        let world = try await World()
        let (first, second) = (try await world.addUser(), try await world.addUser())
        let record = try await world.openCase { $0.watchList = [first.id] }
        let task = try await world.createTask(record) { $0.watchList = [second.id] }
        #expect(try await page(record.id, world).names.contains { $0.user == first.id && $0.name == first.name })
        #expect(try await taskPage(task.id, world).names.contains { $0.user == second.id && $0.name == second.name })
    }

    /// Cards and articles stand on the pages as their own requests answer them.
    @Test func helpIsAtHand() async throws {
        let world = try await World()
        let record = try await world.openCase()
        let task = try await world.createTask(record) { $0.shortDescription = "Install Service Bridge for consumers" }
        let page = try await taskPage(task.id, world)
        var show = ShowRecommendedActionsRequest()
        (show.table, show.record) = ("lifecycle_task", task.id)
        let cards = try await world.call(OnboardingAPI.showRecommendedActions, show, as: world.agent).cards
        #expect(!cards.isEmpty && page.recommendedActions == cards)
        #expect(page.relatedKnowledge.map(\.article) == [KnowledgeSeed.id("consumer_guide")])
        (show.table, show.record) = ("onboarding_case", record.id)
        let ofCase = try await self.page(record.id, world)
        #expect(
            ofCase.recommendedActions
                == (try await world.call(OnboardingAPI.showRecommendedActions, show, as: world.agent).cards))
    }

    /// What a page shows of its record is asked for together: the record and its run are read once.
    @Test func aPageIsFewRoundTrips() async throws {
        let stage = try await PlaybookStage(isAlone: true)
        let world = stage.world
        let record = try await stage.begin()
        let task = try await world.createTask(record) { $0.shortDescription = "Install Service Bridge for consumers" }
        let pool = world.server.database.pool
        func trips(_ ask: () async throws -> Void) async throws -> UInt64 {
            // The first fills caches; what happens beside may add to one of the others.
            var fewest = UInt64.max
            for _ in 0..<4 {
                let before = pool.metrics.roundTrips
                try await ask()
                fewest = min(fewest, pool.metrics.roundTrips - before)
            }
            return fewest
        }
        let ofCase = try await trips { _ = try await page(record.id, world) }
        #expect(ofCase <= 11, "\(ofCase)")
        let ofTask = try await trips { _ = try await taskPage(task.id, world) }
        #expect(ofTask <= 12, "\(ofTask)")
    }

    /// Beside an import task stand its case, what else belongs to it, and what is related to it; for people of the provider.
    @Test func whatStandsBesideAnImport() async throws {
        let world = try await World()
        let record = try await world.openCase()
        let task = try await world.createTask(record)
        let imported = try await LandingPageTests.hearImportTask(of: record, world)
        var request = GetOnboardingImportPageRequest()
        request.id = imported.id
        let page = try await world.call(OnboardingAPI.getOnboardingImportPage, request, as: world.agent)
        #expect(page.onboardingCase?.number == record.number && page.accountName == "Ernst Handel")
        #expect(page.tasks?.items.map(\.id) == [task.id])
        var asked = KnowledgeOfRecordRequest()
        (asked.table, asked.record) = ("import_task", imported.id)
        let related = try await world.call(OnboardingAPI.listRelatedKnowledge, asked, as: world.agent).articles
        #expect(page.relatedKnowledge == related)
        let customer = try world.customer()
        #expect(
            await world.problem(OnboardingAPI.getOnboardingImportPage, request, as: customer)?.code == .permissionDenied
        )
        // Who works in the domain of another account sees that one's alone.
        let other = try await World(world.server)
        var inside = world.agent
        inside.domain = try #require(DomainPath(other.account.domain))
        #expect(await world.problem(OnboardingAPI.getOnboardingImportPage, request, as: inside)?.code == .notFound)
        let theirs = try await LandingPageTests.hearImportTask(of: try await other.openCase(), other)
        request.id = theirs.id
        #expect(await world.problem(OnboardingAPI.getOnboardingImportPage, request, as: inside) == nil)
        inside.domain = try #require(DomainPath(world.account.domain))
        #expect(await world.problem(OnboardingAPI.getOnboardingImportPage, request, as: inside)?.code == .notFound)
        request.id = task.id
        #expect(await world.problem(OnboardingAPI.getOnboardingImportPage, request, as: world.agent)?.code == .notFound)
    }

    /// Tasks of both services, risks and further cases; open ones first, by date.
    @Test func whatBelongsToACaseIsListed() async throws {
        let world = try await World()
        let contact = world.contact.id
        let record = try await world.openCase { $0.contact = contact }
        let late = try await world.createTask(record) { $0.dueDate = "2026-04-02" }
        let imported = try await LandingPageTests.hearImportTask(of: record, world) { $0.dueDate = "2026-04-01" }
        let undated = try await world.createTask(record)
        let ended = try await world.createTask(record) { $0.dueDate = "2026-03-01" }
        var cancel = CloseRequest()
        cancel.id = ended.id
        _ = try await world.call(OnboardingAPI.cancelLifecycleTask, cancel, as: world.agent)
        let below = try await world.openCase { $0.parent = record.id }
        var note = AddEntryRequest()
        (note.id, note.text) = (record.id, "Call them")
        _ = try await world.call(OnboardingAPI.addOnboardingCaseWorkNote, note, as: world.agent)
        let page = try await page(record.id, world)
        #expect(page.tasks?.items.map(\.id) == [imported.id, late.id, undated.id, ended.id])
        #expect(page.tasks?.open == 3 && page.tasks?.all == 4)
        #expect(page.tasks?.items.first?.service == "import-validation")
        #expect(page.cases?.items.map(\.id) == [below.id] && page.riskSignals?.all == 0)
        #expect(page.stream.contains { $0.kind == "work_notes" && $0.text == "Call them" })
        #expect(page.contactName == "Roland Mendel")
        let task = try await taskPage(late.number ?? "", world)
        #expect(task.lifecycleTask?.id == late.id && task.onboardingCase?.number == record.number)
        #expect(task.accountName == "Ernst Handel" && task.assignedToName == "Ann Agent")
        #expect(task.tasks?.items.map(\.id) == [imported.id, undated.id, ended.id])
    }

    /// A task of the playbook comes with the activity that it stands for.
    @Test func aTaskShowsItsActivity() async throws {
        let stage = try await PlaybookStage()
        let record = try await stage.begin()
        try await stage.setUp(record)
        // The tasks of the stage before are import tasks.
        try await stage.finishImports(record)
        var list = ListRequest()
        list.filter = "parent = \"\(record.id)\""
        let task = try await stage.eventually("a task of the playbook") {
            try await stage.world.call(OnboardingAPI.listLifecycleTasks, list, as: stage.agent).lifecycleTasks
                .first { $0.playbookActivity != nil }
        }
        let activity = try #require(try await taskPage(task.id, stage.world).activity)
        #expect(activity.id == task.playbookActivity && activity.lane == "development")
        #expect(activity.created.map(\.id) == [task.id])
    }

    /// Viewers see the case without what field rules keep from them; customers have their portal.
    @Test func whoSeesThePages() async throws {
        let world = try await World()
        let record = try await world.openCase()
        let task = try await world.createTask(record)
        _ = try await LandingPageTests.hearImportTask(of: record, world)
        let viewer = try World.person(uuid(), "sn_acct_lc.ale_success_viewer")
        let page = try await page(record.id, world, as: viewer)
        #expect(page.onboardingCase?.goLiveDate == nil && page.tasks?.items.map(\.id) == [task.id])
        let designer = try World.person(uuid(), "process_automation_designer")
        var request = GetOnboardingTaskPageRequest()
        request.id = task.id
        let refused = await world.problem(OnboardingAPI.getOnboardingTaskPage, request, as: designer)
        #expect(refused?.code == .permissionDenied)
        let manager = try world.customer("sn_customerservice.customer_admin")
        var asked = GetOnboardingCasePageRequest()
        asked.id = record.id
        let customer = await world.problem(OnboardingAPI.getOnboardingCasePage, asked, as: manager)
        #expect(customer?.code == .permissionDenied)
        let other = try await World(world.server)
        var inside = world.agent
        inside.domain = try #require(DomainPath(other.account.domain))
        let hidden = await world.problem(OnboardingAPI.getOnboardingCasePage, asked, as: inside)
        #expect(hidden?.code == .notFound)
        #expect(await world.problem(OnboardingAPI.getOnboardingTaskPage, request, as: inside)?.code == .notFound)
    }
}

extension SquadMember {
    /// An architect of the squad of an account.
    fileprivate static func of(_ account: CustomerAccount, user: String) -> SquadMember {
        var member = SquadMember()
        (member.id, member.domain, member.account, member.user) = (uuid(), account.domain, account.id, user)
        member.responsibility = OnboardingSeed.responsibility("squad", "Architect")
        member.active = true
        return member
    }
}
