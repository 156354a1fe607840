import Foundation
import Identity
import OnboardingWire
import Passwords
import Postgres
import RPC
import Records
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import OnboardingService

/// Onboarding with a key to sign with, a clock that a test sets, and cheap hashes; the workspace is at `workspace`, and
/// it is the workspace that asks, unless a test says who.
struct SignInStage: Sendable {
    static let workspace = "https://workspace.example"
    static let shared = Task { try await SignInStage() }

    let world: World
    let signIn: SignIn
    let clock: TestClock
    private let key: ServiceKey

    var server: Server { world.server }

    init(
        issuers: [OtherIssuer] = [], inboxPrefix: String = "_INBOX.workspace",
        _ edit: (inout SignInSettings) -> Void = { $0.strangersPerSecond = 100_000 }
    ) async throws {
        let clock = TestClock(instant: Timestamp(seconds: Int64(Date().timeIntervalSince1970), nanos: 0))
        var bench = try await ServiceBench<Onboarding>(clock: clock, inboxPrefix: inboxPrefix)
        let key = try await ServiceKey.make()
        var settings = SignInSettings()
        settings.workspace = Self.workspace
        edit(&settings)
        let signIn = SignIn(
            bench.database, issuer: key.issuer, settings, issuers: issuers, hasher: PasswordHasher(cost: .least))
        let replicas = Onboarding.replicas(bench.database, bench.client)
        try await bench.serve(
            Onboarding.endpoints(
                bench.database, replicas, Onboarding.playbooks(bench.database), .standard, Signal(), signIn))
        try await OnboardingSeed.run(bench.database)
        (self.signIn, self.clock, self.key) = (signIn, clock, key)
        world = try await World(Server(bench: bench))
    }

    // MARK: People

    /// A user with roles, of the provider or of an account.
    func addUser(
        _ roles: [String] = ["sn_acct_lc.agent"], account: String? = nil, _ edit: (inout User) -> Void = { _ in }
    ) async throws -> User {
        var user = User()
        user.name = "Una User"
        user.email = "\(uuid())@people.example"
        user.account = account
        edit(&user)
        var creation = CreateUserRequest()
        creation.user = user
        let stored = try await world.call(OnboardingAPI.createUser, creation, as: world.administrator)
        for role in roles { _ = try await grant(role, to: stored) }
        return stored
    }

    func grant(_ role: String, to user: User) async throws -> RoleGrant {
        var request = CreateRoleGrantRequest()
        var grant = RoleGrant()
        (grant.user, grant.role) = (user.id, role)
        request.roleGrant = grant
        return try await world.call(OnboardingAPI.createRoleGrant, request, as: world.administrator)
    }

    /// A user with a password, who came by an invitation.
    func addMember(
        _ roles: [String] = ["sn_acct_lc.agent"], account: String? = nil, password: String = Self.password,
        _ edit: (inout User) -> Void = { _ in }
    ) async throws -> User {
        let user = try await addUser(roles, account: account, edit)
        try await accept(try await secret(of: try await invite(user.id)), password)
        return user
    }

    static let password = "a quiet lake at dawn"

    // MARK: Requests

    /// Without a token.
    func call<Request: Message, Response: Message>(
        _ method: Method<Request, Response>, _ request: Request
    ) async throws(Problem) -> Response {
        try await server.client.call(method, request, as: .anonymous, deadline: .seconds(30))
    }

    func signIn(
        _ email: String, _ password: String = Self.password, device: String = "Firefox", address: String = uuid()
    ) async throws(Problem) -> SignedIn {
        var request = SignInRequest()
        (request.email, request.password, request.device, request.address) = (email, password, device, address)
        return try await call(OnboardingAPI.signIn, request)
    }

    func signIn(_ user: User, _ password: String = Self.password) async throws(Problem) -> SignedIn {
        try await signIn(user.email ?? "", password)
    }

