import Foundation
import Glibc

/// What the kernel tells of the processes of this machine.
public enum Processes {
    /// The processes that a process has started and that have not ended.
    public static func children(of pid: pid_t) -> [pid_t] {
        text("\(pid)/task/\(pid)/children").split(separator: " ").compactMap { pid_t($0) }
    }

    /// Blocks its thread until none of these runs any more; what still does at the end of `limit` is killed.
    static func awaitEnd(of pids: [pid_t], within limit: Duration) {
        let deadline = ContinuousClock.now + limit
        var left = pids.filter(runs)
        while !left.isEmpty {
            if ContinuousClock.now > deadline {
                for pid in left { Glibc.kill(pid, SIGKILL) }
                return
            }
            usleep(2_000)
            left = left.filter(runs)
        }
    }

    /// Not a process that has ended and that nobody has asked how.
    private static func runs(_ pid: pid_t) -> Bool {
        // 7 (postgres) S 1 …: the name may hold anything.
        let state = text("\(pid)/stat").split(separator: ")").last?.first { $0 != " " }
        return state.map { $0 != "Z" && $0 != "X" } ?? false
    }

    /// A file of /proc; empty when the process is gone.
    public static func text(_ path: String) -> String {
        (try? String(contentsOfFile: "/proc/\(path)", encoding: .utf8)) ?? ""
    }
}
