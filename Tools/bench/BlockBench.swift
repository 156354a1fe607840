import JourneyKit

/// What a block of rows costs near the end of a large import, as a page asks for it that scrolls there.
struct BlockBench {
    private static let visits = 300

    let stack: BenchStack
    let journey: Journey

    /// Blocks anywhere in the last twentieth of so many rows that are ready.
    func measure(_ target: String, rows: Int) async throws -> Figure {
        guard let task = journey.importTasks[target], let agent = journey.users[.agent] else {
            throw JourneyFailure("no import task for \(target)")
        }
        let visitor = try await PageVisitor.signedIn(agent, as: "block", on: stack)
        var latencies = Latencies()
        // The first one makes connections and plans.
        for _ in 0...Self.visits {
            let from = Int.random(in: rows * 19 / 20..<rows - 100)
            let path = "/imports/\(task.id)/block?step=fix&status=ready_to_publish&from=\(from)"
            let start = ContinuousClock.now
            guard try await visitor.read(path).count > 10_000 else { throw JourneyFailure("\(path) has no rows") }
            latencies.add(start.duration(to: .now))
        }
        return .bound(
            "\(rows) rows: a block near the end, p99", latencies.percentile(99), unit: "ms", under: 100)
    }
}
