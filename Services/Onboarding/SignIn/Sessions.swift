import Events
import Foundation
import Identity
import OnboardingWire
import Postgres
import RPC
import Records
import Roles
import Tenancy
import Wire

/// Sessions of people who have signed in. A session renews access tokens, which live minutes; it ends when it was idle
/// for long, when it is old, when it is ended, and at once when its person is deactivated or loses a role.
struct Sessions: Sendable {
    /// Most sessions of a person: the one that was used longest ago gives way.
    static let most = 50
    /// Longest name of a device, in bytes.
    private static let deviceLimit = 200
    /// How a session was begun with a password.
    static let byPassword = "password"

    let database: Database
    /// Signs access tokens; nil without a key.
    let issuer: Issuer?
    let settings: SignInSettings

    private enum Column: String {
        case id, user, device, method, domain
        case signedInAt = "signed_in_at"
        case usedAt = "used_at"
        case expiresAt = "expires_at"
    }

    /// The service itself: whose session it is, the token says.
    var service: Caller { .service(database.service, domain: .root) }

    // MARK: Beginning

    /// Begins a session; the secret is its token.
    func begin(
        _ person: SigningPerson, method: String, device: String, token: Secret, now: Timestamp, in tx: Transaction
    ) throws -> Session {
        var session = Session()
        session.id = RecordID.make(at: now)
        session.user = person.user.id
        session.device = device.filter { !$0.isNewline }.kept(bytes: Self.deviceLimit)
        session.method = method
        (session.signedInAt, session.usedAt) = (now, now)
        session.expiresAt = now.adding(seconds: settings.sessionSeconds)
        try Self.end(
            where: """
                id IN (SELECT id FROM onboarding.session \
                WHERE "user" = \(session.user) ORDER BY used_at DESC, id DESC OFFSET \(Self.most - 1))
                """, at: now, in: tx)
        tx.send(
            """
            INSERT INTO onboarding.session \
            (id, domain, "user", token_hash, device, method, signed_in_at, used_at, expires_at) \
            VALUES (\(session.id), \(person.user.domain), \(session.user), \(token.hash), \(session.device), \
            \(method), \(now.sqlValue), \(now.sqlValue), \(session.expiresAt?.sqlValue ?? .null))
            """)
        return session
    }

    /// What is told of a session: who is signed in, and an access token.
    func signedIn(_ person: SigningPerson, _ session: Session, token: Secret?) throws(Problem) -> SignedIn {
        guard let issuer else { throw .unavailable(reason: "NO_SIGNING_KEY", cause: "ALE_SERVICE_KEY_FILE is not set") }
        let user = person.user
        let language = user.language ?? User.Language.en
        let caller = person.known.caller(user.id, locale: language)
        var answer = SignedIn()
        answer.sessionToken = token?.text ?? ""
        answer.accessToken = try issuer.token(for: caller, lifetimeSeconds: settings.tokenSeconds)
        answer.accessTokenExpireTime = database.clock.now.adding(seconds: settings.tokenSeconds)
        answer.user = user.id
        answer.displayName = user.name ?? ""
        answer.email = user.email ?? ""
        answer.language = language
        answer.timeZone = user.timeZone ?? ""
        answer.roles = caller.roles.sorted()
        answer.accounts = caller.memberships.map(\.account)
        answer.domain = caller.domain.path
        answer.session = session.id
        answer.sessionExpireTime = session.expiresAt
        return answer
    }

    // MARK: Going on, and ending

    /// A new access token for a session that is open. A passive renewal does not count as use.
    func renew(_ request: RenewSessionRequest, _ call: Call) async throws(Problem) -> SignedIn {
        guard let secret = Secret(shown: request.sessionToken) else { throw .sessionEnded }
        let isPassive = request.passive
        let (database, now, open) = (database, database.clock.now, isOpen(at: database.clock.now))
        let found = try await database.transaction(as: service, deadline: call.deadline) {
            tx -> (SigningPerson, Session)? in
            let rows = try tx.query(
                """
                UPDATE onboarding.session SET used_at = CASE WHEN \(isPassive) THEN used_at ELSE \(now.sqlValue) END \
                WHERE token_hash = \(secret.hash) AND \(open) \
                RETURNING id, "user", device, method, signed_in_at, used_at, expires_at
                """)
            guard let session = try rows.first.map(Self.session) else { return nil }
            guard let person = try SigningPerson.find(session.user, database, in: tx), person.maySignIn else {
                try Self.end(of: session.user, at: now, in: tx)
                return nil
            }
            return (person, session)
        }
        guard let (person, session) = found else { throw .sessionEnded }
        return try signedIn(person, session, token: nil)
    }

    /// Ends the session of a token.
    func signOut(_ token: String, _ call: Call) async throws(Problem) -> Empty {
        guard let secret = Secret(shown: token) else { return Empty() }
        let now = database.clock.now
        _ = try await database.transaction(as: service, deadline: call.deadline) { tx in
            try Self.end(where: "token_hash = \(secret.hash)", at: now, in: tx)
        }
        return Empty()
    }

