import Foundation
import JourneyKit

/// Load, harm, and an audit that counts every acknowledged write.
public struct Campaign: Sendable {
    /// What is printed before it begins.
    let name: String
    /// What is said beside a failure.
    let advice: String
    let harm: any Harm
    /// What it is carried out on.
    public let layout: ScenarioStack.Layout
    /// How long it may take, beside the start and the stop of the stack.
    public let limit: Duration
    /// How many customers are made at once.
    let workers = 3

    /// What remains of the limit for the audit at least.
    private static let auditTime: Duration = .seconds(15)

    /// Every process is killed at random moments for so long; the same seed kills in the same order with the same pauses.
    public static func kills(seed: UInt64, for time: Duration) -> Campaign {
        Campaign(
            name: "kills with seed \(seed)", advice: "ALE_CAMPAIGN_SEED=\(seed) kills in the same order",
            harm: Kills(seed: seed, time: time), layout: .single, limit: time + .seconds(120))
    }

    /// A cluster loses what it may lose.
    public static let cluster = Campaign(
        name: "a cluster loses what it may lose", advice: "nothing is left to chance but the moment",
        harm: ClusterFailures(), layout: .cluster, limit: .seconds(400))

    /// The campaigns of a soak, one after the other: kills for `time` and the cluster in turn.
    public static func soak(_ number: Int, seed: UInt64, for time: Duration) -> Campaign {
        number.isMultiple(of: 2) ? kills(seed: seed, for: time) : cluster
    }

    /// The seed that the environment asks for, so that a failure can be repeated, or one of chance.
    public static var seed: UInt64 {
        ProcessInfo.processInfo.environment["ALE_CAMPAIGN_SEED"].flatMap { UInt64($0) } ?? .random(in: 0...UInt64.max)
    }

    /// Carries it out on a stack of its layout without data. Throws a ``JourneyFailure`` that names the seed and everything
    /// found, also when it took longer than it may.
    public func run(on stack: ScenarioStack, say: @Sendable (String) -> Void = { print($0) }) async throws {
        say("campaign: \(name)")
        let begin = ContinuousClock.now
        let toll = Toll()
        do {
            let ledger = try await within(limit - Self.auditTime, "load and harm") { try await work(on: stack, toll) }
            say("  harm: \(await toll.summary)")
            say("  acknowledged: \(ledger.summary)")
            let rest = limit - begin.duration(to: .now)
            try await Auditor(stack: stack, ledger: ledger).confirm(within: min(rest, .seconds(30)))
            let elapsed = begin.duration(to: .now)
            guard elapsed <= limit else {
                throw JourneyFailure("it took \(elapsed.formatted()), more than \(limit.formatted())")
            }
            say("  everything is there, once; it took \(elapsed.formatted())")
        } catch {
            throw JourneyFailure("campaign: \(name) (\(advice)): \(error)\n  harm until then: \(await toll.summary)")
        }
    }

    /// Customers are made as long as harm is done.
    private func work(on stack: ScenarioStack, _ toll: Toll) async throws -> Ledger {
        let customers = CampaignLoad(world: stack.world(patience: .seconds(60)))
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
        try await CampaignLoad(world: stack.world()).makeCustomer()
    }

    /// The workbook of contracts in the samples.
    public static var contracts: JourneyWorkbook {
        JourneyWorkbook(
            path: "\(ScenarioStack.root)/Samples/contracts.xlsx", target: "contract", ready: 8, attention: 4)
    }

    /// The workbook of locations in the samples.
    public static var locations: JourneyWorkbook {
        JourneyWorkbook(
            path: "\(ScenarioStack.root)/Samples/locations.xlsx", target: "location", ready: 6, attention: 0)
    }
}
