import Foundation
import JourneyKit
import OnboardingWire
import PlaybooksWire
import RPC
import Wire

/// What the pages of onboarding ask for, over any case of a database with so many, each with ten tasks, an import task and a
/// risk signal.
struct OnboardingPages {
    let all: [ScaleRequests.Request]

    init(_ data: PlaybookData, cases: Int) async throws {
        let template = try await data.makeCase()
        let run = try await data.start("bench_tasks", over: template)
        try await data.stack.psql([
            "-v", "cases=\(cases)", "-v", "template=\(template)", "-v", "run=\(run.id)", "-v",
            "contact=\(data.contact)",
            "-f", "\(BenchStack.root)/Tools/bench/playbooks.sql",
        ])
        let places = try await Self.places(data, cases)
        let own = 0..<PortalRequests.own
        let portal = PortalRequests(
            data, cases: cases,
            tasks: try await Self.ids(
                "lifecycle_task", "BENCHTASK", stride(from: 0, to: cases, by: Self.step(cases)), data),
            ownCases: try await Self.ids("onboarding_case", "BENCHCASE", own, data),
            ownTasks: try await Self.ids("lifecycle_task", "BENCHTASK", own, data))
        all =
            Self.ofPlaybook(data, places, cases) + Self.ofPages(data, places, cases) + portal.pages
            + portal.searches
    }

    /// A thousand cases with their runs, spread over all of them.
    private static func places(_ data: PlaybookData, _ cases: Int) async throws -> [(run: String, record: String)] {
        let numbers = stride(from: 0, to: cases, by: step(cases)).map { "'BENCHCASE\($0)'" }
        let rows = try await data.stack.psql([
            "-Atc",
            """
            SELECT r.id, r.record FROM onboarding.playbook_run r JOIN onboarding.onboarding_case c ON c.id = r.record \
            WHERE c.number IN (\(numbers.joined(separator: ",")))
            """,
        ]).split(separator: "\n").map { $0.split(separator: "|").map(String.init) }
        return rows.compactMap { row in row.count == 2 ? (run: row[0], record: row[1]) : nil }
    }

    /// A thousand of so many.
    private static func step(_ cases: Int) -> Int { max(1, cases / 1_000) }

    /// The ids of records of onboarding with these numbers, which are none that the service gives and looks for.
    private static func ids(
        _ table: String, _ prefix: String, _ numbers: some Sequence<Int>, _ data: PlaybookData
    ) async throws -> [String] {
        let all = numbers.map { "'\(prefix)\($0)'" }.joined(separator: ",")
        return try await data.stack.psql(["-Atc", "SELECT id FROM onboarding.\(table) WHERE number IN (\(all))"])
            .split(separator: "\n").map(String.init)
    }

    private static func ofPlaybook(
        _ data: PlaybookData, _ places: [(run: String, record: String)], _ cases: Int
    ) -> [ScaleRequests.Request] {
        let (client, agent) = (data.client, data.agent)
        return [
            .init(name: "stage picker of a case among \(cases)") {
                var request = GetStagePickerRequest()
                request.table = OnboardingCase.schema.table
                request.record = places.randomElement()?.record ?? ""
                _ = try await client.call(OnboardingAPI.getStagePicker, request, as: agent)
            },
            .init(name: "activities of a case among \(cases)") {
                var request = ListPlaybookActivitiesRequest()
                request.run = places.randomElement()?.run ?? ""
                let answer = try await client.call(OnboardingAPI.listPlaybookActivities, request, as: agent)
                guard answer.activities.count == PlaybookData.activities else {
                    throw JourneyFailure("a run has \(answer.activities.count) activities")
                }
            },
        ]
    }

    private static func ofPages(
        _ data: PlaybookData, _ places: [(run: String, record: String)], _ cases: Int
    ) -> [ScaleRequests.Request] {
        let (client, agent, customer) = (data.client, data.agent, data.customer)
        @Sendable func list(_ card: String) async throws {
            var request = ListOnboardingCardRequest()
            request.card = card
            let list = try await client.call(OnboardingAPI.listOnboardingCard, request, as: agent)
            guard list.items.count == 50 else { throw JourneyFailure("\(card) has \(list.items.count) records") }
        }
        return [
            .init(name: "onboarding landing page among \(cases)") {
                let page = try await client.call(
                    OnboardingAPI.getOnboardingLandingPage, GetOnboardingLandingPageRequest(), as: agent)
                // Cards 3 to 5 count what other services have as well.
                guard page.cards.count == 5, page.cards.dropFirst(2).allSatisfy({ $0.count > 0 }),
                    page.list?.items.isEmpty == false
                else { throw JourneyFailure("the landing page is empty: \(page.cards.map(\.count))") }
            },
            .init(name: "active tasks among \(cases * PlaybookData.tasks)") { try await list("active_tasks") },
            .init(name: "overdue tasks among \(cases * PlaybookData.tasks)") { try await list("overdue_tasks") },
            .init(name: "active risk signals among \(cases)") { try await list("active_risk_signals") },
            .init(name: "case page among \(cases)") {
                var request = GetOnboardingCasePageRequest()
                request.id = places.randomElement()?.record ?? ""
                let page = try await client.call(OnboardingAPI.getOnboardingCasePage, request, as: agent)
                guard page.tasks?.all == Int32(PlaybookData.tasks), page.riskSignals?.all == 1 else {
                    throw JourneyFailure(
                        "a case has \(page.tasks?.all ?? 0) tasks, \(page.riskSignals?.all ?? 0) risks")
                }
            },
            .init(name: "portal of an agent among \(cases)") {
                _ = try await client.call(OnboardingAPI.getPortal, GetPortalRequest(), as: agent)
            },
            .init(name: "portal of a customer among \(cases)") {
                _ = try await client.call(OnboardingAPI.getPortal, GetPortalRequest(), as: customer)
            },
        ]
    }
}
