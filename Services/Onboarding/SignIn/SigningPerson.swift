import Identity
import OnboardingWire
import Platform
import Postgres
import RPC
import Records
import Tenancy
import Wire

/// A person who signs in: the user, what was granted, and the password if there is one.
struct SigningPerson: Sendable {
    let user: User
    let known: KnownPerson
    /// argon2id; nil for who has none.
    let passwordHash: String?

    /// Longest e-mail address, in bytes (RFC 5321, 4.5.3.1.3).
    static let emailLimit = 254

    private enum Column: String {
        case hash
    }

    /// Whether there is anything to sign in for: active, a person, and of some role.
    var maySignIn: Bool { known.isActive && !known.isSystem && !known.roles.isEmpty }

    /// The person with the id `id`. The transaction must see all domains.
    static func find(_ id: String, _ database: Database, in tx: Transaction) throws -> SigningPerson? {
        guard Validation.isUUID(id) else { return nil }
        return try person(try Store<User>(database).find(id, in: tx), in: tx)
    }

    /// The person with an e-mail address, which one user at most has (G-103). Users from before that was kept may have
    /// addresses that look alike: it is the one who writes it as it is given but for the case, else nobody. The transaction
    /// must see all domains.
    static func find(email: String, _ database: Database, in tx: Transaction) throws -> SigningPerson? {
        guard !email.isEmpty, email.utf8.count <= emailLimit, !email.utf8.contains(0) else { return nil }
        var users = try Store<User>(database).find(where: "email_alike = md5(\(email.alike))::uuid", in: tx)
        if users.count > 1 {
            let bytes = Array(email.lowercased().utf8)
            users = users.filter { ($0.email ?? "").lowercased().utf8.elementsEqual(bytes) }
        }
        guard users.count == 1 else { return nil }
        return try person(users.first, in: tx)
    }

    private static func person(_ user: User?, in tx: Transaction) throws -> SigningPerson? {
        guard let user, let standing = try Standings.find(user.id, in: tx) else { return nil }
        let hash = try tx.query("SELECT hash FROM onboarding.password WHERE \"user\" = \(user.id)")
        return SigningPerson(
            user: user, known: KnownPerson(standing), passwordHash: try hash.first?.string(Column.hash))
    }

    /// Whether the password is still the one that was verified, outside of any transaction; until this one ends it stays so.
    /// Else who has the old password would get in behind the back of who replaces it.
    func keepsPassword(in tx: Transaction) throws -> Bool {
        guard let passwordHash else { return false }
        return try !tx.query(
            "SELECT 1 FROM onboarding.password WHERE \"user\" = \(user.id) AND hash = \(passwordHash) FOR UPDATE"
        ).isEmpty
    }

    /// Keeps a password, and lets go of what was before it: open links and, but for one, sessions.
    func setPassword(
        _ hash: String, keeping session: Secret? = nil, _ context: WriteContext, in tx: Transaction
    ) throws {
        tx.send(
            """
            INSERT INTO onboarding.password ("user", domain, hash, changed_at) \
            VALUES (\(user.id), \(user.domain), \(hash), \(context.now.sqlValue)) \
            ON CONFLICT ("user") DO UPDATE SET hash = excluded.hash, changed_at = excluded.changed_at
            """)
        tx.send("DELETE FROM onboarding.sign_in_secret WHERE \"user\" = \(user.id)")
        try Sessions.end(
            where: "\"user\" = \(user.id) AND token_hash <> \(session?.hash ?? "")", at: context.now, in: tx)
    }
}

extension Rule<User> {
    /// Who may do nothing any more is signed out at once, and everywhere; who is gone leaves nothing to sign in by; and what
    /// was sent to an address is good as long as it is the user's.
    static var signOut: [Rule<User>] {
        [
            .after("SIGN_OUT") { change, context in
                guard change.new.active == false, change.changes(.active) else { return }
                try Sessions.end(of: change.new.id, at: context.write.now, in: context.transaction)
            },
            .after("SIGN_IN_LINKS") { change, context in
                guard !change.isCreation, change.changes(.email) else { return }
                try SignInLink.end(of: change.new.id, context)
            },
            .afterDeletion("SIGN_OUT") { change, context in
                let (tx, user) = (context.transaction, change.new.id)
                try Sessions.end(of: user, at: context.write.now, in: tx)
                tx.send("DELETE FROM onboarding.password WHERE \"user\" = \(user)")
                tx.send("DELETE FROM onboarding.linked_subject WHERE \"user\" = \(user)")
            },
        ]
    }
}

extension Rule<RoleGrant> {
    /// Who loses a role is signed out at once.
    static var signOut: Rule<RoleGrant> {
        .afterDeletion("SIGN_OUT") { change, context in
            try Sessions.end(of: change.new.user ?? "", at: context.write.now, in: context.transaction)
        }
    }
}
