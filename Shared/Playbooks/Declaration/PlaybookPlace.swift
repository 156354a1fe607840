import Synchronization

/// Where the rules of a service's records find its playbooks: with the database.
final class PlaybookPlace: Sendable {
    private let kept = Mutex<Playbooks?>(nil)

    var playbooks: Playbooks? { kept.withLock { $0 } }

    func put(_ playbooks: Playbooks) { kept.withLock { $0 = playbooks } }
}
