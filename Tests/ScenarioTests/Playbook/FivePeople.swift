import CampaignKit
import JourneyKit
import OnboardingWire
import PlaybooksWire
import RPC
import Roles
import Tenancy
import Testing
import Wire

/// A case and its five people, on their way through the playbook. Each of the steps is an extension of its own.
final class FivePeople {
    /// A Monday, so that the working day before it is the Friday before.
    static let goLiveDate = "2027-06-28"
    static let workingDayBefore = "2027-06-25"
    /// As the sample workbooks call it.
    static let accountName = "Ernst Handel"

    let world: JourneyWorld
    let mails: MailFolder
    var cast: Cast
    var account = CustomerAccount()
    var onboarding = OnboardingCase()

    init(_ stack: ScenarioStack, _ language: String) async throws {
        world = stack.world()
        mails = MailFolder(path: stack.mailDirectory)
        cast = try await Cast(world, language)
    }

    /// The option of Service Bridge that they choose (G-45), in each language another one.
    var option: String { cast.language == "ko" ? "remote_task" : "remote_catalog" }

    /// The playbook of the case, as the manager looks at it.
    var playbook: CasePlaybook { CasePlaybook(world, of: onboarding.id, as: cast.manager.credential) }

    // MARK: Asking

    func ask<Request: Message, Response: Message>(
        _ method: Wire.Method<Request, Response>, _ request: Request, as person: Person
    ) async throws -> Response {
        try await world.call(method, request, as: person.credential)
    }

    func get<R: Message>(_ method: Wire.Method<GetRequest, R>, _ id: String, as person: Person) async throws -> R {
        var request = GetRequest()
        request.id = id
        return try await ask(method, request, as: person)
    }

    func list<Page: ListResponse>(
        _ method: Wire.Method<ListRequest, Page>, _ filter: String, as person: Person
    ) async throws -> [Page.Resource] {
        var request = ListRequest()
        request.filter = filter
        request.pageSize = 100
        return try await ask(method, request, as: person).resources
    }

