/// How long requests took, in milliseconds.
struct Latencies: Sendable {
    private(set) var samples: [Double] = []

    mutating func add(_ others: Latencies) { samples += others.samples }

    mutating func add(_ duration: Duration) { samples.append(duration / .milliseconds(1)) }

    /// The time within which so many of a hundred requests were answered.
    func percentile(_ percent: Double) -> Double {
        let sorted = samples.sorted()
        guard !sorted.isEmpty else { return .nan }
        return sorted[min(sorted.count - 1, Int(Double(sorted.count) * percent / 100))]
    }

    /// Keeps so many requests in flight for a while.
    static func measured(
        inFlight: Int, seconds: Double, _ request: @escaping @Sendable () async throws -> Void
    ) async throws -> Latencies {
        let end = ContinuousClock.now + .milliseconds(Int(seconds * 1_000))
        return try await withThrowingTaskGroup(of: Latencies.self) { group in
            for _ in 0..<inFlight {
                group.addTask {
                    var latencies = Latencies()
                    while ContinuousClock.now < end {
                        let start = ContinuousClock.now
                        try await request()
                        latencies.add(start.duration(to: .now))
                    }
                    return latencies
                }
            }
            return try await group.reduce(into: Latencies()) { $0.add($1) }
        }
    }

    /// Sends so many requests a second for a while, whether or not those before were answered. A request's time counts
    /// from when it was due, so that one that could not be sent in time does not look quick.
    static func paced(
        perSecond: Int, seconds: Double, _ request: @escaping @Sendable () async throws -> Void
    ) async throws -> Latencies {
        let start = ContinuousClock.now
        return try await withThrowingTaskGroup(of: Duration.self) { group in
            for number in 0..<Int(Double(perSecond) * seconds) {
                let due = start + .microseconds(number * 1_000_000 / perSecond)
                try await Task.sleep(until: due, tolerance: .zero, clock: .continuous)
                group.addTask {
                    try await request()
                    return due.duration(to: .now)
                }
            }
            return try await group.reduce(into: Latencies()) { $0.add($1) }
        }
    }
}
