import JourneyKit
import OnboardingWire
import PlaybooksWire
import RPC
import Testing
import Wire

/// One run on its way through the playbook, whatever activities that has: all are completed, in their order, by what their
/// kinds ask for. The run begins before its case.
struct CaseWalk: Sendable {
    /// An activity whose turn it is.
    struct Step: Sendable {
        let activity: PlaybookActivity
        let request: EnterPlaybookActivityRequest
    }

    let account: CustomerAccount
    /// The id of the run.
    let run: String
    /// The option of Service Bridge that is chosen; the activity that comes with it alone is called like it (G-45).
    private let option: String
    private let world: JourneyWorld
    private let cast: Cast

    init(_ world: JourneyWorld, _ cast: Cast, _ account: CustomerAccount, option: String) async throws {
        (self.world, self.cast, self.account, self.option) = (world, cast, account, option)
        var start = StartPlaybookRunRequest()
        start.table = "onboarding_case"
        run = try await world.call(OnboardingAPI.startPlaybookRun, start, as: cast.manager.credential).id
    }

    /// What the activity of the option is called where walks of several options are compared.
    static let ofOption = "of the option"

    /// The key of an activity as all walks have it.
    func common(_ key: String) -> String { key == option ? Self.ofOption : key }

    /// The key that this walk has for one that all walks have.
    func own(_ key: String) -> String { key == Self.ofOption ? option : key }

    func activities() async throws -> [PlaybookActivity] {
        var request = ListPlaybookActivitiesRequest()
        request.run = run
        return try await world.call(
            OnboardingAPI.listPlaybookActivities, request, as: cast.manager.credential
        ).activities
    }

    func current() async throws -> PlaybookRun {
        var request = GetRequest()
        request.id = run
        return try await world.call(OnboardingAPI.getPlaybookRun, request, as: cast.manager.credential)
    }

    /// Waits for the next activity that somebody can complete; nil when the run is done.
    func next() async throws -> Step? {
        let found = try await world.eventually("something to do in the run") { () -> [PlaybookActivity]? in
            let activities = try await activities()
            if let failed = activities.first(where: { $0.state == "failed" }) {
                throw JourneyFailure("\(failed.key) has failed: \(failed.failure?.en ?? "")")
            }
            // Records of other services are still being made, or still open until the summary of their stage.
            let isSettled = activities.allSatisfy {
                $0.state != "in_progress" || $0.kind != "create_task" || $0.created.last?.id.isEmpty == false
            }
            let open = activities.filter { $0.state == "in_progress" && !Self.isElsewhere($0) }
            if isSettled, !open.isEmpty { return open }
            return try await current().state == "done" ? [] : nil
        }
        guard let activity = found.first else { return nil }
        return Step(activity: activity, request: try await request(activity))
    }

    private static func isElsewhere(_ activity: PlaybookActivity) -> Bool {
        activity.created.contains { $0.service != "onboarding" }
    }

    /// Mark complete of an activity, under a request id of its own.
    private func request(_ activity: PlaybookActivity) async throws -> EnterPlaybookActivityRequest {
        var request = CasePlaybook.entering(activity, try await values(activity))
        request.requestID = "walk \(activity.id)"
        return request
    }

    /// What an activity asks for, by its kind.
    private func values(_ activity: PlaybookActivity) async throws -> [String: String] {
        switch activity.kind {
        case "select_account": ["account": account.id]
        case "enter_info":
            [
                "assigned_to": cast.manager.user, "service_bridge_integration": option, "type": "full",
                "go_live_date": FivePeople.goLiveDate,
            ]
        case "add_contacts": ["contacts": try CasePlaybook.rows(contacts)]
        case "add_responsibilities":
            [
                "members": try await members(
                    "contact", made(by: "add_contacts"), "Customer onboarding contact", of: "customer")
            ]
        case "add_account_team":
            [
                "members": try await members(
                    "user", cast.provider.map(\.user), "ServiceNow developer/admin", of: "provider")
            ]
        case "related_work":
            ["tasks": try CasePlaybook.rows(["One more", "And another"].map { ["short_description": $0] })]
        case "summary":
            [
                "close_notes": try CasePlaybook.rows(
                    try await activities().filter { $0.lane == activity.lane && Self.isElsewhere($0) }
                        .flatMap(\.created).map { ["record": $0.id, "close_notes": "Looked through."] })
            ]
        case "add_squad", "create_task": [:]
        default: throw JourneyFailure("nobody says what completing the kind \(activity.kind) takes")
        }
    }

    private var contacts: [[String: String]] {
        ["Ada", "Ben", "Cleo"].map {
            [
                "first_name": $0, "last_name": "Walker",
                "email": "\($0).\(account.accountNumber ?? "account")@customer.example".lowercased(),
            ]
        }
    }

    private func made(by key: String) async throws -> [String] {
        try await activities().first { $0.key == key }?.created.map(\.id) ?? []
    }

    private func members(
        _ column: String, _ people: [String], _ responsibility: String, of side: String
    ) async throws -> String {
        let id = try await world.responsibility(responsibility, of: side, as: cast.manager.credential)
        return try CasePlaybook.rows(people.map { [column: $0, "responsibility": id] })
    }

    /// Completes a step in peace. A case that it has made is worked on and closed.
    func complete(_ step: Step) async throws {
        guard let made = step.activity.created.last, made.table == "onboarding_case" else {
            let manager = cast.manager.credential
            _ = try await world.call(OnboardingAPI.completePlaybookActivity, step.request, as: manager)
            return
        }
        for state in ["active", "closed"] {
            var request = UpdateOnboardingCaseRequest()
            request.onboardingCase = OnboardingCase()
            request.onboardingCase?.id = made.id
            request.onboardingCase?.state = state
            request.onboardingCase?.assignedTo = cast.manager.user
            _ = try await world.call(OnboardingAPI.updateOnboardingCase, request, as: cast.manager.credential)
        }
    }
}
