import Ground
import Postgres
import ServiceTestKit
import Tenancy
import Testing

@testable import Events

/// What the server does for a relay.
@Suite struct OutboxPlanTests {
    /// Rows that were sent stay in the index of the unsent ones until the next cleaning. They are passed over, and are not all
    /// read again for every batch, whatever the server expects of a table that it knows nothing of.
    @Test func eventsAreReadInTheOrderOfTheirIndex() async throws {
        let bench = try await Workbench.make(poolSize: 1)
        try await bench.psql(
            """
            ALTER TABLE customer_success.outbox SET (autovacuum_enabled = off);
            INSERT INTO customer_success.outbox (event_id, domain, subject, record, payload)
            SELECT gen_random_uuid(), '/provider/', 'ale.v1.events.provider.x.y.created', gen_random_uuid(), '' FROM generate_series(1, 6000);
            UPDATE customer_success.outbox SET sent_at = now() WHERE seq <= 5000;
            """)
        let settings = Scope.domain(.root).settings + OutboxRelay.walking
        let limit = 500
        let (rows, plan) = try await bench.pool.transaction(settings: settings, readOnly: true) { tx in
            let unsent = OutboxRelay.unsent("customer_success", limit: limit)
            let rows = try tx.query(unsent).map { try $0.int64(OutboxColumn.place) }
            let plan = try tx.query("EXPLAIN (ANALYZE, TIMING OFF) " + unsent).map { try $0.string(at: 0) }
            return (rows, plan.joined(separator: "\n"))
        }
        #expect(rows == Array(5_001...5_500))
        #expect(plan.contains("Index Scan using outbox_unsent"), "\(plan)")
        #expect(!plan.contains("Sort") && !plan.contains("Bitmap") && !plan.contains("Rows Removed"), "\(plan)")
        await bench.close()
    }
}
