import OnboardingWire
import RPC
import Synchronization
import Wire

/// The issuers of ID tokens with whom one can sign in, remembered for some seconds: they change with the configuration of
/// onboarding, and whoever comes to sign in need not wait for them to be read once more.
final class KnownIssuers: Sendable {
    private static let secondsKept: Int64 = 20

    private let known = Mutex<(issuers: [SignInIssuer], until: Int64)?>(nil)
    private let now: @Sendable () -> Timestamp

    init(now: @escaping @Sendable () -> Timestamp) {
        self.now = now
    }

    /// The issuers; none while they are not to be had: the page has a password to ask for all the same.
    func list(_ visit: Visit) async -> [SignInIssuer] {
        let seconds = now().seconds
        if let known = known.withLock({ $0 }), known.until > seconds { return known.issuers }
        let asked = try? await visit.ask(OnboardingAPI.listSignInIssuers, ListSignInIssuersRequest()).issuers
        guard let issuers = asked else { return [] }
        known.withLock { $0 = (issuers, seconds + Self.secondsKept) }
        return issuers
    }
}
