import CustomerSuccessWire
import Foundation
import JourneyKit
import OnboardingWire
import PlayLauncherWire
import PlaybooksWire
import RPC
import Wire

/// An engagement with one record of every kind that plays are launched from, and what launching them takes.
struct PlayGround {
    let world: JourneyWorld
    let manager: Credential
    /// The same person, who reads Korean.
    private let korean: Credential
    private let agent: Credential
    private let engagement: Engagement
    /// The records plays are launched from, by table.
    private(set) var sources: [(table: String, id: String)] = []
    /// A task of that case that articles are related to.
    private var bridgeTask = ""
    /// The account of it all.
    var account: String { engagement.account ?? "" }
    /// An onboarding case that is open.
    private(set) var openCase = ""
    /// The titles of all published plays.
    private(set) var titles: Set<String> = []
    /// What is answered where a question asks for a record, by its table.
    private var answers: [String: String] = [:]

    init(_ world: JourneyWorld) async throws {
        self.world = world
        let journey = Journey(world)
        try await journey.meetPeople()
        try await journey.openAccount()
        try await journey.seeCaseAndTasks()
        try await journey.goLive()
        try await journey.createEngagement()
        manager = try journey.credential(.successManager)
        engagement = journey.engagement
        var reader = world.caller(.successManager, id: engagement.customerSuccessManager ?? "")
        reader.locale = "ko"
        korean = .token(try world.token(reader))
        agent = try journey.credential(.agent)
        var contact = CreateCustomerContactRequest()
        contact.customerContact = CustomerContact()
        contact.customerContact?.account = engagement.account
        contact.customerContact?.firstName = "Roland"
        contact.customerContact?.lastName = "Mendel"
        contact.customerContact?.email = "roland@ernst.example"
        var product = CreateSoldProductRequest()
        product.soldProduct = SoldProduct()
        product.soldProduct?.account = engagement.account
        product.soldProduct?.name = "Analytics"
        answers = [
            "customer_contact": try await world.call(OnboardingAPI.createCustomerContact, contact, as: agent).id,
            "sold_product": try await world.call(OnboardingAPI.createSoldProduct, product, as: agent).id,
            "customer_account": engagement.account ?? "",
            "user": engagement.customerSuccessManager ?? "",
        ]
        sources = try await makeSources()
        var further = CreateOnboardingCaseRequest()
        further.onboardingCase = OnboardingCase()
        further.onboardingCase?.account = engagement.account
        further.onboardingCase?.shortDescription = "The second site"
        openCase = try await world.call(OnboardingAPI.createOnboardingCase, further, as: agent).id
        var task = CreateLifecycleTaskRequest()
        task.lifecycleTask = LifecycleTask()
        task.lifecycleTask?.parent = openCase
        task.lifecycleTask?.shortDescription = "Train people on Service Bridge"
        bridgeTask = try await world.call(OnboardingAPI.createLifecycleTask, task, as: agent).id
        var all = ListRequest()
        all.pageSize = 100
        let entries = try await world.call(
            PlayLauncherAPI.listDefinitionRecords, all, as: .token(world.administrator)
        ).definitionRecords
        titles = Set(entries.compactMap(\.title))
    }

    private func makeSources() async throws -> [(table: String, id: String)] {
        var objective = CreateSuccessObjectiveRequest()
        objective.successObjective = SuccessObjective()
        objective.successObjective?.engagement = engagement.id
        objective.successObjective?.title = "Lower cost"
        objective.successObjective?.description = "A tenth less."
        let objectiveID = try await world.call(CustomerSuccessAPI.createSuccessObjective, objective, as: manager).id
        var outcome = CreateSuccessOutcomeRequest()
        outcome.successOutcome = SuccessOutcome()
        outcome.successOutcome?.successObjective = objectiveID
        outcome.successOutcome?.title = "Tickets a week"
        outcome.successOutcome?.description = "From ninety to eighty."
        let outcomeID = try await world.call(CustomerSuccessAPI.createSuccessOutcome, outcome, as: manager).id
        var initiative = CreateSuccessInitiativeRequest()
        initiative.successInitiative = SuccessInitiative()
        initiative.successInitiative?.successOutcome = outcomeID
        initiative.successInitiative?.subject = "Adopt self-service"
        initiative.successInitiative?.description = "A portal for all teams."
        return [
            ("engagement", engagement.id), ("success_objective", objectiveID),
            (
                "success_initiative",
                try await world.call(CustomerSuccessAPI.createSuccessInitiative, initiative, as: manager).id
            ),
        ] + (try await makeWork())
    }

