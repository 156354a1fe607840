import Filters
import Ground
import Postgres
import RPC
import Roles
import Tenancy
import Wire

/// The records of one type in one database: every read and write goes through it, and always as somebody.
///
/// Functions that take a `Transaction` run inside it and may be combined; what a caller may see is decided by the
/// scope of that transaction first and by the access rows second.
public struct Store<R: Record>: Sendable {
    let database: Database
    let layout: TableLayout<R>

    /// The store of `R` in `database`.
    public init(_ database: Database) {
        self.database = database
        layout = database.layout(R.self)
    }

    /// How a row is locked when it is read.
    public enum Lock: Sendable {
        case none
        /// For a change: waits for others who change the row or refer to it.
        case update
    }

    /// The record `id`, or the one with that number, under the scope of the transaction; nil when there is none.
    public func find(_ id: String, lock: Lock = .none, in tx: Transaction) throws -> R? {
        try find(id, lock: lock, as: nil, in: tx)
    }

    private func find(_ id: String, lock: Lock = .none, as caller: Caller?, in tx: Transaction) throws -> R? {
        guard let statement = selection(of: id, lock, as: caller) else { return nil }
        let rows = try tx.query(statement)
        return try rows.first.map { try layout.record($0, today: database.clock.today) }
    }

    /// The records that meet a condition of the service's own, under the scope of the transaction.
    public func find(where condition: SQL, lock: Lock = .none, in tx: Transaction) throws -> [R] {
        let locking: SQL = lock == .update ? " FOR UPDATE" : ""
        let statement: SQL = "\(layout.selectAll) WHERE \(condition)\(locking)"
        let today = database.clock.today
        return try tx.query(statement).map { try layout.record($0, today: today) }
    }

    /// The statement that reads one record, with what other tables must say of it for `caller`; nil when `id` cannot be
    /// one.
    func selection(of id: String, _ lock: Lock, as caller: Caller? = nil) -> SQL? {
        var statement: SQL
        if Validation.isUUID(id) {
            statement = layout.selectOne.filled(with: [.text(id)])
        } else if let prefix = R.schema.numberPrefix, id.hasPrefix(prefix), id.utf8.count <= 32 {
            statement = layout.selectAll + " WHERE number = \(id)"
        } else {
            return nil
        }
        if let condition = caller.flatMap(beyondRow) { statement += " AND (" + condition + ")" }
        if lock == .update { statement += " FOR UPDATE" }
        return statement
    }

    /// Locks and reads one record: a statement to be asked with others; nil when `id` cannot be one.
    package func locking(_ id: String) -> SQL? { selection(of: id, .update) }

    /// The record in an answer to ``locking(_:)``.
    package func record(_ row: Row) throws -> R { try layout.record(row, today: database.clock.today) }

    /// The record `id` as the caller of `context` may see it, hidden fields taken out. NOT_FOUND for what is not
    /// there and for what the caller may not know.
    public func get(_ id: String, as caller: Caller, in tx: Transaction) throws -> R {
        try authorize(.read, caller)
        guard var record = try find(id, as: caller, in: tx), try isVisible(record, to: caller) else {
            throw notFound(id)
        }
        FieldAccess(caller, layout).project(&record, for: caller)
        return record
    }

    /// As ``get(_:as:in:)``, in a transaction of its own and a single round trip.
    public func read(_ id: String, as caller: Caller, deadline: Deadline) async throws(Problem) -> R {
        do {
            try authorize(.read, caller)
            guard let statement = selection(of: id, .none, as: caller) else { throw notFound(id) }
            let rows = try await database.inTurn(caller, deadline) { timeout in
                try await database.pool.run(
                    statement, settings: caller.scope.settings, readOnly: true, timeout: timeout)
            }
            guard let row = rows.first else { throw notFound(id) }
            var record = try layout.record(row, today: database.clock.today)
            guard try isVisible(record, to: caller) else { throw notFound(id) }
            FieldAccess(caller, layout).project(&record, for: caller)
            return record
        } catch {
            throw database.problem(of: error)
        }
    }

    /// Whether the record is the caller's, and the row rules for customers show it.
    func isVisible(_ record: R, to caller: Caller) throws -> Bool {
        guard caller.kind == .customer else { return true }
        guard isOwned(record, by: caller), let customer = R.storage.customer else { return false }
        guard let rows = customer.rows(caller) else { return true }
        return try matches(record, rows, caller)
    }

    /// Whether a record matches a filter that a rule wrote.
    func matches(_ record: R, _ filter: FieldFilter<R.Field>, _ caller: Caller) throws -> Bool {
        let schema = FieldAccess(.service(database.service, domain: caller.domain), layout).filterSchema
        let checked = try Filter.parse(filter.text).check(against: schema, context: filterContext(caller))
        return checked.matches { name in
            guard let field = R.schema.field(name) else { return .null }
            return record[named: name].filterValue(field.type)
        }
    }

    /// What a filter that the service itself looks at may name.
    package var filterFields: [FilterField] {
        FieldAccess(.service(database.service, domain: .root), layout).filterSchema.fields
    }

    func filterContext(_ caller: Caller) -> FilterFacts {
        let now = database.clock.now
        return FilterFacts(nowMicroseconds: now.microseconds, subject: caller.subject)
    }

    /// Refuses an operation that none of the caller's roles allows.
    func authorize(_ operation: Operation, _ caller: Caller) throws(Problem) {
        guard caller.kind == .service || Access.allows(caller.roles, operation, on: R.schema.table) else {
            throw Problem.permissionDenied()
        }
        if caller.kind == .customer, R.storage.customer == nil { throw Problem.permissionDenied() }
    }

    func notFound(_ id: String) -> Problem { .notFound(R.schema.label, id: id) }

    /// What the caller may see of `record`.
    public func projected(_ record: R, for caller: Caller) -> R {
        var record = record
        FieldAccess(caller, layout).project(&record, for: caller)
        return record
    }
}
