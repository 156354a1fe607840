import Ground
import PlaybooksWire
import Postgres
import RPC
import Records
import Wire
import Work

/// The playbooks of one service: what it puts into its `Assembly`.
public final class Playbooks: Sendable {
    /// The schema that holds definitions and runs.
    public let database: Database
    /// The service's tables: parents of runs, and what activities make and choose from.
    public let tables: [String: PlaybookTable]
    /// Tables of other services in which activities make records.
    public let remote: [String: RemoteTable]
    /// Kinds of activity, by their keys.
    public let kinds: [String: ActivityKind]
    let people: PlaybookPeople
    /// The days that working days leave out for a parent record, besides those of a playbook's calendar.
    let holidays: @Sendable (any RecordMessage, Transaction) throws -> [CivilDate]
    let library: PlaybookLibrary
    /// Migrations that have yet to be carried out.
    let migrationQueue: LeasedQueue

    /// The playbooks of the service of `database`. Rules of its records find them there.
    public init(
        _ database: Database, tables: [PlaybookTable], remote: [RemoteTable] = [], kinds: [ActivityKind],
        people: PlaybookPeople,
        holidays: @escaping @Sendable (any RecordMessage, Transaction) throws -> [CivilDate] = { _, _ in [] }
    ) {
        self.database = database
        self.tables = Dictionary(uniqueKeysWithValues: tables.map { ($0.schema.table, $0) })
        self.remote = Dictionary(uniqueKeysWithValues: remote.map { ($0.schema.table, $0) })
        self.kinds = Dictionary(uniqueKeysWithValues: kinds.map { ($0.key, $0) })
        self.people = people
        self.holidays = holidays
        library = PlaybookLibrary(database.schema, self.kinds, self.tables.mapValues(\.schema))
        migrationQueue = LeasedQueue(database, table: MigrationCalls.table, key: PlaybookColumn.id.rawValue, limit: 2)
        database.companion(PlaybookPlace.init).put(self)
    }

    /// The playbooks of a database; nil when its service has none.
    public static func of(_ database: Database) -> Playbooks? { database.companion(PlaybookPlace.init).playbooks }
}
