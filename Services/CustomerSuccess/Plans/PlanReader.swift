import CustomerSuccessWire
import Postgres
import RPC
import Records
import Roles
import Tenancy
import Wire

/// Who asks for a plan, and as whom it is shown: what both may see, and nothing else, stands in it. The transaction is that of
/// who asks.
struct PlanReader: Sendable {
    /// As whom it is shown.
    let shown: Caller
    private let asking: Caller
    private let database: Database

    /// A customer sees a plan as a customer does; so does everybody else who asks for that.
    init(_ database: Database, _ asking: Caller, of engagement: Engagement, asCustomer: Bool) {
        (self.database, self.asking) = (database, asking)
        guard asCustomer, asking.kind != .customer, let domain = DomainPath(engagement.domain) else {
            shown = asking
            return
        }
        // Nobody in particular: nothing is one's own.
        shown = Caller(
            subject: "", kind: .customer, domain: domain,
            roles: RoleCatalog.close(["sn_acct_lc.ale_success_customer"]), account: engagement.account,
            locale: asking.locale)
    }

    /// Looking names up leaves a transaction to whom they are shown: it is again that of who asks.
    func goOn(in tx: Transaction) { tx.sendScope(asking.scope) }

    /// Whether who asks reads the records of a type at all.
    func mayRead<R: Record>(_ type: R.Type) -> Bool {
        asking.kind == .service || Access.allows(asking.roles, .read, on: R.schema.table)
    }

    /// What both see of a record.
    func visible<R: Record>(_ record: R) -> R {
        let store = Store<R>(database)
        return store.projected(store.projected(record, for: asking), for: shown)
    }

    /// What is not canceled of the records that meet a condition.
    func list<R: Record>(
        _ type: R.Type, where condition: SQL, order: PageOrder<R>, limit: Int
    ) throws -> PageList<R> {
        try PageList(
            database, shown, where: condition, listed: listed(type), order: order,
            limit: limit)
    }

    /// The same by parent. Of tasks a customer sees those meant for customers.
    func lists<R: Record>(
        _ type: R.Type, of parents: [String], by parent: R.Field, order: PageOrder<R>, limit: Int
    ) throws -> PageLists<R> {
        try PageLists(
            database, shown, of: "\(parents)::uuid[]", atMost: parents.count, by: parent,
            listed: listed(type), order: order, limit: limit)
    }

    /// The statement that counts them for each parent.
    func counting<R: Record>(_ type: R.Type, of parents: [String], by parent: R.Field) throws -> SQL {
        try lists(type, of: parents, by: parent, order: .by(parent), limit: 1).counting
    }

    private func listed<R: Record>(_ type: R.Type) -> SQL {
        let open: SQL = "\(mayRead(type)) AND state <> \(literal: SuccessTask.State.canceled)"
        let isNarrowed = shown.kind == .customer && type == SuccessTask.self
        return isNarrowed ? open + " AND \(identifier: SuccessTask.Field.visibleToCustomer)" : open
    }
}
