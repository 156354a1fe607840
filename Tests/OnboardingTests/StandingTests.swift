import OnboardingWire
import RPC
import Records
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import OnboardingService

/// Whom and what records of onboarding may name, and which values make sense.
@Suite struct StandingTests {
    private func member(_ world: World, _ edit: (inout CaseTeamMember) -> Void) async throws -> Problem? {
        let record = try await world.openCase()
        var request = CreateCaseTeamMemberRequest()
        var member = CaseTeamMember()
        member.onboardingCase = record.id
        edit(&member)
        request.caseTeamMember = member
        return await world.problem(OnboardingAPI.createCaseTeamMember, request, as: world.agent)
    }

    @Test func aTeamHasTwoSides() async throws {
        let world = try await World()
        let customer = try await world.addUser(isCustomer: true)
        let leaver = try await world.addUser(isActive: false)
        let manager = OnboardingSeed.responsibility("provider", "Onboarding manager")
        for user in [customer.id, leaver.id] {
            let problem = try await member(world) {
                $0.side = "provider"
                $0.user = user
                $0.responsibility = manager
            }
            #expect(problem?.violations.map(\.rule) == ["PERSON_SIDE"], "\(String(describing: problem))")
        }
        let stranger = try await World()
        let problem = try await member(world) {
            $0.side = "customer"
            $0.contact = stranger.contact.id
            $0.responsibility = OnboardingSeed.responsibility("customer", "Key team member")
        }
        #expect(problem?.reason == "NO_SUCH_REFERENCE")
        #expect(
            try await member(world) {
                $0.side = "customer"
                $0.contact = world.contact.id
                $0.responsibility = OnboardingSeed.responsibility("squad", "Support")
            }?.violations.map(\.rule) == ["G-43"])
        #expect(
            try await member(world) {
                $0.side = "customer"
                $0.contact = world.contact.id
                $0.responsibility = OnboardingSeed.responsibility("customer", "Key team member")
            } == nil)
    }

    @Test func workIsAssignedToThePartOfTheProvider() async throws {
        let world = try await World()
        let customer = try await world.addUser(isCustomer: true)
        let leaver = try await world.addUser(isActive: false)
        let record = try await world.openCase()
        for user in [customer.id, leaver.id] {
            let problem = await refused { () async throws(Problem) in
                try await world.update(record.id, as: world.agent) { $0.assignedTo = user }
            }
            #expect(problem?.violations.first?.rule == "PERSON_SIDE", "\(String(describing: problem))")
        }
        #expect(
            await refused { () async throws(Problem) in
                try await world.update(record.id, as: world.agent) { $0.watchList = [leaver.id] }
            }?.violations.first?.field == "onboarding_case.watch_list")
        #expect(
            try await world.update(record.id, as: world.agent) { $0.watchList = [customer.id] }.watchList
                == [customer.id])
        let stranger = try await World()
        var task = CreateLifecycleTaskRequest()
        task.lifecycleTask = LifecycleTask()
        task.lifecycleTask?.parent = record.id
        task.lifecycleTask?.contact = stranger.contact.id
        #expect(
            await world.problem(OnboardingAPI.createLifecycleTask, task, as: world.agent)?.reason
                == "NO_SUCH_REFERENCE")
    }

    /// For customers the contact is the assignment (G-22): nobody who has left is named anew, who was named stays.
    @Test func contactsAreThere() async throws {
        let world = try await World()
        let former = try await World.addContact("\(uuid())@ernst.example", to: world.account, world.agent, world.server)
        let kept = try await world.openCase { $0.contact = former.id }
        var change = UpdateCustomerContactRequest()
        change.customerContact = CustomerContact()
        change.customerContact?.id = former.id
        change.customerContact?.active = false
        change.updateMask = FieldMask(paths: ["active"])
        _ = try await world.call(OnboardingAPI.updateCustomerContact, change, as: world.agent)
        #expect(try await world.update(kept.id, as: world.agent) { $0.state = "active" }.contact == former.id)
        let record = try await world.openCase()
        var task = CreateLifecycleTaskRequest()
        task.lifecycleTask = LifecycleTask()
        task.lifecycleTask?.parent = record.id
        task.lifecycleTask?.shortDescription = "Send locations"
        task.lifecycleTask?.contact = former.id
        var account = UpdateCustomerAccountRequest()
        account.customerAccount = CustomerAccount()
        account.customerAccount?.id = world.account.id
        account.customerAccount?.primaryContact = former.id
        let met = [
            await refused { () async throws(Problem) in
                try await world.update(record.id, as: world.agent) { $0.contact = former.id }
            },
            await world.problem(OnboardingAPI.createLifecycleTask, task, as: world.agent),
            await world.problem(OnboardingAPI.updateCustomerAccount, account, as: world.agent),
            try await member(world) {
                $0.side = "customer"
                $0.contact = former.id
                $0.responsibility = OnboardingSeed.responsibility("customer", "Key team member")
            },
        ]
        #expect(met.allSatisfy { $0?.violations.map(\.rule) == ["PERSON_SIDE"] }, "\(met)")
    }

    /// G-43: what a squad answers for is no responsibility of a case's task; those of both sides are.
    @Test(arguments: [("squad", "Support"), ("customer", "Data SME"), ("provider", "Data analyst")])
    func aTaskHasAResponsibilityOfTheCase(side: String, name: String) async throws {
        let world = try await World()
        let record = try await world.openCase()
        var request = CreateLifecycleTaskRequest()
        request.lifecycleTask = LifecycleTask()
        request.lifecycleTask?.parent = record.id
        request.lifecycleTask?.shortDescription = "Send locations"
        request.lifecycleTask?.responsibility = OnboardingSeed.responsibility(side, name)
        let problem = await world.problem(OnboardingAPI.createLifecycleTask, request, as: world.agent)
        #expect(problem?.violations.map(\.rule) == (side == "squad" ? ["G-43"] : nil))
    }

    /// A task goes to nobody who has left, but to the assignee of the case.
    @Test func nothingGoesToWhoHasLeft() async throws {
        let world = try await World()
        let leaver = try await world.addUser()
        let record = try await world.openCase()
        var request = CreateCaseTeamMemberRequest()
        request.caseTeamMember = CaseTeamMember()
        request.caseTeamMember?.onboardingCase = record.id
        request.caseTeamMember?.side = "provider"
        request.caseTeamMember?.user = leaver.id
        request.caseTeamMember?.responsibility = OnboardingSeed.responsibility("provider", OnboardingSeed.administrator)
        _ = try await world.call(OnboardingAPI.createCaseTeamMember, request, as: world.agent)
        #expect(try await world.createTask(record).assignedTo == leaver.id)
        var change = UpdateUserRequest()
        change.user = User()
        change.user?.id = leaver.id
        change.user?.active = false
        change.updateMask = FieldMask(paths: ["active"])
        _ = try await world.call(OnboardingAPI.updateUser, change, as: world.administrator)
        #expect(try await world.createTask(record).assignedTo == world.agent.subject)
    }

    /// Parent, squad, watch list: an id that nobody has and one of another tenant get the same answer.
    @Test(arguments: ["parent", "squad", "watch_list", "products", "contact", "assigned_to"])
    func aCaseRefersToNothingThatIsNotThere(field: String) async throws {
        let world = try await World()
        let stranger = try await World()
        let record = try await world.openCase()
        let foreign: String
        switch field {
        case "parent": foreign = try await stranger.openCase().id
        case "contact": foreign = stranger.contact.id
        case "watch_list", "assigned_to": foreign = try await stranger.addUser(isCustomer: true).id
        case "squad":
            foreign = uuid()
            _ = try await world.server.admin.run(
                """
                INSERT INTO onboarding.squad_member (id, revision, domain, account) \
                VALUES (\(foreign), 1, \(stranger.account.domain), \(stranger.account.id))
                """)
        default: foreign = uuid()
        }
        var answers: [Problem] = []
        for id in [uuid(), foreign] {
            let problem = try #require(
                await refused { () async throws(Problem) in
                    try await world.update(record.id, as: world.agent) {
                        let isList = OnboardingCase.schema.field(field)?.storage == .strings
                        $0[named: field] = isList ? .strings([id]) : .string(id)
                    }
                })
            #expect(problem.reason == "NO_SUCH_REFERENCE")
            #expect(problem.violations.map(\.field) == ["onboarding_case.\(field)"])
            answers.append(problem)
        }
        #expect(answers[0].metadata == answers[1].metadata && answers[0].text == answers[1].text)
    }

    @Test func aCaseHasAParentAndASquadOfItsAccount() async throws {
        let world = try await World()
        let parent = try await world.openCase()
        let member = uuid()
        _ = try await world.server.admin.run(
            """
            INSERT INTO onboarding.squad_member (id, revision, domain, account) \
            VALUES (\(member), 1, \(world.account.domain), \(world.account.id))
            """)
        let child = try await world.openCase {
            $0.account = nil
            $0.parent = parent.id
            $0.squad = [member]
        }
        #expect(child.account == world.account.id && child.squad == [member])
        #expect(
            await refused { () async throws(Problem) in
                try await world.update(parent.id, as: world.agent) { $0.parent = child.id }
            }?.violations.first?.rule == "CASE_TREE")
    }

    /// An account may lie under any account that its people see, and under none that is not there.
    @Test func anAccountsParentIsThere() async throws {
        let world = try await World()
        var request = UpdateCustomerAccountRequest()
        request.customerAccount = CustomerAccount()
        request.customerAccount?.id = world.account.id
        request.customerAccount?.parent = uuid()
        #expect(
            await world.problem(OnboardingAPI.updateCustomerAccount, request, as: world.agent)?.reason
                == "NO_SUCH_REFERENCE")
    }

    // MARK: Values

    @Test(arguments: [" ", "\u{200B}", "\u{FEFF}", "\u{AD}\u{AD}", "\u{202A}\u{202C}", "\u{A0}", "\t\n", "\u{3164}"])
    func whatNobodySeesIsEmpty(text: String) async throws {
        let world = try await World()
        var request = CreateCustomerAccountRequest()
        request.customerAccount = CustomerAccount()
        request.customerAccount?.name = text
        let problem = await world.problem(OnboardingAPI.createCustomerAccount, request, as: world.agent)
        #expect(problem?.violations.map(\.field) == ["customer_account.name"], "\(String(describing: problem))")
        let published = try await world.publish("location", ["name"], [[text], ["Graz"]])
        #expect(published.results.map(\.outcome) == ["failed", "created"])
        var comment = AddEntryRequest()
        comment.id = try await world.openCase().id
        comment.text = text
        #expect(
            await world.problem(OnboardingAPI.addOnboardingCaseComment, comment, as: world.agent)?.violations.map(
                \.field) == ["text"])
    }

    @Test func aCurrencyIsOneOfTheWorlds() async throws {
        let world = try await World()
        var request = UpdateCustomerAccountRequest()
        request.customerAccount = CustomerAccount()
        request.customerAccount?.id = world.account.id
        request.customerAccount?.currency = "XYZZY"
        let problem = await world.problem(OnboardingAPI.updateCustomerAccount, request, as: world.agent)
        #expect(problem?.violations.map(\.field) == ["customer_account.currency"])
        request.customerAccount?.currency = "EUR"
        #expect(
            try await world.call(OnboardingAPI.updateCustomerAccount, request, as: world.agent).currency == "EUR")
    }

    @Test func periodsAndQuantitiesMakeSense() async throws {
        let world = try await World()
        let ends = ["2026-02-01", "2026-01-01"]
        func outcomes(_ table: String, _ columns: [String], _ rows: [[String]]) async throws -> [String] {
            try await world.publish(table, columns, rows).results.map(\.outcome)
        }
        #expect(
            try await outcomes(
                "contract", ["number", "start_date", "end_date", "contract_value"],
                [
                    ["C-1", ends[0], ends[1], "5"], ["C-2", ends[1], ends[1], "007.50"],
                    ["C-3", ends[1], ends[0], "-5"],
                ]) == ["failed", "created", "failed"])
        #expect(
            try await outcomes(
                "sold_product", ["name", "start_date", "end_date", "quantity"],
                [["A", ends[0], ends[1], "1"], ["B", ends[1], ends[0], "-3"], ["C", ends[1], ends[0], "3"]])
                == ["failed", "failed", "created"])
        #expect(
            try await outcomes(
                "service_entitlement", ["name", "start_date", "end_date", "total_units"],
                [["A", ends[0], ends[1], "1"], ["B", ends[1], ends[0], "-1"]]) == ["failed", "failed"])
        var list = ListRequest()
        list.filter = "account = \"\(world.account.id)\""
        let contracts = try await world.call(OnboardingAPI.listContracts, list, as: world.agent).contracts
        #expect(contracts.map(\.contractValue) == ["7.5"])
        // Single writes, in the answer too.
        var creation = CreateContractRequest()
        creation.contract = Contract()
        creation.contract?.account = world.account.id
        creation.contract?.number = "C-4"
        creation.contract?.endDate = ends[0]
        creation.contract?.contractValue = "-007.50"
        #expect(
            await world.problem(OnboardingAPI.createContract, creation, as: world.agent)?.violations.map(\.field)
                == ["contract.contract_value"])
        creation.contract?.contractValue = "007.50"
        let made = try await world.call(OnboardingAPI.createContract, creation, as: world.agent)
        #expect(made.contractValue == "7.5")
        var change = UpdateContractRequest()
        change.contract = Contract()
        change.contract?.id = made.id
        change.contract?.startDate = "2026-03-01"
        #expect(
            await world.problem(OnboardingAPI.updateContract, change, as: world.agent)?.violations.map(\.rule)
                == ["PERIOD"])
    }

    @Test func aPageIsNotNegative() async throws {
        let world = try await World()
        var list = ListRequest()
        list.pageSize = -1
        let problem = await world.problem(OnboardingAPI.listContracts, list, as: world.agent)
        #expect(problem?.code == .invalidArgument && problem?.violations.map(\.field) == ["page_size"])
        var activity = ListActivityRequest()
        activity.id = try await world.openCase().id
        activity.pageSize = -1
        #expect(
            await world.problem(OnboardingAPI.listOnboardingCaseActivity, activity, as: world.agent)?.code
                == .invalidArgument)
        list.pageSize = 1_000_000
        #expect(await world.problem(OnboardingAPI.listContracts, list, as: world.agent) == nil)
    }

    /// The limits are told to whoever asks for the dictionary.
    @Test func theDictionaryTellsTheLimits() async throws {
        let world = try await World()
        let answer = try await world.call(OnboardingAPI.describeOnboarding, DescribeRequest(), as: world.agent)
        func field(_ table: String, _ name: String) throws -> FieldDescription {
            let described = try #require(answer.tables.first { $0.table == table })
            return try #require(described.fields.first { $0.name == name })
        }
        #expect(try field("sold_product", "quantity").minimum == 0)
        #expect(try field("sold_product", "quantity").maximum == nil)
        // In words that a wrong value is answered with: whole numbers have 32 bits.
        #expect(try field("sold_product", "quantity").rules.contains { $0.contains("to 2147483647.") })
        let amount = try field("contract", "contract_value")
        #expect(amount.wholeDigits == 18 && amount.decimalDigits == 6)
        #expect(try field("customer_account", "currency").format == "currency_code")
        #expect(try field("onboarding_case", "assigned_to").side == "provider")
        #expect(try field("location", "name").maximumLength == 1_000)
    }

    private func refused<T: Sendable>(_ body: () async throws(Problem) -> T) async -> Problem? {
        do throws(Problem) {
            _ = try await body()
            return nil
        } catch {
            return error
        }
    }
}
