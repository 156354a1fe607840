import OnboardingWire
import RPC
import RecommendedActionsWire
import Records
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import OnboardingService

/// What is recommended for tasks (RA-01 to RA-07), and what comes of it.
@Suite struct RecommendedActionTests {
    private func cards(
        of record: String, in table: String = "lifecycle_task", as caller: Caller, _ world: World
    ) async throws -> [RecommendedAction] {
        var request = ShowRecommendedActionsRequest()
        (request.table, request.record) = (table, record)
        return try await world.call(OnboardingAPI.showRecommendedActions, request, as: caller).cards
    }

    private func answer(
        _ answers: [String], _ task: LifecycleTask, _ recommendation: String, _ world: World
    ) async throws(Problem) -> TreePlace {
        var request = AnswerDecisionTreeRequest()
        (request.table, request.record, request.recommendation) = ("lifecycle_task", task.id, recommendation)
        request.answers = answers
        return try await world.call(OnboardingAPI.answerDecisionTree, request, as: world.agent)
    }

    private func assignment(_ recommendation: String, _ record: String, etag: String = "")
        -> AssignRecommendedActionRequest
    {
        var request = AssignRecommendedActionRequest()
        (request.table, request.record, request.recommendation) = ("lifecycle_task", record, recommendation)
        request.etag = etag
        return request
    }

