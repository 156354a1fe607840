import Postgres
import RPC
import Records
import Tenancy

/// What a service brings along: records that are made once in the life of its schema.
///
/// Each item has a name, which stands in the table `shipped` from then on: what administrators have changed, closed or
/// deleted since stays as they left it, and an item that comes with a later version is added. Of instances that start
/// together one makes it, the others wait and find it.
public final class Seeding {
    /// The transaction everything is made in.
    public let tx: Transaction
    /// The service's own doing, in the domain of the seeds.
    public let context: WriteContext
    private enum Column: String {
        case name
    }

    private let table: SQL
    private var known: Set<String>

    private init(_ database: Database, _ context: WriteContext, _ tx: Transaction) throws {
        self.tx = tx
        self.context = context
        table = "\(identifier: database.schema).shipped"
        tx.send("SELECT pg_advisory_xact_lock(hashtextextended(\(database.schema + ".seed"), 0))")
        known = Set(try tx.query("SELECT name FROM \(table)").map { try $0.string(Column.name) })
    }

    /// Makes the items that `body` names with ``once(_:_:)`` and that are not there yet, in `domain`, in one transaction.
    public static func run(
        _ database: Database, in domain: DomainPath, _ body: @escaping @Sendable (Seeding) throws -> Void
    ) async throws(Problem) {
        let context = WriteContext.system(database.service, domain: domain, now: database.clock.now)
        // As long as anything may take: nobody waits for an answer, and another instance may be at it.
        try await database.transaction(as: context.caller, deadline: .after(Deadline.limit)) { tx in
            try body(try Seeding(database, context, tx))
        }
    }

    /// Makes the item `name`, unless that was done before.
    public func once(_ name: String, _ make: () throws -> Void) throws {
        guard known.insert(name).inserted else { return }
        try make()
        tx.send("INSERT INTO \(table) (name, domain) VALUES (\(name), \(context.caller.domain.path))")
    }
}
