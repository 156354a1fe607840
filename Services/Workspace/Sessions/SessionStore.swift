import Foundation
import OnboardingWire
import RPC
import Synchronization
import Wire

/// The access tokens of those who are signed in, in memory and for minutes. The session itself is onboarding's: this program
/// can lose all that it remembers, and asks again.
final class SessionStore: Sendable {
    /// How many sessions are remembered; of more those whose tokens end first are forgotten.
    private let limit: Int
    /// An access token that ends sooner is renewed before it is used.
    private static let margin: Int64 = 20

    /// Somebody with an access token, and whether the session was used for it: a page that asks by itself uses none.
    private struct Known {
        let person: Person
        let isUsed: Bool
    }

    private struct Renewal: Hashable {
        let key: Data
        let isPassive: Bool
    }

    private struct State {
        var people: [Data: Known] = [:]
        var renewals: [Renewal: Task<Result<Person, Problem>, Never>] = [:]
    }

    private let client: Client
    private let now: @Sendable () -> Timestamp
    private let state = Mutex(State())

    /// An empty store that renews over `client`.
    init(_ client: Client, limit: Int = 10_000, now: @escaping @Sendable () -> Timestamp) {
        self.client = client
        self.limit = limit
        self.now = now
    }

    /// How many sessions are remembered.
    var count: Int { state.withLock { $0.people.count } }

    /// Remembers who has just signed in.
    func remember(_ person: Person, _ sessionToken: String) {
        let key = Secrets.digest(sessionToken)
        state.withLock { keep(Known(person: person, isUsed: true), key, in: &$0) }
    }

    /// Forgets what is known of a session, so that onboarding is asked again. What a renewal that is under way will bring is
    /// not remembered either.
    func forget(_ sessionToken: String) {
        let key = Secrets.digest(sessionToken)
        state.withLock { state in
            state.people[key] = nil
            for isPassive in [false, true] { state.renewals[Renewal(key: key, isPassive: isPassive)] = nil }
        }
    }

    /// Forgets sessions of a person, all or the one that was ended: their access tokens would do for some minutes, and
    /// onboarding is asked before one is used again.
    func forget(of user: String, session: String? = nil) {
        state.withLock { state in
            let ended = state.people.filter { known in
                known.value.person.user == user && (session ?? known.value.person.session) == known.value.person.session
            }
            for key in ended.keys {
                state.people[key] = nil
                for isPassive in [false, true] { state.renewals[Renewal(key: key, isPassive: isPassive)] = nil }
            }
        }
    }

    /// Forgets a session that onboarding says has ended, or all of them where one may not have heard it say so. What renewals under way
    /// will bring is not remembered: one of them may have been answered before the end.
    func forget(ended session: String?) {
        state.withLock { state in
            state.people = session.map { ended in state.people.filter { $0.value.person.session != ended } } ?? [:]
            state.renewals = [:]
        }
    }

    /// Whose session it is; nil when it has ended. Requests that come beside each other renew once. What a page asks for by
    /// itself is passive: it keeps no session from idling, nor does the access token that it brings for what people do.
    func person(_ sessionToken: String, isPassive: Bool = false) async throws(Problem) -> Person? {
        let renewed = Renewal(key: Secrets.digest(sessionToken), isPassive: isPassive)
        let (known, renewal) = state.withLock { state -> (Person?, Task<Result<Person, Problem>, Never>?) in
            if let known = state.people[renewed.key], isFresh(known), known.isUsed || isPassive {
                return (known.person, nil)
            }
            if let running = state.renewals[renewed] { return (nil, running) }
            let task = Task { await self.renew(sessionToken, renewed) }
            state.renewals[renewed] = task
            return (nil, task)
        }
        guard let renewal else { return known }
        switch await renewal.value {
        case .success(let person): return person
        case .failure(let problem):
            guard problem.code == .unauthenticated else { throw problem }
            return nil
        }
    }

    private func renew(_ sessionToken: String, _ renewal: Renewal) async -> Result<Person, Problem> {
        var request = RenewSessionRequest()
        request.sessionToken = sessionToken
        request.passive = renewal.isPassive
        let outcome: Result<Person, Problem>
        do throws(Problem) {
            let signedIn = try await client.call(
                OnboardingAPI.renewSession, request, as: .anonymous, deadline: .seconds(5),
                retry: .exponential(attempts: 3))
            outcome = .success(Person(signedIn))
        } catch {
            outcome = .failure(error)
        }
        state.withLock { state in
            let isAwaited = state.renewals.removeValue(forKey: renewal) != nil
            switch outcome {
            case .success(let person):
                if isAwaited { keep(Known(person: person, isUsed: !renewal.isPassive), renewal.key, in: &state) }
            case .failure(let problem) where problem.code == .unauthenticated: state.people[renewal.key] = nil
            case .failure: break
            }
        }
        return outcome
    }

    private func keep(_ known: Known, _ key: Data, in state: inout State) {
        // A passive renewal that comes in behind one of somebody's doing takes nothing from it.
        guard known.isUsed || !isFresh(state.people[key]) else { return }
        if state.people.count >= limit, state.people[key] == nil {
            let people = state.people.sorted { $0.value.person.expireTime < $1.value.person.expireTime }
            for (key, _) in people.prefix(max(1, limit / 4)) { state.people[key] = nil }
        }
        state.people[key] = known
    }

    /// Whether what is known can still be used as it is.
    private func isFresh(_ known: Known?) -> Bool {
        known.map { $0.person.expireTime.seconds > now().seconds + Self.margin } ?? false
    }
}
