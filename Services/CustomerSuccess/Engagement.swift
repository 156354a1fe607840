import CustomerSuccessWire
import OnboardingWire
import Postgres
import RPC
import Records
import Tenancy
import Wire

extension Engagement: Record {
    public static let storage = Storage<Engagement>(
        domain: .references([.account]),
        // G-93: the go-live date is the case's, also when that changes later.
        inherited: [
            Inherited(.initialGoLive, via: .initialOnboarding, column: OnboardingCase.Field.goLiveDate, rule: "BR-07")
        ],
        computed: [Computed(.healthScore) { engagement, _ in healthScore(engagement.perceivedHealth) }],
        customer: CustomerAccess(),
        requiredRule: "BR-02",
        domainRule: "BR-01")

    public static let rules: [Rule<Engagement>] = [
        .locked(
            "BR-05", field: .account,
            whileAny: [
                .records(SuccessObjective.self, by: .engagement), .records(SuccessCase.self, by: .engagement),
                .records(InternalPlay.self, by: .engagement), .records(RiskSignal.self, by: .engagement),
            ]),
        Rule("BR-06") { change, context in try refuseCycle(change, context) },
        Rule("BR-07") { change, context in try checkOnboarding(change, context) },
        Rule("G-05") { change, context in rememberHealth(&change, context) },
        .check(
            "G-17", field: .renewalDate,
            Text(
                en: "The renewal date follows the linked contracts and cannot be set by hand.",
                ko: "갱신일은 연결된 계약에 따라 정해지므로 직접 설정할 수 없습니다.")
        ) { change, context in
            guard !context.write.isSystem, change.changes(.renewalDate), let old = change.old else { return true }
            return try !context.exists(.records(EngagementContract.self, by: .engagement), of: old.id)
        },
        .squadOfAccount,
        .after("G-96") { change, context in try moveTouchpoints(change, context) },
        .after("BR-58") { change, context in try moveContracts(change, context) },
        .after("G-03") { change, context in try adoptRisks(change, context) },
        .advice(
            "G-91", field: .initialOnboarding,
            Text(en: "The onboarding case is not closed yet.", ko: "온보딩 케이스가 아직 종결되지 않았습니다.")
        ) { change, context in
            guard change.changes(.initialOnboarding) || isResumed(change) else { return false }
            return try isCaseOpen(change, context)
        },
        .advice(
            "G-92", field: .account,
            Text(en: "The account already has another active engagement.", ko: "이 계정에는 활성 상태인 다른 참여가 이미 있습니다.")
        ) { change, context in
            guard change.new.active == true, change.changes(.account) || isResumed(change) else { return false }
            return try hasOtherActive(change, context)
        },
        .kept(),
    ]

    public static let lifecycle: Lifecycle<Engagement>? = Lifecycle(
        moves: Lifecycle<Engagement>.journeyMoves, reopened: State.inProgress, closingRule: "BR-03",
        reopeningRule: "BR-04"
    )

    /// Green 100, Yellow 60, Red 20, unknown empty, until there is a real formula (G-08).
    static func healthScore(_ health: String?) -> FieldValue {
        switch health {
        case PerceivedHealth.green: .int(100)
        case PerceivedHealth.yellow: .int(60)
        case PerceivedHealth.red: .int(20)
        default: .null
        }
    }

    /// BR-06: the parent is neither the engagement itself nor below it. Changes of parents wait for each other, so
    /// that two of them cannot close a cycle together.
    private static func refuseCycle(_ change: Change<Engagement>, _ context: RuleContext) throws {
        guard change.changes(.parent), let parent = change.new.parent else { return }
        let tx = context.transaction
        tx.send("SELECT pg_advisory_xact_lock(hashtextextended('engagement.parent', 0))")
        let rows = try tx.query(
            """
            WITH RECURSIVE above AS (
                SELECT id, parent FROM customer_success.engagement WHERE id = \(parent)
                UNION SELECT e.id, e.parent FROM customer_success.engagement e JOIN above a ON e.id = a.parent)
            SELECT 1 FROM above WHERE id = \(change.new.id) LIMIT 1
            """)
        guard rows.isEmpty else {
            throw Problem.broken(
                "BR-06", Engagement.self, field: .parent,
                Text(
                    en: "An engagement cannot be below itself.", ko: "참여를 자기 자신의 하위 항목으로 지정할 수 없습니다."))
        }
    }

