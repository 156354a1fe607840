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

    private struct State {
        var people: [Data: Person] = [:]
        var renewals: [Data: Task<Result<Person, Problem>, Never>] = [:]
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
        state.withLock { keep(person, key, in: &$0) }
    }

    /// Forgets what is known of a session, so that onboarding is asked again. What a renewal that is under way will bring is
    /// not remembered either.
    func forget(_ sessionToken: String) {
        let key = Secrets.digest(sessionToken)
        state.withLock { state in
            state.people[key] = nil
            state.renewals[key] = nil
        }
    }

    /// Whose session it is; nil when it has ended. Requests that come beside each other renew once.
    func person(_ sessionToken: String) async throws(Problem) -> Person? {
        let key = Secrets.digest(sessionToken)
        let soon = now().seconds + Self.margin
        let renewal = state.withLock { state -> Task<Result<Person, Problem>, Never>? in
            if let known = state.people[key], known.expireTime.seconds > soon { return nil }
            if let running = state.renewals[key] { return running }
            let task = Task { await self.renew(sessionToken, key) }
            state.renewals[key] = task
            return task
        }
        guard let renewal else { return state.withLock { $0.people[key] } }
        switch await renewal.value {
        case .success(let person): return person
        case .failure(let problem):
            guard problem.code == .unauthenticated else { throw problem }
            return nil
        }
    }

    private func renew(_ sessionToken: String, _ key: Data) async -> Result<Person, Problem> {
        var request = RenewSessionRequest()
        request.sessionToken = sessionToken
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
            let isAwaited = state.renewals.removeValue(forKey: key) != nil
            switch outcome {
            case .success(let person): if isAwaited { keep(person, key, in: &state) }
            case .failure(let problem) where problem.code == .unauthenticated: state.people[key] = nil
            case .failure: break
            }
        }
        return outcome
    }

    private func keep(_ person: Person, _ key: Data, in state: inout State) {
        if state.people.count >= limit, state.people[key] == nil {
            let first = state.people.sorted { $0.value.expireTime < $1.value.expireTime }.prefix(max(1, limit / 4))
            for (key, _) in first { state.people[key] = nil }
        }
        state.people[key] = person
    }
}
