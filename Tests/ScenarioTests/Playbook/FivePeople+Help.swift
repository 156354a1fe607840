import JourneyKit
import OnboardingWire
import PlayLauncherWire
import RPC
import RecommendedActionsWire
import Testing
import Wire

/// What stands beside the tasks of Service Bridge: recommended actions, the registration of the consumer, the page of a task.
extension FivePeople {
    func getHelp(installing: LifecycleTask, registering: LifecycleTask, further: LifecycleTask) async throws {
        try await takeContactOver(installing)
        for (task, card) in [
            (installing, "troubleshoot_installation"), (registering, "troubleshoot_registration"),
        ] {
            try await troubleshoot(task, by: card)
        }
        try await register(by: registering)
        try await readAbout(installing, registering, further)
        try await lookAtTaskPage(registering)
    }

    /// A text of both languages, as these people read it.
    func said(_ text: ActionText?) -> String { (cast.language == "ko" ? text?.ko : text?.en) ?? "" }

    private func cards(of task: LifecycleTask, as person: Person) async throws -> [RecommendedAction] {
        var request = ShowRecommendedActionsRequest()
        (request.table, request.record) = ("lifecycle_task", task.id)
        let cards = try await ask(OnboardingAPI.showRecommendedActions, request, as: person).cards
        #expect(cards.allSatisfy { cast.reads(said($0.label)) && cast.reads(said($0.text)) }, "\(cards)")
        return cards
    }

    /// RA-01 to RA-04. The task has its assignee, who is proposed no more; Assign takes the contact over, as an update of who
    /// assigns.
    private func takeContactOver(_ task: LifecycleTask) async throws {
        let shown = try await cards(of: task, as: cast.manager)
        #expect(
            shown.map(\.recommendation) == [
                "install_service_bridge", "troubleshoot_installation", "installation_contact",
            ])
        #expect(shown.first?.steps.flatMap(\.links).map(\.article) == ["consumer_guide"])
        let proposed = try #require(shown.last?.proposed)
        #expect(proposed.field == "contact" && proposed.value == cast.contact.contact && !proposed.fills)
        #expect(cast.reads(said(proposed.message)) && cast.reads(said(proposed.fieldLabel)), "\(proposed)")
        var request = AssignRecommendedActionRequest()
        (request.table, request.record, request.recommendation) = (
            "lifecycle_task", task.id, "installation_contact"
        )
        try await refuse(cast.contact, OnboardingAPI.assignRecommendedAction, request, .permissionDenied)
        let assigned = try await ask(OnboardingAPI.assignRecommendedAction, request, as: cast.manager)
        #expect(assigned.field == "contact" && assigned.value == cast.contact.contact)
        var activity = ListActivityRequest()
        activity.id = task.id
        let stream = try await ask(OnboardingAPI.listLifecycleTaskActivity, activity, as: cast.analyst).entries
        #expect(stream.contains { $0.field == "contact" && $0.by == cast.manager.user }, "\(stream)")
        try await refuse(
            cast.manager, OnboardingAPI.assignRecommendedAction, request, .failedPrecondition, "NOT_RECOMMENDED")
    }

    /// RA-02 and RA-06: the tree of 7.1, step by step to its ends.
    private func troubleshoot(_ task: LifecycleTask, by card: String) async throws {
        var request = AnswerDecisionTreeRequest()
        (request.table, request.record, request.recommendation) = ("lifecycle_task", task.id, card)
        let ways: [(answers: [String], step: String)] = [
            ([], "problem"), (["yes"], "message"), (["yes", "authentication_failed"], "version"),
            (["yes", "authentication_failed", "no"], "support"),
            (["yes", "authentication_failed", "yes"], "instructions"),
            (["yes", "authentication_failed", "yes", "solved"], "solved"),
        ]
        for (answers, step) in ways {
            request.answers = answers
            let place = try await ask(OnboardingAPI.answerDecisionTree, request, as: cast.analyst)
            #expect(place.step == step && cast.reads(said(place.text)), "\(place)")
            #expect(place.isEnd == ["support", "solved"].contains(step))
            #expect(place.isEnd == place.choices.isEmpty && place.choices.allSatisfy { cast.reads(said($0.label)) })
            guard step == "instructions" else { continue }
            #expect(place.instructions.count == 1 && cast.reads(said(place.instructions.first?.text)))
            #expect(place.instructions.flatMap(\.links).map(\.article) == ["consumer_guide"])
        }
    }

    /// RA-05 leads to the registration (section 6), which goes on beside the onboarding.
    private func register(by task: LifecycleTask) async throws {
        let shown = try await cards(of: task, as: cast.analyst)
        #expect(shown.map(\.recommendation) == ["register_consumer", "troubleshoot_registration"])
        let flow = try #require(shown.first?.flow)
        #expect(flow.subject == OnboardingAPI.registerConsumer.subject && cast.reads(said(flow.label)))
        #expect(flow.fields == ["account", "contact", "instance_url"])
        var request = registration("http://bridge.\(cast.language).customer.example")
        let wrong = try await refuse(cast.analyst, OnboardingAPI.registerConsumer, request, .invalidArgument)
        #expect(wrong.violations.map(\.field) == ["consumer_registration.instance_url"])
        request = registration("https://bridge.\(cast.language).customer.example")
        try await refuse(cast.contact, OnboardingAPI.registerConsumer, request, .permissionDenied)
        let made = try await ask(OnboardingAPI.registerConsumer, request, as: cast.analyst)
        // This stack has no key for handshakes: the registration waits.
        #expect(made.status == "requested" && made.domain == account.domain && made.createdBy == cast.analyst.user)
        try await refuse(
            cast.analyst, OnboardingAPI.registerConsumer, request, .alreadyExists, "DUPLICATE_REGISTRATION")
        var start = ActionRequest()
        start.id = made.id
        try await refuse(
            cast.analyst, OnboardingAPI.startConsumerRegistration, start, .failedPrecondition,
            "REGISTRATION_STARTED")
    }

    /// What is asked for to register an instance of the account.
    func registration(_ url: String) -> RegisterConsumerRequest {
        var record = ConsumerRegistration()
        (record.account, record.contact, record.onboardingCase) = (account.id, cast.contact.contact, onboarding.id)
        record.instanceUrl = url
        var request = RegisterConsumerRequest()
        request.consumerRegistration = record
        return request
    }

    /// The page of a task, for people of the provider.
    private func lookAtTaskPage(_ task: LifecycleTask) async throws {
        var request = GetOnboardingTaskPageRequest()
        request.id = task.id
        let page = try await ask(OnboardingAPI.getOnboardingTaskPage, request, as: cast.administrator)
        #expect(page.lifecycleTask?.id == task.id && page.onboardingCase?.id == onboarding.id)
        #expect(page.accountName == account.name && page.assignedToName == cast.administrator.name)
        #expect(page.activity?.id == task.playbookActivity && page.tasks?.items.isEmpty == false)
        #expect(page.recommendedActions.map(\.recommendation) == ["register_consumer", "troubleshoot_registration"])
        #expect(page.recommendedActions.allSatisfy { cast.reads(said($0.label)) })
        #expect(page.relatedKnowledge.contains { $0.key == "consumer_guide" && cast.reads(title(of: $0)) })
        #expect(page.names.contains { $0.name == cast.administrator.name })
        try await refuse(cast.contact, OnboardingAPI.getOnboardingTaskPage, request, .permissionDenied)
    }
}
