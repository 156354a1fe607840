import Identity
import OnboardingWire
import Passwords
import Platform
import RPC
import Records
import Tenancy
import Wire
import Work

/// How people sign in: the methods, and what goes on beside them.
struct SignIn: Sendable {
    let database: Database
    let sessions: Sessions
    let passwords: PasswordSignIn
    let links: SignInLinks
    let federated: FederatedSignIn
    private let settings: SignInSettings

    init(
        _ database: Database, issuer: Issuer?, _ settings: SignInSettings = SignInSettings(),
        issuers: [OtherIssuer] = [], hasher: PasswordHasher = PasswordHasher()
    ) {
        self.database = database
        self.settings = settings
        sessions = Sessions(database: database, issuer: issuer, settings: settings)
        passwords = PasswordSignIn(database: database, hasher: hasher, sessions: sessions)
        links = SignInLinks(database, passwords, settings)
        federated = FederatedSignIn(
            database: database, sessions: sessions, workspace: settings.workspace, issuers: issuers)
    }

    /// As it is configured.
    init(_ parts: ServiceParts) throws {
        self.init(
            parts.database, issuer: parts.issuer, try SignInSettings(parts.settings),
            issuers: try OtherIssuer.configured(parts.settings))
    }

    /// What is answered.
    var endpoints: [Endpoint] {
        let (sessions, passwords, links, federated) = (sessions, passwords, links, federated)
        let (invitees, preferences) = (Invitees(database: database), OwnPreferences(database: database))
        let open = WithoutToken(perSecond: settings.strangersPerSecond)
        return [
            open.endpoint(OnboardingAPI.signIn, proves: true, passwords.signIn),
            open.endpoint(OnboardingAPI.renewSession, proves: true) { request, call async throws(Problem) in
                try await sessions.renew(request, call)
            },
            open.endpoint(OnboardingAPI.signOut) { request, call async throws(Problem) in
                try await sessions.signOut(request.sessionToken, call)
            },
            Endpoint(OnboardingAPI.listSessions) { call, request async throws(Problem) in
                try await sessions.list(request, call)
            },
            Endpoint(OnboardingAPI.endSession) { call, request async throws(Problem) in
                try await sessions.end(request, call)
            },
            Endpoint(OnboardingAPI.createInvitation) { call, request async throws(Problem) in
                try await links.invite(request, call)
            },
            Endpoint(OnboardingAPI.listInvitees) { call, request async throws(Problem) in
                try await invitees.list(request, call)
            },
            Endpoint(OnboardingAPI.changePreferences) { call, request async throws(Problem) in
                try await preferences.change(request, call)
            },
            Endpoint(OnboardingAPI.issueSignInLink) { call, request async throws(Problem) in
                try await links.issue(request, call)
            },
            open.endpoint(OnboardingAPI.openInvitation, links.open),
            open.endpoint(OnboardingAPI.acceptInvitation, proves: true, links.accept),
            open.endpoint(OnboardingAPI.forgetPassword, links.forget),
            open.endpoint(OnboardingAPI.resetPassword, proves: true, links.reset),
            Endpoint(OnboardingAPI.changePassword) { call, request async throws(Problem) in
                try await passwords.change(request, call)
            },
            open.endpoint(OnboardingAPI.listSignInIssuers) { _, _ async throws(Problem) in federated.list },
            open.endpoint(OnboardingAPI.beginFederatedSignIn, federated.begin),
            open.endpoint(OnboardingAPI.completeFederatedSignIn, proves: true, federated.complete),
        ]
    }

    /// What runs beside.
    var background: [Background] {
        let links = links
        return [
            Background("forgotten passwords", isSingle: false) { await links.answerForgotten() },
            job.background(database),
        ]
    }

    /// Removes each day what has run out: sessions, secrets, attempts, and sign-ins that nobody came back from.
    var job: DailyJob {
        let (database, idle) = (database, settings.idleSeconds)
        return DailyJob("sign-in-cleaning") { domain async throws(Problem) in
            let now = database.clock.now
            let (idleSince, forgottenSince) = (
                now.adding(seconds: -idle), now.adding(seconds: -SignInAttempts.memorySeconds)
            )
            return try await database.transaction(as: .service(database.service, domain: domain)) { tx in
                try tx.queryAll([
                    """
                    DELETE FROM onboarding.session WHERE expires_at <= \(now.sqlValue) \
                    OR used_at <= \(idleSince.sqlValue) RETURNING 1
                    """,
                    "DELETE FROM onboarding.sign_in_secret WHERE expires_at <= \(now.sqlValue) RETURNING 1",
                    "DELETE FROM onboarding.sign_in_attempt WHERE last_at < \(forgottenSince.sqlValue) RETURNING 1",
                    "DELETE FROM onboarding.federated_sign_in WHERE expires_at <= \(now.sqlValue) RETURNING 1",
                ]).reduce(0) { $0 + $1.count }
            }
        }
    }
}
