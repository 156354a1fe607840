import Postgres
import RPC
import Records
import Tenancy
import Wire

extension DailyJob {
    /// The job `name` that does its work record by record; see ``Database/each(in:_:_:)``.
    public init(
        _ name: String, _ database: Database, on selection: @escaping @Sendable (WriteContext) -> SQL,
        each body: @escaping @Sendable (String, RuleContext) throws -> Bool
    ) {
        self.init(name) { domain async throws(Problem) in try await database.each(in: domain, selection, body) }
    }

    /// The job `name` that changes every record of a type that meets a condition of the day, as the service itself; what
    /// meets it no more when its turn comes is left alone.
    public init<R: Record>(
        _ name: String, _ database: Database, _ type: R.Type,
        where condition: @escaping @Sendable (CivilDate) -> SQL, change: @escaping @Sendable (inout R) -> Void
    ) {
        self.init(name, database) { context in
            """
            SELECT id FROM \(identifier: database.schema).\(identifier: R.schema.table) \
            WHERE \(condition(context.today)) ORDER BY id
            """
        } each: { id, context in
            let due: SQL = "id = \(id) AND \(condition(context.write.today))"
            guard try !Store<R>(database).find(where: due, lock: .update, in: context.transaction).isEmpty else {
                return false
            }
            try context.change(type, id, change)
            return true
        }
    }
}

extension Database {
    /// Does `body` for every id that `selection` finds in `domain` and all below, as the service itself. Each has a
    /// transaction of its own, so that people who work on the others do not wait; what was found may have changed when
    /// its turn comes. One that fails keeps none of the others back: the first problem is thrown when all had their turn,
    /// or at once when the database cannot be reached. Returns for how many of them `body` says that it did something.
    public func each(
        in domain: DomainPath, _ selection: @Sendable (WriteContext) -> SQL,
        _ body: @escaping @Sendable (String, RuleContext) throws -> Bool
    ) async throws(Problem) -> Int {
        let context = WriteContext.system(service, domain: domain, now: clock.now)
        let statement = selection(context)
        let found = try await transaction(as: context.caller, readOnly: true) { tx in
            try tx.query(statement).map { try $0.string(Column.id) }
        }
        var done = 0
        var problem: Problem?
        for id in found {
            do throws(Problem) {
                let isDone = try await transaction(as: context.caller) { tx in
                    try body(id, RuleContext(transaction: tx, write: context, database: self))
                }
                if isDone { done += 1 }
            } catch {
                guard error.code != .unavailable, error.code != .canceled else { throw error }
                log.error(
                    "a record is left out of a job",
                    metadata: ["record": "\(id)", "cause": "\(error.cause ?? error.text.en)"])
                problem = problem ?? error
            }
        }
        if let problem { throw problem }
        return done
    }
}

/// What the selections of daily jobs give.
private enum Column: String {
    case id
}
