import Filters
import Ground
import Postgres
import Records
import Roles
import Tenancy
import Wire

/// A table of the service for whose records there are cards: records found, drafted and changed by the names of their
/// fields, in text form.
public struct ActionTable: Sendable {
    /// Its dictionary.
    let schema: RecordSchema
    /// What conditions over its records may name.
    let filterFields: [FilterField]
    /// A record as the caller may see it; NOT_FOUND when there is none, PERMISSION_DENIED for who may not read the table.
    let get: @Sendable (String, Caller, Transaction) throws -> any RecordMessage
    /// A new record with what is entered so far.
    let draft: @Sendable ([String: String]) throws -> any RecordMessage
    /// Changes fields of a record as a request would; answers it.
    let update: @Sendable (_ id: String, _ etag: String, [String: String], RuleContext) throws -> any RecordMessage

    /// The table of `R`.
    public init<R: Record>(_ type: R.Type, _ database: Database) {
        schema = R.schema
        let store = Store<R>(database)
        filterFields = store.filterFields
        get = { id, caller, tx in try store.get(id, as: caller, in: tx) }
        draft = { values in
            var record = R()
            try record.enter(values)
            return record
        }
        update = { id, etag, values, context in
            var record = R()
            try record.enter(values)
            record.id = id
            record.etag = etag
            return try store.update(
                record, mask: FieldMask(paths: values.keys.sorted()), context.write, in: context.transaction)
        }
    }

    /// The field of that name that callers may write; nil when there is none.
    func writable(_ name: String) -> FieldSchema? {
        schema.field(name).flatMap { $0.outputOnly || $0.type == .journal ? nil : $0 }
    }
}
