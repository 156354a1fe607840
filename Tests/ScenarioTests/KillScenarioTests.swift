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
                let killer = Task { try await Self.killInTurn(stack, seed: seed) }
                // The journey checks its counts itself: one case, eight tasks, so many rows published, one touchpoint.
                for _ in 1...3 {
                    try await Journey(stack.world(patience: .seconds(120))).run(
                        [
                            JourneyWorkbook(
                                path: "\(samples)/contracts.xlsx", target: "contract", ready: 8, attention: 4),
                            JourneyWorkbook(
                                path: "\(samples)/locations.xlsx", target: "location", ready: 6, attention: 0),
                        ], mailDirectory: stack.mailDirectory)
                }
                killer.cancel()
                let kills = try await killer.value
                #expect(kills >= 3, "only \(kills) processes were killed while the journey ran")
            }
        }

        /// Kills one process after the other at random moments and starts it again; how many it killed.
        private static func killInTurn(_ stack: ScenarioStack, seed: UInt64) async throws -> Int {
            var random = SplitMix(state: seed)
            var kills = 0
            while !Task.isCancelled {
                for name in (ScenarioStack.services + ["nats", "postgres"]).shuffled(using: &random) {
                    try? await Task.sleep(for: .milliseconds(Int.random(in: 50...1_500, using: &random)))
                    guard !Task.isCancelled else { return kills }
                    try stack.kill(name)
                    kills += 1
                    try await stack.restart()
                }
            }
            return kills
        }
    }
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
