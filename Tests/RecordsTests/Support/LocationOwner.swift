import CustomerSuccessWire
import Logging
import OnboardingWire
import RPC
import Records
import Synchronization
import Tenancy
import Wire

/// Who owns the locations that a replica copies: answers `locations.get` and `.list` from memory.
final class LocationOwner: Sendable {
    private struct State {
        var records: [String: Location] = [:]
        var isAway = false
        var pages: [String] = []
    }
    private let state = Mutex(State())
    /// Runs when a page has been read and is not answered yet; its token is given.
    private let interruption = Mutex<@Sendable (String) async throws(Problem) -> Void>({ _ in })

    func set(_ records: [Location]) {
        state.withLock { state in
            for record in records { state.records[record.id] = record }
        }
    }

    func remove(_ id: String) { state.withLock { $0.records[id] = nil } }

    func set(isAway: Bool) { state.withLock { $0.isAway = isAway } }

    func meanwhile(_ body: @escaping @Sendable (String) async throws(Problem) -> Void) {
        interruption.withLock { $0 = body }
    }

    /// The tokens of the pages that were asked for.
    var pages: [String] { state.withLock { $0.pages } }

    /// The replica of its locations in `bench`, fed by asking it, and what answers for both.
    func replicas(
        in bench: Workbench, besides others: [Replica] = []
    ) async throws -> (replicas: ReplicaSet, client: Client) {
        let transport = InMemoryTransport()
        let client = Client(transport, credential: .token("/"))
        let replicas = ReplicaSet([Self.declared] + others, bench.database, client)
        let endpoints = replicas.endpoints(CustomerSuccessAPI.listReplicas, CustomerSuccessAPI.rebuildReplica)
        for (name, endpoints) in [("onboarding", self.endpoints), ("customer-success", endpoints)] {
            let service = try Service(
                .init(name: name, version: "1.0.0", description: "A test."), endpoints: endpoints,
                transport: transport, authenticator: DomainTokens(), logger: bench.database.log)
            try await service.start()
            running.withLock { $0.append(service) }
        }
        return (replicas, client)
    }

    static let declared = Replica(
        Location.self, fields: [.name, .city], readers: .everybody, get: OnboardingAPI.getLocation,
        list: OnboardingAPI.listLocations)

    private let running = Mutex<[Service]>([])

    private var endpoints: [Endpoint] {
        [
            Endpoint(OnboardingAPI.getLocation) { _, request async throws(Problem) in
                try self.present()
                guard let record = self.state.withLock({ $0.records[request.id] }) else {
                    throw .notFound(Location.schema.label, id: request.id)
                }
                return record
            },
            Endpoint(OnboardingAPI.listLocations) { _, request async throws(Problem) in
                try self.present()
                let rest = self.state.withLock { state in
                    state.pages.append(request.pageToken)
                    return state.records.values.filter { $0.id > request.pageToken }.sorted { $0.id < $1.id }
                }
                let page = Array(rest.prefix(Int(request.pageSize)))
                let interrupt = self.interruption.withLock { $0 }
                try await interrupt(request.pageToken)
                var response = ListLocationsResponse()
                response.locations = page
                response.nextPageToken = page.count < rest.count ? page.last?.id ?? "" : ""
                return response
            },
        ]
    }

    private func present() throws(Problem) {
        if state.withLock({ $0.isAway }) { throw .unavailable(cause: "the owner is away") }
    }
}

/// A token is the caller's domain, with the roles behind a bar: `/provider/|admin`.
private struct DomainTokens: Authenticator {
    func authenticate(_ bearer: String?) async throws(Problem) -> Caller {
        let parts = (bearer ?? "").split(separator: "|").map(String.init)
        guard let domain = parts.first.flatMap(DomainPath.init) else { throw .unauthenticated() }
        guard parts.count == 2 else { return .service("test", domain: domain) }
        return Caller(subject: "somebody", kind: .person, domain: domain, roles: [parts[1]])
    }
}
