import CustomerSuccessWire
import Postgres
import RPC
import Records
import Wire

extension ProductUsage: Record {
    /// How products are used is the provider's to know (G-129).
    public static let storage = Storage<ProductUsage>(domain: .preset, domainRule: "G-129")
    public static let rules: [Rule<ProductUsage>] = []
}

/// What is known of the use of sold products: of each of their measures the last value by the time it was measured, as a record
/// that changes, so that its changes are told and journaled like any other (G-129).
enum UsageValues {
    private enum Column: String {
        case product, name, value, unit, source, domain, account, engagement, known
        case measuredAt = "measured_at"
    }

    /// Locks over products are few, however many products there are: the server keeps a list of such locks.
    private static let locks = 64

    /// Has writers of values of the same products take turns; the values of a measure may be its first.
    static func lock(_ products: [String], _ context: RuleContext) {
        context.transaction.send(
            """
            SELECT pg_advisory_xact_lock(hashtext('product_usage'), place) FROM ( \
            SELECT DISTINCT abs(hashtext(id) % \(locks)::int) AS place FROM unnest(\(products)::text[]) AS p (id) ORDER BY place) places
            """)
    }

    /// Brings the use of products, which are locked, to the latest values of `series`; one that has no value any more goes.
    static func follow(_ series: [MeasuredSubject], _ context: RuleContext) throws {
        guard !series.isEmpty else { return }
        let ordered = series.sorted { ($0.id, $0.name) < ($1.id, $1.name) }
        let rows = try context.transaction.query(
            """
            SELECT s.product, s.name, m.value::text AS value, coalesce(m.unit, u.unit) AS unit, m.measured_at, m.source, \
            m.domain, m.account, u.id AS known, (\(engagement)) AS engagement \
            FROM unnest(\(ordered.map(\.id))::uuid[], \(ordered.map(\.name))::text[]) AS s (product, name) \
            LEFT JOIN LATERAL (SELECT * FROM customer_success.measurement \
            WHERE sold_product = s.product AND name = s.name ORDER BY measured_at DESC, source DESC LIMIT 1) m ON TRUE \
            LEFT JOIN customer_success.product_usage u ON u.sold_product = s.product AND u.name = s.name \
            WHERE (m.value, m.measured_at, m.source) IS DISTINCT FROM (u.value, u.measured_at, u.source)
            """)
        for row in rows { try follow(row, context) }
    }

    /// The engagement that the use of a product is a matter of.
    private static let engagement: SQL = """
        SELECT e.id FROM customer_success.engagement e WHERE e.account = m.account AND e.active \
        ORDER BY EXISTS (SELECT 1 FROM customer_success.success_objective o \
        WHERE o.engagement = e.id AND o.active AND o.products @> ARRAY[s.product]) DESC, e.id DESC LIMIT 1
        """

    private static func follow(_ row: Row, _ context: RuleContext) throws {
        let store = Store<ProductUsage>(context.database)
        let (write, tx) = (context.write.asSystem, context.transaction)
        let known = try row.optionalString(Column.known)
        guard let value = try row.optionalString(Column.value) else {
            guard let known else { return }
            var request = DeleteRequest()
            request.id = known
            return try store.delete(request, write, in: tx)
        }
        func fill(_ usage: inout ProductUsage) throws {
            usage.value = Validation.canonicalDecimal(value)
            usage.unit = try row.optionalString(Column.unit)
            usage.measuredAt = Timestamp(microseconds: try row.timestamp(Column.measuredAt))
            usage.source = try row.string(Column.source)
            usage.engagement = try row.optionalString(Column.engagement)
        }
        if let known {
            try store.change(known, write, in: tx) { try fill(&$0) }
        } else {
            var usage = ProductUsage()
            (usage.domain, usage.account) = (try row.string(Column.domain), try row.optionalString(Column.account))
            (usage.soldProduct, usage.name) = (try row.string(Column.product), try row.string(Column.name))
            try fill(&usage)
            _ = try store.create(usage, write, in: tx)
        }
    }
}
