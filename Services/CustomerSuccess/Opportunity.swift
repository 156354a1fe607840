import CustomerSuccessWire
import OnboardingWire
import Postgres
import RPC
import Records
import Wire

extension Opportunity: Record {
    /// What is identified for sales. No customer reaches it (G-120).
    public static let storage = Storage<Opportunity>(
        domain: .references([.engagement]),
        inherited: [Inherited(.account, via: .engagement, rule: "G-120")],
        requiredRule: "G-120",
        constraints: [
            DatabaseRule(
                "G-120", constraint: "opportunity_value", field: .currency,
                Text(en: "A value needs its currency.", ko: "금액에는 통화가 필요합니다.")),
            DatabaseRule(
                "G-120", constraint: "opportunity_probability", field: .probability,
                Text(en: "Probability goes from 0 to 100.", ko: "발생 가능성은 0에서 100까지입니다.")),
            DatabaseRule(
                "G-120", constraint: "opportunity_handed_over", field: .handedOverTo,
                Text(
                    en: "Handed over to, and when, go together.", ko: "인계받은 담당자와 인계 일시는 함께 있어야 합니다.")),
        ],
        domainRule: "G-120")

    public static let rules: [Rule<Opportunity>] = [
        Rule("G-120") { change, context in try fillCurrency(&change, context) },
        Rule("G-120") { change, context in try handOver(&change, context) },
        Rule("G-120") { change, context in
            let names = SourceRecord.Names<Opportunity>(table: .table, record: .sourceRecord, account: .account)
            try SourceRecord.check(change, names, rule: "G-120", context)
        },
    ]

    public static let holds: [Hold] = [
        hold(.account, of: Engagement.self, by: .engagement, rule: "G-120")
    ]

    /// Sales may give one back. What is lost need not have been handed over; what is won was.
    public static let lifecycle: Lifecycle<Opportunity>? = Lifecycle(
        moves: [
            State.new: [State.qualified, State.lost],
            State.qualified: [State.handedOver, State.lost],
            State.handedOver: [State.qualified, State.won, State.lost],
        ], closed: [State.won, State.lost], reopened: State.qualified, closingRule: "G-120", reopeningRule: "G-120")

    /// A value without a currency is in that of the account.
    private static func fillCurrency(_ change: inout Change<Opportunity>, _ context: RuleContext) throws {
        guard change.new.value != nil, change.new.currency == nil else { return }
        let accounts = context.database.replica(
            CustomerAccount.self, .currency, as: .service(context.database.service, domain: context.write.caller.domain)
        )
        let rows = try context.transaction.query(
            "SELECT currency FROM \(accounts) account WHERE id = \(change.new.account.sqlValue)")
        change.new.currency =
            try rows.first?.optionalString(CustomerAccount.Field.currency) ?? Card.standardCurrency
    }

    /// Handing over names the account manager of the engagement, whom the notifier tells; giving back takes the name away.
    private static func handOver(_ change: inout Change<Opportunity>, _ context: RuleContext) throws {
        let (from, to) = (change.old?.state, change.new.state)
        guard from != to else { return }
        guard to == State.handedOver else {
            guard to == State.new || to == State.qualified else { return }
            (change.new.handedOverTo, change.new.handedOverAt) = (nil, nil)
            return
        }
        let manager = try Engagement.activeManager(of: change.new.engagement, context, as: .accountManager)
        guard let manager else {
            throw Problem.broken(
                "G-120", Opportunity.self, field: .state,
                Text(
                    en:
                        "The engagement has no active account manager to hand the opportunity over to. Name one there first.",
                    ko: "참여에 영업 기회를 인계받을 활성 상태의 어카운트 매니저(AM)가 없습니다. 먼저 참여에 지정하세요."))
        }
        change.new.handedOverTo = manager
        change.new.handedOverAt = context.write.now
    }
}
