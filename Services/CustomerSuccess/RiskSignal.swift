import CustomerSuccessWire
import OnboardingWire
import Postgres
import RPC
import Records
import Wire

extension RiskSignal: Record {
    /// Risks of an engagement, or of an onboarding before there is one (G-03). No customer reaches them.
    public static let storage = Storage<RiskSignal>(
        domain: .references([.engagement, .onboardingCase]),
        inherited: [
            Inherited(.account, via: .engagement, rule: "BR-47"),
            Inherited(.account, via: .onboardingCase, rule: "BR-47"),
        ],
        requiredRule: "BR-48",
        conditional: [.engagement],
        domainRule: "BR-47")

    public static let rules: [Rule<RiskSignal>] = [
        .check(
            "BR-48", field: .engagement, constraint: "risk_signal_engagement_needed",
            Text(
                en: "A risk signal needs an engagement, or the scope Onboarding and an onboarding case.",
                ko: "위험 신호에는 참여를 지정해야 합니다. 참여가 없으면 범위를 ‘온보딩’으로 선택하고 온보딩 케이스를 지정하세요.")
        ) { change, _ in
            change.new.engagement != nil || (change.new.scope == Scope.onboarding && change.new.onboardingCase != nil)
        },
        Rule("G-03") { change, context in try checkCase(change, context) },
        Rule("G-97") { change, context in
            let names = SourceRecord.Names<RiskSignal>(table: .table, record: .sourceRecord, account: .account)
            try SourceRecord.check(change, names, rule: "G-97", context)
        },
        .staysWithAccount(by: .engagement, whileAny: .records(RiskSignalSolution.self, by: .riskSignal)),
        .check(
            "G-97", field: .engagement,
            Text(
                en: "A risk signal that others name as their source stays with its account.",
                ko: "다른 위험 신호가 소스 레코드로 지정한 위험 신호는 다른 계정으로 옮길 수 없습니다.")
        ) { change, context in
            guard let old = change.old, change.changes(.account) else { return true }
            return try !context.exists(.risks(of: RiskSignal.self), of: old.id)
        },
        .squadOfAccount,
        .kept(),
        .movesPlaybook,
    ]

    public static let lifecycle: Lifecycle<RiskSignal>? = Lifecycle(
        moves: [State.new: [State.active], State.active: [State.closed, State.canceled]], reopened: State.active,
        closingRule: "BR-49", reopeningRule: "BR-50")

    /// An engagement and a case on one risk belong to the same account.
    private static func checkCase(_ change: Change<RiskSignal>, _ context: RuleContext) throws {
        guard change.changes(.engagement) || change.changes(.onboardingCase),
            let engagement = change.new.engagement, let onboarding = change.new.onboardingCase
        else { return }
        let rows = try context.transaction.query(
            """
            SELECT e.account FROM customer_success.engagement e \
            JOIN customer_success.onboarding_case c ON c.account = e.account \
            WHERE e.id = \(engagement) AND c.id = \(onboarding)
            """)
        guard rows.isEmpty else { return }
        throw Problem.broken(
            "G-03", RiskSignal.self, field: .onboardingCase,
            Text(
                en: "The onboarding case belongs to another account than the engagement.",
                ko: "온보딩 케이스가 참여와 다른 계정에 속해 있습니다."))
    }
}
