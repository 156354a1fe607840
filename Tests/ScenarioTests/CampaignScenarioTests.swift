import CampaignKit
import JourneyKit
import Testing

extension Scenarios {
    /// Whatever is killed, and whenever: what was acknowledged is there, once.
    @Suite(.serialized)
    struct CampaignScenarioTests {
        @Test("Every process is killed at random moments under load", .timeLimit(.minutes(15)))
        func kills() async throws {
            try await Self.run(.kills(seed: Campaign.seed, for: .seconds(20)), within: .seconds(140))
        }

        @Test("Three nats-servers and two instances of each service", .timeLimit(.minutes(15)))
        func cluster() async throws {
            try await Self.run(.cluster, within: .seconds(400))
        }

        /// The start and the stop of the stack do not count.
        private static func run(_ campaign: Campaign, within limit: Duration) async throws {
            let elapsed = try await ScenarioStack.with(campaign.layout) { stack in
                try await ContinuousClock().measure { try await campaign.run(on: stack) }
            }
            #expect(elapsed <= limit)
        }

        @Test("A soak kills everything, then a cluster loses what it may lose, and so on; all of it is bounded")
        func aSoakTakesTurns() {
            let campaigns = (0..<4).map { Campaign.soak($0, seed: 1, for: .seconds(30)) }
            #expect(campaigns.map(\.layout.servers) == [1, 3, 1, 3])
            let limits: [Duration] = [.seconds(150), .seconds(400), .seconds(150), .seconds(400)]
            #expect(campaigns.map(\.limit) == limits)
        }

        @Test("What does not end in time is ended, and named", .timeLimit(.minutes(1)))
        func whatDoesNotEndIsEnded() async throws {
            let failure = await #expect(throws: JourneyFailure.self) {
                try await within(.milliseconds(50), "a long sleep") { try await Task.sleep(for: .seconds(300)) }
            }
            #expect(failure?.description.hasPrefix("a long sleep did not end") == true)
            let answer = try await within(.seconds(30), "an answer") { 7 }
            #expect(answer == 7)
        }
    }
}
