import Events
import Ground
import Postgres
import Synchronization
import Wire

/// The statements that create many records of one table at once, which have revision, time, person and domain in common:
/// that is sent once, for all that the server is sent it reads value by value.
final class CreationLayout<R: Record>: Sendable {
    /// The columns that each record has a value of its own for.
    private let own: [Int]
    private let head: String
    private let row: [String]
    private let schema: String
    /// By how many records; put together when they are first asked for.
    private let statements = Mutex<[Int: SQL]>([:])

    /// What is sent once, in this order.
    private enum Shared: Int, CaseIterable {
        case revision = 1
        case now, person, domain, table, entries, records, subject, trace, cause

        /// Where a statement names it.
        var name: String { "$\(rawValue)" }
    }

    /// Of a table with these columns behind `revision`.
    init(_ columns: [TableColumn], in table: String, _ selection: String, _ schema: String) {
        let fields: [(R.Field, Shared)] = [
            (.createdAt, .now), (.createdBy, .person), (.updatedAt, .now), (.updatedBy, .person), (.domain, .domain),
        ]
        let common = Dictionary(uniqueKeysWithValues: fields.map { ($0.rawValue, $1) })
        own = columns.filter { common[$0.name] == nil }.map(\.index)
        row = [Shared.revision.name] + columns.map { common[$0.name]?.name ?? "" }
        head = "INSERT INTO \(table) (\(selection)) VALUES "
        self.schema = SQL.quoted(identifier: schema)
    }

    /// The values of a record's own columns.
    func values(_ record: R) -> [SQLValue] { own.map { record[fieldAt: $0].sqlValue } }

    /// The statement for so many, to be filled with what they have in common, the own values of each, and id, record and
    /// payload of the event of each.
    func statement(of count: Int) -> SQL {
        statements.withLock { known in
            if let statement = known[count] { return statement }
            let statement = made(count)
            known[count] = statement
            return statement
        }
    }

    private func made(_ count: Int) -> SQL {
        var last = Shared.allCases.count
        func next() -> String {
            last += 1
            return "$\(last)"
        }
        let rows = (0..<count).map { _ in "(\(row.map { $0.isEmpty ? next() : $0 }.joined(separator: ", ")))" }
        let events = (0..<count).map { _ in "(\(next())::uuid, \(next())::uuid, \(next())::bytea)" }
        let text = """
            WITH written AS (\(head)\(rows.joined(separator: ", "))), \
            journaled AS (INSERT INTO \(schema).journal (id, table_name, record, domain, at, by, kind, cause) \
            SELECT e.id, \(Shared.table.name), e.record, \(Shared.domain.name), \(Shared.now.name), \(Shared.person.name), \
            \(SQL.quoted(literal: Journal.Kind.created.rawValue)), \(Shared.cause.name)::uuid \
            FROM unnest(\(Shared.entries.name)::uuid[], \(Shared.records.name)::uuid[]) AS e (id, record)) \
            INSERT INTO \(schema).outbox (event_id, domain, subject, record, trace, payload) \
            SELECT e.id, \(Shared.domain.name), \(Shared.subject.name), e.record, \(Shared.trace.name), e.payload \
            FROM (VALUES \(events.joined(separator: ", "))) AS e (id, record, payload)
            """
        return SQL(numbered: text, parameters: last)
    }
}
