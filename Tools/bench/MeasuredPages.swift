import CampaignKit
import CustomerSuccessWire
import Foundation
import ImportValidationWire
import JourneyKit
import NotifierWire
import OnboardingWire
import PlayLauncherWire
import RPC
import TestKit
import Wire

/// A page, who opens it, and the requests behind it.
struct MeasuredPage: Sendable {
    /// Who opens pages; nobody is not signed in.
    enum Reader: Sendable {
        case agent, customer, manager, administrator, nobody
    }

    let name: String
    var reader = Reader.agent
    let path: @Sendable () -> String
    /// What it asks for; nil where that is remembered, or nothing.
    var request: (@Sendable () async throws -> Void)?
}

/// Every kind of page that people open often, over the records of a database with many cases.
struct MeasuredPages {
    private static let play = "Attach Knowledge Article"

    let data: PlaybookData
    let cases, tasks, ownCases, ownTasks: [String]
    let engagement, move: String
    private let imports: MeasuredImports
    private let run: String
    let success: SuccessRows
    private let administration: AdministrationRows

    /// Makes what the pages show beside the cases: two imports, a play that has ended, an engagement, and a date that may move.
    init(_ data: PlaybookData) async throws {
        self.data = data
        cases = try await Self.ids(data, "onboarding_case", "number LIKE 'BENCHCASE%'")
        tasks = try await Self.ids(data, "lifecycle_task", "number LIKE 'BENCHTASK%'")
        func own(_ prefix: String) -> String {
            "number IN (\((0..<PortalRequests.own).map { "'\(prefix)\($0)'" }.joined(separator: ",")))"
        }
        ownCases = try await Self.ids(data, "onboarding_case", own("BENCHCASE"))
        ownTasks = try await Self.ids(data, "lifecycle_task", own("BENCHTASK"))
        let record = ownCases.first ?? ""
        imports = try await MeasuredImports(data, of: record)
        run = try await Self.launched(data, data.stack.world(), from: record)
        engagement = try await Self.begun(data, over: record)
        success = try await SuccessRows(data, of: engagement)
        move = try await Self.moved(data, record)
        administration = try await AdministrationRows(data)
    }

    private static func ids(_ data: PlaybookData, _ table: String, _ condition: String) async throws -> [String] {
        try await data.stack.psql(["-Atc", "SELECT id FROM onboarding.\(table) WHERE \(condition) LIMIT 1000"])
            .split(separator: "\n").map(String.init)
    }

    /// An engagement, which has a plan.
    private static func begun(_ data: PlaybookData, over record: String) async throws -> String {
        var get = GetRequest()
        get.id = record
        let onboarded = try await data.client.call(OnboardingAPI.getOnboardingCase, get, as: data.agent)
        var creation = CreateEngagementRequest()
        var engagement = Engagement()
        (engagement.account, engagement.initialOnboarding) = (onboarded.account, record)
        engagement.title = "Measured engagement"
        creation.engagement = engagement
        return try await data.client.call(CustomerSuccessAPI.createEngagement, creation, as: data.successManager).id
    }

    /// What moving the go-live date of a case would do.
    private static func moved(_ data: PlaybookData, _ record: String) async throws -> String {
        var request = PreviewGoLiveRequest()
        (request.id, request.goLiveDate) = (record, "2035-06-29")
        return try await data.client.call(OnboardingAPI.previewGoLive, request, as: data.agent).id
    }

    private static func launched(
        _ data: PlaybookData, _ world: JourneyWorld, from record: String
    ) async throws -> String {
        var offer = ListPlayCategoriesRequest()
        offer.sourceTable = OnboardingCase.schema.table
        let categories = try await data.client.call(
            PlayLauncherAPI.listPlayCategories, offer, as: data.successManager
        ).categories
        let entries = categories.flatMap { $0.entries + $0.subcategories.flatMap(\.entries) }
        guard let entry = entries.first(where: { $0.title.contains(play) }) else {
            throw JourneyFailure("the launcher does not offer \(play)")
        }
        var request = LaunchPlayRequest()
        request.definitionRecord = entry.definitionRecord
        (request.sourceTable, request.sourceRecord) = (offer.sourceTable, record)
        let run = try await data.client.call(PlayLauncherAPI.launchPlay, request, as: data.successManager)
        var get = GetRequest()
        get.id = run.id
        let asked = get
        return try await world.eventually("the end of a play", within: .seconds(60)) { () -> String? in
            let now = try await data.client.call(PlayLauncherAPI.getFlowRun, asked, as: data.successManager)
            return now.completedAt == nil ? nil : now.id
        }
    }

    /// Changes a case, of which every open landing page hears.
    func change(_ number: Int) async throws {
        var (get, update) = (GetRequest(), UpdateOnboardingCaseRequest())
        get.id = ownCases[number % ownCases.count]
        var record = try await data.client.call(OnboardingAPI.getOnboardingCase, get, as: data.agent)
        record.shortDescription = "Change \(number)"
        (update.onboardingCase, update.updateMask) = (record, FieldMask(paths: ["short_description"]))
        _ = try await data.client.call(OnboardingAPI.updateOnboardingCase, update, as: data.agent)
    }

    /// All pages, those whose costs have been followed longest first.
    var all: [MeasuredPage] { onboarding + portal + beside + imports.pages + others + opened + administration.pages }

