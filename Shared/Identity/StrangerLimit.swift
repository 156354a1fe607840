import Synchronization

/// Bounds how often something is done for strangers: on the word of a token that nobody has to have signed, or without a
/// token at all.
///
/// Who has proved to be somebody once is no stranger and passes always, so that a flood of strangers keeps only those
/// waiting that this program has not met yet.
public final class StrangerLimit: Sendable {
    private struct State {
        var second = ContinuousClock.now
        var count = 0
        var met: Set<String> = []
    }

    private let perSecond: Int
    private let remembered: Int
    private let state = Mutex(State())

    /// Admits `perSecond` strangers in a second, and remembers at most `remembered` of those who are none.
    public init(perSecond: Int, remembered: Int) {
        self.perSecond = perSecond
        self.remembered = max(1, remembered)
    }

    /// Whether `name` may be asked for now.
    public func admit(_ name: String) -> Bool {
        let now = ContinuousClock.now
        return state.withLock { state in
            if state.met.contains(name) { return true }
            if state.second.duration(to: now) >= .seconds(1) { (state.second, state.count) = (now, 0) }
            state.count += 1
            return state.count <= perSecond
        }
    }

    /// `name` has proved to be somebody.
    public func meet(_ name: String) {
        state.withLock { state in
            if state.met.count >= remembered, !state.met.contains(name) { state.met = [] }
            state.met.insert(name)
        }
    }
}
