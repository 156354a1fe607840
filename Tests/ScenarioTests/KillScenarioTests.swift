import Foundation
import JourneyKit
import Testing

extension Scenarios {
    /// Whatever is killed, and whenever: the journey completes, counts are exact, nothing is doubled.
    @Suite(.serialized)
    struct KillScenarioTests {
        @Test("Everything is killed in turn during the journey", .timeLimit(.minutes(10)))
        func killInTurn() async throws {
            try await ScenarioStack.with { stack in
                let samples = "\(ScenarioStack.root)/Samples"
                let seed = UInt64.random(in: 0...UInt64.max)
                print("random moments from seed \(seed)")
                let victims = Victims()
                let killer = Task { try await Self.killInTurn(stack, victims, seed: seed) }
                // The journey checks its counts itself: one case, eight tasks, so many rows published, one touchpoint.
                var journeys = 0
                repeat {
                    try await Journey(stack.world(patience: .seconds(120))).run(
                        [
                            JourneyWorkbook(
                                path: "\(samples)/contracts.xlsx", target: "contract", ready: 8, attention: 4),
                            JourneyWorkbook(
                                path: "\(samples)/locations.xlsx", target: "location", ready: 6, attention: 0),
                        ], mailDirectory: stack.mailDirectory)
                    journeys += 1
                } while await !victims.areComplete && journeys < 40
                killer.cancel()
                try await killer.value
                let killed = await victims.names
                #expect(killed == Set(Victims.all), "killed in \(journeys) journeys: \(killed.sorted())")
            }
        }

        /// Kills one process after the other at random moments and starts it again.
        private static func killInTurn(_ stack: ScenarioStack, _ victims: Victims, seed: UInt64) async throws {
            var random = SplitMix(state: seed)
            for name in Victims.all.shuffled(using: &random) {
                try? await Task.sleep(for: .milliseconds(Int.random(in: 50...900, using: &random)))
                guard !Task.isCancelled else { return }
                try stack.kill(name)
                try await stack.restart()
                await victims.add(name)
            }
        }
    }
}

/// Who has been killed so far.
private actor Victims {
    static let all = ScenarioStack.services + ["nats", "postgres"]

    private(set) var names: Set<String> = []

    var areComplete: Bool { names.count == Self.all.count }

    func add(_ name: String) { names.insert(name) }
}

/// A small generator whose seed can be printed and used again.
private struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
