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
    /// Who opens pages.
    enum Reader: Sendable {
        case agent, customer, manager
    }

    let name: String
    var reader = Reader.agent
    let path: @Sendable () -> String
    let request: @Sendable () async throws -> Void
}

/// Every kind of page that people open often, over the records of a database with many cases.
struct MeasuredPages {
    /// Rows of the import whose page is measured; all of them need attention.
    private static let rows = 1_000
    private static let play = "Attach Knowledge Article"

    private let data: PlaybookData
    private let world: JourneyWorld
    private let cases, tasks, ownCases: [String]
    private let importTask, run: String

    /// Makes what the pages show beside the cases: an import with rows that need attention, and a play that has ended.
    init(_ data: PlaybookData) async throws {
        self.data = data
        world = data.stack.world()
        cases = try await Self.ids(data, "onboarding_case", "number LIKE 'BENCHCASE%'")
        tasks = try await Self.ids(data, "lifecycle_task", "number LIKE 'BENCHTASK%'")
        let own = (0..<PortalRequests.own).map { "'BENCHCASE\($0)'" }.joined(separator: ",")
        ownCases = try await Self.ids(data, "onboarding_case", "number IN (\(own))")
        importTask = try await Self.staged(data, world, parent: ownCases.first ?? "")
        run = try await Self.launched(data, world, from: ownCases.first ?? "")
    }

    private static func ids(_ data: PlaybookData, _ table: String, _ condition: String) async throws -> [String] {
        try await data.stack.psql(["-Atc", "SELECT id FROM onboarding.\(table) WHERE \(condition) LIMIT 1000"])
            .split(separator: "\n").map(String.init)
    }

    private static func staged(
        _ data: PlaybookData, _ world: JourneyWorld, parent: String
    ) async throws -> String {
        var get = GetRequest()
        get.id = parent
        let record = try await data.client.call(OnboardingAPI.getOnboardingCase, get, as: data.agent)
        var creation = CreateImportTaskRequest()
        var task = ImportTask()
        (task.parent, task.account, task.shortDescription) = (parent, record.account, "Measured import")
        task.sourceTable = "sn_acct_lc_account_onb_import_locations"
        (task.targetTable, task.dataSource) = ("location", "cmn_location_template.xlsx")
        task.type = ImportTask.TypeChoice.dataCapture
        creation.importTask = task
        let made = try await data.client.call(ImportValidationAPI.createImportTask, creation, as: data.agent)
        let path = "\(data.stack.folder)/measured.csv"
        let lines = (1...rows).map { "Site \($0),Nobody \($0 % 7),Street \($0),City,1000,Austria,Europe/Vienna" }
        try (["Name,Account,Street,City,Postal code,Country,Time zone"] + lines).joined(separator: "\n")
            .write(toFile: path, atomically: true, encoding: .utf8)
        var request = ImportUploadsRequest()
        request.id = made.id
        request.uploads = [try await world.upload(path, to: made, as: data.agent).id]
        let runs = try await data.client.call(ImportValidationAPI.importUploads, request, as: data.agent).importRuns
        guard let run = runs.first else { throw JourneyFailure("no run was started") }
        let ended = try await world.ended(run, as: data.agent)
        guard ended.state == ImportRun.State.completed else {
            throw JourneyFailure("the import is \(ended.state ?? "")")
        }
        return made.id
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

    /// All pages, those whose costs have been followed longest first.
    var all: [MeasuredPage] { onboarding + portal + beside }

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
                    _ = try await client.call(OnboardingAPI.getPortal, GetPortalRequest(), as: customer)
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
        let (client, agent, manager, task, run) = (data.client, data.agent, data.successManager, importTask, run)
        let count = cases.count
        return [
            MeasuredPage(
                name: "list of cases", path: { "/lists/onboarding_case?active=true" },
                request: { try await Self.list(client, agent) }),
            MeasuredPage(
                name: "search", path: { "/search?text=BENCHCASE\(Int.random(in: 0..<count))" },
                request: { await Self.search("BENCHCASE\(Int.random(in: 0..<count))", client, agent) }),
            MeasuredPage(
                name: "rows of an import that need attention", path: { "/imports/\(task)?step=fix" },
                request: { try await Self.rows(of: task, client, agent) }),
            MeasuredPage(
                name: "run of a play", reader: .manager, path: { "/plays/runs/\(run)" },
                request: {
                    let (get, steps) = Self.asking(for: run)
                    async let listed = client.call(PlayLauncherAPI.listFlowSteps, steps, as: manager)
                    _ = try await client.call(PlayLauncherAPI.getFlowRun, get, as: manager)
                    _ = try await listed
                }),
        ]
    }

    private static func asking(for run: String) -> (GetRequest, ListFlowStepsRequest) {
        var (get, steps) = (GetRequest(), ListFlowStepsRequest())
        (get.id, steps.flowRun) = (run, run)
        return (get, steps)
    }

    /// The first cases of the list, then what their accounts and people are called.
    private static func list(_ client: Client, _ agent: Credential) async throws {
        var request = ListRequest()
        (request.filter, request.pageSize) = ("active = true", 50)
        let found = try await client.call(OnboardingAPI.listOnboardingCases, request, as: agent).onboardingCases
        func named(_ ids: [String?]) -> ListRequest {
            var request = ListRequest()
            request.filter = Set(ids.compactMap(\.self)).sorted().map { "id = \"\($0)\"" }.joined(separator: " OR ")
            request.pageSize = 50
            return request
        }
        let (accounts, people) = (named(found.map(\.account)), named(found.map(\.assignedTo)))
        async let users = client.call(OnboardingAPI.listUsers, people, as: agent)
        _ = try await client.call(OnboardingAPI.listCustomerAccounts, accounts, as: agent)
        _ = try await users
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

    /// The rows with why they are there, and what the page shows of its task and its runs.
    private static func rows(of task: String, _ client: Client, _ agent: Credential) async throws {
        var (get, list, count, runs) = (
            GetRequest(), ListStagingRowsRequest(), CountStagingErrorsRequest(), ListRequest()
        )
        get.id = task
        (list.importTask, list.status, list.pageSize) = (task, "needs_attention", 60)
        (count.importTask, count.limit) = (task, 12)
        (runs.filter, runs.pageSize) = ("import_task = \"\(task)\"", 20)
        let (asked, rows, reasons, latest) = (get, list, count, runs)
        async let summary = client.call(ImportValidationAPI.summarizeImport, asked, as: agent)
        async let begun = client.call(ImportValidationAPI.listImportRuns, latest, as: agent)
        async let shown = client.call(ImportValidationAPI.listStagingRows, rows, as: agent)
        async let counted = client.call(ImportValidationAPI.countStagingErrors, reasons, as: agent)
        _ = try await client.call(ImportValidationAPI.getImportTask, asked, as: agent)
        _ = try await (summary, begun, shown, counted)
    }

    private static func any(_ records: [String]) -> String { records.randomElement() ?? "" }
}
