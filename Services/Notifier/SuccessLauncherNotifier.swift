import NotifierWire
import PlayLauncherWire
import Postgres
import RPC
import Records
import Tenancy
import Wire

extension SuccessLauncherNotifier: Record {
    public static let storage = Storage<SuccessLauncherNotifier>(domain: .caller)
}

/// How the status of a notifier follows the state of its run (G-78).
enum NotifierStatus {
    private typealias Status = SuccessLauncherNotifier.Status

    private static let ranks = [
        Status.started: 0, Status.inProgress: 1, Status.held: 1, Status.completed: 2, Status.failed: 2,
    ]

    /// The status for a run in `state` when the notifier has `current`; nil when nothing changes. A status never goes
    /// back, whatever the order in which one hears of the run, and an end is final; only between at work and held it
    /// moves both ways.
    static func next(_ current: String?, run state: String) -> String? {
        // A run that waits is at work for those who look on.
        let status = state == FlowRun.State.waiting ? Status.inProgress : state
        guard let rank = ranks[status] else { return nil }
        guard let current, let known = ranks[current] else { return status }
        return rank > known || (rank == 1 && known == 1 && status != current) ? status : nil
    }
}
