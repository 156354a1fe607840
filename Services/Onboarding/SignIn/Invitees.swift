import OnboardingWire
import Postgres
import RPC
import Records
import Roles
import Tenancy
import Wire

/// Whom somebody may invite, with what has become of it (G-103). The customer's onboarding contact sees the people of the own
/// accounts here and nowhere else: who invites has to know whom.
struct Invitees: Sendable {
    let database: Database

    /// The most people that are listed; a text finds others.
    static let most = 100

    private enum Column: String {
        case id, name, email, user
        case expiresAt = "expires_at"
    }

    /// What has become of an invitation.
    private enum State: String {
        case hasPassword = "has_password"
        case invited
        case notInvited = "not_invited"
        case withoutRole = "without_role"
    }

    /// Whose people are listed: of an account within a range of domains, or of one domain and no account.
    private enum Whose {
        case account(String, Scope)
        case domain(DomainPath)

        var sql: SQL {
            switch self {
            case .account(let id, let scope):
                "account = \(id) AND domain >= \(scope.lowerBound) AND domain < \(scope.upperBound)"
            case .domain(let domain): "domain = \(domain.path) AND account IS NULL"
            }
        }
    }

    /// The people of an account, or of the caller's own domain.
    func list(_ request: ListInviteesRequest, _ call: Call) async throws(Problem) -> ListInviteesResponse {
        let caller = call.caller
        guard caller.kind == .service || Access.allows(caller.roles, .create, on: SignInLink.schema.table) else {
            throw .permissionDenied()
        }
        let service = Caller.service(database.service, domain: .root)
        let (whose, now) = (try Self.whose(request.account, caller), database.clock.now)
        let text = request.text.kept(bytes: SigningPerson.emailLimit).lowercased()
        return try await database.transaction(as: service, deadline: call.deadline, readOnly: true) { tx in
            var response = ListInviteesResponse()
            if case .account(let id, let scope) = whose {
                let accounts = try tx.query(
                    """
                    SELECT name FROM onboarding.customer_account WHERE id = \(id) \
                    AND domain >= \(scope.lowerBound) AND domain < \(scope.upperBound)
                    """)
                guard let account = accounts.first else { throw Self.unknown(id) }
                (response.account, response.accountName) = (id, try account.string(Column.name))
            }
            let rows = try tx.query(
                """
                SELECT id, name, email FROM onboarding."user" WHERE \(whose.sql) AND active IS NOT FALSE \
                AND kind IS DISTINCT FROM \(User.Kind.system) \
                AND strpos(lower(name || ' ' || email), \(text)) > 0 ORDER BY name, id LIMIT \(Self.most + 1)
                """)
            response.people = try Self.people(Array(rows.prefix(Self.most)), now, tx)
            response.more = rows.count > Self.most
            return response
        }
    }

    /// An account that the caller does not reach is not there.
    private static func whose(_ account: String, _ caller: Caller) throws(Problem) -> Whose {
        guard account.isEmpty || Validation.isUUID(account) else { throw unknown(account) }
        if caller.kind == .customer {
            guard let own = caller.memberships.first(where: { account.isEmpty || $0.account == account }) else {
                throw unknown(account)
            }
            return .account(own.account, .domain(own.domain))
        }
        return account.isEmpty ? .domain(caller.domain) : .account(account, .domain(caller.domain))
    }

    private static func unknown(_ account: String) -> Problem {
        .notFound(CustomerAccount.schema.label, id: account)
    }

    private static func people(_ rows: [Row], _ now: Timestamp, _ tx: Transaction) throws -> [Invitee] {
        let ids = try rows.map { try $0.string(Column.id) }
        let found = try tx.queryAll([
            "SELECT \"user\" FROM onboarding.password WHERE \"user\" = ANY(\(ids)::text[])",
            "SELECT \"user\" FROM onboarding.role_grant WHERE \"user\" = ANY(\(ids)::text[])",
            """
            SELECT "user", max(expires_at) AS expires_at FROM onboarding.sign_in_link \
            WHERE "user" = ANY(\(ids)::text[]) AND purpose = \(SignInLink.Purpose.invitation) AND used_at IS NULL \
            AND expires_at > \(now.sqlValue) GROUP BY "user"
            """,
        ])
        let known = Set(try found[0].map { try $0.string(Column.user) })
        let granted = Set(try found[1].map { try $0.string(Column.user) })
        let links = try found[2].map { row in
            (try row.string(Column.user), Timestamp(microseconds: try row.timestamp(Column.expiresAt)))
        }
        let invited = Dictionary(links, uniquingKeysWith: { first, _ in first })
        return try rows.map { row in
            var invitee = Invitee()
            invitee.user = try row.string(Column.id)
            invitee.name = try row.string(Column.name)
            invitee.email = try row.string(Column.email)
            invitee.invitedUntil = invited[invitee.user]
            let state: State =
                if known.contains(invitee.user) {
                    .hasPassword
                } else if !granted.contains(invitee.user) {
                    .withoutRole
                } else {
                    invitee.invitedUntil == nil ? .notInvited : .invited
                }
            invitee.state = state.rawValue
            return invitee
        }
    }
}
