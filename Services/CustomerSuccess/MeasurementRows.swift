import CustomerSuccessWire
import Postgres
import Records
import Wire

/// Measurements on their way into the table: one statement for all of them, however many (ADR 0057).
struct MeasurementRows {
    private typealias Field = Measurement.Field

    private let rows: [Measurement]

    /// Rows that are complete but for what all of them have in common: person and time of the write.
    init(_ rows: [Measurement]) {
        // In the order of their keys: two requests with the same values take turns instead of meeting.
        self.rows = rows.sorted { Self.place($0) < Self.place($1) }
    }

    private static func place(_ row: Measurement) -> (String, String, Int64) {
        (row.successOutcome ?? row.soldProduct ?? "", row.name ?? "", row.measuredAt?.microseconds ?? 0)
    }

    /// Writes those whose source, subject and time are not there yet, and answers their ids. No row is journaled: it is its own
    /// history.
    func insert(_ context: RuleContext) throws -> Set<String> {
        guard let source = rows.first?.source else { return [] }
        let write = context.write
        func texts(_ value: (Measurement) -> String?) -> [String] { rows.map { value($0) ?? "" } }
        let inserted = try context.transaction.query(
            """
            INSERT INTO customer_success.measurement (id, revision, created_at, created_by, updated_at, updated_by, domain, \
            success_outcome, sold_product, account, name, value, unit, measured_at, source) \
            SELECT r.id, 1, \(write.now.sqlValue), \(write.caller.subject), \(write.now.sqlValue), \
            \(write.caller.subject), r.domain, nullif(r.outcome, '')::uuid, nullif(r.product, '')::uuid, \
            nullif(r.account, '')::uuid, nullif(r.name, ''), r.value, nullif(r.unit, ''), \
            'epoch'::timestamptz + r.at * interval '1 microsecond', \(source) \
            FROM unnest(\(rows.map(\.id))::uuid[], \(rows.map(\.domain))::text[], \(texts(\.successOutcome))::text[], \
            \(texts(\.soldProduct))::text[], \(texts(\.account))::text[], \(texts(\.name))::text[], \
            \(texts(\.value))::numeric[], \(texts(\.unit))::text[], \
            \(rows.map { $0.measuredAt?.microseconds ?? 0 })::bigint[]) \
            AS r (id, domain, outcome, product, account, name, value, unit, at) \
            ON CONFLICT DO NOTHING RETURNING id
            """)
        return Set(try inserted.map { try $0.string(Field.id) })
    }

    /// Those of the rows, by their ids, that stand there with the value they have, under the id of another row; in the same unit,
    /// where both say one.
    func known(_ context: RuleContext) throws -> Set<String> {
        guard let source = rows.first?.source else { return [] }
        let found = try context.transaction.query(
            """
            SELECT r.id FROM unnest(\(rows.map(\.id))::uuid[], \(rows.map { $0.successOutcome ?? "" })::text[], \
            \(rows.map { $0.soldProduct ?? "" })::text[], \(rows.map { $0.name ?? "" })::text[], \
            \(rows.map { $0.value ?? "" })::numeric[], \(rows.map { $0.measuredAt?.microseconds ?? 0 })::bigint[], \
            \(rows.map { $0.unit ?? "" })::text[]) AS r (id, outcome, product, name, value, at, unit) \
            WHERE EXISTS (SELECT 1 FROM customer_success.measurement m WHERE m.success_outcome = nullif(r.outcome, '')::uuid \
            AND m.measured_at = 'epoch'::timestamptz + r.at * interval '1 microsecond' AND m.source = \(source) \
            AND m.value = r.value AND (r.unit = '' OR coalesce(m.unit, r.unit) = r.unit)) \
            OR EXISTS (SELECT 1 FROM customer_success.measurement m WHERE m.sold_product = nullif(r.product, '')::uuid \
            AND m.name = r.name AND m.measured_at = 'epoch'::timestamptz + r.at * interval '1 microsecond' \
            AND m.source = \(source) AND m.value = r.value AND (r.unit = '' OR coalesce(m.unit, r.unit) = r.unit))
            """)
        return Set(try found.map { try $0.string(Field.id) })
    }
}
