import OnboardingWire
import Postgres
import RPC
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import OnboardingService
@testable import Records

/// Accounts, their domains and their cases, on a real database.
@Suite struct CaseTests {
    @Test func anAccountGetsADomainAndANumber() async throws {
        let world = try await World()
        #expect(world.account.domain.wholeMatch(of: /\/provider\/d\d{7}\//) != nil)
        #expect(world.account.accountNumber?.wholeMatch(of: /ACCT\d{7}/) != nil)
        var list = ListRequest()
        list.filter = "path = \"\(world.account.domain)\""
        let domains = try await world.call(OnboardingAPI.listDomains, list, as: world.administrator).domains
        #expect(domains.map(\.name) == ["Ernst Handel"] && domains.first?.parent == "/provider/")
        #expect(world.contact.domain == world.account.domain)
    }

    @Test func theSeedIsThereOnce() async throws {
        let world = try await World()
        try await OnboardingSeed.run(world.server.database)
        let all = try await world.call(OnboardingAPI.listResponsibilityDefinitions, ListRequest(), as: world.agent)
        #expect(all.responsibilityDefinitions.count == OnboardingSeed.responsibilities.count)
        let analyst = all.responsibilityDefinitions.first {
            $0.id == OnboardingSeed.responsibility("provider", "Data analyst")
        }
        #expect(analyst?.nameKo == "데이터 분석가")
    }

    /// A database from before there were names in Korean gets them, but not where people have changed something since.
    @Test func theSeedNamesInKoreanWhatNobodyChanged() async throws {
        let world = try await World()
        let (plain, changed) = (
            OnboardingSeed.responsibility("squad", "Support"), OnboardingSeed.responsibility("squad", "Architect")
        )
        for (id, revision) in [(plain, 1), (changed, 2)] {
            _ = try await world.server.admin.run(
                """
                UPDATE onboarding.responsibility_definition SET name_ko = NULL, revision = \(revision) WHERE id = \(id)
                """)
        }
        _ = try await world.server.admin.run("DELETE FROM onboarding.shipped WHERE name LIKE 'responsibility:%'")
        try await OnboardingSeed.run(world.server.database)
        let all = try await world.call(OnboardingAPI.listResponsibilityDefinitions, ListRequest(), as: world.agent)
        let names = Dictionary(uniqueKeysWithValues: all.responsibilityDefinitions.map { ($0.id, $0.nameKo) })
        #expect(names[plain] == "지원 담당" && names[changed] == .some(nil))
        _ = try await world.server.admin.run(
            "UPDATE onboarding.responsibility_definition SET name_ko = '아키텍트' WHERE id = \(changed)")
    }

    /// The event that the account was made comes, as the consumer takes it in.
    private func hear(
        _ world: World, by actor: String? = nil, event id: String = uuid(), isOn: Bool = true
    ) async throws {
        var event = RecordEvent()
        event.eventID = id
        event.table = CustomerAccount.schema.table
        event.action = "created"
        event.id = world.account.id
        event.domain = world.account.domain
        event.revision = 1
        event.actor = actor ?? world.agent.subject
        event.record = try world.account.encodeProtobuf()
        let database = world.server.database
        try await AutomaticCase.handler(database, isOn: isOn).take(event, in: database)
    }

    private func casesOfTheAccount(_ world: World) async throws -> [OnboardingCase] {
        var list = ListRequest()
        list.filter = "account = \"\(world.account.id)\""
        return try await world.call(OnboardingAPI.listOnboardingCases, list, as: world.agent).onboardingCases
    }

    @Test func aCaseComesOnceEvenWhenTheEventComesTwice() async throws {
        let world = try await World()
        let event = uuid()
        try await hear(world, event: event)
        // Another event finds the open case.
        try await hear(world)
        let cases = try await casesOfTheAccount(world)
        #expect(cases.count == 1)
        let first = try #require(cases.first)
        #expect(first.number?.wholeMatch(of: /ALEONB\d{7}/) != nil && first.type == "full")
        #expect(first.state == "new" && first.stage == "not_started")
        #expect(first.shortDescription == "Onboarding for Ernst Handel" && first.assignedTo == world.agent.subject)
        #expect(first.goLiveDate == nil && first.daysRemaining == nil)
        // The event again, when no case is open any more: it has had its effect.
        _ = try await world.update(first.id, as: world.agent) { $0.state = "canceled" }
        try await hear(world, event: event)
        #expect(try await casesOfTheAccount(world).map(\.id) == [first.id])
    }

    @Test func theTitleIsInTheLanguageOfWhoHasTheCase() async throws {
        let world = try await World()
        _ = try await world.server.admin.run(
            "UPDATE onboarding.\"user\" SET language = 'ko' WHERE id = \(world.agent.subject)")
        try await hear(world)
        #expect(try await casesOfTheAccount(world).map(\.shortDescription) == ["Ernst Handel 온보딩"])
    }

    /// G-37: the switch is off.
    @Test func noCaseComesWhenTheSwitchIsOff() async throws {
        let world = try await World()
        try await hear(world, isOn: false)
        #expect(try await casesOfTheAccount(world).isEmpty)
    }

