import Ground
import Identity
import PlaybooksWire
import Postgres
import RPC
import Records
import Tenancy
import Wire
import Work

/// The playbooks of one service: what it puts into its `Assembly`.
public struct Playbooks: Sendable {
    /// The schema that holds definitions and runs.
    public let database: Database
    /// The service's tables: parents of runs, and what activities make and choose from.
    public let tables: [String: PlaybookTable]
    /// Tables of other services in which activities make records.
    public let remote: [String: RemoteTable]
    /// Kinds of activity, by their keys.
    public let kinds: [String: ActivityKind]

    /// The playbooks of the service of `database`.
    public init(
        _ database: Database, tables: [PlaybookTable], remote: [RemoteTable] = [], kinds: [ActivityKind]
    ) {
        self.database = database
        self.tables = Dictionary(uniqueKeysWithValues: tables.map { ($0.schema.table, $0) })
        self.remote = Dictionary(uniqueKeysWithValues: remote.map { ($0.schema.table, $0) })
        self.kinds = Dictionary(uniqueKeysWithValues: kinds.map { ($0.key, $0) })
    }
}
