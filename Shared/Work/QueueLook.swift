import Postgres
import Records
import Wire

/// A queue as whoever looks after the system sees it: what waits, what is under way, and whether it stands still.
public struct QueueLook: Sendable {
    /// What is counted.
    private enum Column: String {
        case waiting, later, oldest
        case underWay = "under_way"
    }

    /// Rows that are counted.
    private static let most = 10_000
    /// Microseconds after which what nobody has taken stands still: instances look twice a second.
    private static let patience: Int64 = 5 * 60 * 1_000_000

    private let table: String
    private let open: SQL

    /// The queue in `table`; `open` says which rows are still to be worked on, as its ``LeasedQueue`` does.
    public init(_ table: String, open: SQL = "TRUE") {
        self.table = table
        self.open = open
    }

    /// How it is, as far as the transaction sees its rows.
    public func state(_ database: Database, _ tx: Transaction) throws -> QueueState {
        let now = database.clock.now
        let rows = try tx.query(
            """
            SELECT count(*) FILTER (WHERE NOT held AND due_at <= \(now.sqlValue)) AS waiting, \
            count(*) FILTER (WHERE held) AS under_way, \
            count(*) FILTER (WHERE NOT held AND due_at > \(now.sqlValue)) AS later, \
            min(due_at) FILTER (WHERE NOT held AND due_at <= \(now.sqlValue)) AS oldest \
            FROM (SELECT due_at, coalesce(lease_until > \(now.sqlValue), false) AS held \
            FROM \(identifier: database.schema).\(identifier: table) WHERE \(open) \
            ORDER BY due_at LIMIT \(Self.most)) work
            """)
        var state = QueueState()
        state.queue = table
        guard let row = rows.first else { return state }
        state.waiting = try row.int64(Column.waiting)
        state.underWay = try row.int64(Column.underWay)
        state.later = try row.int64(Column.later)
        if let oldest = try row.optionalTimestamp(Column.oldest) {
            state.oldestDueAt = Timestamp(microseconds: oldest)
            state.standsStill = now.microseconds - oldest > Self.patience
        }
        return state
    }
}
