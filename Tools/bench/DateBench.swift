import Foundation
import JourneyKit
import OnboardingWire
import RPC
import Wire

/// What it costs to be told what moving a date would do.
enum DateBench {
    /// Tasks of the case that are due, beside those that its playbook makes.
    private static let tasks = 200

    /// The slowest of a hundred, one after another.
    static func preview(_ data: PlaybookData) async throws -> Figure {
        let record = try await data.makeCase()
        _ = try await data.startTasks(over: record)
        for number in 0..<tasks { try await createTask(number, of: record, data) }
        _ = try await ask(record, "2027-06-30", data, applying: true)
        var latencies = Latencies()
        for number in 0..<100 {
            let start = ContinuousClock.now
            let items = try await ask(record, "2027-07-\(10 + number % 20)", data, applying: false)
            latencies.add(start.duration(to: .now))
            guard items == tasks else { throw JourneyFailure("\(items) dates would move instead of \(tasks)") }
        }
        return .bound(
            "what moving go-live of \(tasks) tasks would do, p99", latencies.percentile(99), unit: "ms", under: 100)
    }

    private static func createTask(_ number: Int, of record: String, _ data: PlaybookData) async throws {
        var task = LifecycleTask()
        (task.parent, task.shortDescription, task.dueDate) = (record, "Task", "2027-0\(1 + number % 5)-15")
        var request = CreateLifecycleTaskRequest()
        request.lifecycleTask = task
        _ = try await data.client.call(OnboardingAPI.createLifecycleTask, request, as: data.agent)
    }

    /// How many dates would move with go-live.
    private static func ask(
        _ record: String, _ date: String, _ data: PlaybookData, applying: Bool
    ) async throws -> Int {
        var request = PreviewGoLiveRequest()
        (request.id, request.goLiveDate) = (record, date)
        let move = try await data.client.call(OnboardingAPI.previewGoLive, request, as: data.agent)
        guard applying else { return Int(move.moving) }
        var apply = ActionRequest()
        apply.id = move.id
        return Int(try await data.client.call(OnboardingAPI.applyDateMove, apply, as: data.agent).moving)
    }
}
