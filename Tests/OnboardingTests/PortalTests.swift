import ImportValidationWire
import OnboardingWire
import RPC
import Records
import Roles
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import OnboardingService

/// The customer portal: My lists, case page and task page, for each kind of people (G-22, G-23, G-101, G-102,
/// G-126).
@Suite struct PortalTests {
    private static let roles = [
        "sn_customerservice.customer", "sn_customerservice.customer_case_manager", "sn_customerservice.customer_admin",
        "sn_customerservice.customer_manager",
    ]

    /// An account with what its portal shows, and what it must not show.
    private struct Customer {
        let world: World
        let own: OnboardingCase
        let other: OnboardingCase
        let task: LifecycleTask
        let hidden: LifecycleTask
        let imported: ImportTask

        init(_ given: Server) async throws {
            world = try await World(given)
            let contact = world.contact.id
            own = try await world.openCase {
                $0.contact = contact
                $0.shortDescription = "Phase one"
                $0.description = "What happens in phase one."
            }
            other = try await world.openCase()
            task = try await world.createTask(own) {
                ($0.contact, $0.visibleToCustomer, $0.dueDate) = (contact, true, "2026-03-12")
                $0.description = "All of them, please."
            }
            hidden = try await world.createTask(own) { $0.contact = contact }
            imported = try await LandingPageTests.hearImportTask(of: own, world) {
                ($0.contact, $0.visibleToCustomer, $0.dueDate) = (contact, true, "2026-03-11")
            }
            _ = try await LandingPageTests.hearImportTask(of: own, world) { $0.contact = contact }
            _ = try await LandingPageTests.hearImportTask(of: other, world) { $0.visibleToCustomer = true }
        }
    }

    private func portal(_ world: World, as caller: Caller, account: String = "") async throws -> Portal {
        var request = GetPortalRequest()
        request.account = account
        return try await world.call(OnboardingAPI.getPortal, request, as: caller)
    }

    private func casePage(_ id: String, _ world: World, as caller: Caller) async throws -> PortalCase {
        var request = GetPortalCaseRequest()
        request.id = id
        return try await world.call(OnboardingAPI.getPortalCase, request, as: caller)
    }

    private func taskPage(_ id: String, _ world: World, as caller: Caller) async throws -> PortalTask {
        var request = GetPortalTaskRequest()
        request.id = id
        return try await world.call(OnboardingAPI.getPortalTask, request, as: caller)
    }

    private func ids(_ list: PortalList?) -> [String]? { list?.items.map(\.id) }

    private static func korean(_ caller: Caller) -> Caller {
        var caller = caller
        caller.locale = "ko"
        return caller
    }

    @Test(arguments: roles) func customersSeeTheirLists(role: String) async throws {
        let customer = try await Customer(try await Server.start())
        let (world, caller) = (customer.world, try customer.world.customer(role))
        let portal = try await portal(world, as: caller)
        #expect(portal.accounts.map(\.name) == ["Ernst Handel"])
        #expect(ids(portal.myCases) == [customer.own.id])
        #expect(ids(portal.myTasks) == [customer.imported.id, customer.task.id] && portal.myTasks?.count == 2)
        let all = Set(ids(portal.allCases) ?? [])
        #expect(all == (role == "sn_customerservice.customer" ? [] : [customer.own.id, customer.other.id]))
        let item = try #require(portal.myTasks?.items.last)
        #expect(item.caseNumber == customer.own.number && item.accountName == "Ernst Handel")
        #expect(item.state == "Open" && item.progress == "Not started" && item.priority == "Moderate")
        let korean = try await self.portal(world, as: Self.korean(caller))
        #expect(korean.myTasks?.items.map(\.state) == ["열림", "열림"])
        // Nobody of the provider is named by an id.
        #expect(!(try portal.jsonText()).contains(world.agent.subject))
    }

