import Postgres
import RPC
import Records
import Tenancy
import Wire

/// The daily job that keeps the scorecards of every user for the trends of the landing page (G-35).
struct ScorecardSnapshots: Sendable {
    /// Days a trend shows, today among them.
    static let days = 92
    /// One statement looks at all engagements.
    private static let limit: Duration = .seconds(600)

    private let database: Database

    init(_ database: Database) { self.database = database }

    /// Takes today's snapshot, in place of one taken earlier today, and lets go of those no trend shows any more.
    /// Returns how many rows it took.
    @Sendable func run(in domain: DomainPath = .root) async throws(Problem) -> Int {
        let today = database.clock.today
        let caller = Caller.service(database.service, domain: domain)
        let first = today.adding(days: 1 - Self.days).description
        return try await database.transaction(as: caller, deadline: .after(Self.limit)) { tx in
            tx.send("SELECT pg_advisory_xact_lock(hashtextextended('scorecard-snapshots', 0))")
            tx.send(
                """
                DELETE FROM customer_success.scorecard_snapshot \
                WHERE day = \(today.description)::date OR day < \(first)::date
                """)
            return try tx.query(snapshot(today, caller)).affected
        }
    }

    private func snapshot(_ today: CivilDate, _ caller: Caller) -> SQL {
        """
        INSERT INTO customer_success.scorecard_snapshot \
        (day, "user", domain, currency, \(identifiers: Card.columnNames)) \
        SELECT \(today.description)::date, mine."user", e.domain, \(Card.currency), \(Card.columns(today)) FROM ( \
            SELECT customer_success_manager AS "user", id FROM customer_success.engagement \
            WHERE customer_success_manager IS NOT NULL \
            UNION SELECT account_manager, id FROM customer_success.engagement WHERE account_manager IS NOT NULL \
            UNION SELECT m."user", s.id FROM customer_success.squad_member m \
            JOIN customer_success.engagement s ON s.account = m.account AND m.id = ANY(s.squad) \
            WHERE m.active IS NOT FALSE \
        ) mine JOIN customer_success.engagement e ON e.id = mine.id \
        LEFT JOIN \(Card.accounts(database, caller)) a ON a.id = e.account GROUP BY 2, 3, 4
        """
    }
}
