import Identity
import OnboardingWire
import Postgres
import RPC
import Records
import Tenancy
import Wire

/// Sign-in with other issuers: OpenID Connect, authorization code with PKCE (RFC 7636, RFC 9700). Nobody is created: who
/// signs in is the user whom the issuer named before, else the one whose address it has verified.
struct FederatedSignIn: Sendable {
    private static let statePatience: Int64 = 600

    private let database: Database
    private let sessions: Sessions
    private let workspace: String
    private let connections: [IssuerConnection]

    private enum Column: String {
        case issuer, nonce, verifier, user, subject
        case redirectURI = "redirect_uri"
    }

    init(database: Database, sessions: Sessions, workspace: String, issuers: [OtherIssuer]) {
        self.database = database
        self.sessions = sessions
        self.workspace = workspace
        connections = issuers.map(IssuerConnection.init)
    }

    /// The issuers there are.
    var list: ListSignInIssuersResponse {
        var response = ListSignInIssuersResponse()
        response.issuers = connections.map { connection in
            var issuer = SignInIssuer()
            (issuer.issuer, issuer.name) = (connection.configuration.issuer, connection.configuration.name)
            return issuer
        }
        return response
    }

    /// Where the person goes on, at the issuer.
    func begin(_ request: BeginFederatedSignInRequest, _ call: Call) async throws(Problem) -> BegunFederatedSignIn {
        guard let connection = connection(request.issuer) else {
            throw .invalid(
                field: BeginFederatedSignInRequest.Field.issuer,
                Text(en: "Nobody signs in with this issuer here.", ko: "로그인에 사용할 수 없는 인증 서비스입니다."))
        }
        guard isOfWorkspace(request.redirectUri) else {
            throw .invalid(
                field: BeginFederatedSignInRequest.Field.redirectUri,
                Text(en: "The address is not of the workspace.", ko: "워크스페이스 주소가 아닙니다."))
        }
        guard request.redirectUri.hasSuffix("/\(OtherIssuer.mark(of: request.issuer))") else {
            throw .invalid(
                field: BeginFederatedSignInRequest.Field.redirectUri,
                Text(en: "The address is not of this issuer.", ko: "이 인증 서비스의 주소가 아닙니다."))
        }
        let endpoint = try await connection.authorizationEndpoint(by: call.deadline)
        let (state, nonce, verifier) = (Secret(), Secret(), Secret())
        let now = database.clock.now
        let (expiry, origin) = (now.adding(seconds: Self.statePatience), SignInAttempts.Origin(request.address, call))
        try await database.transaction(as: sessions.service, deadline: call.deadline) { tx in
            try SignInAttempts(tx: tx, now: now).count(origin)
            tx.send(
                """
                INSERT INTO onboarding.federated_sign_in \
                (state_hash, domain, issuer, nonce, verifier, redirect_uri, expires_at) \
                VALUES (\(state.hash), '/', \(request.issuer), \(nonce.text), \(verifier.text), \
                \(request.redirectUri), \(expiry.sqlValue))
                """)
        }
        var begun = BegunFederatedSignIn()
        begun.state = state.text
        // The hash of a secret is what PKCE calls its challenge: SHA-256 in base64url.
        begun.authorizationUrl =
            endpoint + (endpoint.contains("?") ? "&" : "?")
            + FormText.encode([
                ("response_type", "code"), ("client_id", connection.configuration.clientID),
                ("redirect_uri", request.redirectUri), ("scope", "openid email"), ("state", state.text),
                ("nonce", nonce.text), ("code_challenge", verifier.hash), ("code_challenge_method", "S256"),
            ])
        return begun
    }

    /// What was begun, and is done with by being taken.
    private struct Begun: Sendable {
        let issuer: String
        let nonce: String
        let verifier: String
        let redirectURI: String
    }

