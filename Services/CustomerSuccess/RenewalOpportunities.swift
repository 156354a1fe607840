import CustomerSuccessWire
import Postgres
import RPC
import Records
import Tenancy
import Wire
import Work

/// The daily job that proposes an opportunity for renewals that come near (G-120), in the days in which the renewal watch
/// proposes its play. Off unless that is configured.
struct RenewalOpportunities: Sendable {
    private let database: Database

    init(_ database: Database) { self.database = database }

    /// Proposes one opportunity for every active engagement whose renewal is near and that has no open one to renew. A
    /// renewal is proposed once, whatever became of it. Returns how many it made.
    @Sendable func run(in domain: DomainPath = .root) async throws(Problem) -> Int {
        try await database.each(in: domain) { context in
            let days = RenewalWatch.days(from: context.today)
            return """
                SELECT e.id FROM customer_success.engagement e \
                WHERE e.active AND e.renewal_date BETWEEN \(days.lowerBound)::date AND \(days.upperBound)::date \
                    AND NOT EXISTS ( \
                    SELECT 1 FROM customer_success.opportunity o \
                    WHERE o.engagement = e.id AND o.active AND o.kind = \(literal: Opportunity.Kind.renewal)) \
                ORDER BY e.id
                """
        } _: { id, rules in
            try propose(id, rules)
        }
    }

    private func propose(_ id: String, _ rules: RuleContext) throws -> Bool {
        let tx = rules.transaction
        // Locked: nobody adds an opportunity or moves the date meanwhile.
        guard let engagement = try Store<Engagement>(database).find(id, lock: .update, in: tx),
            engagement.active == true, let renewal = engagement.renewalDate,
            RenewalWatch.days(from: rules.write.today).contains(renewal)
        else { return false }
        let proposed = RecordID.derived(from: "renewal-opportunity/\(id)/\(renewal)")
        let known = try tx.query(
            """
            SELECT 1 FROM customer_success.opportunity WHERE id = \(proposed) \
            OR (engagement = \(id) AND active AND kind = \(literal: Opportunity.Kind.renewal)) LIMIT 1
            """)
        guard known.isEmpty else { return false }
        var opportunity = Opportunity()
        opportunity.id = proposed
        opportunity.engagement = id
        opportunity.kind = Opportunity.Kind.renewal
        opportunity.value = engagement.contractValue
        opportunity.expectedDate = renewal
        opportunity.assignedTo = try Engagement.activeManager(of: id, rules)
        // In the language of the person who is to work on it.
        let language = try rules.language(of: opportunity.assignedTo)
        let title = engagement.title ?? ""
        opportunity.title = String(Text(en: "Renewal: \(title)", ko: "갱신: \(title)")(language).prefix(1_000))
        _ = try Store<Opportunity>(database).create(opportunity, rules.write, in: tx)
        return true
    }
}
