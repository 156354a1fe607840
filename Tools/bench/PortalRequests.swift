import CustomerSuccessWire
import ImportValidationWire
import JourneyKit
import OnboardingWire
import RPC
import Wire

/// What customers ask the portal for, the page of a task, and what is searched for, among so many cases. The customer has fifty
/// of them at every size.
struct PortalRequests: Sendable {
    /// Cases of the customer.
    static let own = 50

    let data: PlaybookData
    let cases: Int
    /// Tasks of any cases.
    let tasks: [String]
    /// The customer's, and a task of each.
    let ownCases: [String]
    let ownTasks: [String]

    init(_ data: PlaybookData, cases: Int, tasks: [String], ownCases: [String], ownTasks: [String]) {
        (self.data, self.cases, self.tasks) = (data, cases, tasks)
        (self.ownCases, self.ownTasks) = (ownCases, ownTasks)
    }

    var pages: [ScaleRequests.Request] {
        let (client, agent, customer, tasks) = (data.client, data.agent, data.customer, tasks)
        let (ownCases, ownTasks) = (ownCases, ownTasks)
        let taskCount = cases * PlaybookData.tasks
        @Sendable func list(_ name: String, _ least: Int, as person: Credential) async throws {
            var request = ListPortalRequest()
            request.list = name
            let found = try await client.call(OnboardingAPI.listPortal, request, as: person)
            guard found.items.count == least else { throw JourneyFailure("\(name) has \(found.items.count) records") }
        }
        @Sendable func ownCase() -> String { ownCases.randomElement() ?? "" }
        return [
            .init(name: "task page among \(taskCount)") {
                var request = GetOnboardingTaskPageRequest()
                request.id = tasks.randomElement() ?? ""
                let page = try await client.call(OnboardingAPI.getOnboardingTaskPage, request, as: agent)
                guard page.lifecycleTask?.id == request.id else { throw JourneyFailure("a task page has no task") }
            },
            .init(name: "all cases of a customer in the portal among \(cases)") {
                try await list("all_cases", 50, as: customer)
            },
            .init(name: "tasks of a customer in the portal among \(taskCount)") {
                try await list("my_tasks", 50, as: customer)
            },
            .init(name: "tasks of an agent in the portal among \(taskCount)") {
                try await list("my_tasks", 50, as: agent)
            },
            .init(name: "case of a customer in the portal among \(cases)") {
                var request = GetPortalCaseRequest()
                request.id = ownCase()
                let page = try await client.call(OnboardingAPI.getPortalCase, request, as: customer)
                guard page.tasks.count == PlaybookData.tasks else {
                    throw JourneyFailure("a case shows \(page.tasks.count) tasks")
                }
            },
            .init(name: "tasks of a case in the portal among \(taskCount)") {
                var request = ListPortalCaseTasksRequest()
                (request.id, request.pageSize) = (ownCase(), 5)
                let page = try await client.call(OnboardingAPI.listPortalCaseTasks, request, as: customer)
                request.pageToken = page.nextPageToken
                let next = try await client.call(OnboardingAPI.listPortalCaseTasks, request, as: customer)
                let counts = [page, next].map(\.items.count)
                guard counts == [5, 5] else { throw JourneyFailure("the tasks of a case come as \(counts)") }
            },
            .init(name: "task of a customer in the portal among \(taskCount)") {
                var request = GetPortalTaskRequest()
                request.id = ownTasks.randomElement() ?? ""
                let page = try await client.call(OnboardingAPI.getPortalTask, request, as: customer)
                guard page.id == request.id else { throw JourneyFailure("a task of the portal has no task") }
            },
        ]
    }

    var searches: [ScaleRequests.Request] {
        let client = data.client
        @Sendable func search(
            _ method: Wire.Method<SearchRequest, SearchResponse>, _ text: String, _ credential: Credential
        ) async throws {
            var request = SearchRequest()
            request.text = text
            let found = try await client.call(method, request, as: credential)
            guard !found.items.isEmpty else { throw JourneyFailure("nothing is found by \(text)") }
        }
        let (cases, agent, customer, manager) = (cases, data.agent, data.customer, data.successManager)
        let taskCount = cases * PlaybookData.activities
        return [
            .init(name: "search for a number among \(cases)") {
                try await search(
                    OnboardingAPI.searchOnboarding, "BENCHCASE\(Int.random(in: 0..<cases))", agent)
            },
            .init(name: "search for words that all have, among \(cases)") {
                try await search(OnboardingAPI.searchOnboarding, "onboarding phase", agent)
            },
            .init(name: "search for a word that all tasks have, among \(taskCount)") {
                try await search(OnboardingAPI.searchOnboarding, "task", agent)
            },
            .init(name: "a customer's search for a word that all tasks have, among \(taskCount)") {
                try await search(OnboardingAPI.searchOnboarding, "task", customer)
            },
            .init(name: "a customer's search for a number among \(cases)") {
                try await search(
                    OnboardingAPI.searchOnboarding, "BENCHCASE\(Int.random(in: 0..<Self.own))", customer)
            },
            .init(name: "a customer's search for words that all have, among \(cases)") {
                try await search(OnboardingAPI.searchOnboarding, "onboarding phase", customer)
            },
            .init(name: "search for words that all import tasks have, among \(cases)") {
                try await search(ImportValidationAPI.searchImportTasks, "import locations", agent)
            },
            .init(name: "a customer's search for words that all import tasks have, among \(cases)") {
                try await search(ImportValidationAPI.searchImportTasks, "import locations", customer)
            },
            .init(name: "search for words that all touchpoints have, among \(cases)") {
                try await search(CustomerSuccessAPI.searchCustomerSuccess, "quarterly review", manager)
            },
            .init(name: "search for a touchpoint's number among \(cases)") {
                try await search(
                    CustomerSuccessAPI.searchCustomerSuccess, "BENCHTOUCH\(Int.random(in: 0..<cases))", manager)
            },
        ]
    }
}
