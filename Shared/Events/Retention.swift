import Ground
import Logging
import Postgres
import Tenancy
import Wire

/// Removes what nobody can ask for any more from the tables that every service has. The journal is the audit and stays.
///
/// How long is what others rely on:
/// * *Answers* under request ids, 7 days: callers repeat within seconds, but a flow or an import that was interrupted
///   says its ids again when its service is back.
/// * *Sent events*, as long as the stream keeps them and a day more, from when they were last sent: a stream that is
///   lost is rebuilt from the outbox, so nothing goes that it may still hold. What was never sent stays.
/// * *Seen events*, twice as long, from when they last came: an event that was seen may be sent again as long as it is
///   in the outbox, and is then in the stream as long as that keeps it.
/// * *Who called*, 30 days from when it was last asked for: a person who calls is asked for all the time.
/// * *Attachments on their way*, a day from when they began: who sends one gives up sooner.
public struct Retention: Sendable {
    /// The rows of one table whose time is over.
    private struct Expiry {
        let table: String
        let column: String
        let age: Duration
        /// Which rows of the table; all unless said.
        var only: SQL?
    }

    private static let day: Duration = .seconds(24 * 3_600)
    private static let expiries = [
        Expiry(table: "request_log", column: "created_at", age: day * 7),
        Expiry(table: "outbox", column: "sent_at", age: EventStream.maximumAge + day),
        Expiry(table: "inbox", column: "at", age: (EventStream.maximumAge + day) * 2),
        Expiry(table: "standing", column: "asked_at", age: day * 30),
        Expiry(table: "attachment", column: "created_at", age: day, only: "NOT complete"),
    ]
    private static let look: Duration = .seconds(3_600)

    private let database: Database
    private let batch: Int

    /// The retention of one service's schema, which removes at most `batch` rows in a transaction: few enough that
    /// locks, write-ahead log and replicas of the server do not notice.
    public init(_ database: Database, batch: Int = 5_000) {
        self.database = database
        self.batch = batch
    }

    /// Removes at once and then every hour, until the task is cancelled. For the leader; two at a time do no harm.
    public func run() async {
        while !Task.isCancelled {
            do {
                let removed = try await removeExpired()
                if !removed.isEmpty {
                    let counts = removed.mapValues { Logger.MetadataValue.stringConvertible($0) }
                    database.log.info("old rows removed", metadata: counts)
                }
            } catch {
                database.log.warning("old rows stay for now", metadata: ["cause": "\(error)"])
            }
            try? await Task.sleep(for: Self.look)
        }
    }

    /// Removes everything whose time is over; answers how many rows of which table.
    public func removeExpired() async throws(PostgresError) -> [String: Int] {
        var removed: [String: Int] = [:]
        for expiry in Self.expiries {
            let count = try await remove(expiry)
            if count > 0 { removed[expiry.table] = count }
        }
        return removed
    }

    private func remove(_ expiry: Expiry) async throws(PostgresError) -> Int {
        let table: SQL = "\(identifier: database.schema).\(identifier: expiry.table)"
        let end = Timestamp(microseconds: database.clock.now.microseconds - expiry.age.components.seconds * 1_000_000)
        let isOld: SQL = "\(identifier: expiry.column) < \(end.sqlValue)"
        let isOver = expiry.only.map { isOld + " AND " + $0 } ?? isOld
        var total = 0
        while !Task.isCancelled {
            // Said twice: a row that the relay has marked as unsent meanwhile is looked at again, and stays.
            let rows = try await database.pool.run(
                """
                DELETE FROM \(table) WHERE \(isOver) AND ctid = ANY (ARRAY( \
                SELECT ctid FROM \(table) WHERE \(isOver) ORDER BY \(identifier: expiry.column) LIMIT \(batch)))
                """, settings: Scope.domain(.root).settings, timeout: .seconds(60))
            total += rows.affected
            guard rows.affected == batch else { break }
        }
        return total
    }
}
