import Synchronization

/// Wakes waiting tasks; a notification without a waiter is kept for the next one.
public final class Signal: Sendable {
    private enum Waiter {
        /// Is about to wait: its time may run out, or a notification come, before it does.
        case coming
        case waiting(CheckedContinuation<Void, Never>)
        /// Need not wait any more.
        case released
    }

    private struct State {
        var isSet = false
        var waiters: [Int: Waiter] = [:]
        var next = 0
    }
    private let state = Mutex(State())

    /// A signal that nobody has given yet.
    public init() {}

    /// Wakes all waiters, or the next one to come.
    public func notify() {
        let woken = state.withLock { state in
            var woken: [CheckedContinuation<Void, Never>] = []
            state.isSet = true
            for (ticket, waiter) in state.waiters {
                switch waiter {
                case .coming: state.waiters[ticket] = .released
                case .waiting(let continuation):
                    state.waiters[ticket] = nil
                    woken.append(continuation)
                case .released: continue
                }
                state.isSet = false
            }
            return woken
        }
        for continuation in woken { continuation.resume() }
    }

    /// Returns when notified, when `limit` has passed, or when the task is cancelled.
    public func wait(atMost limit: Duration) async {
        let ticket = state.withLock { state in
            state.next += 1
            state.waiters[state.next] = .coming
            return state.next
        }
        let timer = Task {
            try? await Task.sleep(for: limit)
            self.release(ticket)
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let mustWait = state.withLock { state in
                    if case .coming? = state.waiters[ticket], !state.isSet {
                        state.waiters[ticket] = .waiting(continuation)
                        return true
                    }
                    if case .coming? = state.waiters[ticket] { state.isSet = false }
                    state.waiters[ticket] = nil
                    return false
                }
                if !mustWait { continuation.resume() }
            }
        } onCancel: {
            release(ticket)
        }
        timer.cancel()
    }

    private func release(_ ticket: Int) {
        let continuation = state.withLock { state -> CheckedContinuation<Void, Never>? in
            switch state.waiters[ticket] {
            case .coming?: state.waiters[ticket] = .released
            case .waiting(let continuation)?:
                state.waiters[ticket] = nil
                return continuation
            case .released?, nil: break
            }
            return nil
        }
        continuation?.resume()
    }
}
