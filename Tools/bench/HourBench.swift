import Foundation

/// What a service holds after an hour of creating records without haste, and once everything is quiet again.
struct HourBench {
    let stack: BenchStack
    let requests: RequestBench

    private static let pause: Duration = .milliseconds(50)
    /// Where the hour is looked at, in minutes.
    private static let looks = [1, 10, 30, 60]
    /// Longer than a pool keeps a connection that nobody needs, and than code stays that nobody runs.
    private static let quiet: Duration = .seconds(330)

    func measure(_ tell: (Figure) -> Void) async throws {
        let (creation, connection) = (try await requests.creation(), stack.connection)
        let start = ContinuousClock.now
        var records = 0
        for minutes in Self.looks {
            while ContinuousClock.now < start + .seconds(60 * minutes) {
                try await creation.once(connection)
                records += 1
                try await Task.sleep(for: Self.pause)
            }
            try tell(memory("after \(minutes) min and \(records) creates"))
        }
        try await Task.sleep(for: Self.quiet)
        try tell(memory("when all is quiet"))
    }

    private func memory(_ moment: String) throws -> Figure {
        let pid = try stack.pid("customer-success")
        var figure = Figure.bound(
            "memory of customer-success \(moment)", BenchStack.memory(pid, "VmRSS") / 1_024, unit: "MB", under: 40)
        // The rest is code and what is shared with the other services.
        figure.floor = String(format: "%.1f MB its own", BenchStack.memory(pid, "RssAnon") / 1_024)
        return figure
    }
}
