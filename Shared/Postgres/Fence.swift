/// Holds back what a former leader still has under way.
///
/// A leader that was frozen, or is cut off, goes on where it stood without knowing that another leads. So each leader has
/// a number, one more than the one before, in the table `leader` of the schema; and every transaction of its work makes
/// sure, in the database, that the number is still the latest. A new leader counts up only when no such transaction is
/// open, and ends those that are: from then on nothing of the former one is committed.
///
/// The check travels with the transaction's first statements and costs no round trip.
public struct Fence: Sendable, Equatable {
    /// What the work of the current task is done under; nil for work that is not a leader's. Transactions that are begun
    /// in the task, and in its children, make sure of it.
    @TaskLocal public static var current: Fence?

    private static let marker = "led by "

    private let table: SQL
    private let name: String
    private let number: Int64

    /// Makes the session's instance the leader `name`: ends what the one before has open, and counts up.
    init(raisedBy connection: PostgresConnection, schema: String, name: String, timeout: Duration) throws(PostgresError)
    {
        let lock = Self.lock(name)
        let table: SQL = "\(identifier: schema).leader"
        _ = try connection.execute(
            """
            SELECT count(pg_terminate_backend(pid)) FROM pg_locks WHERE locktype = 'advisory' AND mode = 'ShareLock' \
            AND granted AND objsubid = 1 AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) \
            AND (classid::int8 << 32) | objid::int8 = \(lock)
            """, timeout: timeout)
        var limit = Limit(deadline: .after(timeout))
        // One batch is one transaction.
        try connection.enqueue("SELECT pg_advisory_xact_lock(\(lock))", .discard)
        try connection.enqueue(
            """
            INSERT INTO \(table) AS known (name, number) VALUES (\(name), 1) \
            ON CONFLICT (name) DO UPDATE SET number = known.number + 1 RETURNING number
            """, .keep)
        guard let row = try connection.roundTrip(&limit).first?.first else {
            throw .decoding("the leader has no number")
        }
        self.table = table
        self.name = name
        number = try row.int64(Column.number)
    }

    private enum Column: String {
        case number
    }

    private static func lock(_ name: String) -> SQL { "hashtextextended('work of ' || \(name), 0)" }

    /// Queues the check. The lock comes first, in a statement of its own: what the second one sees then stays true to
    /// the end of the transaction.
    func enqueue(on connection: PostgresConnection) throws(PostgresError) {
        try connection.enqueue("SELECT pg_advisory_xact_lock_shared(\(Self.lock(name)))", .discard)
        // Only the cast of a text made from an aggregate is not folded away beforehand.
        try connection.enqueue(
            """
            SELECT CASE WHEN max(number) = \(number) THEN 0 \
            ELSE ('\(raw: Self.marker)' || coalesce(max(number), 0))::int4 END FROM \(table) WHERE name = \(name)
            """, .discard)
    }

    /// Recognises the refusal of the check.
    static func translate(_ error: PostgresError) -> PostgresError {
        // 22P02: invalid text for a type; the message quotes the text in every language.
        guard error.sqlState == "22P02", error.message.contains("\"" + marker) else { return error }
        var translated = error
        translated.kind = .leadershipLost
        // No value of anybody's was refused.
        translated.sqlState = nil
        translated.message = "another instance leads by now"
        return translated
    }
}
