import CustomerSuccessWire
import Postgres
import RPC
import Records
import Tenancy
import Wire

/// The portfolio of the landing page: active engagements by their renewal, with their health week by week (ADR 0068).
struct Portfolio: Sendable {
    /// The engagements that a statement before has found, as ``LandingPages`` hands them on.
    private static let shown: SQL = "nullif(current_setting('ale.page_portfolio', true), '')::uuid[]"
    private static let most: Int32 = 100

    /// How many engagements are shown.
    let size: Int
    private let database: Database
    private let caller: Caller
    private let store: Store<Engagement>
    /// What has to be asked; ``read(_:)`` takes the answers. Nothing where nothing is shown.
    let statements: [SQL]

    init(_ database: Database, _ caller: Caller, atMost count: Int32) throws {
        (self.database, self.caller) = (database, caller)
        store = Store<Engagement>(database)
        size = Int(min(max(count, 0), Self.most))
        guard size > 0 else {
            statements = []
            return
        }
        statements = [
            try store.selection(
                where: "id = ANY(\(Self.shown))", order: PageOrder<Engagement>.by(.renewalDate).sql, limit: size,
                as: caller),
            PageAccounts.selection(
                database, in: "ARRAY(SELECT account FROM customer_success.engagement WHERE id = ANY(\(Self.shown)))",
                caller),
            HealthWeeks(database.clock.today, caller).statement(of: Self.shown),
        ]
    }

    /// The engagements, of the answers to the statements.
    func read(_ answers: [Rows]) throws -> [PortfolioEngagement] {
        guard answers.count == 3 else { return [] }
        let accounts = try PageAccounts.read(answers[1])
        let today = database.clock.today
        var weeks = HealthWeeks(today, caller)
        try weeks.read(answers[2])
        return try store.records(answers[0], for: caller).map { engagement in
            var shown = PortfolioEngagement()
            shown.engagement = engagement
            let account = engagement.account.flatMap { accounts[$0] }
            shown.accountName = account?.name ?? ""
            shown.currency = account?.currency ?? Card.standardCurrency
            shown.daysUntilRenewal = PageDays.until(engagement.renewalDate, from: today)
            shown.health = weeks.health(of: engagement)
            return shown
        }
    }
}
