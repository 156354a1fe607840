import Events
import Ground
import Postgres
import RPC
import Records
import StandingWire
import Tenancy
import Wire

/// What a service other than onboarding knows of the people who call it, in its own schema.
///
/// A row is made when somebody whom onboarding knows calls for the first time. Events of users, role grants and contacts
/// do not change what is known but make it forgotten, and count that they did: an answer that onboarding gave before an
/// event can then not be stored behind it, in whatever order the events of the three tables arrive, and however often.
/// What is forgotten is asked for again, so nothing has to be rebuilt by hand.
///
/// Events may be late: what is known is old after ``shelfLife`` and asked for again, whatever was heard.
public struct StandingTable: Sendable {
    /// What is known of somebody.
    public struct Known: Sendable {
        /// Nil when it has to be asked for.
        public let standing: Standing?
        /// How many changes were heard of, to be handed to ``StandingTable/store(_:after:)``.
        public let changes: Int64
        /// Whether what is known was asked for longer than ``StandingTable/shelfLife`` ago.
        public let isOld: Bool
    }

    /// How old what is known may become before it is asked for again.
    public static let shelfLife: Duration = .seconds(30)

    private let database: Database
    private let service: Caller
    private let table: SQL
    private let shelfLife: Duration

    /// How long one look at the table may take: what a caller waits for before the request itself begins.
    private static let patience: Duration = .seconds(5)

    /// The table `standing` of the service's schema; what it knows is old after `shelfLife`.
    public init(_ database: Database, shelfLife: Duration = StandingTable.shelfLife) {
        self.database = database
        self.shelfLife = shelfLife
        service = .service(database.service, domain: .root)
        table = "\(identifier: database.schema).standing"
    }

    private enum Column: String {
        case facts, changes, old
    }

    /// What is known of `subject`; nil for somebody who has no row. Writes nothing.
    public func find(_ subject: String) async throws(Problem) -> Known? {
        let table = table
        let oldest = Double(shelfLife.components.seconds)
        return try await database.transaction(
            as: service, deadline: .after(Self.patience), readOnly: true
        ) { tx in
            let rows = try tx.query(
                """
                SELECT facts, changes, asked_at <= now() - make_interval(secs => \(oldest)) AS old FROM \(table) \
                WHERE subject = \(subject)
                """)
            return try rows.first.map { row in
                Known(
                    standing: try row.optionalBytes(Column.facts).map { try Standing.decode(protobuf: $0) },
                    changes: try row.int64(Column.changes), isOld: try row.bool(Column.old))
            }
        }
    }

    /// Makes the row of somebody whom onboarding knows. From here on every event about the subject counts, also one that
    /// arrives while onboarding is being asked; no row before it had the number it begins with.
    public func expect(_ subject: String) async throws(Problem) {
        let table = table
        try await database.transaction(as: service, deadline: .after(Self.patience)) { tx in
            tx.send(
                """
                INSERT INTO \(table) (subject, changes) \
                VALUES (\(subject), (extract(epoch FROM clock_timestamp()) * 1000000)::bigint) ON CONFLICT DO NOTHING
                """)
        }
    }

    /// Forgets somebody whom onboarding no longer knows, for good.
    public func remove(_ subject: String) async throws(Problem) {
        let table = table
        try await database.transaction(as: service, deadline: .after(Self.patience)) { tx in
            tx.send("DELETE FROM \(table) WHERE subject = \(subject)")
        }
    }

    /// Keeps what onboarding answered; false when a change was heard of since ``find(_:)`` counted `changes`, so that
    /// the answer may be older than it.
    public func store(_ standing: Standing, after changes: Int64) async throws(Problem) -> Bool {
        let table = table
        return try await database.transaction(as: service, deadline: .after(Self.patience)) { tx in
            let contacts = standing.contacts.map(\.contact)
            let rows = try tx.query(
                """
                UPDATE \(table) SET facts = \(try standing.encodeProtobuf()), contacts = \(contacts)::uuid[], \
                asked_at = now() WHERE subject = \(standing.user) AND changes = \(changes)
                """)
            return rows.affected == 1
        }
    }

    /// They forget whom an event speaks of.
    public var handlers: [EventHandler] {
        [
            forgetting("user") { $0.id },
            forgetting("role_grant") { try GrantHolder.decode(protobuf: $0.record).user },
            forgetting("customer_contact", wanted: Self.mayNameSomebody) {
                try ContactHolder.decode(protobuf: $0.record).user
            },
        ]
    }

    /// Contacts come in by the ten thousand; those who never named a user cost no transaction.
    private static func mayNameSomebody(_ event: RecordEvent) -> Bool {
        guard event.action == "created" else { return true }
        return (try? ContactHolder.decode(protobuf: event.record))?.user != nil
    }

    /// - Parameter subject: whom an event of the table is about.
    private func forgetting(
        _ owned: String, wanted: @escaping @Sendable (RecordEvent) -> Bool = { _ in true },
        _ subject: @escaping @Sendable (RecordEvent) throws -> String?
    ) -> EventHandler {
        let table = table
        return EventHandler(
            "\(database.service)-standing-\(owned)", service: PeopleReplica.standing.service, record: owned,
            wanted: wanted
        ) { event, context, tx in
            let named = try subject(event).flatMap { Validation.isUUID($0) ? $0 : nil }
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
