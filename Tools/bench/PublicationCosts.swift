import Foundation
import TestKit

/// What the processes that a publication keeps busy spend on it: the two services, the server between them, and the
/// connections of each service to Postgres.
struct PublicationCosts {
    private static let services = ["onboarding", "import-validation", "nats"]
    private static let logins = [
        "ale_onboarding": "onboarding's Postgres", "ale_import_validation": "import-validation's Postgres",
    ]

    private let stack: BenchStack
    private var series: [String: Series] = [:]

    init(_ stack: BenchStack) { self.stack = stack }

    /// Takes what `body` makes them spend on each of so many rows.
    mutating func measure<Result>(_ rows: Int, _ body: () async throws -> Result) async throws -> Result {
        let before = try milliseconds()
        let result = try await body()
        for (process, after) in try milliseconds() {
            series[process, default: Series()].add((after - (before[process] ?? 0)) * 1_000 / Double(rows))
        }
        return result
    }

    /// Those of the rounds in the middle.
    var figures: [Figure] {
        let medians = series.mapValues(\.median).sorted { $0.value > $1.value }
        let sum = medians.reduce(0) { $0 + $1.value }
        return ([("all", sum)] + medians.map { ($0.key, $0.value) }).map { process, microseconds in
            Figure(name: "  a published row: \(process)", value: String(format: "%.1f µs of CPU", microseconds))
        }
    }

    /// Milliseconds of CPU since the start of each. A connection that is gone by the second look is not counted.
    private func milliseconds() throws -> [String: Double] {
        var times = ProcessTimes(
            Dictionary(uniqueKeysWithValues: try Self.services.map { ($0, try stack.pid($0)) })
        ).milliseconds()
        for backend in Processes.children(of: try stack.postmaster()) {
            let title = Processes.text("\(backend)/cmdline")
            let whose = Self.logins.first { title.contains(" \($0.key) ") }?.value ?? "the rest of Postgres"
            times[whose, default: 0] += ProcessTimes([whose: backend]).milliseconds()[whose] ?? 0
        }
        return times
    }
}