    private func makeWork() async throws -> [(table: String, id: String)] {
        var touchpoint = CreateTouchpointRequest()
        touchpoint.touchpoint = Touchpoint()
        touchpoint.touchpoint?.engagement = engagement.id
        touchpoint.touchpoint?.subject = "Weekly check-in"
        touchpoint.touchpoint?.description = "As agreed."
        var successCase = CreateSuccessCaseRequest()
        successCase.successCase = SuccessCase()
        successCase.successCase?.engagement = engagement.id
        successCase.successCase?.shortDescription = "Review the architecture"
        successCase.successCase?.description = "Two sites."
        var play = CreateInternalPlayRequest()
        play.internalPlay = InternalPlay()
        play.internalPlay?.engagement = engagement.id
        play.internalPlay?.shortDescription = "Prepare the renewal"
        play.internalPlay?.description = "Talk to the sponsor."
        var risk = CreateRiskSignalRequest()
        risk.riskSignal = RiskSignal()
        risk.riskSignal?.engagement = engagement.id
        risk.riskSignal?.shortDescription = "The sponsor leaves"
        risk.riskSignal?.description = "In spring."
        risk.riskSignal?.probability = "high"
        return [
            ("touchpoint", try await world.call(CustomerSuccessAPI.createTouchpoint, touchpoint, as: manager).id),
            ("success_case", try await world.call(CustomerSuccessAPI.createSuccessCase, successCase, as: manager).id),
            ("internal_play", try await world.call(CustomerSuccessAPI.createInternalPlay, play, as: manager).id),
            ("risk_signal", try await world.call(CustomerSuccessAPI.createRiskSignal, risk, as: manager).id),
        ]
    }

    /// What the launcher offers on records of a table.
    func offered(on table: String) async throws -> [PlayEntry] {
        var request = ListPlayCategoriesRequest()
        request.sourceTable = table
        let categories = try await world.call(PlayLauncherAPI.listPlayCategories, request, as: manager).categories
        return categories.flatMap { $0.entries + $0.subcategories.flatMap(\.entries) }
    }

    /// Launches a play with an answer to each question in English, or in Korean to those alone that need one; the id of the
    /// run.
    func launch(
        _ entry: PlayEntry, _ launch: Scenarios.OnOneStack.ShippedPlayScenarioTests.Launch
    ) async throws -> String {
        var describe = DescribePlayRequest()
        describe.definitionRecord = entry.definitionRecord
        let person = launch.isWhole ? manager : korean
        let play = try await world.call(PlayLauncherAPI.describePlay, describe, as: person)
        var answers: [String: Any] = [:]
        for question in play.questions where launch.isWhole || question.mandatory {
            answers[question.name] = try answer(question)
        }
        var request = LaunchPlayRequest()
        request.definitionRecord = entry.definitionRecord
        request.sourceTable = launch.table
        request.sourceRecord = launch.record
        request.answers = String(decoding: try JSONSerialization.data(withJSONObject: answers), as: UTF8.self)
        return try await world.call(PlayLauncherAPI.launchPlay, request, as: person).id
    }

