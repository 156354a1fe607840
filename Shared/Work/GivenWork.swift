import Synchronization

/// Rows of a ``LeasedQueue`` that come with their lease, between the claim and the beginning of the work.
final class GivenWork: Sendable {
    private struct State {
        /// Claims whose work has not begun; never more than the queue has room for.
        var claims = 0
        var begun: AsyncStream<Lease>.Continuation?
    }

    private let state = Mutex(State())

    /// How many claims wait for their work to begin.
    var count: Int { state.withLock(\.claims) }

    var isOpen: Bool { state.withLock { $0.begun != nil } }

    /// The leases whose work is to begin, until ``close()``.
    func open() -> AsyncStream<Lease> {
        let (leases, continuation) = AsyncStream<Lease>.makeStream()
        state.withLock { $0 = State(begun: continuation) }
        return leases
    }

    func close() {
        state.withLock {
            $0.begun?.finish()
            $0.begun = nil
        }
    }

    /// Keeps a place, where so many rows more have `room` and the queue runs.
    func claim(room: Int) -> Bool {
        state.withLock { state in
            guard state.begun != nil, state.claims < room else { return false }
            state.claims += 1
            return true
        }
    }

    func begin(_ lease: Lease) { state.withLock { _ = $0.begun?.yield(lease) } }

    /// A claim has become work, or nothing.
    func hasBegun() { state.withLock { $0.claims -= 1 } }
}
