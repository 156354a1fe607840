import CampaignKit
import CustomerSuccessWire
import Foundation
import JourneyKit
import Tenancy
import Wire

/// The statements that creating a touchpoint sends, as the service sends them: in two batches, the first of which it waits
/// for to decide. Only their values are fixed.
struct CreateFloor {
    let engagement: Engagement
    let touchpoint: Touchpoint

    /// A table made as the outbox is: the events in it are the floor's, and not relayed by the service.
    static let outbox = "customer_success.floor_outbox"

    static func makeOutbox(_ stack: BenchStack) async throws {
        try await stack.psql([
            "-c", "CREATE TABLE IF NOT EXISTS \(outbox) (LIKE customer_success.outbox INCLUDING ALL)",
            "-c", "SELECT customer_success.separate('floor_outbox')",
        ])
    }

    func batches() throws -> [[String]] {
        [["BEGIN", Self.scope] + decision, [try insertion(outbox: Self.outbox), "COMMIT"]]
    }

    /// The same for pgbench, which has no relay: its events are marked as sent.
    func script() throws -> String {
        let insertion = try insertion(outbox: "customer_success.outbox", sentAt: ", sent_at", now: ", now()")
        return (["BEGIN", Self.scope] + decision + [insertion, "COMMIT"]).map { $0 + ";\n" }.joined()
    }

    /// The scope of a caller of the provider.
    static let scope = """
        SELECT set_config('ale.scope_lower', '/provider/', true), set_config('ale.scope_upper', '/provider0', true), \
        set_config('ale.ancestors', '{"/","/provider/"}', true), set_config('statement_timeout', '10000', true)
        """

    private var decision: [String] {
        [
            """
            SELECT id, domain, account, state FROM customer_success.engagement WHERE id = '\(engagement.id)' FOR SHARE
            """,
            "SELECT nextval('customer_success.touchpoint_number'::regclass) FROM generate_series(1, 1)",
        ]
    }

    private func insertion(outbox: String, sentAt: String = "", now: String = "") throws -> String {
        var event = RecordEvent()
        event.eventID = touchpoint.id
        event.table = "touchpoint"
        event.action = "created"
        event.id = touchpoint.id
        event.domain = touchpoint.domain
        event.changedFields = Touchpoint.schema.fields.indices.filter { !touchpoint[fieldAt: $0].isEmpty }.map {
            Touchpoint.schema.fields[$0].name
        }
        event.record = try touchpoint.encodeProtobuf()
        let payload = try event.encodeProtobuf().map { String(format: "%02x", $0) }.joined()
        let domain = touchpoint.domain
        let subject =
            "ale.v1.events.\((DomainPath(domain) ?? .root).subjectToken).customer-success.touchpoint.created"
        let user = "c"
        return """
            WITH written AS (INSERT INTO customer_success.touchpoint (revision, id, created_at, created_by, updated_at, \
            updated_by, domain, number, account, engagement, squad, state, progress, priority, product_related, subject, \
            watch_list, work_notes_list, description, meeting_date, meeting_type, active) VALUES (1, gen_random_uuid(), \
            now(), '\(user)', now(), '\(user)', '\(domain)', 'BENCH' || gen_random_uuid(), \
            '\(engagement.account ?? "")', '\(engagement.id)', '{}', 'new', 'not_started', 4, false, 'Weekly check-in', \
            '{}', '{}', 'What went well, what did not, what is next.', '2027-02-01', 'weekly_status', true)), \
            journaled AS (INSERT INTO customer_success.journal (id, table_name, record, domain, at, by, kind, fields, \
            old_values, new_values) VALUES (gen_random_uuid(), 'touchpoint', gen_random_uuid(), '\(domain)', now(), \
            '\(user)', 'created', '{}', '{}', '{}')) INSERT INTO \(outbox) (event_id, domain, subject, record, trace, \
            payload\(sentAt)) VALUES (gen_random_uuid(), '\(domain)', '\(subject)', gen_random_uuid(), null, \
            '\\x\(payload)'\(now))
            """
    }
}
