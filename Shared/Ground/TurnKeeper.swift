import RPC
import Synchronization
import Tenancy

/// Lets those who want to use the database wait for their turn (docs/adr/0015-turns.md).
final class TurnKeeper: Sendable {
    private struct State {
        var turns: Turns
        var waiting: [UInt64: CheckedContinuation<Bool, Never>] = [:]
        var nextID: UInt64 = 0
    }

    private let state: Mutex<State>

    init(_ turns: Turns) { state = Mutex(State(turns: turns)) }

    /// How many wait.
    var waiting: Int { state.withLock { $0.waiting.count } }

    /// Runs `body` when it is the turn of `domain`.
    ///
    /// The wait ends with the task: a request's is cancelled at its deadline. Then CANCELLED is thrown, and `body` does
    /// not run. Nobody keeps a turn for long, since a transaction ends with its own deadline.
    func take<T: Sendable>(_ domain: DomainPath, _ body: () async throws -> T) async throws -> T {
        let place = state.withLock { state -> UInt64? in
            if state.turns.begin(domain, at: .now) { return nil }
            state.nextID += 1
            return state.nextID
        }
        if let place { try await wait(place, domain) }
        defer { leave(domain) }
        return try await body()
    }

    private func wait(_ id: UInt64, _ domain: DomainPath) async throws(Problem) {
        let isAtTurn = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let begins = state.withLock { state in
                    let begins = state.turns.arrive(id, of: domain, at: .now)
                    if !begins { state.waiting[id] = continuation }
                    return begins
                }
                if begins { return continuation.resume(returning: true) }
                // It may have been cancelled before there was anybody to give up.
                if Task.isCancelled { giveUp(id) }
            }
        } onCancel: {
            giveUp(id)
        }
        guard isAtTurn else { throw .canceled() }
    }

    private func giveUp(_ id: UInt64) {
        state.withLock { $0.waiting.removeValue(forKey: id) }?.resume(returning: false)
    }

    private func leave(_ domain: DomainPath) {
        let next = state.withLock { state in
            var next: [CheckedContinuation<Bool, Never>] = []
            var turns = 1
            while turns > 0 {
                turns -= 1
                for id in state.turns.leave(domain, at: .now) {
                    // Who has given up hands the turn on.
                    if let waiting = state.waiting.removeValue(forKey: id) { next.append(waiting) } else { turns += 1 }
                }
            }
            return next
        }
        for waiting in next { waiting.resume(returning: true) }
    }
}