    /// The open sessions of the caller, or of somebody whom an administrator names.
    func list(_ request: ListSessionsRequest, _ call: Call) async throws(Problem) -> ListSessionsResponse {
        let user = request.user.isEmpty ? call.caller.subject : request.user
        guard user == call.caller.subject || Self.isAdministrator(call.caller) else { throw .permissionDenied() }
        let (open, whose) = (isOpen(at: database.clock.now), Self.whose(call.caller))
        return try await database.transaction(as: service, deadline: call.deadline, readOnly: true) { tx in
            var response = ListSessionsResponse()
            response.sessions = try tx.query(
                """
                SELECT id, "user", device, method, signed_in_at, used_at, expires_at FROM onboarding.session \
                WHERE "user" = \(user) AND \(open) AND \(whose) ORDER BY used_at DESC, id DESC LIMIT \(Self.most)
                """
            ).map(Self.session)
            return response
        }
    }

    /// Ends a session of the caller's or, for an administrator, anybody's in the domain.
    func end(_ request: EndSessionRequest, _ call: Call) async throws(Problem) -> Empty {
        let unknown = Problem.notFound(Text(en: "Session", ko: "세션"), id: request.session)
        guard Validation.isUUID(request.session) else { throw unknown }
        let own: SQL =
            Self.isAdministrator(call.caller) ? "TRUE" : "\"user\" = \(call.caller.subject)"
        let (whose, now) = (Self.whose(call.caller), database.clock.now)
        let ended = try await database.transaction(as: service, deadline: call.deadline) { tx in
            try Self.end(where: "id = \(request.session) AND \(own) AND \(whose)", at: now, in: tx)
        }
        guard ended == 1 else { throw unknown }
        return Empty()
    }

    /// Ends all sessions of a user, in the transaction of what ends them.
    static func end(of user: String, at now: Timestamp, in tx: Transaction) throws {
        try end(where: "\"user\" = \(user)", at: now, in: tx)
    }

    /// Ends the sessions that are meant, and tells it by an event of each: whoever keeps an access token asks again from then on. The
    /// event has the id of the session and nothing of whose it was. Answers how many there were.
    @discardableResult
    static func end(where condition: SQL, at now: Timestamp, in tx: Transaction) throws -> Int {
        let ended = try tx.query("DELETE FROM onboarding.session WHERE \(condition) RETURNING id, domain")
        guard !ended.isEmpty else { return 0 }
        let service = User.schema.service
        let values = try ended.flatMap { row in
            var event = RecordEvent()
            event.eventID = RecordID.make(at: now)
            (event.service, event.table, event.action) = (service, EndedEvent.table, EndedEvent.action)
            (event.id, event.domain) = (try row.string(Column.id), try row.string(Column.domain))
            event.at = now
            return try Outbox.values(event, service: service, trace: nil)
        }
        tx.send(Outbox.insertion(into: Database.schemaName(of: service), rows: ended.count).filled(with: values))
        return ended.count
    }

    /// What is told of a session that has ended.
    private enum EndedEvent {
        static let (table, action) = ("session", "ended")
    }

    // MARK: Parts

    /// Neither idle for too long nor too old.
    private func isOpen(at now: Timestamp) -> SQL {
        "expires_at > \(now.sqlValue) AND used_at > \(now.adding(seconds: -settings.idleSeconds).sqlValue)"
    }

    private static func isAdministrator(_ caller: Caller) -> Bool {
        caller.kind == .service || caller.kind == .person && caller.has(RoleCatalog.administrator)
    }

    /// A session lies in the domain of its user: in that of the caller or below. A customer's user may live with another
    /// of the accounts than the token names, so of customers the person alone decides.
    private static func whose(_ caller: Caller) -> SQL {
        guard caller.kind != .customer else { return "\"user\" = \(caller.subject)" }
        let scope = Scope.domain(caller.domain)
        return "domain >= \(scope.lowerBound) AND domain < \(scope.upperBound)"
    }

    private static func session(_ row: Row) throws -> Session {
        var session = Session()
        session.id = try row.string(Column.id)
        session.user = try row.string(Column.user)
        session.device = try row.string(Column.device)
        session.method = try row.string(Column.method)
        session.signedInAt = Timestamp(microseconds: try row.timestamp(Column.signedInAt))
        session.usedAt = Timestamp(microseconds: try row.timestamp(Column.usedAt))
        session.expiresAt = Timestamp(microseconds: try row.timestamp(Column.expiresAt))
        return session
    }
}

extension Timestamp {
    /// So many seconds later.
    func adding(seconds count: Int64) -> Timestamp { Timestamp(seconds: seconds + count, nanos: nanos) }
}

extension Problem {
    /// The session has ended, or there never was one.
    static var sessionEnded: Problem {
        Problem(
            .unauthenticated,
            Text(en: "The session has ended. Sign in again.", ko: "세션이 종료되었습니다. 다시 로그인하세요."), reason: "SESSION_ENDED")
    }

    /// The same whatever was wrong: nobody learns who exists.
    static var signInRefused: Problem {
        Problem(
            .unauthenticated,
            Text(
                en: "E-mail address and password do not fit, or you may not sign in.",
                ko: "이메일 주소와 비밀번호가 맞지 않거나 로그인할 수 없습니다."), reason: "SIGN_IN_REFUSED")
    }
}