    /// Begins a session for whom the issuer names.
    func complete(_ request: CompleteFederatedSignInRequest, _ call: Call) async throws(Problem) -> SignedIn {
        let (database, now) = (database, database.clock.now)
        let origin = SignInAttempts.Origin(request.address, call)
        guard let state = Secret(shown: request.state), (1...4_096).contains(request.code.utf8.count) else {
            throw .signInRefused
        }
        let begun = try await database.transaction(as: sessions.service, deadline: call.deadline) { tx -> Begun? in
            try SignInAttempts(tx: tx, now: now).count(origin)
            return try tx.query(
                """
                DELETE FROM onboarding.federated_sign_in WHERE state_hash = \(state.hash) \
                AND expires_at > \(now.sqlValue) RETURNING issuer, nonce, verifier, redirect_uri
                """
            ).first.map { row in
                Begun(
                    issuer: try row.string(Column.issuer), nonce: try row.string(Column.nonce),
                    verifier: try row.string(Column.verifier), redirectURI: try row.string(Column.redirectURI))
            }
        }
        guard let begun, let connection = connection(begun.issuer) else { throw .signInRefused }
        let token = try await connection.redeem(
            request.code, verifier: begun.verifier, redirectURI: begun.redirectURI, by: call.deadline)
        let named = try await connection.read(token, nonce: begun.nonce, now: now.seconds, by: call.deadline)
        let (sessions, secret) = (sessions, Secret())
        let (person, session) = try await database.transaction(as: sessions.service, deadline: call.deadline) { tx in
            guard let person = try Self.person(named, connection.configuration, database, now, tx), person.maySignIn
            else {
                throw Problem.signInRefused
            }
            SignInAttempts(tx: tx, now: now).succeeded(person.user.email ?? "", from: origin, steps: 2)
            let session = try sessions.begin(
                person, method: begun.issuer, device: request.device, token: secret, now: now, in: tx)
            return (person, session)
        }
        return try sessions.signedIn(person, session, token: secret)
    }

    /// Whom the issuer means. A user whom it has named before by another subject is not taken for this one.
    private static func person(
        _ token: IDToken, _ issuer: OtherIssuer, _ database: Database, _ now: Timestamp, _ tx: Transaction
    ) throws -> SigningPerson? {
        let linked = try tx.query(
            """
            SELECT "user" FROM onboarding.linked_subject WHERE issuer = \(issuer.issuer) AND subject = \(token.subject)
            """)
        if let user = try linked.first?.string(Column.user) { return try SigningPerson.find(user, database, in: tx) }
        guard let email = token.verifiedEmail, issuer.speaksFor(email),
            let person = try SigningPerson.find(email: email, database, in: tx), person.maySignIn
        else { return nil }
        let made = try tx.query(
            """
            INSERT INTO onboarding.linked_subject (issuer, subject, domain, "user", linked_at) \
            VALUES (\(issuer.issuer), \(token.subject), \(person.user.domain), \(person.user.id), \(now.sqlValue)) \
            ON CONFLICT DO NOTHING RETURNING 1
            """)
        return made.isEmpty ? nil : person
    }

    private func connection(_ issuer: String) -> IssuerConnection? {
        connections.first { $0.configuration.issuer == issuer }
    }

    /// Nothing else than a page of the workspace gets codes: what follows its address begins with `/`, and neither leads
    /// up nor elsewhere.
    private func isOfWorkspace(_ uri: String) -> Bool {
        guard uri.utf8.count <= 2_048, uri.hasPrefix(workspace + "/") else { return false }
        let rest = uri.dropFirst(workspace.count)
        return !rest.contains("..")
            && rest.unicodeScalars.allSatisfy {
                $0.isASCII && $0.value > 0x20 && !"\\#\u{7F}".unicodeScalars.contains($0)
            }
    }
}

extension Problem {
    /// The same to the caller; the cause goes to the log.
    static func signInRefused(cause: String) -> Problem {
        var problem = signInRefused
        problem.cause = cause
        return problem
    }
}