    private func answer(_ question: PlayQuestion) throws -> Any {
        if let table = question.type.split(separator: ":").dropFirst().first {
            guard let id = answers[String(table)] else { throw JourneyFailure("a play asks for a \(table)") }
            return question.type.hasPrefix("references:") ? [id] : id
        }
        let text = question.choices.first ?? (question.type == "date" ? Self.date : Self.answered)
        guard question.type == "integer" else { return text }
        guard let number = Int(text) else { throw JourneyFailure("\(question.name) has the choice \(text)") }
        return number
    }

    /// What is answered where a question asks for a text, and for a date.
    static let answered = "As said in the wizard."
    static let date = "2027-03-31"

    /// How many records of the tables that plays make there are on the engagement, by table.
    func counts() async throws -> [String: Int] {
        var request = ListRequest()
        request.filter = "engagement = \"\(engagement.id)\""
        (request.count, request.pageSize) = (true, 1)
        let counted = request
        func count<Response: Message>(
            _ method: Wire.Method<ListRequest, Response>, _ total: (Response) -> Int64?
        ) async throws -> Int { Int(total(try await world.call(method, counted, as: manager)) ?? 0) }
        return [
            "success_objective": try await count(CustomerSuccessAPI.listSuccessObjectives, \.totalSize),
            "success_case": try await count(CustomerSuccessAPI.listSuccessCases, \.totalSize),
            "touchpoint": try await count(CustomerSuccessAPI.listTouchpoints, \.totalSize),
            "internal_play": try await count(CustomerSuccessAPI.listInternalPlays, \.totalSize),
            "risk_signal": try await count(CustomerSuccessAPI.listRiskSignals, \.totalSize),
        ]
    }

    /// The agent and a customer of the account, who both speak `language`, at the success playbooks.
    func walk(_ language: String) async throws -> SuccessWalk {
        try await SuccessWalk(world, engagement, language, as: agent)
    }

    /// What plays leave behind on this ground.
    var played: PlayedRecords {
        PlayedRecords(
            world: world, manager: manager, engagement: engagement.id, account: engagement.account ?? "",
            answers: answers)
    }

    /// These runs, once none is under way.
    func ended(_ ids: Set<String>) async throws -> [FlowRun] {
        let over: Set = ["completed", "failed", "held", "canceled"]
        return try await world.eventually("the end of \(ids.count) plays") {
            var runs: [FlowRun] = []
            var request = ListRequest()
            request.pageSize = 100
            repeat {
                let page = try await world.call(PlayLauncherAPI.listFlowRuns, request, as: manager)
                runs += page.flowRuns.filter { ids.contains($0.id) }
                request.pageToken = page.nextPageToken
            } while !request.pageToken.isEmpty
            return runs.count == ids.count && runs.allSatisfy { over.contains($0.state ?? "") } ? runs : nil
        }
    }

    /// A case that was made, and the stages of its playbook, which its event starts.
    func onboarding(_ id: String) async throws -> (OnboardingCase, StagePicker) {
        var request = GetRequest()
        request.id = id
        let made = try await world.call(OnboardingAPI.getOnboardingCase, request, as: agent)
        var stages = GetStagePickerRequest()
        stages.table = "onboarding_case"
        stages.record = id
        let picker = try await world.eventually("the playbook of \(made.number ?? id)") {
            do {
                return try await world.call(OnboardingAPI.getStagePicker, stages, as: agent)
            } catch let problem as Problem where problem.code == .notFound {
                return nil
            }
        }
        return (made, picker)
    }

    /// The keys of the articles that were related to the Service Bridge task of the open case (F-05).
    func relatedArticles() async throws -> Set<String> {
        var request = KnowledgeOfRecordRequest()
        (request.table, request.record) = ("lifecycle_task", bridgeTask)
        return Set(try await world.call(OnboardingAPI.listRelatedKnowledge, request, as: agent).articles.map(\.key))
    }

    /// The product that is answered where a question asks for one.
    var product: String { answers["sold_product"] ?? "" }

    func risk(_ id: String) async throws -> RiskSignal {
        var request = GetRequest()
        request.id = id
        return try await world.call(CustomerSuccessAPI.getRiskSignal, request, as: manager)
    }
}
