import Events
import Postgres

/// Records on their way to be created together: the rows, journal entries and events of some dozens go out as one statement,
/// in a quarter of the time that one for each takes.
struct Creations<R: Record> {
    /// How many records one statement creates. Few sizes, so that each is prepared once.
    private static var sizes: [Int] { [125, 25, 5] }

    /// How many of so many are left to one statement.
    static func size(for left: Int) -> Int { sizes.first { $0 <= left } ?? 1 }

    private var rows: [[SQLValue]] = []
    private var entries: [Journal.Creation] = []
    private var events: [[SQLValue]] = []

    /// Takes a record: its row, its journal entry and its event.
    mutating func add(row: [SQLValue], entry: Journal.Creation, event: [SQLValue]) {
        rows.append(row)
        entries.append(entry)
        events.append(event)
    }

    /// Sends what fills the largest statement, so that the server has something to do.
    mutating func sendWhole(_ layout: TableLayout<R>, _ context: WriteContext, in tx: Transaction) {
        if let size = Self.sizes.first, rows.count >= size { send(layout, context, in: tx) }
    }

    /// Sends all that were taken, in their order.
    mutating func send(_ layout: TableLayout<R>, _ context: WriteContext, in tx: Transaction) {
        var first = 0
        while first < rows.count {
            let range = first..<first + Self.size(for: rows.count - first)
            let journal = Journal.values(entries[range], table: R.schema.table, context: context)
            tx.send(
                layout.creation(of: range.count).filled(
                    with: Array(rows[range].joined()) + journal + events[range].joined()))
            first = range.upperBound
        }
        rows.removeAll(keepingCapacity: true)
        entries.removeAll(keepingCapacity: true)
        events.removeAll(keepingCapacity: true)
    }
}

extension Record {
    /// Whether records of a batch are created together: none is looked at again behind its row, by a rule or for fields that
    /// other tables hold.
    static var isMadeAtOnce: Bool {
        storage.lookedUp.isEmpty && rules.allSatisfy { $0.phase != .after && $0.phase != .advice }
    }
}
