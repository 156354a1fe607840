import OnboardingWire
import Postgres
import RPC
import Records
import Tenancy
import Wire

extension SignInLink: Record {
    public static let storage = Storage<SignInLink>(domain: .preset, immutable: [.user, .purpose])

    /// Whether it may still be sent, or used.
    func isGood(at now: Timestamp) -> Bool { usedAt == nil && (expiresAt.map { $0 > now } ?? false) }

    /// Makes a link for a person, and lets those of before for the same purpose expire. The event that it was made has the
    /// notifier send it.
    static func make(
        for person: SigningPerson, purpose: String, lasting seconds: Int64, _ context: RuleContext
    ) throws -> SignInLink {
        let (store, tx, now) = (Store<SignInLink>(context.database), context.transaction, context.write.now)
        let before = try store.find(
            where: """
                "user" = \(person.user.id) AND purpose = \(purpose) AND used_at IS NULL \
                AND expires_at > \(now.sqlValue)
                """, in: tx)
        for link in before {
            _ = try store.change(link.id, context.write.asSystem, in: tx) { $0.expiresAt = now }
            tx.send("DELETE FROM onboarding.sign_in_secret WHERE link = \(link.id)")
        }
        var link = SignInLink()
        (link.user, link.domain) = (person.user.id, person.user.domain)
        link.purpose = purpose
        link.expiresAt = now.adding(seconds: seconds)
        return try store.create(link, context.write.asSystem, in: tx)
    }
}
