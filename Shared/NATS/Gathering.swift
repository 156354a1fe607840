import Synchronization

/// What becomes of several things that somebody waits for at once. Whoever ends the last of them wakes who waits.
final class Gathering: Sendable {
    typealias Outcome = Result<Waiters.Outcome, NATSError>

    private struct State {
        var outcomes: [Outcome?]
        var open: Int
        var continuation: UnsafeContinuation<[Outcome], Never>?
    }

    private let state: Mutex<State>

    /// Of so many, at least one.
    init(_ count: Int) {
        state = Mutex(State(outcomes: Array(repeating: nil, count: count), open: count))
    }

    /// Tells whom to wake; before anything ends.
    func begin(_ continuation: UnsafeContinuation<[Outcome], Never>) {
        state.withLock { $0.continuation = continuation }
    }

    /// One of them has ended, which each does once.
    func end(_ index: Int, _ outcome: Outcome) {
        let ended = state.withLock { state -> (UnsafeContinuation<[Outcome], Never>, [Outcome])? in
            state.outcomes[index] = outcome
            state.open -= 1
            guard state.open == 0, let continuation = state.continuation else { return nil }
            state.continuation = nil
            return (continuation, state.outcomes.compactMap(\.self))
        }
        if let (continuation, outcomes) = ended { continuation.resume(returning: outcomes) }
    }
}