    /// The person is refused, and told so in the language of the five.
    @discardableResult
    func refuse<Request: Message, Response: Message>(
        _ person: Person, _ method: Wire.Method<Request, Response>, _ request: Request, _ code: Problem.Code,
        _ reason: String? = nil, at place: SourceLocation = #_sourceLocation
    ) async throws -> Problem {
        let problem: Problem
        do {
            problem = try await world.refusal(method, request, as: person.credential)
        } catch {
            throw JourneyFailure("\(person.name) at line \(place.line): \(error)")
        }
        #expect(problem.code == code, "\(person.name): \(problem)", sourceLocation: place)
        if let reason { #expect(problem.reason == reason, "\(person.name): \(problem)", sourceLocation: place) }
        #expect(cast.reads(problem.text.en), "\(problem.text.en)", sourceLocation: place)
        return problem
    }

    /// What a person completes, and sees done.
    @discardableResult
    func complete(
        _ key: String, _ values: [String: String] = [:], as person: Person, at place: SourceLocation = #_sourceLocation
    ) async throws -> PlaybookActivity {
        let done = try await playbook.complete(key, values, as: person.credential)
        #expect(done.state == "done" && done.endedBy == person.user, "\(done)", sourceLocation: place)
        #expect(done.completions == 1 && done.failure == nil, "\(done)", sourceLocation: place)
        return done
    }

    /// The problem that completing meets.
    @discardableResult
    func refuseCompletion(
        _ key: String, _ values: [String: String] = [:], as person: Person, _ code: Problem.Code,
        _ reason: String? = nil, at place: SourceLocation = #_sourceLocation
    ) async throws -> Problem {
        let request = CasePlaybook.entering(try await playbook.activity(key), values)
        return try await refuse(
            person, OnboardingAPI.completePlaybookActivity, request, code, reason, at: place)
    }

    /// The activities of a stage are called as they are printed, and stand in that order.
    func expectNames(
        _ printed: [PrintedActivity], _ found: [PlaybookActivity], at place: SourceLocation = #_sourceLocation
    ) {
        #expect(found.map(\.key) == printed.map(\.key), sourceLocation: place)
        #expect(found.map(\.label?.en) == printed.map(\.english), sourceLocation: place)
        #expect(found.map(\.label?.ko) == printed.map(\.korean), sourceLocation: place)
        let stages = Set(found.map(\.lane))
        #expect(stages == Set(printed.map(\.stage)), sourceLocation: place)
    }

    // MARK: The playbook itself

    /// The administrator switches the optional testing activity on (G-48) and activates the playbook, which the manager
    /// may not; cases that begin from now on have it.
    func switchTestingOn() async throws {
        let known = try await ask(
            OnboardingAPI.listPlaybookDefinitions, ListRequest(), as: cast.administrator
        ).playbookDefinitions
        let definition = try #require(known.first { $0.key == "account_lifecycle_onboarding" })
        let stored = try await get(OnboardingAPI.getPlaybookDefinition, definition.id, as: cast.administrator)
        let lanes = try #require(stored.playbook?.lanes)
        #expect(lanes.flatMap(\.activities).map(\.key) == PrintedActivity.all.map(\.key))
        var testing = try #require(lanes.flatMap(\.activities).first { $0.key == "testing" })
        #expect(testing.optional)
        // The first of the two languages has done it.
        guard testing.switchedOff else { return }
        testing.switchedOff = false
        var change = EditPlannedActivityRequest()
        change.id = stored.id
        change.activity = testing
        try await refuse(cast.manager, OnboardingAPI.changePlannedActivity, change, .permissionDenied)
        _ = try await ask(OnboardingAPI.changePlannedActivity, change, as: cast.administrator)
        var validation = ValidatePlaybookRequest()
        validation.id = stored.id
        let faults = try await ask(
            OnboardingAPI.validatePlaybookDefinition, validation, as: cast.administrator
        ).faults
        #expect(faults.isEmpty, "\(faults)")
        // What is about to change for the cases to come, and nothing else.
        var comparison = ComparePlaybookVersionsRequest()
        comparison.id = stored.id
        let changes = try await ask(OnboardingAPI.comparePlaybookVersions, comparison, as: cast.administrator).changes
        #expect(changes.map { "\($0.change) \($0.activity) \($0.field)" } == ["changed testing switchedOff"])
        var activation = ActionRequest()
        activation.id = stored.id
        try await refuse(cast.manager, OnboardingAPI.activatePlaybookDefinition, activation, .permissionDenied)
        let active = try await ask(OnboardingAPI.activatePlaybookDefinition, activation, as: cast.administrator)
        #expect(active.version == stored.version + 1 && !active.hasChanges)
    }

    /// Everything that was done is in the activity log (G-52), done by whom it was for.
    func lookBack() async throws {
        var request = ListPlaybookLogRequest()
        request.run = try await playbook.stages().run?.id ?? ""
        request.pageSize = 500
        let log = try await ask(OnboardingAPI.listPlaybookLog, request, as: cast.analyst).entries
        let completed = log.filter { $0.action == "completed" }
        let doers = Dictionary(completed.map { ($0.activityKey, $0.by) }) { "\($0) and \($1)" }
        let walked = try await playbook.activities().filter(\.applies)
        #expect(Set(doers.keys) == Set(walked.map(\.key)))
        #expect(walked.count == PrintedActivity.all.count - 2)
        func did(_ person: Person) -> Set<String> { Set(doers.filter { $0.value == person.user }.keys) }
        #expect(
            did(cast.manager)
                == Set(PrintedActivity.initialSetup.map(\.key)).union([
                    "related_work", "development_summary", "go_live_support_case",
                ]))
        #expect(did(cast.analyst) == ["data_summary"])
        #expect(did(cast.contact) == ["install_service_bridge"])
        #expect(did(cast.expert) == ["testing"])
        let administrators = did(cast.administrator)
        #expect(administrators.count == 11, "\(administrators)")
        let entered = log.first { $0.action == "entered" && $0.field == "go_live_date" }
        #expect(entered?.newValue == Self.goLiveDate && entered?.by == cast.manager.user)
        // Nothing was told twice, and nothing besides.
        let told = mails.mails.filter { $0.text.contains(onboarding.number ?? "-") }
        #expect(told.count == 11, "\(told.map(\.subject))")
    }
}
