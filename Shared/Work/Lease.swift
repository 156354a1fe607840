import Postgres
import RPC
import Records
import Wire

/// A queue's table and the column that names its rows, quoted.
struct QueueTable: Sendable {
    let name: String
    let key: String

    init(_ schema: String, _ table: String, key: String) {
        name = "\(SQL.quoted(identifier: schema)).\(SQL.quoted(identifier: table))"
        self.key = SQL.quoted(identifier: key)
    }
}

/// A row that an instance has taken from a ``LeasedQueue``, and the one way to say what becomes of it.
///
/// Everything here is part of the caller's transaction: when that is rolled back the row is leased as before. A row that
/// another instance has taken over meanwhile is not this one's to end: ``hold(in:)`` says so (`Problem.isLeaseLost`), the
/// others have the transaction fail at its next answer or its commit.
public struct Lease: Sendable {
    /// The row's key.
    public let row: String
    /// How often the row was taken since it was added, this time included. By it a service gives work up that kills
    /// whoever takes it.
    public let takings: Int
    let table: QueueTable
    let owner: String

    /// The condition, over the queue's table, under which a statement of the work concerns this row, and only while it is
    /// this instance's.
    public var held: SQL { "\(raw: table.key) = \(row) AND owner = \(owner)" }

    /// Selects the row while it is this instance's, and keeps it so for the rest of the transaction: nobody takes the row
    /// over, and the leases of this instance are renewed all the same. Holds side by side do not wait for each other.
    public var holding: SQL { "SELECT 1 FROM \(raw: table.name) WHERE \(held) FOR KEY SHARE" }

    /// Part of every transaction of the work that does not change the row: an instance whose row another has taken over
    /// writes nothing. It is told by a problem (`Problem.isLeaseLost`).
    public func hold(in tx: Transaction) throws { try check(tx.query(holding)) }

    /// The same for work that asks ``holding`` together with what it reads, by its answer.
    public func check(_ answer: Rows) throws {
        guard !answer.isEmpty else { throw Problem.leaseLost }
    }

    /// The work is done: the row goes.
    public func complete(in tx: Transaction) {
        tx.send("DELETE FROM \(raw: table.name) WHERE \(held)", expecting: 1)
    }

    /// The work is to be retried after a pause, and not before `time`, by whichever instance is free then.
    public func retry(after pause: Duration = .zero, notBefore time: Timestamp? = nil, in tx: Transaction) {
        tx.send(
            """
            UPDATE \(raw: table.name) SET owner = NULL, lease_until = NULL, \
            due_at = greatest(statement_timestamp() + \(pause.interval), \(time?.sqlValue ?? .null)::timestamptz) \
            WHERE \(held)
            """, expecting: 1)
    }

    /// Gives the row back as it is. It is taken again at once, unless the same transaction has taken it out of what the
    /// queue works on.
    public func release(in tx: Transaction) { tx.send(freeing, expecting: 1) }

    var freeing: SQL { "UPDATE \(raw: table.name) SET owner = NULL, lease_until = NULL WHERE \(held)" }
}

extension Problem {
    private static let leaseLostReason = "LEASE_LOST"

    static var leaseLost: Problem {
        Problem(
            .aborted,
            Text(en: "Another instance has taken this work over.", ko: "다른 인스턴스가 이 작업을 이어받았습니다."),
            reason: leaseLostReason)
    }

    /// Whether work met this because another instance has taken its row over, as this one had fallen silent.
    public var isLeaseLost: Bool { reason == Self.leaseLostReason }
}

extension Duration {
    /// As an interval of the database, to the microsecond.
    var interval: SQL { "\(Int64(self / .microseconds(1)))::int8 * interval '1 microsecond'" }
}
