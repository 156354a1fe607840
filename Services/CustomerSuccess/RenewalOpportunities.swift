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

    /// Proposes one opportunity for every active engagement whose renewal is near and that has none to renew, open or about this
    /// renewal. A renewal is proposed once, whatever became of it: lost, or deleted. Returns how many it made.
    @Sendable func run(in domain: DomainPath = .root) async throws(Problem) -> Int {
        try await database.each(in: domain) { context in
            let days = RenewalWatch.days(from: context.today)
            return """
                SELECT e.id FROM customer_success.engagement e \
                WHERE e.active AND e.renewal_date BETWEEN \(days.lowerBound)::date AND \(days.upperBound)::date \
                    AND NOT EXISTS (SELECT 1 FROM customer_success.opportunity o \
                    WHERE o.engagement = e.id AND \(Self.isAbout("e.renewal_date", on: context.today))) \
                ORDER BY e.id
                """
        } _: { id, rules in
            try propose(id, rules)
        }
    }

    /// Half of the time between two renewals, in days: what is expected within it is about this one.
    private static let halfway = 180

    /// Whether the opportunity `o` keeps a renewal from being proposed: an open one, and one that is or was about that date,
    /// made not long ago where it says none.
    private static func isAbout(_ renewal: SQL, on today: CivilDate) -> SQL {
        """
        o.kind = \(literal: Opportunity.Kind.renewal) AND (o.active OR abs(\(renewal) - o.expected_date) <= \(halfway) \
        OR o.expected_date IS NULL AND o.created_at > \(today.adding(days: -halfway).description)::date)
        """
    }

    private func propose(_ id: String, _ rules: RuleContext) throws -> Bool {
        let tx = rules.transaction
        // Locked: nobody adds an opportunity or moves the date meanwhile.
        guard let engagement = try Store<Engagement>(database).find(id, lock: .update, in: tx),
            engagement.active == true, let renewal = engagement.renewalDate,
            RenewalWatch.days(from: rules.write.today).contains(renewal)
        else { return false }
        let proposed = RecordID.derived(from: "renewal-opportunity/\(id)/\(renewal)")
        // What was deleted left its entry in the journal.
        let known = try tx.query(
            """
            SELECT 1 FROM customer_success.opportunity o \
            WHERE o.engagement = \(id) AND \(Self.isAbout("\(renewal)::date", on: rules.write.today)) \
            UNION ALL SELECT 1 FROM customer_success.journal WHERE record = \(proposed) LIMIT 1
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
