import Foundation
import JourneyKit
import Testing

extension Scenarios {
    /// A customer goes from account to running success play through five processes.
    @Suite(.serialized)
    struct JourneyScenarioTests {
        @Test("The journey with the project's own samples", .timeLimit(.minutes(5)))
        func samples() async throws {
            try await ScenarioStack.with { stack in
                let samples = "\(ScenarioStack.root)/Samples"
                try await Journey(stack.world()).run(
                    [
                        JourneyWorkbook(path: "\(samples)/contracts.xlsx", target: "contract", ready: 8, attention: 4),
                        JourneyWorkbook(path: "\(samples)/locations.xlsx", target: "location", ready: 6, attention: 0),
                        JourneyWorkbook(
                            path: "\(samples)/contacts.xlsx", target: "customer_contact", ready: 0, attention: 3),
                    ], mailDirectory: stack.mailDirectory)
            }
        }

        @Test(
            "The journey with workbooks as they come",
            .enabled(
                if: ScenarioStack.sharedData != nil, "the folder with the shared workbooks is not beside the checkout"),
            .timeLimit(.minutes(10)))
        func sharedWorkbooks() async throws {
            let data = try #require(ScenarioStack.sharedData)
            try await ScenarioStack.with { stack in
                try await Journey(stack.world(patience: .seconds(180))).run(
                    [
                        JourneyWorkbook(
                            path: "\(data)/northwind-contracts.xlsx", target: "contract", ready: 30, attention: 800),
                        JourneyWorkbook(
                            path: "\(data)/geonames-locations.xlsx", target: "location", ready: 34_006, attention: 0),
                        JourneyWorkbook(
                            path: "\(data)/northwind-contacts.xlsx", target: "customer_contact", ready: 0, attention: 91
                        ),
                    ], mailDirectory: stack.mailDirectory)
            }
        }
    }
}
