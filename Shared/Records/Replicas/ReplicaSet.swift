import Events
import Filters
import Ground
import Postgres
import RPC
import Synchronization
import Wire

/// The replicas of one service.
public final class ReplicaSet: Sendable {
    let database: Database
    let replicas: [(table: String, kept: any KeptReplica)]
    /// Rebuilding may take its time; a write that waits for a copy has its own deadline.
    let owner: OwnerAccess
    /// Wakes who rebuilds.
    let asked = Signal()
    private let fetches: Fetches?

    /// How long a service waits that asks those who ask it.
    private static let shortPatience: Duration = .seconds(2)

    /// The replicas that `declared` says, asked of their owners through `client` as the service, whose credential is
    /// `own`. A service whose replicas belong to services that ask it in turn says how many may be fetched at once
    /// (`atMost`): in a ring, each could wait for the other's places, so only few places may wait there, and not long.
    public init(
        _ declared: [Replica], _ database: Database, _ client: Client, own: Credential? = nil, atMost: Int? = nil
    ) {
        self.database = database
        owner = OwnerAccess(client: client, own: own, patience: atMost == nil ? nil : Self.shortPatience)
        fetches = atMost.map(Fetches.init)
        replicas = declared.map { ($0.table, $0.made(database)) }
        for replica in declared { database.tables.register(replica) }
    }

    /// Keep the copies current.
    public var handlers: [EventHandler] { replicas.map(\.kept.handler) }

    /// Fetches what a reference names before its event has come.
    public var source: ReplicaSource {
        ReplicaSource { table, id, _ async throws(Problem) in try await self.fetch(table, id) }
    }

    /// Asks the owner for the record `id` and stores it; false when there is none, or not for this service.
    @discardableResult
    public func fetch<R: RecordMessage>(_ type: R.Type, _ id: String) async throws(Problem) -> Bool {
        try await fetch(R.schema.table, id)
    }

    /// Brings the copy of a record up to date, where a write takes something over from it for good and an event may
    /// still be on its way. When the owner cannot be asked, the copy has to do.
    public func refresh<R: RecordMessage>(_ type: R.Type, _ id: String?) async {
        guard let id, Validation.isUUID(id) else { return }
        _ = try? await fetch(type, id)
    }

    /// The same for the records that match `filter`, as many as fit on one page.
    public func refresh<R: RecordMessage>(_ type: R.Type, where filter: FieldFilter<R.Field>) async {
        guard let kept = kept(R.schema.table) else { return }
        _ = try? await bounded { () async throws(Problem) in try await kept.fetch(where: filter.text, from: owner) }
    }

    /// Stores a record that the owner answered.
    public func store<R: RecordMessage>(_ record: R) async throws(Problem) {
        try await kept(R.schema.table)?.store(record)
    }

    /// Whether there is a copy of the record `id`.
    public func holds<R: RecordMessage>(_ type: R.Type, _ id: String) async throws(Problem) -> Bool {
        try await kept(R.schema.table)?.holds(id) ?? false
    }

    func kept(_ table: String) -> (any KeptReplica)? { replicas.first { $0.table == table }?.kept }

    private func fetch(_ table: String, _ id: String) async throws(Problem) -> Bool {
        guard let kept = kept(table) else { return false }
        do throws(Problem) {
            try await bounded { () async throws(Problem) in try await kept.fetch(id, from: owner) }
            return true
        } catch {
            // Not there, or not for the caller: to the caller that is the same. Against the direction nobody relies on an
            // answer.
            if error.code == .notFound || error.code == .permissionDenied || fetches != nil { return false }
            throw error
        }
    }

    private func bounded(_ body: () async throws(Problem) -> Void) async throws(Problem) {
        guard let fetches else { return try await body() }
        guard fetches.begin() else { throw .unavailable(reason: "REPLICA_BEHIND") }
        defer { fetches.end() }
        try await body()
    }
}

/// How many fetches are under way, and may be.
private final class Fetches: Sendable {
    private let free: Mutex<Int>

    init(_ limit: Int) { free = Mutex(limit) }

    func begin() -> Bool {
        free.withLock { free in
            guard free > 0 else { return false }
            free -= 1
            return true
        }
    }

    func end() { free.withLock { $0 += 1 } }
}
