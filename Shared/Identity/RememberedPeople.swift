import RPC
import Synchronization

/// People as their source knew them at most half a second ago, so that a request costs no round trip.
///
/// A person who calls again and again is looked up anew in the background, well before what is known is too old: only
/// the first request after a pause waits. At most one look-up per person is under way; whoever joins one that began too
/// long ago waits for the next.
public final class RememberedPeople: People {
    private struct Entry {
        let person: KnownPerson?
        /// Before the source was asked, so that what changed meanwhile counts as not yet seen.
        let asked: ContinuousClock.Instant
    }

    /// Two generations, as of tokens: a full young one becomes the old one, so that memory is bounded.
    private struct State {
        var young: [String: Entry] = [:]
        var old: [String: Entry] = [:]
        var underWay: [String: Task<Entry, any Error>] = [:]
    }

    private let source: any People
    private let limit: Duration
    private let capacity: Int
    private let state = Mutex(State())

    /// Remembers what `source` says for at most `limit`, of at least `capacity` people and at most twice as many.
    public init(_ source: any People, for limit: Duration = .milliseconds(500), capacity: Int = 10_000) {
        self.source = source
        self.limit = limit
        self.capacity = max(1, capacity)
    }

    /// The person, as known at most the limit ago.
    public func person(_ subject: String) async throws(Problem) -> KnownPerson? {
        let now = ContinuousClock.now
        let known = state.withLock { $0.young[subject] ?? $0.old[subject] }
        guard let known, known.asked.duration(to: now) < limit else { return try await ask(subject, now) }
        if known.asked.duration(to: now) >= limit / 2 { _ = lookUp(subject) }
        return known.person
    }

    /// Asks for a request that came at `now`.
    private func ask(_ subject: String, _ now: ContinuousClock.Instant) async throws(Problem) -> KnownPerson? {
        do {
            let joined = try await lookUp(subject).value
            guard joined.asked.duration(to: now) >= limit else { return joined.person }
            // It began long before the request. The next one, whoever begins it, does not.
            return try await lookUp(subject).value.person
        } catch let problem as Problem {
            throw problem
        } catch {
            throw .unavailable(cause: "\(error)")
        }
    }

    /// The look-up that is under way for the person, or a new one.
    private func lookUp(_ subject: String) -> Task<Entry, any Error> {
        state.withLock { known in
            if let task = known.underWay[subject] { return task }
            // Detached: the one who asks may be cancelled, and others wait for the same answer.
            let task = Task.detached { [self] () async throws -> Entry in
                let asked = ContinuousClock.now
                do {
                    let entry = Entry(person: try await source.person(subject), asked: asked)
                    keep(entry, of: subject)
                    return entry
                } catch {
                    state.withLock { $0.underWay[subject] = nil }
                    throw error
                }
            }
            known.underWay[subject] = task
            return task
        }
    }

    private func keep(_ entry: Entry, of subject: String) {
        state.withLock { state in
            state.underWay[subject] = nil
            if state.young.count >= capacity, state.young[subject] == nil {
                state.old = state.young
                state.young = [:]
            }
            state.old[subject] = nil
            state.young[subject] = entry
        }
    }
}
