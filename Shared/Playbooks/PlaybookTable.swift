import Filters
import Ground
import Postgres
import RPC
import Records
import Wire

/// A table of the service as playbooks use it: its records found, made and changed by the names of their fields, in text
/// form.
public struct PlaybookTable: Sendable {
    /// Its dictionary.
    public let schema: RecordSchema
    /// What conditions over its records may name.
    let filterFields: [FilterField]
    /// Finds a record under the scope of the transaction, locked for a change where asked.
    let find: @Sendable (String, Bool, Transaction) throws -> (any RecordMessage)?
    /// Makes a record; answers it.
    let create: @Sendable ([String: String], WriteContext, Transaction) throws -> any RecordMessage
    /// Changes fields of a record as a request would; answers it.
    let update: @Sendable (String, [String: String], WriteContext, Transaction) throws -> any RecordMessage
    /// Ends a record: closed with notes, or canceled.
    let end: @Sendable (String, RecordEnd, WriteContext, Transaction) throws -> Void

    /// The table of `R`.
    public init<R: Record>(_ type: R.Type, _ database: Database) {
        schema = R.schema
        let store = Store<R>(database)
        filterFields = store.filterFields
        find = { id, lock, tx in try store.find(id, lock: lock ? .update : .none, in: tx) }
        create = { values, context, tx in
            var record = R()
            try record.enter(values)
            return try store.create(record, context, in: tx)
        }
        update = { id, values, context, tx in
            var record = R()
            try record.enter(values)
            record[fieldAt: R.schema.index(of: "id") ?? 0] = .string(id)
            return try store.update(record, mask: FieldMask(paths: values.keys.sorted()), context, in: tx)
        }
        end = { id, end, context, tx in
            guard let record = try store.find(id, lock: .update, in: tx), !record.hasEnded else {
                return
            }
            var request = CloseRequest()
            request.id = id
            switch end {
            case .canceled: _ = try store.close(request, into: "canceled", context, in: tx)
            case .closed(let notes):
                request.closeNotes = notes
                _ = try store.close(request, context, in: tx)
            }
        }
    }
}

/// How what an activity made is ended.
public enum RecordEnd: Sendable, Equatable {
    case closed(notes: String)
    case canceled
}

extension RecordMessage {
    /// The text of a field; empty when there is none.
    func text(_ field: String) -> String { Self.schema.index(of: field).map { self[fieldAt: $0].text } ?? "" }

    /// Whether it is closed or canceled; what cannot end has not.
    var hasEnded: Bool { text("active") == "false" }

    /// The value of a field as a filter compares it.
    func filterValue(_ field: String) -> FilterValue {
        guard let index = Self.schema.index(of: field) else { return .null }
        return self[fieldAt: index].filterValue(Self.schema.fields[index].type)
    }

    /// Sets fields to values in text form, an empty text taking a value away. INVALID_ARGUMENT names what does not fit.
    mutating func enter(_ values: [String: String]) throws(Problem) {
        for (name, text) in values.sorted(by: { $0.key < $1.key }) {
            guard let index = Self.schema.index(of: name) else {
                throw .invalid(
                    field: "\(Self.schema.table).\(name)",
                    Text(en: "There is no such field.", ko: "이러한 필드가 없습니다."))
            }
            self[fieldAt: index] = try Self.schema.fields[index].value(ofText: text, in: Self.schema.table)
        }
    }
}