    /// Each of the two tasks has its cards, by its subject in either language; others have none.
    @Test(arguments: ["Install Service Bridge for consumers", "고객용 Service Bridge 설치"])
    func theInstallationHasItsCards(_ subject: String) async throws {
        let world = try await World()
        let onboarding = try await world.openCase()
        _ = try await world.addMember("Customer onboarding contact", of: onboarding)
        let person = try await world.addUser()
        let task = try await world.createTask(onboarding) {
            $0.shortDescription = subject
            $0.assignedTo = person.id
        }
        let cards = try await cards(of: task.id, as: world.agent, world)
        #expect(
            cards.map(\.recommendation) == [
                "install_service_bridge", "troubleshoot_installation", "installation_assigned_to",
                "installation_contact",
            ])
        #expect(cards.map(\.kind) == ["guidance", "decision_tree", "field_recommendation", "field_recommendation"])
        #expect(cards[0].steps.count == 3 && cards[0].steps[2].links.first?.article == "consumer_guide")
        #expect(cards[1].place?.step == "problem" && cards[1].place?.choices.map(\.key) == ["yes", "no"])
        let assignee = try #require(cards[2].proposed)
        #expect(assignee.field == "assigned_to" && assignee.value == world.agent.subject && !assignee.fills)
        #expect(assignee.display?.en == "Ann Agent")
        #expect(assignee.message?.en == "Recommended for ‘Assigned to’: Ann Agent")
        #expect(assignee.message?.ko == "‘담당자’ 필드의 권장 값: Ann Agent")
        #expect(cards[3].proposed?.field == "contact" && cards[3].proposed?.value == world.contact.id)
        #expect(cards[3].proposed?.display?.ko == "Roland Mendel")
        let other = try await world.createTask(onboarding) { $0.shortDescription = "Something else" }
        #expect(try await self.cards(of: other.id, as: world.agent, world).isEmpty)
    }

    @Test func theRegistrationHasItsCards() async throws {
        let world = try await World()
        let person = try await world.addUser()
        let task = try await world.createTask(world.openCase()) {
            $0.shortDescription = "Service Bridge consumer registration and configuration"
            $0.assignedTo = person.id
        }
        let cards = try await cards(of: task.id, as: world.agent, world)
        #expect(
            cards.map(\.recommendation) == [
                "register_consumer", "troubleshoot_registration", "registration_assigned_to",
            ])
        #expect(cards[0].steps.count == 4)
        #expect(cards[0].flow?.subject == OnboardingAPI.registerConsumer.subject)
        #expect(cards[0].flow?.fields == ["account", "contact", "instance_url"])
    }

    /// The person with the required responsibility comes before the assignee of the case (G-111), and nothing is proposed
    /// that the record has already.
    @Test func theResponsiblePersonIsProposed() async throws {
        let world = try await World()
        let onboarding = try await world.openCase()
        let task = try await world.createTask(onboarding) {
            $0.shortDescription = "Install Service Bridge for consumers"
        }
        #expect(task.assignedTo == world.agent.subject)
        func proposed() async throws -> ProposedValue? {
            try await cards(of: task.id, as: world.agent, world)
                .first { $0.recommendation == "installation_assigned_to" }?.proposed
        }
        #expect(try await proposed() == nil)
        let person = try await world.addUser()
        var member = CaseTeamMember()
        (member.onboardingCase, member.side, member.user) = (onboarding.id, "provider", person.id)
        member.responsibility = OnboardingSeed.responsibility("provider", OnboardingSeed.administrator)
        var creation = CreateCaseTeamMemberRequest()
        creation.caseTeamMember = member
        _ = try await world.call(OnboardingAPI.createCaseTeamMember, creation, as: world.agent)
        #expect(try await proposed()?.value == person.id)
    }

    /// Assign is an ordinary update: with the caller's rights, the etag, and an entry in the journal.
    @Test func assignWritesTheValue() async throws {
        let world = try await World()
        let onboarding = try await world.openCase()
        _ = try await world.addMember("Customer onboarding contact", of: onboarding)
        let task = try await world.createTask(onboarding) {
            $0.shortDescription = "Install Service Bridge for consumers"
        }
        var request = assignment("installation_contact", task.id, etag: "0")
        let stale = await world.problem(OnboardingAPI.assignRecommendedAction, request, as: world.agent)
        #expect(stale?.code == .aborted)
        request.etag = task.etag
        let viewer = try World.person(uuid(), "sn_acct_lc.ale_success_viewer")
        let refused = await world.problem(OnboardingAPI.assignRecommendedAction, request, as: viewer)
        #expect(refused?.code == .permissionDenied)
        let answer = try await world.call(OnboardingAPI.assignRecommendedAction, request, as: world.agent)
        #expect(answer.field == "contact" && answer.value == world.contact.id && answer.etag != task.etag)
        var get = GetRequest()
        get.id = task.id
        let now = try await world.call(OnboardingAPI.getLifecycleTask, get, as: world.agent)
        #expect(now.contact == world.contact.id && now.updatedBy == world.agent.subject && now.etag == answer.etag)
        var stream = ListActivityRequest()
        stream.id = task.id
        let entries = try await world.call(OnboardingAPI.listLifecycleTaskActivity, stream, as: world.agent).entries
        #expect(
            entries.contains {
                $0.kind == "field" && $0.field == "contact" && $0.newValue == world.contact.id
                    && $0.by == world.agent.subject
            }, "\(entries)")
        // The record has the value now: it is recommended no more.
        let again = await world.problem(
            OnboardingAPI.assignRecommendedAction, assignment("installation_contact", task.id), as: world.agent)
        #expect(again?.code == .failedPrecondition && again?.reason == "NOT_RECOMMENDED")
        let guidance = await world.problem(
            OnboardingAPI.assignRecommendedAction, assignment("install_service_bridge", task.id), as: world.agent)
        #expect(guidance?.reason == "NOT_RECOMMENDED")
    }

    /// A new record is filled, where its field is empty; nothing of it need be stored.
    @Test func aNewRecordIsFilled() async throws {
        let world = try await World()
        let onboarding = try await world.openCase()
        var request = ShowRecommendedActionsRequest()
        request.table = "lifecycle_task"
        func value(_ field: String, _ text: String) -> EnteredField {
            var entered = EnteredField()
            (entered.field, entered.text) = (field, text)
            return entered
        }
        request.values = [
            value("parent", onboarding.id), value("short_description", "Install Service Bridge for consumers"),
        ]
        func proposed() async throws -> ProposedValue? {
            try await world.call(OnboardingAPI.showRecommendedActions, request, as: world.agent).cards
                .first { $0.recommendation == "installation_assigned_to" }?.proposed
        }
        #expect(try await proposed()?.fills == true)
        #expect(try await proposed()?.value == world.agent.subject)
        request.values.append(value("assigned_to", uuid()))
        #expect(try await proposed()?.fills == false)
        request.values = [value("parent", "no id"), value("short_description", "Install Service Bridge for consumers")]
        #expect(try await proposed() == nil)
        request.values = [value("priority", "99999999999")]
        let tooMuch = await world.problem(OnboardingAPI.showRecommendedActions, request, as: world.agent)
        #expect(tooMuch?.code == .invalidArgument && tooMuch?.violations.first?.field == "lifecycle_task.priority")
        request.values = [value("nothing", "1")]
        let unknown = await world.problem(OnboardingAPI.showRecommendedActions, request, as: world.agent)
        #expect(unknown?.violations.first?.field == "lifecycle_task.nothing")
        request.values = Array(repeating: value("priority", "1"), count: 201)
        #expect(
            await world.problem(OnboardingAPI.showRecommendedActions, request, as: world.agent)?.code
                == .invalidArgument)
    }

    /// The tree of 7.1, every step: problem, message, version, instructions that depend on the message, end; beside either of
    /// the tasks (RA-02, RA-06).
    @Test(arguments: [
        ("Install Service Bridge for consumers", "troubleshoot_installation"),
        ("Service Bridge consumer registration and configuration", "troubleshoot_registration"),
    ])
    func aFailedSetupIsLookedInto(_ subject: String, _ card: String) async throws {
        let world = try await World()
        let task = try await world.createTask(world.openCase()) { $0.shortDescription = subject }
        #expect(try await answer(["no"], task, card, world).isEnd)
        let messages = try await answer(["yes"], task, card, world)
        #expect(
            messages.choices.map(\.key) == [
                "registration_failed", "connection_refused", "authentication_failed", "version_mismatch", "other",
            ])
        for message in messages.choices.map(\.key) {
            let version = try await answer(["yes", message], task, card, world)
            #expect(version.step == "version" && version.choices.map(\.key) == ["yes", "no"])
            let old = try await answer(["yes", message, "no"], task, card, world)
            #expect(old.isEnd && old.step == "support" && old.text?.en.contains("customer support") == true)
            let instructions = try await answer(["yes", message, "yes"], task, card, world)
            #expect(instructions.instructions.count == 1 && !instructions.isEnd)
            #expect(instructions.instructions.first?.links.first?.article == "consumer_guide")
            #expect(try await answer(["yes", message, "yes", "solved"], task, card, world).step == "solved")
        }
        let texts = try await [
            answer(["yes", "version_mismatch", "yes"], task, card, world),
            answer(["yes", "connection_refused", "yes"], task, card, world),
        ].map { $0.instructions.first?.text?.ko }
        #expect(texts[0] != texts[1])
        do throws(Problem) {
            _ = try await answer(["yes", "nothing"], task, card, world)
            Issue.record("there is no such answer")
        } catch { #expect(error.code == .invalidArgument && error.violations.first?.field == "answers[1]") }
        do throws(Problem) {
            _ = try await answer(["no", "yes"], task, card, world)
            Issue.record("the tree has ended")
        } catch { #expect(error.violations.first?.field == "answers[1]") }
        do throws(Problem) {
            let guidance = card == "troubleshoot_installation" ? "install_service_bridge" : "register_consumer"
            _ = try await answer([], task, guidance, world)
            Issue.record("it is no tree")
        } catch { #expect(error.reason == "NOT_RECOMMENDED") }
    }

    /// Cards are the provider's, and another tenant's record is none.
    @Test func nobodyElseSeesCards() async throws {
        let world = try await World()
        let task = try await world.createTask(world.openCase()) {
            $0.shortDescription = "Install Service Bridge for consumers"
            $0.contact = world.contact.id
            $0.visibleToCustomer = true
        }
        var request = ShowRecommendedActionsRequest()
        (request.table, request.record) = ("lifecycle_task", task.id)
        let customer = await world.problem(
            OnboardingAPI.showRecommendedActions, request, as: try world.customer("sn_customerservice.customer_admin"))
        #expect(customer?.code == .permissionDenied)
        let stranger = Caller.holding("sn_acct_lc.agent", domain: "/elsewhere/")
        let met = await world.problem(OnboardingAPI.showRecommendedActions, request, as: stranger)
        request.record = uuid()
        let unknown = await world.problem(OnboardingAPI.showRecommendedActions, request, as: stranger)
        #expect(met?.code == .notFound && unknown?.code == .notFound)
        request.table = "user"
        let wrong = await world.problem(OnboardingAPI.showRecommendedActions, request, as: world.administrator)
        #expect(wrong?.code == .invalidArgument && wrong?.violations.first?.field == "table")
    }
}
