import Postgres
import RPC
import Tenancy
import Wire

/// What a service other than onboarding knows of the people who call it, in its own schema.
///
/// A row is made when somebody calls for the first time. Events of users, role grants and contacts do not change what is
/// known but make it forgotten, and count that they did: an answer that onboarding gave before an event can then not be
/// stored behind it, in whatever order the events of the three tables arrive, and however often. What is forgotten is
/// asked for again, so nothing has to be rebuilt by hand.
public struct StandingTable: Sendable {
    private let database: Database
    private let service: Caller
    private let table: SQL

    /// How long one look at the table may take: what a caller waits for before the request itself begins.
    private static let patience: Duration = .seconds(5)

    /// The table `standing` of the service's schema.
    public init(_ database: Database) {
        self.database = database
        service = .service(database.service, domain: .root)
        table = "\(identifier: database.schema).standing"
    }

    /// What is known of `subject`, and the number of changes heard of so far, to be handed to ``store(_:after:)``.
    public func find(_ subject: String) async throws(Problem) -> (standing: Standing?, changes: Int64) {
        let table = table
        let known = try await database.transaction(as: service, deadline: .after(Self.patience), readOnly: true) { tx in
            try tx.query("SELECT facts, changes FROM \(table) WHERE subject = \(subject)").first.map(Self.read)
        }
        if let known { return known }
        // From here on every event about the subject counts, also one that arrives while onboarding is being asked.
        return try await database.transaction(as: service, deadline: .after(Self.patience)) { tx in
            tx.send("INSERT INTO \(table) (subject) VALUES (\(subject)) ON CONFLICT DO NOTHING")
            let rows = try tx.query("SELECT facts, changes FROM \(table) WHERE subject = \(subject)")
            return try rows.first.map(Self.read) ?? (nil, 0)
        }
    }

    private static func read(_ row: Row) throws -> (standing: Standing?, changes: Int64) {
        (try row.optionalBytes("facts").map { try Standing.decode(protobuf: $0) }, try row.int64("changes"))
    }

    /// Keeps what onboarding answered; false when a change was heard of since ``find(_:)`` counted `changes`, so that
    /// the answer may be older than it.
    public func store(_ standing: Standing, after changes: Int64) async throws(Problem) -> Bool {
        let table = table
        return try await database.transaction(as: service, deadline: .after(Self.patience)) { tx in
            let contacts = standing.contacts.map(\.contact)
            let rows = try tx.query(
                """
                UPDATE \(table) SET facts = \(try standing.encodeProtobuf()), contacts = \(contacts)::uuid[] \
                WHERE subject = \(standing.user) AND changes = \(changes)
                """)
            return rows.affected == 1
        }
    }

    /// They forget whom an event speaks of.
    public var handlers: [EventHandler] {
        [
            forgetting(User.self) { $0.id }, forgetting(RoleGrant.self) { $0.user },
            forgetting(CustomerContact.self, wanted: Self.mayNameSomebody) { $0.user },
        ]
    }

    /// Contacts come in by the ten thousand; those who never named a user cost no transaction.
    private static func mayNameSomebody(_ event: RecordEvent) -> Bool {
        guard event.action == "created" else { return true }
        return (try? CustomerContact.decode(protobuf: event.record))?.user != nil
    }

    private func forgetting<R: RecordMessage>(
        _ type: R.Type, wanted: @escaping @Sendable (RecordEvent) -> Bool = { _ in true },
        _ subject: @escaping @Sendable (R) -> String?
    ) -> EventHandler {
        let table = table
        return EventHandler(
            "\(database.service)-standing-\(R.schema.table)", service: R.schema.service, record: R.schema.table,
            wanted: wanted
        ) { event, context, tx in
            let named = subject(try R.decode(protobuf: event.record)).flatMap { Validation.isUUID($0) ? $0 : nil }
            tx.sendScope(.domain(.root))
            // A contact that names somebody else by now is found by its id.
            tx.send(
                """
                UPDATE \(table) SET changes = changes + 1, facts = NULL, contacts = '{}' \
                WHERE subject = \(named)::uuid OR contacts @> ARRAY[\(event.id)]::uuid[]
                """)
            tx.sendScope(context.caller.scope)
        }
    }
}
