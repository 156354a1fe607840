import Synchronization

/// A number of slots that are handed out in the order of asking. Those who wait are in the connection's table of
/// waiters, so a wait ends with its deadline, a cancellation, or the connection, like every other.
final class Slots: Sendable {
    private struct State {
        var free: Int
        /// Tokens of those who wait; one who has given up is skipped.
        var queue: [UInt64] = []
        var head = 0
    }

    private let waiters: Waiters
    private let state: Mutex<State>

    init(_ waiters: Waiters, limit: Int) {
        self.waiters = waiters
        state = Mutex(State(free: limit))
    }

    /// Takes a slot, waiting for one if need be. Throws `.timeout`, `.cancelled` or `.closed`.
    func take(timeout: Duration) async throws(NATSError) {
        if takeIfFree() { return }
        _ = try await waiters.wait(.slot, timeout: timeout) { (token) throws(NATSError) in
            let isFree = state.withLock { state in
                if state.free > 0 {
                    state.free -= 1
                    return true
                }
                state.queue.append(token)
                return false
            }
            // One became free since the first look. If the wait is over already, the slot goes back.
            if isFree && !waiters.finish(token, .success(.granted)) { release() }
        }
    }

    /// Gives a slot back, or hands it to the first who still waits.
    func release() {
        while true {
            let token: UInt64? = state.withLock { state in
                guard state.head < state.queue.count else {
                    state.queue.removeAll(keepingCapacity: true)
                    state.head = 0
                    state.free += 1
                    return nil
                }
                defer {
                    state.head += 1
                    if state.head > 1_024 && state.head * 2 > state.queue.count {
                        state.queue.removeFirst(state.head)
                        state.head = 0
                    }
                }
                return state.queue[state.head]
            }
            guard let token else { return }
            if waiters.finish(token, .success(.granted)) { return }
        }
    }

    private func takeIfFree() -> Bool {
        state.withLock { state in
            guard state.free > 0 else { return false }
            state.free -= 1
            return true
        }
    }
}