    /// All cases are all: what has ended comes behind what is open, page by page.
    @Test(arguments: ["sn_customerservice.customer_case_manager", "sn_acct_lc.agent"])
    func whatHasEndedIsAmongAllCases(role: String) async throws {
        let customer = try await Customer(try await Server.start())
        let world = customer.world
        let urgent = try await world.openCase { ($0.priority, $0.goLiveDate) = (1, "2026-03-11") }
        var cancel = CloseRequest()
        cancel.id = urgent.id
        _ = try await world.call(OnboardingAPI.cancelOnboardingCase, cancel, as: world.agent)
        let caller = role.contains("customer") ? try world.customer(role) : world.agent
        #expect(ids(try await portal(world, as: caller).allCases)?.last == urgent.id)
        #expect(try await !(ids(portal(world, as: world.agent).myCases) ?? []).contains(urgent.id))
        var request = ListPortalRequest()
        (request.list, request.pageSize, request.account) = ("all_cases", 1, world.account.id)
        var seen: [String] = []
        repeat {
            let page = try await world.call(OnboardingAPI.listPortal, request, as: caller)
            seen += page.items.map(\.id)
            request.pageToken = page.nextPageToken
        } while !request.pageToken.isEmpty && seen.count < 10
        #expect(seen.count == 3 && seen.last == urgent.id && Set(seen).count == 3)
    }

    @Test func agentsSeeWhatIsAssignedToThem() async throws {
        let customer = try await Customer(try await Server.start())
        let world = customer.world
        let portal = try await portal(world, as: world.agent)
        #expect(Set(ids(portal.allCases) ?? []) == [customer.own.id, customer.other.id])
        #expect(Set(ids(portal.myCases) ?? []) == [customer.own.id, customer.other.id])
        #expect(Set(ids(portal.myTasks) ?? []) == [customer.task.id, customer.hidden.id])
        let viewer = try World.person(uuid(), "sn_acct_lc.ale_success_viewer")
        let lists = try await self.portal(world, as: viewer)
        #expect(lists.allCases == nil && ids(lists.myCases) == [] && ids(lists.myTasks) == [])
    }