    /// A case that comes with an account of an outside system, or of somebody who has left since, waits for somebody.
    @Test(arguments: ["system", "leaver"])
    func aCaseIsNotAssignedToASystem(actor: String) async throws {
        let world = try await World()
        let user = try await world.addUser(isActive: actor != "leaver")
        if actor == "system" {
            _ = try await world.server.admin.run("UPDATE onboarding.\"user\" SET kind = 'system' WHERE id = \(user.id)")
        }
        try await hear(world, by: user.id)
        let cases = try await casesOfTheAccount(world)
        #expect(cases.count == 1 && cases[0].assignedTo == nil && cases[0].state == "new")
    }

    @Test func leavingNewAsksForWhatActivityTwoAsksFor() async throws {
        let world = try await World()
        let record = try await world.openCase {
            $0.goLiveDate = nil
            $0.serviceBridgeIntegration = nil
        }
        #expect(record.type == "phased")
        var problem: Problem?
        do { _ = try await world.update(record.id, as: world.agent) { $0.state = "active" } } catch { problem = error }
        let fields = Set(problem?.violations.map(\.field) ?? [])
        #expect(fields == ["onboarding_case.go_live_date", "onboarding_case.service_bridge_integration"])
        #expect(problem?.violations.allSatisfy { $0.rule == "CASE_SETUP" } == true)
        let active = try await world.update(record.id, as: world.agent) {
            $0.state = "active"
            $0.goLiveDate = "2026-03-01"
            $0.serviceBridgeIntegration = "remote_task"
        }
        #expect(active.stage == "on_track" && active.daysRemaining == -9)
    }

    /// Unassigned has left New, too: only the person may still be missing there.
    @Test func anUnassignedCaseIsSetUp() async throws {
        let world = try await World()
        let record = try await world.openCase {
            $0.assignedTo = nil
            $0.goLiveDate = nil
            $0.serviceBridgeIntegration = nil
        }
        func fields(_ edit: (inout OnboardingCase) -> Void) async -> Set<String> {
            do throws(Problem) {
                _ = try await world.update(record.id, as: world.agent, edit)
                return []
            } catch {
                #expect(error.violations.allSatisfy { $0.rule == "CASE_SETUP" })
                return Set(error.violations.map(\.field))
            }
        }
        let asked = await fields { $0.state = "unassigned" }
        #expect(asked == ["onboarding_case.go_live_date", "onboarding_case.service_bridge_integration"])
        let given = await fields {
            $0.state = "unassigned"
            $0.goLiveDate = "2026-03-20"
            $0.serviceBridgeIntegration = "not_required"
        }
        #expect(given.isEmpty)
        #expect(await fields { $0.state = "active" } == ["onboarding_case.assigned_to"])
        let active = await fields {
            $0.state = "active"
            $0.assignedTo = world.agent.subject
        }
        #expect(active.isEmpty)
    }

