import CampaignKit
import Foundation
import JourneyKit
import Testing

extension Scenarios.ManyCustomers {
    /// A customer goes from account to running success play through five processes.
    @Suite(.serialized)
    struct JourneyScenarioTests {
        @Test("The journey with the project's own samples", .timeLimit(.minutes(15)))
        func samples() async throws {
            try await SharedStack.with { stack in
                let samples = "\(ScenarioStack.root)/Samples"
                let journey = Journey(stack.world())
                try await journey.run(
                    [
                        JourneyWorkbook(path: "\(samples)/contracts.xlsx", target: "contract", ready: 8, attention: 4),
                        JourneyWorkbook(path: "\(samples)/locations.xlsx", target: "location", ready: 6, attention: 0),
                        JourneyWorkbook(
                            path: "\(samples)/contacts.xlsx", target: "customer_contact", ready: 0, attention: 3),
                    ], mailDirectory: stack.mailDirectory)
                let members = try await journey.acceptInvitations(mailDirectory: stack.mailDirectory)
                #expect(members.count >= Persona.allCases.count - 1)
            }
        }

        @Test(
            "The journey with workbooks as they come",
            .enabled(
                if: ScenarioStack.sharedData != nil, "the folder with the shared workbooks is not beside the checkout"),
            .timeLimit(.minutes(15)))
        func sharedWorkbooks() async throws {
            let data = try #require(ScenarioStack.sharedData)
            // Tens of thousands of rows of one customer would be in the way of the others.
            try await ScenarioStack.with { stack in
                try await Journey(stack.world(patience: .seconds(180))).run(
                    [
                        JourneyWorkbook(
                            path: "\(data)/northwind-contracts.xlsx", target: "contract", ready: 30, attention: 800),
                        JourneyWorkbook(
                            path: "\(data)/geonames-locations.xlsx", target: "location", ready: 30_842,
                            // Places of one name, which would become one location.
                            attention: 3_164, isMended: false),
                        JourneyWorkbook(
                            path: "\(data)/northwind-contacts.xlsx", target: "customer_contact", ready: 0, attention: 91
                        ),
                    ], mailDirectory: stack.mailDirectory)
            }
        }

        @Test("Twelve journeys on one stack, and one more among thousands of everything", .timeLimit(.minutes(15)))
        func usedStack() async throws {
            try await SharedStack.with { stack in
                // The first enters the people whom all of them meet; the others go three at a time.
                try await Journey(stack.world()).run([Campaign.contracts], mailDirectory: stack.mailDirectory)
                try await inLanes(3, 2...12) { _ in
                    try await Journey(stack.world()).run([Campaign.contracts], mailDirectory: stack.mailDirectory)
                }
                let script = "\(ScenarioStack.root)/Tests/ScenarioTests/multiply.sql"
                try await stack.sql(String(contentsOfFile: script, encoding: .utf8), variables: ["copies": "2000"])
                for table in ["onboarding.customer_account", "notifier.in_app_notification", "play_launcher.flow_run"] {
                    let count = try await stack.sql("SELECT count(*) FROM \(table)").first?.first
                    #expect(count.flatMap { Int($0) } ?? 0 > 2_000, "\(table)")
                }
                try await Journey(stack.world()).run([Campaign.contracts], mailDirectory: stack.mailDirectory)
            }
        }
    }
}