    /// BR-07, G-91: the case belongs to the same account and is not canceled.
    private static func checkOnboarding(_ change: Change<Engagement>, _ context: RuleContext) throws {
        guard change.changes(.initialOnboarding) || change.changes(.account) else { return }
        let rows = try context.transaction.query(
            """
            SELECT account, state FROM customer_success.onboarding_case \
            WHERE id = \((change.new.initialOnboarding ?? "").sqlValue)
            """)
        guard let row = rows.first, try row.string(OnboardingCase.Field.account) == change.new.account else {
            throw Problem.broken(
                "BR-07", Engagement.self, field: .initialOnboarding,
                Text(
                    en: "The onboarding case belongs to another account.", ko: "온보딩 케이스가 다른 계정에 속해 있습니다."))
        }
        guard try row.optionalString(OnboardingCase.Field.state) != OnboardingCase.State.canceled else {
            throw Problem.broken(
                "G-91", Engagement.self, field: .initialOnboarding,
                Text(en: "The onboarding case was canceled.", ko: "온보딩 케이스가 취소되었습니다."))
        }
    }

    /// Whether the engagement was closed or canceled and goes on now.
    private static func isResumed(_ change: Change<Engagement>) -> Bool {
        change.old?.active == false && change.new.active == true
    }

    /// G-91: whether the onboarding case is not closed.
    private static func isCaseOpen(_ change: Change<Engagement>, _ context: RuleContext) throws -> Bool {
        let rows = try context.transaction.query(
            """
            SELECT 1 FROM customer_success.onboarding_case \
            WHERE id = \(change.new.initialOnboarding.sqlValue) \
            AND state IS DISTINCT FROM \(literal: OnboardingCase.State.closed)
            """)
        return !rows.isEmpty
    }

    /// G-92: whether the account has another active engagement that the caller may see. Which one is not said: who may
    /// write engagements need not be allowed to read them.
    private static func hasOtherActive(_ change: Change<Engagement>, _ context: RuleContext) throws -> Bool {
        let rows = try context.transaction.query(
            """
            SELECT 1 FROM customer_success.engagement \
            WHERE account = \(change.new.account.sqlValue) AND active AND id <> \(change.new.id) LIMIT 1
            """)
        return !rows.isEmpty
    }

    /// The manager of an engagement, its success manager or the one that `field` names; nil when there is none who could be
    /// assigned something new.
    static func activeManager(
        of id: String?, _ context: RuleContext, as field: Field = .customerSuccessManager
    ) throws -> String? {
        let rows = try context.transaction.query(
            "SELECT \(identifier: field) FROM customer_success.engagement WHERE id = \(id.sqlValue)")
        guard let manager = try rows.first?.optionalString(field), Validation.isUUID(manager) else { return nil }
        return try context.mayBeAssigned(manager) ? manager : nil
    }

    /// G-05: what the health was before, and since when it is what it is.
    private static func rememberHealth(_ change: inout Change<Engagement>, _ context: RuleContext) {
        guard let old = change.old, change.changes(.perceivedHealth) else { return }
        change.new.previousPerceivedHealth = old.perceivedHealth
        change.new.healthChangedAt = context.write.now
    }

    /// G-96: touchpoints do not hold the account of an engagement; they follow it, and leave behind what belongs to
    /// the account before.
    private static func moveTouchpoints(_ change: Change<Engagement>, _ context: RuleContext) throws {
        guard !change.isCreation, change.changes(.account) else { return }
        let rows = try context.transaction.query(
            "SELECT id FROM customer_success.touchpoint WHERE engagement = \(change.new.id)")
        for row in rows {
            try context.change(Touchpoint.self, try row.string(Touchpoint.Field.id)) { touchpoint in
                touchpoint.account = change.new.account
                touchpoint.domain = change.new.domain
                touchpoint.contact = nil
                touchpoint.product = nil
                touchpoint.productRelated = false
                touchpoint.squad = []
            }
        }
    }

    /// Links to contracts follow the account, too. BR-58 then refuses those of another account, and with them the move.
    private static func moveContracts(_ change: Change<Engagement>, _ context: RuleContext) throws {
        guard !change.isCreation, change.changes(.account) else { return }
        let rows = try context.transaction.query(
            "SELECT id FROM customer_success.engagement_contract WHERE engagement = \(change.new.id)")
        for row in rows {
            try context.change(EngagementContract.self, try row.string(EngagementContract.Field.id)) { link in
                link.account = change.new.account
                link.domain = change.new.domain
            }
        }
    }

    /// G-03: open onboarding risks of the case become risks of the engagement created from it.
    private static func adoptRisks(_ change: Change<Engagement>, _ context: RuleContext) throws {
        guard change.isCreation, let onboarding = change.new.initialOnboarding else { return }
        let rows = try context.transaction.query(
            """
            SELECT id FROM customer_success.risk_signal \
            WHERE onboarding_case = \(onboarding) AND engagement IS NULL AND active
            """)
        for row in rows {
            try context.change(RiskSignal.self, try row.string(RiskSignal.Field.id)) { $0.engagement = change.new.id }
        }
    }
}
