import Foundation
import JourneyKit
import OnboardingWire
import PlaybooksWire
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
                let few = try await PlaybookPages(small, cases: sizes.small)
                let many = try await PlaybookPages(large, cases: sizes.large)
                let pages = [(many.stages, few.stages), (many.activities, few.activities)]
                for figure in try await ScaleBench.figures(pages) { figure.printed() }
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
                    completing.add(try await timed { try await complete(activity, data) })
                    creating.add(try await timed { try await createTask(of: record, data) })
                }
                // A completed activity whose task could not be made would be a fast one.
                try await expect(2 * asked.count, of: record, data)
            }
            if round > 0 { comparison.add(completing.percentile(99), floor: creating.percentile(99)) }
        }
        return .time("mark complete, which makes a task, p99; floor: a task created", comparison, atMost: 3)
    }

    private static func complete(_ activity: PlaybookActivity, _ data: PlaybookData) async throws {
        var request = EnterPlaybookActivityRequest()
        request.id = activity.id
        let done = try await data.client.call(OnboardingAPI.completePlaybookActivity, request, as: data.agent)
        guard done.state == "done" else { throw JourneyFailure("a completed activity is \(done.state)") }
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

/// What the page of a case asks for, over any case of a filled database.
private struct PlaybookPages {
    let stages: ScaleRequests.Request
    let activities: ScaleRequests.Request

    init(_ data: PlaybookData, cases: Int) async throws {
        try await data.activateTasks()
        let template = try await data.makeCase()
        let run = try await data.start("bench_tasks", over: template)
        try await data.stack.psql([
            "-v", "cases=\(cases)", "-v", "template=\(template)", "-v", "run=\(run.id)",
            "-f", "\(BenchStack.root)/Tools/bench/playbooks.sql",
        ])
        let numbers = stride(from: 0, to: cases, by: max(1, cases / 1_000)).map { "'BENCHCASE\($0)'" }
        let rows = try await data.stack.psql([
            "-Atc",
            """
            SELECT r.id, r.record FROM onboarding.playbook_run r JOIN onboarding.onboarding_case c ON c.id = r.record \
            WHERE c.number IN (\(numbers.joined(separator: ",")))
            """,
        ]).split(separator: "\n").map { $0.split(separator: "|").map(String.init) }
        let places = rows.compactMap { row in row.count == 2 ? (run: row[0], record: row[1]) : nil }
        let (client, agent) = (data.client, data.agent)
        stages = .init(name: "stage picker of a case among \(cases)") {
            var request = GetStagePickerRequest()
            request.table = OnboardingCase.schema.table
            request.record = places.randomElement()?.record ?? ""
            _ = try await client.call(OnboardingAPI.getStagePicker, request, as: agent)
        }
        activities = .init(name: "activities of a case among \(cases)") {
            var request = ListPlaybookActivitiesRequest()
            request.run = places.randomElement()?.run ?? ""
            let answer = try await client.call(OnboardingAPI.listPlaybookActivities, request, as: agent)
            guard answer.activities.count == PlaybookData.activities else {
                throw JourneyFailure("a run has \(answer.activities.count) activities")
            }
        }
    }
}
