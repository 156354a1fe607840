import CustomerSuccessWire
import JourneyKit
import Korean
import OnboardingWire
import PlaybooksWire
import RPC
import Roles
import Tenancy
import Testing
import Wire

/// The two success playbooks, walked by an agent and followed by the customer, who both speak one language.
struct SuccessWalk {
    private let world: JourneyWorld
    private let engagement: Engagement
    private let language: String
    /// The agent, and the customer's contact.
    private let agent, contact: String
    private let manager, customer: Credential

    /// Brings the two: the agent of the provider, and a contact of the account who signs in; `onboarder` enters the contact.
    init(_ world: JourneyWorld, _ engagement: Engagement, _ language: String, as onboarder: Credential) async throws {
        (self.world, self.engagement, self.language) = (world, engagement, language)
        let roles: Set = ["sn_acct_lc.ale_success_agent"]
        agent = try await world.person(
            named: language == "ko" ? "한지민" : "Sally Success", "walk.\(language)@provider.example", roles,
            language: language
        ).id
        manager = .token(
            try world.token(
                Caller(
                    subject: agent, kind: .person, domain: JourneyWorld.provider, roles: RoleCatalog.close(roles),
                    locale: language)))
        let role = "sn_acct_lc.ale_success_customer"
        let account = engagement.account ?? ""
        let user = try await world.person(
            named: language == "ko" ? "오세훈" : "Cora Customer", "walk.\(language)@customer.example", [role],
            of: account, language: language
        ).id
        var creation = CreateCustomerContactRequest()
        creation.customerContact = CustomerContact()
        creation.customerContact?.account = account
        creation.customerContact?.user = user
        creation.customerContact?.email = "walk.\(language)@customer.example"
        creation.customerContact?.firstName = "Cora"
        creation.customerContact?.lastName = "Customer"
        contact = try await world.call(OnboardingAPI.createCustomerContact, creation, as: onboarder).id
        let membership = Membership(
            account: account, domain: try #require(DomainPath(engagement.domain)), contact: contact)
        let caller = Caller(
            subject: user, roles: RoleCatalog.close([role]), memberships: [membership], locale: language)
        customer = .token(try world.token(try #require(caller)))
    }

    func run() async throws {
        try await planAnInitiative()
        try await playInside()
    }

    /// Whether a text is in the language of the two.
    private func reads(_ text: String?) -> Bool { Hangul.isWritten(in: text ?? "") == (language == "ko") }

    // MARK: Playbooks

    private func start(_ definition: String, _ table: String = "", over record: String = "") async throws -> String {
        var request = StartPlaybookRunRequest()
        (request.definition, request.table, request.record) = (definition, table, record)
        return try await world.call(CustomerSuccessAPI.startPlaybookRun, request, as: manager).id
    }

    private func activities(_ run: String) async throws -> [PlaybookActivity] {
        var request = ListPlaybookActivitiesRequest()
        request.run = run
        return try await world.call(CustomerSuccessAPI.listPlaybookActivities, request, as: manager).activities
    }

    private func activity(_ key: String, _ run: String) async throws -> PlaybookActivity {
        try #require(try await activities(run).first { $0.key == key })
    }

    private func complete(_ key: String, _ run: String, _ values: [String: String] = [:]) async throws {
        let found = try await activity(key, run)
        #expect(reads(language == "ko" ? found.label?.ko : found.label?.en))
        let request = CasePlaybook.entering(found, values)
        _ = try await world.call(CustomerSuccessAPI.completePlaybookActivity, request, as: manager)
    }

    private func state(_ run: String) async throws -> PlaybookRun {
        var request = GetRequest()
        request.id = run
        return try await world.call(CustomerSuccessAPI.getPlaybookRun, request, as: manager)
    }

    // MARK: The initiative

    private func outcome() async throws -> String {
        var objective = CreateSuccessObjectiveRequest()
        objective.successObjective = SuccessObjective()
        objective.successObjective?.engagement = engagement.id
        objective.successObjective?.title = "Fewer systems"
        objective.successObjective?.description = "By half."
        var outcome = CreateSuccessOutcomeRequest()
        outcome.successOutcome = SuccessOutcome()
        outcome.successOutcome?.successObjective = try await world.call(
            CustomerSuccessAPI.createSuccessObjective, objective, as: manager
        ).id
        outcome.successOutcome?.title = "Systems in use"
        outcome.successOutcome?.description = "From eight to four."
        return try await world.call(CustomerSuccessAPI.createSuccessOutcome, outcome, as: manager).id
    }

    /// From the choice of its outcome to its closure code; the customer sees how far it is, does a task and says something.
    private func planAnInitiative() async throws {
        let run = try await start("create_success_initiative")
        try await complete("select_outcome", run, ["success_outcome": try await outcome()])
        let record = try await state(run).record
        let plan = [
            "assigned_to": agent, "subject": "Retire systems", "category": "adoption", "state": "in_progress",
            "progress": "on_track", "priority": "2", "due_date": "2028-03-31",
        ]
        try await complete("plan_initiative", run, plan)
        try await complete("create_tasks", run)
        let made = try await activity("create_tasks", run).created
        #expect(made.count == 3)
        #expect(try await follow(record).tasks.isEmpty, "what nobody shows is not seen")
        var shown = UpdateSuccessTaskRequest()
        shown.successTask = SuccessTask()
        shown.successTask?.id = try #require(made.first).id
        shown.successTask?.visibleToCustomer = true
        shown.successTask?.contact = contact
        _ = try await world.call(CustomerSuccessAPI.updateSuccessTask, shown, as: manager)
        var comment = AddEntryRequest()
        (comment.id, comment.text) = (record, "When do we begin?")
        _ = try await world.call(CustomerSuccessAPI.addSuccessInitiativeComment, comment, as: customer)
        let seen = try await follow(record)
        let task = try #require(seen.tasks.first)
        #expect(seen.tasks.count == 1 && task.own && reads(task.subject) && reads(task.stateLabel))
        #expect(seen.title == "Retire systems" && seen.state == "in_progress" && reads(seen.stateLabel))
        #expect(seen.comments.map(\.text) == ["When do we begin?"] && seen.comments[0].own)
        var begun = UpdateSuccessTaskRequest()
        begun.successTask = SuccessTask()
        begun.successTask?.id = task.id
        begun.successTask?.state = "in_progress"
        _ = try await world.call(CustomerSuccessAPI.updateSuccessTask, begun, as: customer)
        #expect(try await follow(record).tasks.first?.state == "in_progress")
        try await complete(
            "close_initiative", run, ["close_code": "partially_achieved", "close_notes": "Half of the systems."])
        #expect(try await state(run).state == "done")
        let ended = try await follow(record)
        #expect(ended.state == "closed" && reads(ended.closeCodeLabel) && ended.closeNotes == "Half of the systems.")
        #expect(ended.rights?.states.isEmpty == true)
    }

    private func follow(_ record: String) async throws -> PortalWork {
        var request = GetPortalWorkRequest()
        request.id = record
        return try await world.call(CustomerSuccessAPI.getPortalInitiative, request, as: customer)
    }

    // MARK: The internal play

    /// Its tasks come by themselves, one is left out, one comes since it is needed; the customer knows nothing of it.
    private func playInside() async throws {
        var creation = CreateInternalPlayRequest()
        creation.internalPlay = InternalPlay()
        creation.internalPlay?.engagement = engagement.id
        creation.internalPlay?.assignedTo = agent
        creation.internalPlay?.shortDescription = "Prepare the renewal"
        creation.internalPlay?.description = "In time."
        creation.internalPlay?.priority = 1
        let play = try await world.call(CustomerSuccessAPI.createInternalPlay, creation, as: manager).id
        let run = try await start("internal_play", "internal_play", over: play)
        var skip = MovePlaybookActivityRequest()
        skip.id = try await activity("collect_material", run).id
        _ = try await world.call(CustomerSuccessAPI.skipPlaybookActivity, skip, as: manager)
        for key in ["agree_on_goal", "inform_management", "act"] {
            let made = try #require(try await activity(key, run).created.first, "\(key)")
            var begun = UpdateInternalPlayTaskRequest()
            begun.internalPlayTask = InternalPlayTask()
            begun.internalPlayTask?.id = made.id
            begun.internalPlayTask?.state = "in_progress"
            let task = try await world.call(CustomerSuccessAPI.updateInternalPlayTask, begun, as: manager)
            #expect(task.assignedTo == agent && reads(task.shortDescription))
            var close = CloseRequest()
            close.id = made.id
            _ = try await world.call(CustomerSuccessAPI.closeInternalPlayTask, close, as: manager)
            #expect(try await activity(key, run).state == "done", "\(key)")
        }
        try await complete("note_result", run)
        #expect(try await state(run).state == "done")
        var get = GetRequest()
        get.id = play
        let read = get
        await #expect(throws: Problem.self) {
            try await world.client.call(CustomerSuccessAPI.getInternalPlay, read, as: customer)
        }
    }
}