    private var onboarding: [MeasuredPage] {
        let (client, agent, cases, tasks) = (data.client, data.agent, cases, tasks)
        return [
            MeasuredPage(
                name: "landing page", path: { "/onboarding" },
                request: {
                    let request = GetOnboardingLandingPageRequest()
                    _ = try await client.call(OnboardingAPI.getOnboardingLandingPage, request, as: agent)
                }),
            MeasuredPage(
                name: "page of a case", path: { "/cases/\(Self.any(cases))" },
                request: {
                    var request = GetOnboardingCasePageRequest()
                    request.id = Self.any(cases)
                    _ = try await client.call(OnboardingAPI.getOnboardingCasePage, request, as: agent)
                }),
            MeasuredPage(
                name: "page of a task", path: { "/tasks/\(Self.any(tasks))" },
                request: {
                    var request = GetOnboardingTaskPageRequest()
                    request.id = Self.any(tasks)
                    _ = try await client.call(OnboardingAPI.getOnboardingTaskPage, request, as: agent)
                }),
        ]
    }

    private var portal: [MeasuredPage] {
        let (client, customer, cases) = (data.client, data.customer, ownCases)
        return [
            MeasuredPage(
                name: "first page of the portal", reader: .customer, path: { "/portal" },
                request: {
                    // Whoever follows nothing is told so, which takes as long.
                    async let followed = try? client.call(
                        CustomerSuccessAPI.getPortalSuccess, GetPortalSuccessRequest(), as: customer)
                    _ = try await client.call(OnboardingAPI.getPortal, GetPortalRequest(), as: customer)
                    _ = await followed
                }),
            MeasuredPage(
                name: "case in the portal", reader: .customer, path: { "/portal/cases/\(Self.any(cases))" },
                request: {
                    var request = GetPortalCaseRequest()
                    (request.id, request.items) = (Self.any(cases), 50)
                    _ = try await client.call(OnboardingAPI.getPortalCase, request, as: customer)
                }),
        ]
    }

    /// Pages that no answer of a service is made for: beside each stands what it has to ask, as far as it can at once.
    private var beside: [MeasuredPage] {
        let (client, agent, manager, run) = (data.client, data.agent, data.successManager, run)
        let count = cases.count
        return [
            MeasuredPage(
                name: "list of cases", path: { "/lists/onboarding_case?active=true" },
                request: { try await Self.list(client, agent) }),
            MeasuredPage(
                name: "search", path: { "/search?text=BENCHCASE\(Int.random(in: 0..<count))" },
                request: { await Self.search("BENCHCASE\(Int.random(in: 0..<count))", client, agent) }),
            MeasuredPage(
                name: "run of a play", reader: .manager, path: { "/plays/runs/\(run)" },
                request: { try await Self.play(run, client, manager) }),
        ]
    }

    /// The run and its steps, then what its record and who asked for it are called.
    private static func play(_ run: String, _ client: Client, _ manager: Credential) async throws {
        var (get, list) = (GetRequest(), ListFlowStepsRequest())
        (get.id, list.flowRun) = (run, run)
        let steps = list
        async let listed = client.call(PlayLauncherAPI.listFlowSteps, steps, as: manager)
        let found = try await client.call(PlayLauncherAPI.getFlowRun, get, as: manager)
        _ = try await listed
        let (records, people) = (named([found.sourceRecord]), named([found.requestedBy]))
        async let sources = client.call(OnboardingAPI.listOnboardingCases, records, as: manager)
        _ = try await client.call(OnboardingAPI.listUsers, people, as: manager)
        _ = try await sources
    }

    /// A request for what some records are called.
    static func named(_ ids: [String?]) -> ListRequest {
        var request = ListRequest()
        request.filter = Set(ids.compactMap(\.self)).sorted().map { "id = \"\($0)\"" }.joined(separator: " OR ")
        request.pageSize = 50
        return request
    }

    /// The first cases of the list and the views that were kept, then what the accounts and people of the cases are called.
    private static func list(_ client: Client, _ agent: Credential) async throws {
        var request = ListRequest()
        (request.filter, request.pageSize, request.orderBy) = ("active = true", 50, "go_live_date")
        var kept = ListSavedViewsRequest()
        kept.list = OnboardingCase.schema.table
        let asked = kept
        async let views = client.call(OnboardingAPI.listSavedViews, asked, as: agent)
        let found = try await client.call(OnboardingAPI.listOnboardingCases, request, as: agent).onboardingCases
        let (accounts, people) = (named(found.map(\.account)), named(found.map(\.assignedTo)))
        async let users = client.call(OnboardingAPI.listUsers, people, as: agent)
        _ = try await client.call(OnboardingAPI.listCustomerAccounts, accounts, as: agent)
        _ = try await (users, views)
    }

    /// What the page asks all services for, beside each other; where somebody may not search, nothing is found.
    private static func search(_ text: String, _ client: Client, _ agent: Credential) async {
        let methods = [
            OnboardingAPI.searchOnboarding, ImportValidationAPI.searchImportTasks,
            CustomerSuccessAPI.searchCustomerSuccess, PlayLauncherAPI.searchPlayLauncher, NotifierAPI.searchNotifier,
        ]
        var request = SearchRequest()
        request.text = text
        let asked = request
        await withTaskGroup(of: Void.self) { group in
            for method in methods { group.addTask { _ = try? await client.call(method, asked, as: agent) } }
        }
    }

    static func any(_ records: [String]) -> String { records.randomElement() ?? "" }
}
