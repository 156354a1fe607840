import OnboardingWire
import Postgres
import RPC
import Records
import Roles
import Tenancy
import Wire
import Work

/// Invitations, and new passwords for those who forgot theirs: links that are good once and for a day.
///
/// A link's secret is made when the notifier is about to send it, and goes into the e-mail alone: events, the journal and
/// the queues of e-mails hold the id of the link, the database the hash of its secret.
struct SignInLinks: Sendable {
    let database: Database
    let passwords: PasswordSignIn
    let settings: SignInSettings
    /// Addresses of people who forgot their passwords, until a link is made.
    let forgotten: LeasedQueue

    private typealias Purpose = SignInLink.Purpose

    private enum Column: String {
        case link, email
    }

    init(_ database: Database, _ passwords: PasswordSignIn, _ settings: SignInSettings) {
        self.database = database
        self.passwords = passwords
        self.settings = settings
        forgotten = LeasedQueue(database, table: "forgotten_password", key: "id", limit: 2)
    }

    private var service: Caller { passwords.sessions.service }

    // MARK: Inviting

    /// Invites a user: an administrator those whom they see, the customer's onboarding contact those of their accounts
    /// (G-103).
    func invite(_ request: CreateInvitationRequest, _ call: Call) async throws(Problem) -> SignInLink {
        let caller = call.caller
        guard caller.kind == .service || Access.allows(caller.roles, .create, on: SignInLink.schema.table) else {
            throw .permissionDenied()
        }
        let (database, seconds) = (database, settings.linkSeconds)
        let write = WriteContext(caller: caller, now: database.clock.now, trace: call.trace.header)
        let unknown = Problem.notFound(User.schema.label, id: request.user)
        return try await database.transaction(as: service, deadline: call.deadline) { tx in
            guard let person = try SigningPerson.find(request.user, database, in: tx), Self.reaches(caller, person)
            else {
                throw unknown
            }
            guard person.maySignIn else {
                throw Problem.failedPrecondition(
                    rule: "CANNOT_SIGN_IN",
                    Text(
                        en: "The user is not active, holds no role, or is an outside system. Grant a role first.",
                        ko: "비활성 사용자이거나 역할이 없거나 외부 시스템입니다. 먼저 역할을 부여하세요."),
                    field: CreateInvitationRequest.Field.user)
            }
            return try SignInLink.make(
                for: person, purpose: Purpose.invitation, lasting: seconds,
                RuleContext(transaction: tx, write: write, database: database))
        }
    }

    private static func reaches(_ caller: Caller, _ person: SigningPerson) -> Bool {
        guard caller.kind == .customer else { return caller.domain.contains(person.known.domain) }
        return caller.membership(of: person.user.account).map { $0.domain == person.known.domain } ?? false
    }

    // MARK: Sending

    /// Makes the secret of a link that is about to be sent. Only a service asks: the notifier, which keeps it nowhere.
    func issue(_ request: IssueSignInLinkRequest, _ call: Call) async throws(Problem) -> IssuedSignInLink {
        guard call.caller.kind == .service else { throw .permissionDenied() }
        guard Validation.isUUID(request.id) else { throw .notFound(SignInLink.schema.label, id: request.id) }
        let (database, now, secret) = (database, database.clock.now, Secret())
        let purpose = try await database.transaction(as: service, deadline: call.deadline) { tx in
            guard let link = try Store<SignInLink>(database).find(request.id, lock: .update, in: tx) else {
                throw Problem.notFound(SignInLink.schema.label, id: request.id)
            }
            guard link.isGood(at: now), let expiry = link.expiresAt,
                let person = try SigningPerson.find(link.user ?? "", database, in: tx), person.maySignIn
            else { throw Problem.linkOver }
            tx.send(
                """
                INSERT INTO onboarding.sign_in_secret (link, domain, "user", hash, expires_at) \
                VALUES (\(link.id), \(link.domain), \(person.user.id), \(secret.hash), \(expiry.sqlValue)) \
                ON CONFLICT (link) DO UPDATE SET hash = excluded.hash
                """)
            return link.purpose ?? ""
        }
        var issued = IssuedSignInLink()
        let page = purpose == Purpose.invitation ? "invitation#" : "reset#"
        // Browsers keep what stands behind `#` to themselves: it is in no log, no Referer, and no address of a request.
        issued.url = "\(settings.workspace)/\(page)\(secret.text)"
        return issued
    }

    // MARK: Using

    /// Whose link it is.
    func open(_ request: OpenInvitationRequest, _ call: Call) async throws(Problem) -> OpenedInvitation {
        let (link, person) = try await find(request.secret, call)
        var opened = OpenedInvitation()
        opened.displayName = person.user.name ?? ""
        opened.email = person.user.email ?? ""
        opened.language = person.user.language ?? User.Language.en
        opened.purpose = link.purpose ?? ""
        opened.expireTime = link.expiresAt
        return opened
    }

