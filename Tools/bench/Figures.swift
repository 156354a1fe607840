import Foundation
import Synchronization

/// One measured figure against its floor or bound.
struct Figure {
    let name: String
    let value: String
    var floor = ""
    var ratio: Double?
    /// From the smallest ratio of a round to the largest.
    var spread: Double?
    var aim = "reported"
    var verdict = ""
    /// Whether it is a value under a bound, which one run decides: a ratio may be another one in the next.
    var isBound = false

    /// The bounds that were missed, for the end of the program.
    private static let missed = Mutex<[String]>([])
    static var missedBounds: [String] { missed.withLock { $0 } }

    /// A rate against the rate of the floor; without an aim it is told because somebody will ask.
    static func rate(_ name: String, _ comparison: Comparison, unit: String, atLeast aim: Double? = nil) -> Figure {
        var figure = Figure(name: name, value: "\(Int(comparison.ours.median)) \(unit)")
        figure.floor = "\(Int(comparison.floor.median)) \(unit)"
        figure.compare(comparison.ratio, aim.map { ($0, "≥ \($0)", { $0 >= $1 }) })
        return figure
    }

    /// A time against that of the floor, both in milliseconds.
    static func time(_ name: String, _ comparison: Comparison, atMost aim: Double? = nil) -> Figure {
        var figure = Figure(name: name, value: String(format: "%.2f ms", comparison.ours.median))
        figure.floor = String(format: "%.2f ms", comparison.floor.median)
        figure.compare(comparison.ratio, aim.map { ($0, "≤ \($0)", { $0 <= $1 }) })
        return figure
    }

    /// How much something grew, by how much the same grew where nothing was done to it.
    static func growth(_ name: String, _ comparison: Comparison, atMost aim: Double) -> Figure {
        var figure = Figure(name: name, value: String(format: "%.2f ×", comparison.ours.median))
        figure.floor = String(format: "%.2f ×", comparison.floor.median)
        figure.compare(comparison.ratio, (aim, "≤ \(aim)", { $0 <= $1 }))
        return figure
    }

    /// A value that must stay under a bound.
    static func bound(_ name: String, _ value: Double, unit: String, under aim: Double) -> Figure {
        Figure(
            name: name, value: String(format: "%.2f %@", value, unit), aim: "< \(aim) \(unit)",
            verdict: value < aim ? "met" : "missed", isBound: true)
    }

    /// A rate that must not be lower than a bound.
    static func rate(_ name: String, _ series: Series, unit: String, atLeast aim: Double) -> Figure {
        Figure(
            name: name, value: "\(Int(series.median)) \(unit)", spread: series.spread / series.median,
            aim: "≥ \(Int(aim)) \(unit)", verdict: series.median >= aim ? "met" : "missed")
    }

    /// What a stage of something large took: told because somebody will ask.
    static func stage(_ name: String, seconds: Double, rows: Int64) -> Figure {
        Figure(
            name: "\(rows) rows: \(name)", value: String(format: "%.1f s", seconds),
            floor: "\(Int(Double(rows) / seconds)) rows/s")
    }

    /// What one process has spent in a stage: its time on the processors, and the most memory that it has had.
    static func share(_ stage: String, _ process: String, _ share: Stage.Share) -> Figure {
        Figure(
            name: "  \(stage): \(process)", value: String(format: "%.1f s of CPU", share.seconds),
            floor: share.megabytes.map { "\(Int($0.rounded(.up))) MB" } ?? "")
    }

    /// A memory that must stay under a bound, and no larger than that of something smaller allows.
    static func memory(_ name: String, _ megabytes: Double, under bound: Double, before: Double) -> [Figure] {
        [
            .bound("\(name): peak memory", megabytes, unit: "MB", under: bound),
            .bound("\(name): the one over that of 100000 rows", megabytes / before, unit: "", under: 1.2),
        ]
    }

    private mutating func compare(
        _ ratio: Series, _ aim: (value: Double, text: String, isMet: (Double, Double) -> Bool)?
    ) {
        (self.ratio, spread) = (ratio.median, ratio.spread)
        guard let aim else { return }
        self.aim = aim.text
        verdict = aim.isMet(ratio.median, aim.value) ? "met" : "missed"
        // Another run may well say the opposite.
        if ratio.spread > abs(ratio.median - aim.value) { verdict += ", within the spread" }
    }

    private static let widths = [52, 16, 16, 6, 6, 10]

    private static func print(_ cells: [String]) {
        let padded = zip(cells, widths).map { $0.padding(toLength: max($1, $0.count), withPad: " ", startingAt: 0) }
        Swift.print((padded + cells.dropFirst(widths.count)).joined(separator: " "))
        // Each line at once, also into a pipe or a file.
        fflush(nil)
    }

    func printed() {
        if isBound, verdict == "missed" {
            Self.missed.withLock { $0.append("\(name.trimmingCharacters(in: .whitespaces)): \(value), aim \(aim)") }
        }
        let figures = [ratio, spread].map { $0.map { String(format: "%.2f", $0) } ?? "" }
        Self.print([name, value, floor] + figures + [aim, verdict])
    }

    static func header() { print(["figure", "measured", "floor", "ratio", "spread", "aim", ""]) }
}