    @Test func customersSeeTheirCasesOnly() async throws {
        let world = try await World()
        let mine = try await world.openCase { $0.contact = world.contact.id }
        let others = try await world.openCase()
        func seen(_ caller: Caller) async throws -> Set<String> {
            Set(
                try await world.call(OnboardingAPI.listOnboardingCases, ListRequest(), as: caller).onboardingCases.map(
                    \.id))
        }
        #expect(try await seen(try world.customer()) == [mine.id])
        #expect(try await seen(try world.customer("sn_customerservice.customer_case_manager")) == [mine.id, others.id])
        #expect(try await seen(try world.customer("sn_customerservice.customer_admin")) == [mine.id, others.id])
        var get = GetRequest()
        get.id = others.id
        let customer = try world.customer()
        #expect(await world.problem(OnboardingAPI.getOnboardingCase, get, as: customer)?.code == .notFound)
        let stranger = try await World()
        #expect(
            await world.problem(OnboardingAPI.getOnboardingCase, get, as: try stranger.customer())?.code == .notFound)
    }

    @Test func productsAreShownOnlyWhenSwitchedOn() async throws {
        let world = try await World()
        _ = try await world.publish("sold_product", ["name"], [["Analytics"]])
        let products = try await world.call(OnboardingAPI.listSoldProducts, ListRequest(), as: world.agent).soldProducts
        let product = try #require(products.first { $0.account == world.account.id })
        let record = try await world.openCase {
            $0.contact = world.contact.id
            $0.products = [product.id]
        }
        let customer = try world.customer()
        var get = GetRequest()
        get.id = record.id
        #expect(try await world.call(OnboardingAPI.getOnboardingCase, get, as: customer).products == [])
        var list = ListRequest()
        list.filter = "products:\"\(product.id)\""
        #expect(await world.problem(OnboardingAPI.listOnboardingCases, list, as: customer)?.code == .invalidArgument)
        _ = try await world.update(record.id, as: world.agent) { $0.productsCustomerVisible = true }
        let shown = try await world.call(OnboardingAPI.getOnboardingCase, get, as: customer)
        #expect(shown.products == [product.id] && shown.daysRemaining == 10)
        #expect(shown.assignedTo == nil && shown.productsCustomerVisible == nil)
    }

    @Test func tasksAreAssignedToTheAdministratorOfTheCase() async throws {
        let world = try await World()
        let record = try await world.openCase()
        let first = try await world.createTask(record)
        #expect(first.assignedTo == world.agent.subject && first.company == world.account.id)
        #expect(first.progress == "not_started" && first.domain == world.account.domain)
        let other = try await World()
        var member = CaseTeamMember()
        member.onboardingCase = record.id
        member.side = "provider"
        member.user = other.agent.subject
        member.responsibility = OnboardingSeed.responsibility("provider", OnboardingSeed.administrator)
        var request = CreateCaseTeamMemberRequest()
        request.caseTeamMember = member
        _ = try await world.call(OnboardingAPI.createCaseTeamMember, request, as: world.agent)
        #expect(try await world.createTask(record).assignedTo == other.agent.subject)
        request.caseTeamMember?.side = "customer"
        let problem = await world.problem(OnboardingAPI.createCaseTeamMember, request, as: world.agent)
        #expect(problem?.reason == "CASE_TEAM")
    }

    @Test func customersChangeTheStateOfTheirTasksAndNothingElse() async throws {
        let world = try await World()
        let record = try await world.openCase()
        let task = try await world.createTask(record) {
            $0.contact = world.contact.id
            $0.visibleToCustomer = true
        }
        let hidden = try await world.createTask(record) { $0.contact = world.contact.id }
        let customer = try world.customer()
        var update = UpdateLifecycleTaskRequest()
        update.lifecycleTask = LifecycleTask()
        update.lifecycleTask?.id = task.id
        update.lifecycleTask?.state = "in_progress"
        #expect(try await world.call(OnboardingAPI.updateLifecycleTask, update, as: customer).progress == "on_track")
        update.lifecycleTask?.description = "mine"
        #expect(await world.problem(OnboardingAPI.updateLifecycleTask, update, as: customer)?.code == .permissionDenied)
        var get = GetRequest()
        get.id = hidden.id
        #expect(await world.problem(OnboardingAPI.getLifecycleTask, get, as: customer)?.code == .notFound)
        let manager = try world.customer("sn_customerservice.customer_case_manager", contact: uuid())
        get.id = task.id
        #expect(try await world.call(OnboardingAPI.getLifecycleTask, get, as: manager).id == task.id)
        update.lifecycleTask?.description = nil
        #expect(await world.problem(OnboardingAPI.updateLifecycleTask, update, as: manager)?.code == .permissionDenied)
    }

    @Test func escalationIsTheSuccessAgents() async throws {
        let world = try await World()
        var request = ActionRequest()
        request.id = world.account.id
        #expect(
            await world.problem(OnboardingAPI.escalateCustomerAccount, request, as: world.agent)?.code
                == .permissionDenied)
        let escalated = try await world.call(OnboardingAPI.escalateCustomerAccount, request, as: world.successAgent)
        #expect(escalated.escalated == true && escalated.escalatedAt == world.server.database.clock.now)
        let back = try await world.call(OnboardingAPI.deescalateCustomerAccount, request, as: world.successAgent)
        #expect(back.escalated == false && back.escalatedAt == nil)
        var update = UpdateCustomerAccountRequest()
        update.customerAccount = CustomerAccount()
        update.customerAccount?.id = world.account.id
        update.customerAccount?.name = "Other"
        #expect(
            await world.problem(OnboardingAPI.updateCustomerAccount, update, as: world.successAgent)?.code
                == .permissionDenied)
    }

    @Test func rolesAreGrantedByAdministratorsToTheRightSide() async throws {
        let world = try await World()
        var request = CreateRoleGrantRequest()
        request.roleGrant = RoleGrant()
        request.roleGrant?.user = world.agent.subject
        request.roleGrant?.role = "sn_acct_lc.agent"
        #expect(await world.problem(OnboardingAPI.createRoleGrant, request, as: world.agent)?.code == .permissionDenied)
        _ = try await world.call(OnboardingAPI.createRoleGrant, request, as: world.administrator)
        #expect(await world.problem(OnboardingAPI.createRoleGrant, request, as: world.administrator)?.reason == "D-35")
        request.roleGrant?.role = "sn_customerservice.customer"
        #expect(await world.problem(OnboardingAPI.createRoleGrant, request, as: world.administrator)?.reason == "G-18")
        request.roleGrant?.role = "agent"
        #expect(await world.problem(OnboardingAPI.createRoleGrant, request, as: world.administrator)?.reason == "G-14")
    }

    @Test func postgresAloneRefusesWithoutAScope() async throws {
        let world = try await World()
        for table in ["customer_account", "domain", "user", "customer_contact", "onboarding_case", "outbox", "journal"]
        {
            let rows = try await world.server.database.pool.run("SELECT 1 FROM onboarding.\(identifier: table)")
            #expect(rows.isEmpty, "\(table)")
        }
        #expect(try await world.server.admin.run("SELECT 1 FROM onboarding.customer_account").isEmpty == false)
    }
}
