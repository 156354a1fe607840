import Foundation

/// What keeping requests in flight for a while has done and cost.
struct Load: Sendable {
    let requests: Int
    let perSecond: Double
    /// Milliseconds of CPU per request, by process.
    let milliseconds: [String: Double]

    /// Keeps so many requests in flight for so many seconds. `settled` waits for what the requests left to be done: it is
    /// part of what they cost, and must not be part of what the next load costs.
    static func measured(
        inFlight: Int, seconds: Double, processes: ProcessTimes, settled: () async throws -> Void = {},
        _ request: @escaping @Sendable () async throws -> Void
    ) async throws -> Load {
        let before = processes.milliseconds()
        let start = ContinuousClock.now
        let end = start + .milliseconds(Int(seconds * 1_000))
        let requests = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<inFlight {
                group.addTask {
                    var count = 0
                    while ContinuousClock.now < end {
                        try await request()
                        count += 1
                    }
                    return count
                }
            }
            return try await group.reduce(0, +)
        }
        let perSecond = Double(requests) / (start.duration(to: .now) / .seconds(1))
        try await settled()
        let spent = processes.milliseconds().map { name, total in
            (name, (total - (before[name] ?? 0)) / Double(max(1, requests)))
        }
        return Load(
            requests: requests, perSecond: perSecond, milliseconds: Dictionary(uniqueKeysWithValues: spent))
    }
}
