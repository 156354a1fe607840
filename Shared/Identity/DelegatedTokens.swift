import RPC
import Synchronization
import Tenancy

/// Tokens with which services act for people, each kept for half a minute: work for somebody makes one call after the other, and
/// to sign a token for each, and to prove each, costs more than many of the calls. What a token says is what it would say if
/// it were signed again: who somebody is and what was granted is looked up at each call, whatever the token is.
final class DelegatedTokens: Sendable {
    /// How old a token may become. It is taken from the time by which clocks may differ, for which whoever verifies has
    /// a leeway of as much (``VerifierOptions/leewaySeconds``).
    static let reuseSeconds: Int64 = 30
    /// Most tokens kept; when there are more, all are forgotten and signed anew.
    static let limit = 1_024

    private struct Key: Hashable {
        let caller: Caller
        let service: String
    }

    private let kept = Mutex<[Key: (token: String, at: Int64)]>([:])

    /// The token for a caller by a service at `now`, in seconds since 1970; `sign` makes one that is not there.
    func token(
        for caller: Caller, by service: String, at now: Int64, sign: () throws(Problem) -> String
    ) throws(Problem) -> String {
        let key = Key(caller: caller, service: service)
        if let known = kept.withLock({ $0[key] }), abs(now - known.at) < Self.reuseSeconds { return known.token }
        let token = try sign()
        kept.withLock { kept in
            if kept.count >= Self.limit { kept = [:] }
            kept[key] = (token, now)
        }
        return token
    }
}
