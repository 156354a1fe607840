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
        Status.canceled: 2,
    ]

    /// The status for a run in `state` when the notifier has `known`; nil when what is heard of the run is older than
    /// that. Within one attempt a status never goes back, whatever the order in which one hears of the run, and an end is
    /// final; only between at work and held it moves both ways. A run that had failed and was taken up again is at its next
    /// attempt.
    static func next(_ known: (status: String, attempt: Int32)?, run state: String, attempt: Int32 = 1) -> String? {
        // A run that waits is at work for those who look on.
        let status = state == FlowRun.State.waiting ? Status.inProgress : state
        guard let rank = ranks[status] else { return nil }
        guard let known, let before = ranks[known.status], attempt <= known.attempt else { return status }
        guard attempt == known.attempt else { return nil }
        return rank > before || (rank == 1 && before == 1) || status == known.status ? status : nil
    }
}
