import CustomerSuccessWire
import Postgres
import RPC
import Records
import Tenancy
import Wire

/// What goes on in the engagements of the landing page: the active touchpoints, risk signals, initiatives and success
/// cases of each (G-98).
struct LandingWork {
    private let database: Database
    private let caller: Caller
    private let accounts: SQL
    private let touchpoints: PageLists<Touchpoint>
    private let risks: PageLists<RiskSignal>
    private let initiatives: PageLists<SuccessInitiative>
    private let cases: PageLists<SuccessCase>

    /// Of at most `count` engagements, whose ids are the array `ids`; `limit` of each kind.
    init(_ database: Database, _ caller: Caller, of ids: SQL, atMost count: Int, limit: Int) throws {
        func lists<R: Record>(of type: R.Type, by date: R.Field) throws -> PageLists<R>
        where R.Field: HasEngagement & HasActive {
            try PageLists(
                database, caller, of: ids, atMost: count, by: .engagement, listed: "\(identifier: R.Field.active)",
                order: .by(date), limit: limit)
        }
        self.database = database
        self.caller = caller
        accounts = PageAccounts.selection(
            database, in: "ARRAY(SELECT account FROM customer_success.engagement WHERE id = ANY(\(ids)))", caller)
        touchpoints = try lists(of: Touchpoint.self, by: .dueDate)
        risks = try lists(of: RiskSignal.self, by: .dueDate)
        initiatives = try lists(of: SuccessInitiative.self, by: .dueDate)
        cases = try lists(of: SuccessCase.self, by: .dueDate)
    }

    /// What has to be asked; ``read(_:of:_:)`` takes the answers.
    var statements: [SQL] {
        [
            accounts, touchpoints.selection, touchpoints.counting, risks.selection, risks.counting,
            initiatives.selection, initiatives.counting, cases.selection, cases.counting,
        ]
    }

    /// The engagements with what goes on in them; asks for the names behind ids.
    func read(_ answers: [Rows], of engagements: [Engagement], _ tx: Transaction) throws -> [LandingEngagement] {
        let accounts = try PageAccounts.read(answers[0])
        let found = [
            try touchpoints.sections(answers[1], answers[2]), try risks.sections(answers[3], answers[4]),
            try initiatives.sections(answers[5], answers[6]), try cases.sections(answers[7], answers[8]),
        ]
        var names = PageNames(database, caller)
        try names.read(found.flatMap { $0.values.flatMap(\.items) }, in: tx)
        return engagements.map { engagement in
            var shown = LandingEngagement()
            shown.engagement = engagement
            let account = engagement.account.flatMap { accounts[$0] }
            shown.accountName = account?.name ?? ""
            shown.currency = account?.currency ?? Card.standardCurrency
            shown.daysUntilRenewal = PageDays.until(engagement.renewalDate, from: database.clock.today)
            let sections = found.map { byEngagement -> PageSection in
                var section = byEngagement[engagement.id] ?? PageSection()
                names.fill(&section, daysUntilRenewal: shown.daysUntilRenewal)
                return section
            }
            (shown.touchpoints, shown.riskSignals) = (sections[0], sections[1])
            (shown.initiatives, shown.successCases) = (sections[2], sections[3])
            return shown
        }
    }
}
