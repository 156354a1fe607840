import CustomerSuccessWire
import Postgres
import RPC
import Records
import Tenancy
import Wire
import Work

/// What an engagement takes from its contracts: the renewal date (BR-59, BR-60, G-17) and the contract value (G-08).
enum Renewal {
    /// What the contracts come to.
    private enum Sums: String {
        case renewal, value
    }

    /// Renewal date: the earliest end of the linked contracts that have not expired; none left, none. Contract value:
    /// their sum.
    static func recompute(_ engagement: String?, _ context: RuleContext) throws {
        guard let engagement else { return }
        let today = context.write.today.description
        let rows = try context.transaction.query(
            """
            SELECT min(c.end_date) AS renewal, sum(c.contract_value) AS value \
            FROM customer_success.engagement_contract ec JOIN customer_success.contract c ON c.id = ec.contract \
            WHERE ec.engagement = \(engagement) AND (c.end_date IS NULL OR c.end_date >= \(today)::date)
            """)
        guard let row = rows.first else { return }
        let renewal = try row.optionalString(Sums.renewal)
        let value = try row.optionalString(Sums.value)
        try context.change(Engagement.self, engagement) { record in
            record.renewalDate = renewal
            record.contractValue = value
        }
    }
}

/// The daily job that follows contracts as they expire (G-17).
struct RenewalDates: Sendable {
    private let database: Database

    init(_ database: Database) { self.database = database }

    /// Sets renewal date and contract value of every engagement whose linked contracts say otherwise today. Returns how
    /// many changed. Running it again changes nothing.
    @Sendable func run(in domain: DomainPath = .root) async throws(Problem) -> Int {
        try await database.each(in: domain) { context in
            let today = context.today.description
            return """
                SELECT e.id FROM customer_success.engagement e JOIN ( \
                    SELECT ec.engagement, \
                        min(c.end_date) FILTER (WHERE c.end_date >= \(today)::date) AS renewal, \
                        sum(c.contract_value) FILTER (WHERE c.end_date IS NULL OR c.end_date >= \(today)::date) AS value \
                    FROM customer_success.engagement_contract ec \
                    JOIN customer_success.contract c ON c.id = ec.contract GROUP BY ec.engagement \
                ) found ON found.engagement = e.id \
                WHERE e.renewal_date IS DISTINCT FROM found.renewal OR e.contract_value IS DISTINCT FROM found.value \
                ORDER BY e.id
                """
        } _: { id, rules in
            try Renewal.recompute(id, rules)
            return true
        }
    }
}
