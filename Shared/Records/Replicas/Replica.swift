import Events
import Ground
import NATS
import Postgres
import RPC
import Tenancy
import Wire

/// A copy of some fields of another service's records, kept in this service's schema and fed by their events.
///
/// Its table has `id`, `revision`, `domain` and one column per field. It can be rebuilt from the owner at any time.
public struct Replica<R: RecordMessage & Sendable>: Sendable {
    private let database: Database
    private let fields: [(index: Int, name: String)]
    private let table: String

    /// The replica of `R` with these fields, in the table of the same name.
    public init(_ type: R.Type, fields names: [String], _ database: Database) {
        self.database = database
        fields = names.map { name in
            guard let index = R.schema.index(of: name) else {
                preconditionFailure("\(R.schema.table) has no field \(name)")
            }
            return (index, name)
        }
        table = "\(SQL.quoted(identifier: database.schema)).\(SQL.quoted(identifier: R.schema.table))"
        database.tables.register(replica: R.schema.table, columns: Set(names + ["id", "domain"]))
    }

    /// The handler that keeps the replica current; `then` runs behind each change, in its transaction.
    public func handler(
        then effect: (@Sendable (R, RecordEvent, WriteContext, Transaction) throws -> Void)? = nil
    ) -> EventHandler {
        EventHandler(
            "\(database.service)-replica-\(R.schema.table)", service: R.schema.service, record: R.schema.table
        ) { event, context, tx in
            let record = try R.decode(protobuf: event.record)
            // The record may have come from another domain, where the event's own scope does not reach its row.
            tx.sendScope(.domain(.root))
            if event.action == "deleted" {
                for statement in removal(of: event.id) { tx.send(statement) }
            } else {
                tx.send(upsert(record, revision: event.revision))
            }
            tx.sendScope(context.caller.scope)
            try effect?(record, event, context, tx)
        }
    }

    /// Stores what the owner answered.
    public func store(_ record: R) async throws(Problem) {
        try await database.transaction(as: .service(database.service, domain: .root)) { tx in
            tx.send(upsert(record, revision: Int64(record.etag) ?? 0))
        }
    }

    /// Reads all records from the owner, page by page, and stores them; what the owner no longer has is removed.
    /// `list` asks the owner, as somebody who sees everything. Holds the ids of the replica in memory.
    public func rebuild(
        _ list: (_ pageToken: String) async throws(Problem) -> (records: [R], next: String)
    ) async throws(Problem) -> Int {
        let service = Caller.service(database.service, domain: .root)
        // Only what was here before the owner was asked can be out of date: what comes by event meanwhile stays.
        var gone = try await database.transaction(as: service, readOnly: true) { tx in
            Set(try tx.query("SELECT id FROM \(raw: table)").map { try $0.string(at: 0) })
        }
        var count = 0
        var token = ""
        repeat {
            let page = try await list(token)
            let records = page.records
            try await database.transaction(as: service) { tx in
                for record in records { tx.send(upsert(record, revision: Int64(record.etag) ?? 0)) }
            }
            for record in records { gone.remove(record.id) }
            count += records.count
            token = page.next
        } while !token.isEmpty
        let rest = gone.sorted()
        for start in stride(from: 0, to: rest.count, by: 1_000) {
            let ids = Array(rest[start..<min(start + 1_000, rest.count)])
            try await database.transaction(as: service) { tx in
                tx.send("DELETE FROM \(raw: table) WHERE id = ANY(\(ids)::uuid[])")
            }
        }
        return count
    }

    /// Under this name the inbox remembers the records that were deleted: what arrives late does not bring them back.
    private var graveyard: String { "\(database.service)-deleted-\(R.schema.table)" }

    private func removal(of id: String) -> [SQL] {
        [
            "DELETE FROM \(raw: table) WHERE id = \(id)",
            """
            INSERT INTO \(identifier: database.schema).inbox (consumer, event_id, domain) \
            VALUES (\(graveyard), \(id), \(DomainPath.root.path)) ON CONFLICT DO NOTHING
            """,
        ]
    }

    /// Newer revisions win, whatever the order of arrival.
    private func upsert(_ record: R, revision: Int64) -> SQL {
        var columns: SQL = "id, revision, domain"
        var values: SQL = "\(record.id)::uuid, \(revision)::bigint, \(record.domain)"
        var updates: SQL = "revision = excluded.revision, domain = excluded.domain"
        for field in fields {
            columns += ", \(identifier: field.name)"
            values += ", \(record[fieldAt: field.index].sqlValue)"
            updates += ", \(identifier: field.name) = excluded.\(identifier: field.name)"
        }
        return """
            INSERT INTO \(raw: table) AS stored (\(columns)) SELECT \(values) WHERE NOT EXISTS (\
            SELECT 1 FROM \(identifier: database.schema).inbox \
            WHERE consumer = \(graveyard) AND event_id = \(record.id)) \
            ON CONFLICT (id) DO UPDATE SET \(updates) WHERE stored.revision < excluded.revision
            """
    }
}
