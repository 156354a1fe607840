/// The same measured several times.
struct Series: Sendable {
    private(set) var samples: [Double] = []

    mutating func add(_ sample: Double) { samples.append(sample) }

    /// The one in the middle: what a busy moment of the machine does to one of them does not move it.
    var median: Double {
        let sorted = samples.sorted()
        guard !sorted.isEmpty else { return .nan }
        let half = sorted.count / 2
        return sorted.count.isMultiple(of: 2) ? (sorted[half - 1] + sorted[half]) / 2 : sorted[half]
    }

    /// How far the largest lies from the smallest.
    var spread: Double { (samples.max() ?? .nan) - (samples.min() ?? .nan) }
}

/// Two things measured in turns, so that a change of the machine's mood touches both.
struct Comparison: Sendable {
    /// How often each is measured.
    static let rounds = 5

    private(set) var ours = Series()
    private(set) var floor = Series()
    /// Ours by the floor of the same round.
    private(set) var ratio = Series()

    mutating func add(_ ours: Double, floor: Double) {
        self.ours.add(ours)
        self.floor.add(floor)
        ratio.add(ours / floor)
    }

    /// Measures both rates, first one and then the other first: whoever comes second finds what the first has left behind.
    mutating func measure(ours: () async throws -> Double, floor: () async throws -> Double) async rethrows {
        for round in 1...Self.rounds {
            if round.isMultiple(of: 2) {
                let rate = try await ours()
                add(rate, floor: try await floor())
            } else {
                let rate = try await floor()
                add(try await ours(), floor: rate)
            }
        }
    }
}
