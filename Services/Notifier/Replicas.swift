import Identity
import Postgres
import RPC
import Records
import Roles
import Tenancy
import Wire

/// The records of other services that the notifier keeps copies of: who people are, what they may see, how plays are
/// called.
struct Replicas: Sendable {
    private let users: Replica<User>
    private let grants: Replica<RoleGrant>
    private let definitions: Replica<DefinitionRecord>
    private let database: Database
    private let client: Client

    init(_ database: Database, _ client: Client) {
        self.database = database
        self.client = client
        users = Replica(User.self, fields: ["name", "email", "language", "account", "active"], database)
        grants = Replica(RoleGrant.self, fields: ["user", "role"], database)
        definitions = Replica(DefinitionRecord.self, fields: ["title"], database)
    }

    /// Feed the replicas.
    var handlers: [EventHandler] { [users.handler(), grants.handler(), definitions.handler()] }

    /// Asks the owners for people and for the definition record the replicas do not hold yet. Who the owner does not
    /// know either stays unknown.
    func fetch(users ids: [String], definition: String? = nil) async throws {
        for id in Set(ids) where Validation.isUUID(id) {
            guard try await isMissing("user", id) else { continue }
            var request = GetRequest()
            request.id = id
            let found = try await known { () async throws(Problem) in
                try await client.call(OnboardingAPI.getUser, request)
            }
            guard let user = found else { continue }
            // The roles first: somebody known without them would seem to have none.
            try await fetchGrants(of: id)
            try await users.store(user)
        }
        guard let definition, Validation.isUUID(definition), try await isMissing("definition_record", definition) else {
            return
        }
        var request = GetRequest()
        request.id = definition
        let record = try await known { () async throws(Problem) in
            try await client.call(PlayLauncherAPI.getDefinitionRecord, request)
        }
        if let record { try await definitions.store(record) }
    }

    /// Asks the owner for the people with any of `roles`, as many as are granted each on one page.
    func fetchHolders(of roles: [String]) async throws {
        for role in roles {
            var request = ListRequest()
            request.filter = "role = \"\(role)\""
            request.pageSize = 100
            let found = try await known { () async throws(Problem) in
                try await client.call(OnboardingAPI.listRoleGrants, request)
            }
            try await fetch(users: (found?.roleGrants ?? []).compactMap(\.user))
        }
    }

    private func fetchGrants(of user: String) async throws {
        var request = ListRequest()
        request.filter = "user = \"\(user)\""
        // One page holds them all: a role is granted once, and there are fewer roles than records on a page.
        request.pageSize = 1_000
        let found = try await known { () async throws(Problem) in
            try await client.call(OnboardingAPI.listRoleGrants, request)
        }
        for grant in found?.roleGrants ?? [] { try await grants.store(grant) }
    }

    private func known<T: Sendable>(_ ask: () async throws(Problem) -> T) async throws(Problem) -> T? {
        do throws(Problem) {
            return try await ask()
        } catch {
            if error.code == .notFound || error.code == .permissionDenied { return nil }
            throw error
        }
    }

    private func isMissing(_ table: String, _ id: String) async throws(Problem) -> Bool {
        try await database.transaction(as: .service(database.service, domain: .root), readOnly: true) { tx in
            try tx.query("SELECT 1 FROM notifier.\(identifier: table) WHERE id = \(id)").isEmpty
        }
    }
}

/// A person who may be told something.
struct Reader: Sendable {
    let id: String
    let name: String
    let email: String?
    /// `en` or `ko`.
    let language: String
    let domain: DomainPath
    /// Of those granted, the ones of the person's side, closed under containment.
    let roles: Set<String>
    /// For customers: their account.
    let account: String?
    let isActive: Bool

    /// Most people told of something because of a role.
    private static let limit = 20

    /// Active people of the provider with any of `roles` who see `domain`, those nearest to it first. The transaction
    /// must see all domains.
    static func holders(of roles: [String], around domain: DomainPath, in tx: Transaction) throws -> [Reader] {
        let ids = try tx.query(
            """
            SELECT person.id::text FROM notifier."user" person \
            WHERE person.active IS NOT FALSE AND person.account IS NULL \
            AND person.domain = ANY(\(domain.ancestors.map(\.path))) \
            AND EXISTS (SELECT 1 FROM notifier.role_grant held \
            WHERE held."user" = person.id::text AND held.role = ANY(\(roles))) \
            ORDER BY length(person.domain) DESC, person.id LIMIT \(limit)
            """
        ).map { try $0.string(at: 0) }
        return try find(ids, in: tx)
    }

    /// The people among `ids` that are known. The transaction must see all domains.
    static func find(_ ids: [String], in tx: Transaction) throws -> [Reader] {
        let wanted = ids.filter(Validation.isUUID)
        guard !wanted.isEmpty else { return [] }
        let answers = try tx.queryAll([
            "SELECT id, name, email, language, domain, account, active FROM notifier.\"user\" WHERE id = ANY(\(wanted))",
            "SELECT \"user\", role FROM notifier.role_grant WHERE \"user\" = ANY(\(wanted))",
        ])
        var granted: [String: [String]] = [:]
        for row in answers[1] { granted[try row.string(at: 0), default: []].append(try row.string(at: 1)) }
        return try answers[0].map { row in
            let id = try row.string("id")
            let domain = DomainPath(try row.string("domain")) ?? .root
            let account = try row.optionalString("account")
            // What was granted across sides counts here as little as in a request.
            let standing = KnownPerson(domain: domain, roles: granted[id] ?? [], isCustomer: account != nil)
            return Reader(
                id: id, name: try row.optionalString("name") ?? "", email: try row.optionalString("email"),
                language: try row.optionalString("language")?.hasPrefix("ko") == true ? "ko" : "en",
                domain: domain, roles: standing.roles, account: account,
                isActive: try row.optionalBool("active") ?? true)
        }
    }
}

extension Transaction {
    /// Opens the transaction of an event to all domains: people are told in their own domain, which lies above that of
    /// the record the event is about. For the service's own work only.
    func seeAllDomains() { sendScope(.domain(.root)) }
}
