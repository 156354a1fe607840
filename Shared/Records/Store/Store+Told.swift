import Events
import Ground
import Postgres
import RPC
import Tenancy
import Wire

extension Store {
    /// Tells that `records` were made, by an event of each: for rows that a statement of the service's own has written, which
    /// need not all be told of.
    public func tellCreated(_ records: [R], _ context: WriteContext, in tx: Transaction) throws {
        guard !records.isEmpty else { return }
        let values = try records.flatMap { record in
            let event = try Outbox.event(
                Change(old: nil, new: record), action: "created", changed: [], at: context.now, context)
            return try Outbox.values(event, service: database.service, trace: context.trace)
        }
        tx.send(Outbox.insertion(into: database.schema, rows: records.count).filled(with: values))
    }

    /// Refuses who may not create such records, customers where the table is not theirs.
    public func mayCreate(_ caller: Caller) throws(Problem) { try authorize(.create, caller) }
}
