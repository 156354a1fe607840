import OnboardingWire
import PlayLauncherWire
import RPC
import Records
import Wire

/// Asks the owners for the people and the definition record of an event that the replicas do not hold yet. Who the owner
/// does not know either stays unknown.
struct PeopleLookup: Sendable {
    let replicas: ReplicaSet
    let client: Client

    /// Sees to the users `ids` and to the definition record.
    func fetch(users ids: [String], definition: String? = nil) async throws {
        for id in Set(ids) where Validation.isUUID(id) {
            guard try await !replicas.holds(User.self, id) else { continue }
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
        guard let definition, Validation.isUUID(definition),
            try await !replicas.holds(DefinitionRecord.self, definition)
        else { return }
        try await replicas.fetch(DefinitionRecord.self, definition)
    }

    /// Sees to the people with any of `roles`, as many as are granted each on one page.
    func fetchHolders(of roles: [String]) async throws {
        for role in roles {
            let grants = try await grants("role = \"\(role)\"", pageSize: 100)
            try await fetch(users: grants.compactMap(\.user))
        }
    }

    private func fetchGrants(of user: String) async throws {
        // One page holds them all: a role is granted once, and there are fewer roles than records on a page.
        for grant in try await grants("user = \"\(user)\"", pageSize: 1_000) { try await replicas.store(grant) }
    }

    private func grants(_ filter: String, pageSize: Int32) async throws(Problem) -> [RoleGrant] {
        var request = ListRequest()
        request.filter = filter
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
