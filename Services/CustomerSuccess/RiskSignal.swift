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
        Rule("G-97") { change, context in try checkSource(change, context) },
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

    /// The tables that declare their records to be what a risk may come from.
    private static let sources = (CustomerSuccessCatalog.records + OnboardingCatalog.records).map { $0.schema }
        .filter(\.sourceOfRisks)

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

    /// G-97: table and source record go together and name a record of the risk's account. The source cannot be deleted
    /// before this write is done.
    private static func checkSource(_ change: Change<RiskSignal>, _ context: RuleContext) throws {
        guard change.changes(.table) || change.changes(.sourceRecord) || change.changes(.account) else { return }
        guard let table = change.new.table, let source = change.new.sourceRecord else {
            guard change.new.table == nil, change.new.sourceRecord == nil else {
                throw Problem.broken(
                    "G-97", RiskSignal.self, field: .sourceRecord,
                    Text(en: "Table and source record go together.", ko: "테이블과 소스 레코드는 함께 입력해야 합니다."))
            }
            return
        }
        guard let origin = sources.first(where: { $0.table == table }) else {
            let allowed = sources.map(\.table).joined(separator: ", ")
            let labels = sources.map(\.label.ko).joined(separator: ", ")
            throw Problem.broken(
                "G-97", RiskSignal.self, field: .table,
                Text(en: "Table must be one of: \(allowed).", ko: "테이블은 다음 중 하나여야 합니다: \(labels)"))
        }
        guard source != change.new.id else {
            throw Problem.broken(
                "G-97", RiskSignal.self, field: .sourceRecord,
                Text(en: "A risk signal is not its own source.", ko: "위험 신호는 자기 자신을 소스 레코드로 지정할 수 없습니다."))
        }
        // Copies of another service's records are not locked: they go when their owner says so.
        let lock: SQL = origin.service == schema.service ? " FOR KEY SHARE" : ""
        let statement: SQL =
            "SELECT account FROM customer_success.\(identifier: table) WHERE id = \(source)"
        let rows = try context.transaction.query(statement + lock)
        guard let row = rows.first, try row.optionalString(Field.account) == change.new.account else {
            throw Problem.broken(
                "G-97", RiskSignal.self, field: .sourceRecord,
                Text(
                    en: "The account has no such record in the chosen table.",
                    ko: "선택한 테이블에 해당 계정의 레코드가 없습니다."))
        }
    }
}
