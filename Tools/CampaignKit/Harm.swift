import Foundation
import JourneyKit

/// What is done to a stack while it works.
protocol Harm: Sendable {
    /// Does it, notes each act in `toll`, and leaves everything running.
    func befall(_ stack: ScenarioStack, _ toll: Toll) async throws
}

/// What was done so far.
actor Toll {
    private(set) var acts: [String: Int] = [:]
    /// Whether nothing more will be done.
    private(set) var isOver = false

    func add(_ act: String) { acts[act, default: 0] += 1 }
    func end() { isOver = true }

    /// Whether all of these were done.
    func covers(_ names: [String]) -> Bool { names.allSatisfy { acts[$0] != nil } }

    /// In a line for people.
    var summary: String {
        acts.sorted { $0.key < $1.key }.map { $0.value == 1 ? $0.key : "\($0.key) \($0.value) times" }
            .joined(separator: ", ")
    }
}

/// Kills processes at random moments and starts them again.
struct Kills: Harm {
    let seed: UInt64
    /// How long; up to `grace` longer when not everybody has had their turn.
    let time: Duration
    let grace: Duration = .seconds(60)

    /// Everyone in turn, in an order of the seed, now and then two at once.
    func befall(_ stack: ScenarioStack, _ toll: Toll) async throws {
        let everybody = stack.layout.processes
        let begin = ContinuousClock.now
        var random = SeededGenerator(seed: seed)
        var waiting: [String] = []
        while true {
            let isCovered = await toll.covers(everybody)
            guard ContinuousClock.now < begin + (isCovered ? time : time + grace) else { break }
            if waiting.count < 2 { waiting += everybody.shuffled(using: &random) }
            let pause = Duration.milliseconds(Int.random(in: 20...1_200, using: &random))
            let count = Int.random(in: 0..<4, using: &random) == 0 ? 2 : 1
            let chosen = Set(waiting.prefix(count))
            let absence = Duration.milliseconds(Int.random(in: 0...400, using: &random))
            waiting.removeFirst(count)
            try await Task.sleep(for: pause)
            for name in chosen {
                try stack.kill(name)
                await toll.add(name)
            }
            try await Task.sleep(for: absence)
            try await stack.restart()
        }
        guard await toll.covers(everybody) else {
            throw JourneyFailure("not every process was killed in \(time + grace): \(await toll.summary)")
        }
    }
}

/// What a cluster is there for: the leader of the stream is lost, an instance of each service is frozen, then killed.
struct ClusterFailures: Harm {
    func befall(_ stack: ScenarioStack, _ toll: Toll) async throws {
        let leader = try await stack.streamLeader()
        try stack.kill(leader)
        await toll.add("leader of the stream")
        try await Task.sleep(for: .seconds(3))
        try await stack.restart()
        for (number, instances) in stack.layout.rows.enumerated() {
            for instance in instances { try stack.kill(instance, SIGSTOP) }
            await toll.add("instances \(number + 1) frozen")
            try await Task.sleep(for: number == 0 ? .seconds(12) : .seconds(1))
            for instance in instances { try stack.kill(instance, SIGCONT) }
            try await Task.sleep(for: .seconds(2))
            for instance in instances { try stack.kill(instance) }
            await toll.add("instances \(number + 1) killed")
            try await Task.sleep(for: .seconds(1))
            try await stack.restart()
        }
    }
}
