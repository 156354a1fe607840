import Foundation
import JourneyKit
import OnboardingWire
import RPC
import Wire

/// What a playbook costs: completing an activity that lets another make a task against making a task by itself, and the
/// pages of one case when there are many.
enum PlaybookBench {
    /// Cases of the small and of the large database.
    private static let sizes = (small: 1_000, large: 100_000)
    /// Runs whose activities are completed in one round.
    private static let runs = 6

    static func measure() async throws {
        try await BenchStack.using("playbooks-small") { first in
            let small = try await PlaybookData(first)
            try await completing(small).printed()
            try await BenchStack.using("playbooks-large") { second in
                let large = try await PlaybookData(second)
                let few = try await OnboardingPages(small, cases: sizes.small)
                let many = try await OnboardingPages(large, cases: sizes.large)
                for figure in try await ScaleBench.figures(zip(many.all, few.all)) { figure.printed() }
            }
        }
    }

    /// The slowest of a hundred, one after another.
    private static func completing(_ data: PlaybookData) async throws -> Figure {
        try await data.activateWaiting()
        var comparison = Comparison()
        // The first round fills caches and plans.
        for round in 0...Comparison.rounds {
            var (completing, creating) = (Latencies(), Latencies())
            for _ in 0..<runs {
                let record = try await data.makeCase()
                let run = try await data.start("bench_waiting", over: record)
                let asked = try await data.asked(of: run)
                for activity in asked {
                    completing.add(try await timed { try await data.complete(activity) })
                    creating.add(try await timed { try await createTask(of: record, data) })
                }
                // A completed activity whose task could not be made would be a fast one.
                try await expect(2 * asked.count, of: record, data)
            }
            if round > 0 { comparison.add(completing.percentile(99), floor: creating.percentile(99)) }
        }
        return .time("mark complete, which makes a task, p99; floor: a task created", comparison, atMost: 3)
    }

    private static func expect(_ tasks: Int, of record: String, _ data: PlaybookData) async throws {
        var request = ListRequest()
        request.filter = "parent = \"\(record)\""
        request.count = true
        let found = try await data.client.call(OnboardingAPI.listLifecycleTasks, request, as: data.agent)
        guard found.totalSize == Int64(tasks) else {
            throw JourneyFailure("\(found.totalSize ?? 0) tasks instead of \(tasks)")
        }
    }

    private static func createTask(of record: String, _ data: PlaybookData) async throws {
        var task = LifecycleTask()
        task.parent = record
        task.shortDescription = "Task"
        task.type = "training"
        var request = CreateLifecycleTaskRequest()
        request.lifecycleTask = task
        _ = try await data.client.call(OnboardingAPI.createLifecycleTask, request, as: data.agent)
    }

    private static func timed(_ work: () async throws -> Void) async throws -> Duration {
        let start = ContinuousClock.now
        try await work()
        return start.duration(to: .now)
    }
}