    /// Uses an invitation.
    func accept(_ request: AcceptInvitationRequest, _ call: Call) async throws(Problem) -> Empty {
        try await use(
            request.secret, Purpose.invitation, request.password, AcceptInvitationRequest.Field.password, call)
    }

    /// Uses a link for a new password.
    func reset(_ request: ResetPasswordRequest, _ call: Call) async throws(Problem) -> Empty {
        try await use(
            request.secret, Purpose.passwordReset, request.password, ResetPasswordRequest.Field.password, call)
    }

    /// The password is judged and hashed first, so that a refused one leaves the link as it was; then the link is taken,
    /// which only one can.
    private func use(
        _ text: String, _ purpose: String, _ password: String, _ field: some RequestField, _ call: Call
    ) async throws(Problem) -> Empty {
        let (found, person) = try await find(text, call)
        guard found.purpose == purpose else { throw .linkInvalid }
        try PasswordRules.check(password, of: person.user, field: field)
        let hash = try await passwords.hash(password)
        let database = database
        let context = WriteContext.system(database.service, domain: .root, now: database.clock.now)
        try await database.transaction(as: service, deadline: call.deadline) { tx in
            let taken = try tx.query(
                """
                DELETE FROM onboarding.sign_in_secret WHERE hash = \(Secret.hash(text)) \
                AND expires_at > \(context.now.sqlValue) RETURNING link
                """)
            guard !taken.isEmpty else { throw Problem.linkInvalid }
            _ = try Store<SignInLink>(database).change(found.id, context, in: tx) { $0.usedAt = context.now }
            try person.setPassword(hash, context, in: tx)
            SignInAttempts(tx: tx, now: context.now).succeeded(person.user.email ?? "", from: nil)
        }
        return Empty()
    }

    private func find(_ text: String, _ call: Call) async throws(Problem) -> (SignInLink, SigningPerson) {
        guard let secret = Secret(shown: text) else { throw .linkInvalid }
        let (database, now) = (database, database.clock.now)
        let found = try await database.transaction(as: service, deadline: call.deadline, readOnly: true) {
            tx -> (SignInLink, SigningPerson)? in
            let rows = try tx.query("SELECT link FROM onboarding.sign_in_secret WHERE hash = \(secret.hash)")
            guard let id = try rows.first?.string(Column.link),
                let link = try Store<SignInLink>(database).find(id, in: tx), link.isGood(at: now),
                let person = try SigningPerson.find(link.user ?? "", database, in: tx), person.maySignIn
            else { return nil }
            return (link, person)
        }
        guard let found else { throw .linkInvalid }
        return found
    }

    // MARK: Forgotten passwords

    /// Notes the address. Whose it is, and whether anybody's, is looked at later: the answer cannot tell.
    func forget(_ request: ForgetPasswordRequest, _ call: Call) async throws(Problem) -> Empty {
        let (database, now) = (database, database.clock.now)
        let email = request.email.filter { !$0.isWhitespace }.kept(bytes: SigningPerson.emailLimit)
        let origin = SignInAttempts.Origin(request.address, call)
        try await database.transaction(as: service, deadline: call.deadline) { tx in
            let attempts = SignInAttempts(tx: tx, now: now)
            try attempts.count(origin)
            try attempts.count(.forgotten, email)
            tx.send(
                """
                INSERT INTO onboarding.forgotten_password (id, domain, email) \
                VALUES (\(RecordID.make(at: now)), '/', \(email))
                """)
        }
        forgotten.wake.notify()
        return Empty()
    }

    /// Makes links for those who are there, until the task is cancelled.
    func answerForgotten() async {
        let (database, seconds, service) = (database, settings.linkSeconds, service)
        await forgotten.run { lease in
            let write = WriteContext.system(database.service, domain: .root, now: database.clock.now)
            try await database.transaction(as: service) { tx in
                let rows = try tx.query("SELECT email FROM onboarding.forgotten_password WHERE \(lease.held)")
                guard let email = try rows.first?.string(Column.email) else { return }
                if let person = try SigningPerson.find(email: email, database, in: tx), person.maySignIn {
                    _ = try SignInLink.make(
                        for: person, purpose: Purpose.passwordReset, lasting: seconds,
                        RuleContext(transaction: tx, write: write, database: database))
                }
                lease.complete(in: tx)
            }
        }
    }
}

extension Problem {
    /// The same for a link that is used, expired, replaced, or none.
    fileprivate static var linkInvalid: Problem {
        Problem(
            .unauthenticated,
            Text(
                en: "The link is not good any more. Ask for another one.", ko: "더 이상 사용할 수 없는 링크입니다. 새 링크를 요청하세요."),
            reason: "LINK_INVALID")
    }

    fileprivate static var linkOver: Problem {
        .failedPrecondition(
            rule: "LINK_OVER", Text(en: "The link is used or has expired.", ko: "이미 사용했거나 만료된 링크입니다."))
    }
}
