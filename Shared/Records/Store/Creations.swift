import Events
import Ground
import Postgres
import Wire

/// Records on their way to be created together: the rows, journal entries and events of some dozens go out as one statement,
/// in a quarter of the time that one for each takes. What all of them have in common is sent once.
struct Creations<R: Record> {
    /// How many records one statement creates. Few sizes, so that each is prepared once.
    private static var sizes: [Int] { [125, 25, 5] }

    /// How many of so many are left to one statement.
    static func size(for left: Int) -> Int { sizes.first { $0 <= left } ?? 1 }

    /// A record on its way.
    private struct Item {
        let id, domain: String
        /// What it does not have in common with others that are created with it, as ``CreationLayout`` has the columns.
        let row: [SQLValue]
        let journalID, eventID, subject: String
        let payload: [UInt8]
    }

    private var items: [Item] = []

    /// Takes a record and its event, which is one of `service`.
    mutating func add(
        _ record: R, _ event: RecordEvent, of service: String, _ layout: TableLayout<R>, _ context: WriteContext
    ) throws {
        // Records that follow each other mostly are of one domain.
        let known = items.last.flatMap { $0.domain == record.domain ? $0.subject : nil }
        items.append(
            Item(
                id: record.id, domain: record.domain, row: layout.atOnce.values(record),
                journalID: RecordID.make(at: context.now),
                eventID: event.eventID, subject: known ?? Outbox.subject(event, service: service),
                payload: try event.encodeProtobuf()))
    }

    /// Sends what fills the largest statement, so that the server has something to do.
    mutating func sendWhole(_ layout: TableLayout<R>, _ context: WriteContext, in tx: Transaction) {
        if let size = Self.sizes.first, items.count >= size { send(layout, context, in: tx) }
    }

    /// Sends all that were taken, in their order.
    mutating func send(_ layout: TableLayout<R>, _ context: WriteContext, in tx: Transaction) {
        var rest = items[...]
        while let first = rest.first {
            let alike = rest.prefix { $0.domain == first.domain }
            let batch = alike.prefix(Self.size(for: alike.count))
            let shared: [SQLValue] = [
                .int(1), context.now.sqlValue, .text(context.caller.subject), .text(first.domain),
                .text(R.schema.table), .textArray(batch.map(\.journalID)), .textArray(batch.map(\.id)),
                .text(first.subject), context.trace.sqlValue,
                context.cause.sqlValue,
            ]
            let events = batch.flatMap { [.text($0.eventID), .text($0.id), .bytes($0.payload)] as [SQLValue] }
            tx.send(layout.atOnce.statement(of: batch.count).filled(with: shared + batch.flatMap(\.row) + events))
            rest = rest.dropFirst(batch.count)
        }
        items.removeAll(keepingCapacity: true)
    }
}

extension Record {
    /// Whether records of a batch are created together: none is looked at again behind its row, by a rule or for fields that
    /// other tables hold.
    static var isMadeAtOnce: Bool {
        storage.lookedUp.isEmpty && rules.allSatisfy { $0.phase != .after && $0.phase != .advice }
    }
}
