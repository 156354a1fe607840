import Foundation
import TestKit

/// The CPU time of some processes, which is steady where the time on the wall is not.
struct ProcessTimes: Sendable {
    /// Each with its children, those that have ended included.
    private let processes: [String: pid_t]

    init(_ processes: [String: pid_t]) { self.processes = processes }

    /// Milliseconds of CPU since the start of each.
    func milliseconds() -> [String: Double] {
        processes.mapValues { pid in
            let times = Self.times("\(pid)")
            return Processes.children(of: pid).map { Self.times("\($0)").own }.reduce(times.own + times.ended, +)
        }
    }

    /// The times of a process itself and of its children that have ended; none for one that is gone.
    private static func times(_ pid: String) -> (own: Double, ended: Double) {
        let text = Processes.text("\(pid)/stat")
        // The name of the program stands in brackets and may hold anything. Behind it come the state, a letter, and
        // numbers, of which the eleventh to the fourteenth are times.
        guard let bracket = text.lastIndex(of: ")") else { return (0, 0) }
        let numbers = text[bracket...].split(separator: " ").compactMap { Double($0) }
        guard numbers.count > 13 else { return (0, 0) }
        let tick = 1_000 / Double(sysconf(Int32(_SC_CLK_TCK)))
        return ((numbers[10] + numbers[11]) * tick, (numbers[12] + numbers[13]) * tick)
    }
}
