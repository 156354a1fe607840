import Foundation

/// One measured figure against its floor or bound.
struct Figure {
    let name: String
    let value: String
    let floor: String
    let ratio: Double?
    let aim: String
    let isMet: Bool

    /// A rate against the rate of the floor.
    static func rate(_ name: String, _ value: Double, floor: Double, unit: String, aim: Double) -> Figure {
        Figure(
            name: name, value: "\(Int(value)) \(unit)", floor: "\(Int(floor)) \(unit)", ratio: value / floor,
            aim: "≥ \(aim)", isMet: value / floor >= aim)
    }

    /// A value that must stay under a bound.
    static func bound(_ name: String, _ value: Double, unit: String, under aim: Double) -> Figure {
        Figure(
            name: name, value: String(format: "%.2f %@", value, unit), floor: "", ratio: nil, aim: "< \(aim) \(unit)",
            isMet: value < aim)
    }

    /// A time against the same under easier circumstances, both in milliseconds.
    static func latency(_ name: String, _ value: Double, floor: Double, atMost aim: Double) -> Figure {
        Figure(
            name: name, value: String(format: "%.2f ms", value), floor: String(format: "%.2f ms", floor),
            ratio: value / floor, aim: "≤ \(aim)", isMet: value / floor <= aim)
    }

    /// The same without an aim: told, because somebody will ask.
    static func reported(_ name: String, _ value: Double, floor: Double) -> Figure {
        Figure(
            name: name, value: String(format: "%.2f ms", value), floor: String(format: "%.2f ms", floor),
            ratio: value / floor, aim: "reported", isMet: true)
    }

    func printed() {
        let ratioText = ratio.map { String(format: "%.2f", $0) } ?? ""
        let columns = [(name, 52), (value, 16), (floor, 16), (ratioText, 6), (aim, 10)]
        let line = columns.map { $0.0.padding(toLength: max($0.1, $0.0.count), withPad: " ", startingAt: 0) }
        print(line.joined(separator: " ") + (isMet ? "met" : "missed"))
        // Each line at once, also into a pipe or a file.
        fflush(nil)
    }

    static func header() {
        let columns = [("figure", 46), ("measured", 16), ("floor", 16), ("ratio", 6), ("aim", 10)]
        print(columns.map { $0.0.padding(toLength: $0.1, withPad: " ", startingAt: 0) }.joined(separator: " "))
    }
}

/// Keeps so many requests in flight for a while; how many were answered per second.
func throughput(
    inFlight: Int, seconds: Double, _ request: @escaping @Sendable (Int) async throws -> Void
) async throws -> Double {
    let start = ContinuousClock.now
    let end = start + .milliseconds(Int(seconds * 1_000))
    let total = try await withThrowingTaskGroup(of: Int.self) { group in
        for lane in 0..<inFlight {
            group.addTask {
                var count = 0
                while ContinuousClock.now < end {
                    try await request(lane)
                    count += 1
                }
                return count
            }
        }
        return try await group.reduce(0, +)
    }
    return Double(total) / (start.duration(to: .now) / .seconds(1))
}