    func renew(_ token: String, isPassive: Bool = false) async throws(Problem) -> SignedIn {
        var request = RenewSessionRequest()
        (request.sessionToken, request.passive) = (token, isPassive)
        return try await call(OnboardingAPI.renewSession, request)
    }

    func invite(_ user: String, as caller: Caller? = nil) async throws(Problem) -> SignInLink {
        var request = CreateInvitationRequest()
        request.user = user
        return try await world.call(OnboardingAPI.createInvitation, request, as: caller ?? world.administrator)
    }

    /// What the notifier puts into the e-mail.
    func url(of link: SignInLink) async throws(Problem) -> String {
        var request = IssueSignInLinkRequest()
        request.id = link.id
        return try await world.call(
            OnboardingAPI.issueSignInLink, request, as: .service("notifier", domain: .root)
        ).url
    }

    func secret(of link: SignInLink) async throws(Problem) -> String {
        try await url(of: link).split(separator: "#").last.map(String.init) ?? ""
    }

    func accept(_ secret: String, _ password: String = Self.password) async throws(Problem) {
        var request = AcceptInvitationRequest()
        (request.secret, request.password) = (secret, password)
        _ = try await call(OnboardingAPI.acceptInvitation, request)
    }

    func reset(_ secret: String, _ password: String) async throws(Problem) {
        var request = ResetPasswordRequest()
        (request.secret, request.password) = (secret, password)
        _ = try await call(OnboardingAPI.resetPassword, request)
    }

    func open(_ secret: String) async throws(Problem) -> OpenedInvitation {
        var request = OpenInvitationRequest()
        request.secret = secret
        return try await call(OnboardingAPI.openInvitation, request)
    }

    func forget(_ email: String) async throws(Problem) {
        var request = ForgetPasswordRequest()
        (request.email, request.address) = (email, uuid())
        _ = try await call(OnboardingAPI.forgetPassword, request)
    }

    func sessions(of user: String = "", as caller: Caller) async throws(Problem) -> [Session] {
        var request = ListSessionsRequest()
        request.user = user
        return try await world.call(OnboardingAPI.listSessions, request, as: caller).sessions
    }

    // MARK: What came of it

    /// Who a service takes the holder of an access token for.
    func caller(_ token: String) async throws -> Caller {
        let people = Standings(database: server.database)
        let verifier = try await Verifier(issuers: [TrustedIssuer(name: "ale", keySetFile: key.keySetFile)])
        return try await StandingAuthenticator(verifier, people).authenticate(token)
    }

    /// The person as calls of tests spell out callers.
    func caller(of user: User, _ role: String = "sn_acct_lc.agent") throws -> Caller {
        try World.person(user.id, role)
    }

    /// Links of a user, the newest last.
    func links(of user: User) async throws -> [SignInLink] {
        let database = server.database
        return try await database.transaction(as: .service("onboarding", domain: .root), deadline: .patient) { tx in
            try Store<SignInLink>(database).find(where: "\"user\" = \(user.id) ORDER BY id", in: tx)
        }
    }

    /// Whether any row of any table, events and journal included, holds a text.
    func isKept(_ text: String) async throws -> Bool {
        let tables = try await server.admin.run(
            "SELECT table_name::text FROM information_schema.tables WHERE table_schema = 'onboarding'")
        for table in try tables.map({ try $0.string(at: 0) }) {
            let found = try await server.admin.run(
                """
                SELECT 1 FROM onboarding.\(identifier: table) AS t WHERE strpos(to_jsonb(t)::text, \(text)) > 0 \
                OR strpos(to_jsonb(t)::text, encode(convert_to(\(text), 'UTF8'), 'hex')) > 0 LIMIT 1
                """)
            if !found.isEmpty { return true }
        }
        return false
    }
}

/// The problem that `body` meets; nil when it succeeds.
func refusal<T>(_ body: () async throws -> T) async -> Problem? {
    do {
        _ = try await body()
        return nil
    } catch {
        return error as? Problem ?? .internalError(cause: "\(error)")
    }
}
