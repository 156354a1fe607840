import Events
import Ground
import Postgres
import RPC
import Wire

/// A copy of some fields of another service's records, kept in this service's schema and fed by their events: declared
/// here, carried out by a ``ReplicaSet``.
///
/// Its table has `id`, `revision`, `domain` and one column per field. It can be rebuilt from the owner at any time.
public struct Replica: Sendable {
    /// Whose pages may show it. Rules of the service look at all of it.
    public enum Readers: Sendable {
        /// Everybody who may read the records at their owner, as far as the caller's scope reaches.
        case everybody
        /// Of those, nobody of a customer.
        case provider
        /// Nobody: it is there for rules alone.
        case rules
    }

    /// What follows from a change of a record, in the transaction that stores it and in the scope of its event.
    public typealias Effect<R> =
        @Sendable (_ record: R, _ event: RecordEvent, _ context: WriteContext, _ tx: Transaction) throws -> Void

    let table: String
    let fields: [String]
    let readers: Readers
    let person: PersonRecord?
    let made: @Sendable (Database) -> any KeptReplica

    /// Copies of `R`.
    /// - Parameters:
    ///   - fields: what is copied besides id, revision and domain; each is a column of the table.
    ///   - readers: whose pages may show it.
    ///   - person: how the records stand for people, as their owner says.
    ///   - get: the owner's method for one record, asked for what a reference names and no event has brought yet.
    ///   - list: the owner's method for all of them, asked when an operator has the replica rebuilt.
    ///   - effect: what follows from a change.
    public init<R: RecordMessage, Page: ListResponse>(
        _ type: R.Type, fields: [R.Field], readers: Readers, person: PersonRecord? = nil, get: Method<GetRequest, R>,
        list: Method<ListRequest, Page>, then effect: Effect<R>? = nil
    ) where Page.Resource == R {
        table = R.schema.table
        let names = fields.map(\.rawValue)
        self.fields = names
        self.readers = readers
        self.person = person
        made = { database in
            OwnedReplica(
                table: ReplicaTable(type, fields: names, database), get: get, list: list, effect: effect)
        }
    }
}

/// A replica at work, whatever its records are.
protocol KeptReplica: Sendable {
    /// The service whose records they are.
    var owner: String { get }
    /// Their dictionary.
    var schema: RecordSchema { get }
    /// Keeps the copies current.
    var handler: EventHandler { get }
    /// Asks the owner for one record and stores it.
    func fetch(_ id: String, from owner: OwnerAccess) async throws(Problem)
    /// Asks the owner for the records that match `filter`, as many as fit on one page, and stores them.
    func fetch(where filter: String, from owner: OwnerAccess) async throws(Problem)
    /// Stores a record that the owner answered elsewhere.
    func store(_ record: any RecordMessage) async throws(Problem)
    /// Whether there is a copy of the record `id`.
    func holds(_ id: String) async throws(Problem) -> Bool
    /// Compares the copies with the next page of the owner's records.
    func compare(from place: RebuildPlace, with owner: OwnerAccess) async throws(Problem) -> RebuildStep
}

/// How the owners of replicas are asked: as the service, since a copy must be whole. Whether somebody may see it is
/// decided when it is read.
struct OwnerAccess: Sendable {
    let client: Client
    let own: Credential?
    /// How long one question may take.
    let patience: Duration?

    func ask<Request: Message, Answer: Message>(
        _ method: Method<Request, Answer>, _ request: Request
    ) async throws(Problem) -> Answer {
        try await client.call(method, request, as: own, deadline: patience)
    }
}

/// A replica with the methods of its owner.
struct OwnedReplica<R: RecordMessage, Page: ListResponse>: KeptReplica where Page.Resource == R {
    let table: ReplicaTable<R>
    let get: Method<GetRequest, R>
    let list: Method<ListRequest, Page>
    let effect: Replica.Effect<R>?

    /// How many records are asked for at once.
    private static var pageSize: Int { 500 }

    var owner: String { R.schema.service }
    var schema: RecordSchema { R.schema }
    var handler: EventHandler { table.handler(then: effect) }

    func fetch(_ id: String, from owner: OwnerAccess) async throws(Problem) {
        var request = GetRequest()
        request.id = id
        try await table.store([owner.ask(get, request)])
    }

    func fetch(where filter: String, from owner: OwnerAccess) async throws(Problem) {
        var request = ListRequest()
        request.filter = filter
        request.pageSize = 1_000
        try await table.store(owner.ask(list, request).resources)
    }

    func store(_ record: any RecordMessage) async throws(Problem) {
        guard let record = record as? R else {
            throw .internalError(cause: "\(R.schema.table) is not what \(type(of: record)) is")
        }
        try await table.store([record])
    }

    func holds(_ id: String) async throws(Problem) -> Bool { try await table.holds(id) }

    /// Newer revisions win, so nothing is lost of what events bring meanwhile; and of what lies between the records of
    /// the page the owner is asked one by one, since an event may have brought it after the page was read.
    func compare(from place: RebuildPlace, with owner: OwnerAccess) async throws(Problem) -> RebuildStep {
        var request = ListRequest()
        request.orderBy = "id"
        request.pageSize = Int32(Self.pageSize)
        request.pageToken = place.token
        let page = try await owner.ask(list, request)
        let ids = page.resources.map(\.id)
        try await table.store(page.resources)
        let isLast = page.nextPageToken.isEmpty
        let end = isLast ? nil : ids.last
        var step = RebuildStep(
            next: isLast ? nil : RebuildPlace(token: page.nextPageToken, reached: end ?? place.reached),
            stored: ids.count)
        var start = place.reached
        while true {
            let doubtful = try await table.others(than: ids, from: start, to: end, limit: Self.pageSize)
            for id in doubtful where try await isGone(id, owner) { step.removed += 1 }
            guard doubtful.count == Self.pageSize else { return step }
            start = doubtful.last
        }
    }

    /// Whether the owner has no record `id`, whose copy goes then; a record that is there is stored.
    private func isGone(_ id: String, _ owner: OwnerAccess) async throws(Problem) -> Bool {
        do throws(Problem) {
            try await fetch(id, from: owner)
            return false
        } catch {
            guard error.code == .notFound else { throw error }
        }
        try await table.remove(id)
        return true
    }
}
