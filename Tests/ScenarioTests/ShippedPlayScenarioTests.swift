import CampaignKit
import Foundation
import JourneyKit
import PlayLauncherWire
import RPC
import Testing
import Wire

extension Scenarios.OnOneStack {
    /// Every play that ships does what it says in the services it calls, from every record it is offered on.
    @Suite(.serialized)
    struct ShippedPlayScenarioTests {
        /// The one that relates articles to the tasks of a case, from cases alone; it makes no record.
        private static let ofArticles = "ALE Attach Knowledge Article - Service Bridge"

        /// The one that begins a further onboarding (G-80), from cases alone.
        private static let ofCases = "Initiate a new onboarding journey"

        /// In Korean with the least answers, and in English with all; the launcher is killed while they are under way.
        @Test("Every shipped play runs to its end from every source", .timeLimit(.minutes(15)))
        func fromEverySource() async throws {
            try await SharedStack.with { stack in
                let ground = try await PlayGround(stack.world())
                #expect(try await ground.relatedArticles().isEmpty)
                let counts = try await ground.counts()
                var launched: [String: Launch] = [:]
                let others = [("onboarding_case", ground.openCase), ("customer_account", ground.account)]
                for (place, (table, record)) in (ground.sources + others).enumerated() {
                    let entries = try await ground.offered(on: table)
                    let expected: Set<String> =
                        switch table {
                        case "onboarding_case": [Self.ofArticles, Self.ofCases]
                        case "customer_account": [Self.ofCases]
                        default: ground.titles.subtracting([Self.ofArticles, Self.ofCases])
                        }
                    #expect(Set(entries.map(\.title)) == expected, "\(table)")
                    for entry in entries {
                        for whole in [false, true] {
                            let launch = Launch(title: entry.title, table: table, record: record, isWhole: whole)
                            launched[try await ground.launch(entry, launch)] = launch
                        }
                    }
                    guard place == 3 else { continue }
                    try stack.kill("play-launcher")
                    try await stack.restart()
                }
                var made: [String: Int] = [:]
                for run in try await ground.ended(Set(launched.keys)) {
                    let launch = try #require(launched[run.id])
                    #expect(run.state == "completed", "\(launch): \(run.message ?? "")")
                    for record in try await check(run, launch, ground) { made[record.table, default: 0] += 1 }
                }
                // Nothing is there twice, whatever was repeated after the kill.
                for (table, count) in try await ground.counts() {
                    #expect(count == counts[table, default: 0] + made[table, default: 0], "\(table)")
                }
                // F-05 relates the articles of Service Bridge to the task of its case that names it, and makes no record.
                #expect(
                    try await ground.relatedArticles()
                        == ["consumer_guide", "remote_choice", "remote_record_producer", "remote_task_sync"])
                try await ground.followCards()
                try await ground.playByItself()
                for language in ["en", "ko"] { try await ground.walk(language).run() }
            }
        }

        /// A play, from where, and with how many of its questions answered.
        struct Launch {
            let title: String
            let table: String
            let record: String
            let isWhole: Bool
        }

        private struct Made: Decodable {
            let table: String
            let id: String
        }

        /// What the run has made, which is compared with what is expected of it.
        private func check(_ run: FlowRun, _ launch: Launch, _ ground: PlayGround) async throws -> [Made] {
            guard launch.title != Self.ofArticles else { return [] }
            let made = try JSONDecoder().decode([Made].self, from: Data((run.createdRecords ?? "").utf8))
            #expect(!made.isEmpty, "\(launch)")
            if launch.title == Self.ofCases {
                #expect(made.map(\.table) == ["onboarding_case"], "\(launch)")
                // A further onboarding of type Phased, with its products, whose playbook has begun (G-80).
                let (onboarding, stages) = try await ground.onboarding(try #require(made.first).id)
                let parent = launch.table == "onboarding_case" ? launch.record : nil
                #expect(onboarding.type == "phased" && onboarding.parent == parent, "\(launch)")
                #expect(onboarding.products == (launch.isWhole ? [ground.product] : []), "\(launch)")
                #expect(stages.stages.count == 5 && stages.run?.state == "in_progress", "\(launch)")
                return made
            }
            try await ground.played.check(
                made.map { ($0.table, $0.id) }, of: launch.title, isWhole: launch.isWhole, from: launch.table)
            guard launch.title == "Create Risk Signal and Issue Record" else { return made }
            let risk = try await ground.risk(try #require(made.first).id)
            #expect(risk.table == launch.table && risk.sourceRecord == launch.record)
            #expect(risk.engagement == run.engagement && risk.trackingMethod == "automated")
            return made
        }
    }
}
