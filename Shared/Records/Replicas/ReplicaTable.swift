import Events
import Ground
import Postgres
import RPC
import Tenancy
import Wire

/// The table of a ``Replica``: how copies of `R` come in, from events and from answers of the owner, and go.
struct ReplicaTable<R: RecordMessage & Sendable>: Sendable {
    private let database: Database
    private let fields: [(index: Int, name: String)]
    private let table: String

    /// The table of the same name as `R`'s, with these fields as columns.
    init(_ type: R.Type, fields names: [String], _ database: Database) {
        self.database = database
        fields = names.map { name in
            guard let index = R.schema.index(of: name) else {
                preconditionFailure("\(R.schema.table) has no field \(name)")
            }
            return (index, name)
        }
        table = "\(SQL.quoted(identifier: database.schema)).\(SQL.quoted(identifier: R.schema.table))"
    }

    /// The handler that keeps the copies current; `then` runs behind each change, in its transaction.
    func handler(then effect: Replica.Effect<R>? = nil) -> EventHandler {
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
    func store(_ records: [R]) async throws(Problem) {
        try await database.transaction(as: service) { tx in
            for record in records { tx.send(upsert(record, revision: Int64(record.etag) ?? 0)) }
        }
    }

    /// Removes what the owner says is no longer there.
    func remove(_ id: String) async throws(Problem) {
        try await database.transaction(as: service) { tx in
            for statement in removal(of: id) { tx.send(statement) }
        }
    }

    /// The ids of at most `limit` copies behind `start` and up to `end`, where these are given, but for `known`.
    func others(
        than known: [String], from start: String?, to end: String?, limit: Int
    ) async throws(Problem) -> [String] {
        try await database.transaction(as: service, readOnly: true) { tx in
            var condition: SQL = "id <> ALL(\(known)::uuid[])"
            if let start { condition += " AND id > \(start)::uuid" }
            if let end { condition += " AND id <= \(end)::uuid" }
            return try tx.query("SELECT id FROM \(raw: table) WHERE \(condition) ORDER BY id LIMIT \(limit)").map {
                try $0.string(ReferenceColumn.id)
            }
        }
    }

    /// Whether there is a copy of the record `id`.
    func holds(_ id: String) async throws(Problem) -> Bool {
        try await database.transaction(as: service, readOnly: true) { tx in
            try !tx.query("SELECT FROM \(raw: table) WHERE id = \(id)").isEmpty
        }
    }

    private var service: Caller { .service(database.service, domain: .root) }

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
