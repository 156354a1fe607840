import CustomerSuccessWire
import OnboardingWire
import Postgres
import Records
import Tenancy
import Wire

/// The scorecards of the landing page, in their order. All count engagements associated with one user (G-07); all but
/// the first are limited to those of the first.
enum Card: String, CaseIterable, Sendable {
    case totalEngagements = "total_engagements"
    case healthDeclined = "health_declined"
    case escalatedAccount = "escalated_account"
    case renewalsDue = "renewals_due"
    case newEngagements = "new_engagements"

    /// Days ahead in which a renewal is due, both ends included (G-06).
    static let renewalDays = 90
    /// Amounts of accounts without a currency (G-106).
    static let standardCurrency = "USD"

    /// The title of the card.
    var label: Text {
        switch self {
        case .totalEngagements: Text(en: "Total engagements", ko: "전체 참여")
        case .healthDeclined: Text(en: "Health declined", ko: "건강도 하락")
        case .escalatedAccount: Text(en: "Escalated account", ko: "에스컬레이션된 계정")
        case .renewalsDue: Text(en: "Renewals due in 90 days", ko: "90일 이내 갱신 예정")
        case .newEngagements: Text(en: "New engagements", ko: "신규 참여")
        }
    }

    private typealias Health = Engagement.PerceivedHealth

    /// Which engagements the card counts, over the aliases `e` (engagement) and `a` (its account).
    func condition(_ today: CivilDate) -> SQL {
        switch self {
        case .totalEngagements: "TRUE"
        // G-05: from unknown to yellow or red is a first assessment, not a decline.
        case .healthDeclined:
            """
            e.active AND (e.perceived_health = \(literal: Health.red) \
            AND e.previous_perceived_health IN (\(literal: Health.yellow), \(literal: Health.green)) \
            OR e.perceived_health = \(literal: Health.yellow) AND e.previous_perceived_health = \(literal: Health.green))
            """
        // G-04.
        case .escalatedAccount: "e.active AND a.escalated"
        case .renewalsDue:
            """
            e.active AND e.renewal_date BETWEEN \(today.description)::date \
            AND \(today.adding(days: Self.renewalDays).description)::date
            """
        case .newEngagements:
            """
            e.state = \(literal: Engagement.State.new) AND NOT EXISTS ( \
            SELECT 1 FROM customer_success.success_objective o WHERE o.engagement = e.id)
            """
        }
    }

    /// The engagements associated with `user`: as customer success manager, account manager or member of the squad. A
    /// squad is drawn from the members of the account, which is how an index finds it.
    static func engagements(of user: String) -> SQL {
        """
        SELECT id FROM customer_success.engagement WHERE customer_success_manager = \(user) \
        UNION SELECT id FROM customer_success.engagement WHERE account_manager = \(user) \
        UNION SELECT s.id FROM customer_success.squad_member m \
        JOIN customer_success.engagement s ON s.account = m.account AND m.id = ANY(s.squad) \
        WHERE m."user" = \(user) AND m.active IS NOT FALSE
        """
    }

    /// Count and value of every card, as columns over `e`.
    static func columns(_ today: CivilDate) -> SQL {
        allCases.map { card -> SQL in
            let condition = card.condition(today)
            return """
                count(*) FILTER (WHERE \(condition)) AS \(identifier: card.countColumn), \
                sum(e.contract_value) FILTER (WHERE \(condition)) AS \(identifier: card.valueColumn)
                """
        }.joined()
    }

    /// The names of those columns, in statements and in the table of snapshots.
    static var columnNames: [String] { allCases.flatMap { [$0.countColumn.rawValue, $0.valueColumn.rawValue] } }

    /// One of those columns.
    struct Column: RawRepresentable {
        let rawValue: String
    }
    /// The column with how many there are.
    var countColumn: Column { Column(rawValue: rawValue) }
    /// The column with what they are worth.
    var valueColumn: Column { Column(rawValue: rawValue + "_value") }

    /// The accounts of engagements, as `a` in the statements of cards.
    static func accounts(_ database: Database, _ caller: Caller) -> SQL {
        database.replica(CustomerAccount.self, .escalated, .currency, as: caller)
    }

    /// The currency of an engagement's contract value.
    static var currency: SQL { "coalesce(a.currency, \(standardCurrency))" }
}
