import Foundation
import JourneyKit
import OnboardingWire
import PlaybooksWire
import RPC
import Roles
import Tenancy
import Wire

/// A stack with a playbook for the figures, an account, and the people who work with both.
struct PlaybookData: Sendable {
    /// Activities of a case at scale; each has made a task.
    static let activities = 10
    /// Tasks of a case at scale: those, and an import task.
    static let tasks = activities + 1
    private static let waiting = 20

    let stack: BenchStack
    let client: Client
    /// An onboarding agent.
    let agent: Credential
    /// The customer's administrator, who sees all cases of the account and follows its success.
    let customer: Credential
    /// The contact that this one is.
    let contact: String
    /// Somebody of the provider who works with success records.
    let successManager: Credential
    /// The first administrator, who designs playbooks as well.
    let administrator: Credential
    let account: String
    private let user: String

    init(_ stack: BenchStack) async throws {
        let journey = Journey(stack.world())
        try await journey.meetPeople()
        try await journey.openAccount()
        self.stack = stack
        client = Client(NATSTransport(stack.connection))
        agent = try journey.credential(.agent)
        administrator = try journey.credential(.administrator)
        successManager = try journey.credential(.successManager)
        (customer, contact) = try await Self.customer(stack.world(), journey.account, agent)
        account = journey.account.id
        user = journey.users[.agent] ?? ""
        try await activateTasks()
    }

    private static func customer(
        _ world: JourneyWorld, _ account: CustomerAccount, _ agent: Credential
    ) async throws -> (Credential, contact: String) {
        let persona = Persona.customerAdministrator
        let roles = persona.roles.union(["sn_acct_lc.ale_success_customer"])
        let user = try await world.person(
            named: persona.name, "\(persona.rawValue)@customer.example", roles, of: account.id)
        var creation = CreateCustomerContactRequest()
        var draft = CustomerContact()
        (draft.account, draft.user, draft.email) = (account.id, user.id, user.email)
        (draft.firstName, draft.lastName) = ("Carla", "Contact")
        creation.customerContact = draft
        let contact = try await world.call(OnboardingAPI.createCustomerContact, creation, as: agent)
        let membership = Membership(
            account: account.id, domain: DomainPath(account.domain) ?? .root, contact: contact.id)
        guard
            let caller = Caller(
                subject: user.id, roles: RoleCatalog.close(roles), memberships: [membership])
        else { throw JourneyFailure("\(persona.name) has no account") }
        return (.token(try world.token(caller)), contact.id)
    }

    /// A case that nobody has begun to work on.
    func makeCase() async throws -> String {
        var record = OnboardingCase()
        record.account = account
        record.assignedTo = user
        record.shortDescription = "A phase of an onboarding"
        var request = CreateOnboardingCaseRequest()
        request.onboardingCase = record
        return try await client.call(OnboardingAPI.createOnboardingCase, request, as: agent).id
    }

    /// The stage of a case at scale in which its tasks are.
    static let lane = "work"

    /// Activates a playbook of a stage to be completed, behind which activities make a task each.
    private func activateTasks() async throws {
        try await activate(
            "bench_tasks",
            [
                ("set_up", [Self.asking("set_up")]),
                (Self.lane, (1...Self.activities).map { Self.task($0, start: "{when: with_lane}") }),
            ])
    }

    /// Starts it over a case, and completes its first stage.
    func startTasks(over record: String) async throws -> PlaybookRun {
        let run = try await start("bench_tasks", over: record)
        for activity in try await asked(of: run) { try await complete(activity) }
        return run
    }

    /// Completes an activity.
    func complete(_ activity: PlaybookActivity) async throws {
        var request = EnterPlaybookActivityRequest()
        request.id = activity.id
        let done = try await client.call(OnboardingAPI.completePlaybookActivity, request, as: agent)
        guard done.state == "done" else { throw JourneyFailure("a completed activity is \(done.state)") }
    }

    /// Activates a playbook of activities that are to be completed; each lets another make a task.
    func activateWaiting() async throws {
        try await activate(
            "bench_waiting",
            [
                (
                    "work",
                    (1...Self.waiting).flatMap { number in
                        [
                            Self.asking("ask_\(number)"),
                            Self.task(number, start: "{when: after, after: [ask_\(number)]}"),
                        ]
                    }
                )
            ])
    }

    /// An activity that is to be completed, as YAML.
    private static func asking(_ key: String) -> String {
        "{key: \(key), kind: related_work, label: {en: Ask, ko: 질문}, description: {en: Ask., ko: 질문하세요.}, "
            + "start: {when: with_lane}}"
    }

    /// An activity that makes a task, as YAML.
    static func task(_ number: Int, start: String) -> String {
        """
        {key: task_\(number), kind: create_task, label: {en: Task, ko: 작업}, description: {en: A task., ko: 작업입니다.}, \
        start: \(start), creates: {table: lifecycle_task, fields: [{field: parent, from_field: id}, \
        {field: short_description, localized: {en: Task \(number), ko: 작업 \(number)}}, {field: type, text: training}]}}
        """
    }

    /// Makes a version of a playbook of lanes with activities, and activates it; answers the definition.
    @discardableResult
    func activate(_ key: String, _ lanes: [(key: String, activities: [String])]) async throws -> String {
        var request = ImportPlaybookRequest()
        request.yaml = """
            key: \(key)
            table: onboarding_case
            label: {en: Measured playbook, ko: 측정용 플레이북}
            lanes:
            \(lanes.map(Self.lane).joined(separator: "\n"))
            """
        let definition = try await client.call(OnboardingAPI.importPlaybookDefinition, request, as: administrator)
        var action = ActionRequest()
        action.id = definition.id
        _ = try await client.call(OnboardingAPI.activatePlaybookDefinition, action, as: administrator)
        return definition.id
    }

    private static func lane(_ key: String, _ activities: [String]) -> String {
        """
          - key: \(key)
            label: {en: Work, ko: 작업}
            activities:
        \(activities.map { "      - \($0)" }.joined(separator: "\n"))
        """
    }

    /// Starts a run over a case.
    func start(_ key: String, over record: String) async throws -> PlaybookRun {
        var request = StartPlaybookRunRequest()
        request.definition = key
        request.table = OnboardingCase.schema.table
        request.record = record
        return try await client.call(OnboardingAPI.startPlaybookRun, request, as: agent)
    }

    /// The activities of a run that are to be completed.
    func asked(of run: PlaybookRun) async throws -> [PlaybookActivity] {
        var request = ListPlaybookActivitiesRequest()
        request.run = run.id
        return try await client.call(OnboardingAPI.listPlaybookActivities, request, as: agent).activities
            .filter { $0.kind == "related_work" }
    }
}
