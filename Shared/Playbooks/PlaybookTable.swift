import Filters
import Ground
import PlaybooksWire
import Postgres
import RPC
import Records
import Wire

/// A table of the service as playbooks use it: its records found, made and changed by the names of their fields.
public struct PlaybookTable: Sendable {
    /// Its dictionary.
    public let schema: RecordSchema
    /// Finds a record under the scope of the transaction, locked for a change where asked.
    let find: @Sendable (String, Bool, Transaction) throws -> (any RecordMessage)?
    /// Makes a record of values in text form.
    let create: @Sendable ([String: String], WriteContext, Transaction) throws -> any RecordMessage
    /// Changes fields of a record to values in text form.
    let change: @Sendable (String, [String: String], WriteContext, Transaction) throws -> any RecordMessage

    /// The table of `R`.
    public init<R: Record>(_ type: R.Type, _ database: Database) {
        schema = R.schema
        let store = Store<R>(database)
        find = { id, lock, tx in try store.find(id, lock: lock ? .update : .none, in: tx) }
        create = { values, context, tx in
            var record = R()
            try record.enter(values)
            return try store.create(record, context, in: tx)
        }
        change = { id, values, context, tx in
            try store.change(id, context, in: tx) { try $0.enter(values) }
        }
    }
}

extension RecordMessage {
    /// Sets fields to values in text form, an empty text taking a value away. INVALID_ARGUMENT names what does not fit.
    mutating func enter(_ values: [String: String]) throws(Problem) {
        for (name, text) in values.sorted(by: { $0.key < $1.key }) {
            guard let index = Self.schema.index(of: name) else { continue }
            self[fieldAt: index] = try Self.schema.fields[index].value(ofText: text, in: Self.schema.table)
        }
    }
}
