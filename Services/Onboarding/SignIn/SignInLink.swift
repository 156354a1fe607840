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
        try end(of: person.user.id, purposes: [purpose], context)
        var link = SignInLink()
        (link.user, link.domain) = (person.user.id, person.user.domain)
        link.purpose = purpose
        link.expiresAt = context.write.now.adding(seconds: seconds)
        return try Store<SignInLink>(context.database).create(
            link, context.write.asSystem, in: context.transaction)
    }

    /// Lets the links of a user expire, those that are not sent yet as well.
    static func end(
        of user: String, purposes: [String] = [Purpose.invitation, Purpose.passwordReset], _ context: RuleContext
    ) throws {
        let (store, tx, now) = (Store<SignInLink>(context.database), context.transaction, context.write.now)
        let open = try store.find(
            where: """
                "user" = \(user) AND purpose = ANY(\(purposes)::text[]) AND used_at IS NULL \
                AND expires_at > \(now.sqlValue)
                """, in: tx)
        for link in open {
            _ = try store.change(link.id, context.write.asSystem, in: tx) { $0.expiresAt = now }
            tx.send("DELETE FROM onboarding.sign_in_secret WHERE link = \(link.id)")
        }
    }
}
