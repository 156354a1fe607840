import Filters
import OnboardingWire
import PlayLauncherWire
import Postgres
import RPC
import Records
import Tenancy
import Wire

/// Asks the owners for the people and the definition record of an event that the replicas do not hold yet. Who the owner
/// does not know either stays unknown.
struct PeopleLookup: Sendable {
    let database: Database
    let replicas: ReplicaSet
    let client: Client

    /// Sees to the users `ids` and to the definition record.
    func fetch(users ids: [String], definition: String? = nil) async throws {
        let ids = Set(ids).filter(Validation.isUUID)
        let definition = definition.flatMap { Validation.isUUID($0) ? $0 : nil }
        guard !ids.isEmpty || definition != nil else { return }
        let held = try await held(ids.union([definition].compactMap { $0 }))
        for id in ids where !held.contains(id) {
            var request = GetRequest()
            request.id = id
            let found = try await known { () async throws(Problem) in
                try await client.call(OnboardingAPI.getUser, request)
            }
            guard let user = found else { continue }
            // The roles first: somebody known without them would seem to have none.
            try await fetchGrants(of: id)
            try await replicas.store(user)
        }
        guard let definition, !held.contains(definition) else { return }
        try await replicas.fetch(DefinitionRecord.self, definition)
    }

    /// Sees to the contact of a customer; nothing is asked about none.
    func fetch(contact id: String) async throws {
        guard Validation.isUUID(id), try await !replicas.holds(CustomerContact.self, id) else { return }
        try await replicas.fetch(CustomerContact.self, id)
    }

    /// Which of the ids are those of people and definition records that there are copies of: one look for all.
    private func held(_ ids: Set<String>) async throws(Problem) -> Set<String> {
        let ids = ids.sorted()
        do {
            let rows = try await database.pool.run(
                """
                SELECT id FROM notifier."user" WHERE id = ANY(\(ids)::uuid[]) \
                UNION ALL SELECT id FROM notifier.definition_record WHERE id = ANY(\(ids)::uuid[])
                """, settings: Scope.domain(.root).settings, readOnly: true)
            return Set(try rows.map { try $0.string(User.Field.id) })
        } catch {
            throw database.problem(of: error)
        }
    }

    /// Sees to the people with any of `roles`, as many as are granted each on one page.
    func fetchHolders(of roles: [String]) async throws {
        for role in roles {
            let grants = try await grants(.equal(.role, role), pageSize: 100)
            try await fetch(users: grants.compactMap(\.user))
        }
    }

    private func fetchGrants(of user: String) async throws {
        // One page holds them all: a role is granted once, and there are fewer roles than records on a page.
        for grant in try await grants(.equal(.user, user), pageSize: 1_000) { try await replicas.store(grant) }
    }

    private func grants(_ filter: FieldFilter<RoleGrant.Field>, pageSize: Int32) async throws(Problem) -> [RoleGrant] {
        var request = ListRequest()
        request.filter = filter.text
        request.pageSize = pageSize
        let found = try await known { () async throws(Problem) in
            try await client.call(OnboardingAPI.listRoleGrants, request)
        }
        return found?.roleGrants ?? []
    }

    private func known<T: Sendable>(_ ask: () async throws(Problem) -> T) async throws(Problem) -> T? {
        do throws(Problem) {
            return try await ask()
        } catch {
            if error.code == .notFound || error.code == .permissionDenied { return nil }
            throw error
        }
    }
}
