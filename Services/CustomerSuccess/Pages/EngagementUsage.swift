import CustomerSuccessWire
import OnboardingWire
import Postgres
import RPC
import Records
import Roles
import Tenancy
import Wire

/// How the products of an engagement are used: of each measure the last value and the one before (G-129).
struct EngagementUsage: Sendable {
    /// Products, and measures of each, that a page shows.
    private static let (products, measures) = (20, 10)

    private enum Column: String {
        case product, name, value, unit, previous
        case productName = "product_name"
        case measuredAt = "measured_at"
    }

    private let database: Database
    private let caller: Caller

    init(_ database: Database, _ caller: Caller) { (self.database, self.caller) = (database, caller) }

    /// The statement that reads it. The names of measures are found one after the other in the index of the values, however
    /// many values there are.
    func statement(of engagement: String) -> SQL {
        let isOpen = caller.kind != .customer && Access.allows(caller.roles, .read, on: Measurement.schema.table)
        let copies = database.replica(SoldProduct.self, .name, as: caller)
        return """
            WITH RECURSIVE product AS (SELECT DISTINCT unnest(o.products) AS id FROM customer_success.success_objective o \
            WHERE \(isOpen) AND o.engagement = \(engagement) AND o.active LIMIT \(Self.products)), \
            series AS (SELECT p.id, (SELECT m.name FROM customer_success.measurement m WHERE m.sold_product = p.id \
            ORDER BY m.name LIMIT 1) AS name, 1 AS place FROM product p \
            UNION ALL SELECT s.id, (SELECT m.name FROM customer_success.measurement m WHERE m.sold_product = s.id \
            AND m.name > s.name ORDER BY m.name LIMIT 1), s.place + 1 FROM series s \
            WHERE s.name IS NOT NULL AND s.place < \(Self.measures)) \
            SELECT s.id AS product, c.name AS product_name, s.name, last.value, last.unit, last.measured_at, \
            earlier.value AS previous FROM series s JOIN \(copies) c ON c.id = s.id \
            CROSS JOIN LATERAL (SELECT m.value, m.unit, m.measured_at FROM customer_success.measurement m \
            WHERE m.sold_product = s.id AND m.name = s.name ORDER BY m.measured_at DESC, m.source DESC LIMIT 1) last \
            LEFT JOIN LATERAL (SELECT m.value FROM customer_success.measurement m WHERE m.sold_product = s.id \
            AND m.name = s.name ORDER BY m.measured_at DESC, m.source DESC OFFSET 1 LIMIT 1) earlier ON TRUE \
            ORDER BY c.name, s.id, s.name
            """
    }

    /// What the statement has found.
    func read(_ rows: Rows) throws -> [ProductUse] {
        try rows.map { row in
            var use = ProductUse()
            use.soldProduct = try row.string(Column.product)
            use.productName = try row.optionalString(Column.productName) ?? ""
            use.name = try row.string(Column.name)
            use.value = Validation.canonicalDecimal(try row.string(Column.value))
            use.unit = try row.optionalString(Column.unit) ?? ""
            use.measuredAt = Timestamp(microseconds: try row.timestamp(Column.measuredAt))
            use.previousValue = try row.optionalString(Column.previous).map(Validation.canonicalDecimal) ?? ""
            return use
        }
    }
}