    /// G-126: a case manager of two accounts sees both and no third; the list of all cases is narrowed to one account.
    @Test func twoAccountsAndNoThird() async throws {
        let server = try await Server.start()
        let (first, second, third) = (
            try await Customer(server), try await Customer(server), try await Customer(server)
        )
        let memberships = try [first, second].map {
            Membership(
                account: $0.world.account.id, domain: try #require(DomainPath($0.world.account.domain)),
                contact: $0.world.contact.id)
        }
        let caller = try #require(
            Caller(
                subject: uuid(), roles: RoleCatalog.close(["sn_customerservice.customer_case_manager"]),
                memberships: memberships))
        let world = first.world
        let portal = try await portal(world, as: caller)
        #expect(Set(portal.accounts.map(\.id)) == [first.world.account.id, second.world.account.id])
        #expect(Set(ids(portal.allCases) ?? []) == Set([first, second].flatMap { [$0.own.id, $0.other.id] }))
        #expect(Set(ids(portal.myTasks) ?? []) == Set([first, second].flatMap { [$0.task.id, $0.imported.id] }))
        let narrowed = try await self.portal(world, as: caller, account: second.world.account.id)
        #expect(Set(ids(narrowed.allCases) ?? []) == [second.own.id, second.other.id])
        let foreign = try await self.portal(world, as: caller, account: third.world.account.id)
        #expect(ids(foreign.allCases) == [])
        for id in [third.own.id, third.own.number ?? ""] {
            var request = GetPortalCaseRequest()
            request.id = id
            #expect(await world.problem(OnboardingAPI.getPortalCase, request, as: caller)?.code == .notFound)
        }
        for id in [third.task.id, third.imported.id, first.hidden.id] {
            var request = GetPortalTaskRequest()
            request.id = id
            #expect(await world.problem(OnboardingAPI.getPortalTask, request, as: caller)?.code == .notFound)
        }
    }

    /// Lists go on in pages; a contact alone is not offered the list of all cases.
    @Test func listsGoOnInPages() async throws {
        let customer = try await Customer(try await Server.start())
        let (world, caller) = (customer.world, try customer.world.customer())
        var request = ListPortalRequest()
        (request.list, request.pageSize) = ("my_tasks", 1)
        let first = try await world.call(OnboardingAPI.listPortal, request, as: caller)
        #expect(ids(first) == [customer.imported.id] && first.count == 2)
        request.pageToken = first.nextPageToken
        let second = try await world.call(OnboardingAPI.listPortal, request, as: caller)
        #expect(ids(second) == [customer.task.id] && second.nextPageToken.isEmpty)
        request.list = "my_cases"
        let misused = await world.problem(OnboardingAPI.listPortal, request, as: caller)
        #expect(misused?.violations.map(\.field) == ["page_token"])
        request = ListPortalRequest()
        request.list = "all_cases"
        #expect(await world.problem(OnboardingAPI.listPortal, request, as: caller)?.code == .permissionDenied)
        request.list = "theirs"
        #expect(await world.problem(OnboardingAPI.listPortal, request, as: caller)?.violations.map(\.field) == ["list"])
    }

    /// Instructions, header, comments by names, products only when they are to be seen (G-101), and no work note.
    @Test func theCasePageShowsWhatCustomersMayKnow() async throws {
        let server = try await Server.start()
        try await PortalHeader.seed(server.database)
        let customer = try await Customer(server)
        let (world, caller) = (customer.world, try customer.world.customer())
        var product = CreateSoldProductRequest()
        product.soldProduct = SoldProduct()
        product.soldProduct?.name = "Fiber 100"
        product.soldProduct?.account = world.account.id
        let sold = try await world.call(OnboardingAPI.createSoldProduct, product, as: world.agent)
        _ = try await world.update(customer.own.id, as: world.agent) { $0.products = [sold.id] }
        var entry = AddEntryRequest()
        (entry.id, entry.text) = (customer.own.id, "Welcome")
        _ = try await world.call(OnboardingAPI.addOnboardingCaseComment, entry, as: world.agent)
        entry.text = "They are slow"
        _ = try await world.call(OnboardingAPI.addOnboardingCaseWorkNote, entry, as: world.agent)
        var page = try await casePage(customer.own.id, world, as: caller)
        #expect(page.shortDescription == "Phase one" && page.description == "What happens in phase one.")
        #expect(page.header.map(\.name) == ["account", "go_live_date", "days_remaining", "state"])
        #expect(page.header.map(\.value) == ["Ernst Handel", "2026-03-20", "10", "New"])
        #expect(page.header.map(\.label).first == "Account")
        #expect(page.products.isEmpty)
        #expect(page.tasks.map(\.id) == [customer.imported.id, customer.task.id])
        #expect(page.comments.map(\.text) == ["Welcome"] && page.comments.map(\.by) == ["Ann Agent"])
        #expect(!(try page.jsonText()).contains(world.agent.subject))
        _ = try await world.update(customer.own.id, as: world.agent) { $0.productsCustomerVisible = true }
        page = try await casePage(customer.own.number ?? "", world, as: Self.korean(caller))
        #expect(page.products == ["Fiber 100"])
        #expect(page.header.map(\.value) == ["Ernst Handel", "2026-03-20", "10", "신규"])
        // A contact comments and attaches; the case is not the contact's to change.
        #expect(page.rights?.writableFields == [] && page.rights?.mayComment == true && page.rights?.mayAttach == true)
    }

    /// What has changed is told by labels and names; what customers do not see, and whom ids name, is not.
    @Test func whatHasChangedIsTold() async throws {
        let customer = try await Customer(try await Server.start())
        let (world, caller) = (customer.world, try customer.world.customer())
        var update = UpdateLifecycleTaskRequest()
        update.lifecycleTask = LifecycleTask()
        update.lifecycleTask?.id = customer.task.id
        update.lifecycleTask?.state = "in_progress"
        update.lifecycleTask?.workNotes = "Slow again"
        update.lifecycleTask?.watchList = [world.agent.subject]
        _ = try await world.call(OnboardingAPI.updateLifecycleTask, update, as: world.agent)
        for (reader, texts) in [(caller, ["Open", "In progress"]), (Self.korean(caller), ["열림", "진행 중"])] {
            let page = try await taskPage(customer.task.id, world, as: reader)
            let change = try #require(page.changes.first { $0.newValue == texts[1] })
            #expect(change.oldValue == texts[0] && change.by == "Ann Agent")
            let text = try page.jsonText()
            #expect(!text.contains(world.agent.subject) && !text.contains("Slow again"))
        }
        let seen = try await taskPage(customer.task.id, world, as: world.agent)
        #expect(!(try seen.jsonText()).contains("Slow again") && seen.changes.count > 0)
    }

    /// What the page says of a task's rights is what the service does.
    @Test func theTaskPageTellsWhatTheContactMayDo() async throws {
        let server = try await Server.start()
        try await PortalHeader.seed(server.database)
        let customer = try await Customer(server)
        let (world, contact) = (customer.world, try customer.world.customer())
        let page = try await taskPage(customer.task.id, world, as: contact)
        #expect(page.header.map(\.name) == ["number", "parent", "company", "state"])
        #expect(
            page.header.map(\.value) == [
                customer.task.number ?? "", customer.own.number ?? "", "Ernst Handel", "Open",
            ])
        #expect(page.description == "All of them, please." && page.caseNumber == customer.own.number)
        let rights = try #require(page.rights)
        #expect(rights.writableFields == ["state"] && rights.mayComment && rights.mayAttach)
        #expect(!rights.states.contains("canceled") && rights.states.contains("closed"))
        #expect(rights.stateLabels.count == rights.states.count)
        for state in rights.states + ["canceled"] {
            var update = UpdateLifecycleTaskRequest()
            update.lifecycleTask = LifecycleTask()
            update.lifecycleTask?.id = customer.task.id
            update.lifecycleTask?.state = state
            update.validateOnly = true
            let problem = await world.problem(OnboardingAPI.updateLifecycleTask, update, as: contact)
            #expect((problem == nil) == rights.states.contains(state), "\(state) \(problem as Any)")
        }
        // A case manager sees the task, and it is not hers.
        let manager = try world.customer("sn_customerservice.customer_case_manager", contact: uuid())
        let theirs = try await taskPage(customer.task.id, world, as: manager)
        #expect(theirs.rights?.writableFields == [] && theirs.rights?.states == [])
        let imported = try await taskPage(customer.imported.id, world, as: contact)
        #expect(imported.service == "import-validation" && imported.shortDescription == "Import locations")
        #expect(imported.header.map(\.value).last == "Open" && imported.rights == nil)
    }

    /// Administrators choose what stands in the headers; a domain below may have its own.
    @Test func headersAreTheAdministrators() async throws {
        let server = try await Server.start()
        try await PortalHeader.seed(server.database)
        let customer = try await Customer(server)
        let world = customer.world
        func field(_ name: String, at position: Int32) -> CreatePortalHeaderFieldRequest {
            var request = CreatePortalHeaderFieldRequest()
            request.portalHeaderField = PortalHeaderField()
            request.portalHeaderField?.shownOn = "case_page"
            request.portalHeaderField?.fieldName = name
            request.portalHeaderField?.position = position
            return request
        }
        let create = OnboardingAPI.createPortalHeaderField
        _ = try await world.call(create, field("stage", at: 1), as: world.administrator)
        let page = try await casePage(customer.own.id, world, as: try world.customer())
        #expect(Set(page.header.prefix(2).map(\.name)) == ["account", "stage"] && page.header.count == 5)
        // What customers must not see is not offered, whoever asks.
        for name in ["assigned_to", "work_notes", "products", "none"] {
            let problem = await world.problem(create, field(name, at: 9), as: world.administrator)
            #expect(problem?.violations.map(\.field) == ["portal_header_field.field_name"], "\(name)")
        }
        #expect(await world.problem(create, field("stage", at: 3), as: world.administrator)?.code == .invalidArgument)
        #expect(await world.problem(create, field("stage", at: 3), as: world.agent)?.code == .permissionDenied)
        var inside = world.administrator
        inside.domain = try #require(DomainPath(world.account.domain))
        _ = try await world.call(create, field("number", at: 1), as: inside)
        let own = try await casePage(customer.own.id, world, as: try world.customer())
        #expect(own.header.map(\.name) == ["number"])
    }
}
