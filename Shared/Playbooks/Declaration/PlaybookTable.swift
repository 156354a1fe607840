import Filters
import Ground
import Postgres
import RPC
import Records
import Tenancy
import Wire

/// A table of the service as playbooks use it: its records found, made and changed by the names of their fields, in text
/// form.
public struct PlaybookTable: Sendable {
    /// Its dictionary.
    public let schema: RecordSchema
    /// What conditions over its records may name.
    let filterFields: [FilterField]
    /// Whether runs are about its records; else activities only make and choose them.
    let carriesRuns: Bool
    /// Finds a record under the scope of the transaction, locked for a change where asked.
    let find: @Sendable (String, Bool, Transaction) throws -> (any RecordMessage)?
    /// The same, locked, as a statement that is asked with others; nil for what cannot be an id. `record` reads its row.
    let locking: @Sendable (String) -> SQL?
    let record: @Sendable (Row) throws -> any RecordMessage
    /// Finds records under the scope of the transaction.
    let findAll: @Sendable ([String], Transaction) throws -> [any RecordMessage]
    /// A record of the table without what the caller may not read.
    let projected: @Sendable (any RecordMessage, Caller) -> any RecordMessage
    /// Makes a record; answers it.
    let create: @Sendable ([String: String], WriteContext, Transaction) throws -> any RecordMessage
    /// Changes fields of a record as a request would; answers it.
    let update: @Sendable (String, [String: String], WriteContext, Transaction) throws -> any RecordMessage
    /// Sets the field of a record that names its open run, where the table has one; nil for no run.
    let name: @Sendable (_ run: String?, _ record: String, WriteContext, Transaction) throws -> Void
    /// Ends a record: closed with notes, or canceled.
    let end: @Sendable (String, RecordEnd, WriteContext, Transaction) throws -> Void

    /// The table of `R`. Runs are about records whose rules tell of their changes (``Playbooks/parentChanged(_:from:_:)``); of
    /// others that activities make and choose, `carriesRuns` is false.
    /// `completing` says what a record that activities make has besides what was entered.
    public init<R: Record>(
        _ type: R.Type, _ database: Database, carriesRuns: Bool = true,
        completing: @escaping @Sendable (inout R, Transaction) throws -> Void = { _, _ in }
    ) {
        schema = R.schema
        self.carriesRuns = carriesRuns
        let store = Store<R>(database)
        filterFields = store.filterFields
        find = { id, lock, tx in try store.find(id, lock: lock ? .update : .none, in: tx) }
        locking = { store.locking($0) }
        record = { try store.record($0) }
        findAll = { ids, tx in try store.find(where: "id = ANY(\(ids)::uuid[])", in: tx) }
        projected = { record, caller in (record as? R).map { store.projected($0, for: caller) } ?? record }
        create = { values, context, tx in
            var record = R()
            try record.enter(values)
            try completing(&record, tx)
            // A definition has said who they are. The provider's people lie above the account to which the work of a run
            // may be limited.
            return try store.create(record, context, in: tx, people: .domain(.root))
        }
        update = { id, values, context, tx in
            var record = R()
            try record.enter(values)
            record.id = id
            return try store.update(record, mask: FieldMask(paths: values.keys.sorted()), context, in: tx)
        }
        name = { run, id, context, tx in
            guard let index = R.schema.index(of: KnownField.playbookRun.rawValue) else { return }
            try store.change(id, context, in: tx) { $0[fieldAt: index] = run.map(FieldValue.string) ?? .null }
        }
        end = { id, end, context, tx in
            guard let record = try store.find(id, lock: .update, in: tx), !record.hasEnded else {
                return
            }
            var request = CloseRequest()
            request.id = id
            switch end {
            case .canceled: _ = try store.close(request, into: EndState.canceled.rawValue, context, in: tx)
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
