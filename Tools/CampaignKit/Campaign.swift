import Foundation
import JourneyKit

/// Load, harm, and an audit that counts every acknowledged write.
public struct Campaign: Sendable {
    /// What is printed before it begins.
    let name: String
    /// What is said beside a failure.
    let advice: String
    let harm: any Harm
    /// How many customers are made at once.
    let workers = 3

    /// Every process is killed at random moments for so long; the same seed kills in the same order with the same pauses.
    public static func kills(seed: UInt64, for time: Duration) -> Campaign {
        Campaign(
            name: "kills with seed \(seed)", advice: "ALE_CAMPAIGN_SEED=\(seed) kills in the same order",
            harm: Kills(seed: seed, time: time))
    }

    /// A cluster loses what it may lose.
    public static let cluster = Campaign(
        name: "a cluster loses what it may lose", advice: "nothing is left to chance but the moment",
        harm: ClusterFailures())

    /// The seed that the environment asks for, so that a failure can be repeated, or one of chance.
    public static var seed: UInt64 {
        ProcessInfo.processInfo.environment["ALE_CAMPAIGN_SEED"].flatMap { UInt64($0) } ?? .random(in: 0...UInt64.max)
    }

    /// Carries it out on a stack without data. Throws a ``JourneyFailure`` that names the seed and everything found.
    public func run(on stack: ScenarioStack, say: @Sendable (String) -> Void = { print($0) }) async throws {
        say("campaign: \(name)")
        let begin = ContinuousClock.now
        let toll = Toll()
        do {
            let ledger = try await work(on: stack, toll)
            say("  harm: \(await toll.summary)")
            say("  acknowledged: \(ledger.summary)")
            try await Auditor(stack: stack, ledger: ledger).confirm(within: .seconds(30))
            say("  everything is there, once; it took \(begin.duration(to: .now).formatted())")
        } catch {
            throw JourneyFailure("campaign: \(name) (\(advice)): \(error)\n  harm until then: \(await toll.summary)")
        }
    }

    /// Customers are made as long as harm is done.
    private func work(on stack: ScenarioStack, _ toll: Toll) async throws -> Ledger {
        let customers = CampaignLoad(world: stack.world(patience: .seconds(60)), workbook: Self.contracts)
        return try await withThrowingTaskGroup(of: Ledger.self) { group in
            group.addTask {
                try await harm.befall(stack, toll)
                await toll.end()
                return Ledger()
            }
            group.addTask { try await customers.run(workers: workers) { await !toll.isOver } }
            return try await group.reduce(into: Ledger()) { $0.add($1) }
        }
    }

    /// Makes one customer in peace; what was acknowledged.
    public static func oneCustomer(on stack: ScenarioStack) async throws -> Ledger {
        try await CampaignLoad(world: stack.world(), workbook: contracts).makeCustomer()
    }

    /// The workbook of contracts in the samples.
    public static var contracts: JourneyWorkbook {
        JourneyWorkbook(
            path: "\(ScenarioStack.root)/Samples/contracts.xlsx", target: "contract", ready: 8, attention: 4)
    }
}
