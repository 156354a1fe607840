import CustomerSuccessWire
import OnboardingWire
import Postgres
import RPC
import Records
import Wire

extension SquadMember: Record {
    /// A person of the provider who supports one account (G-10). No customer reaches them.
    public static let storage = Storage<SquadMember>(
        domain: .references([.account]),
        requiredRule: "G-10",
        constraints: [
            DatabaseRule(
                "BR-55", constraint: "squad_member_unique", field: .user,
                Text(
                    en: "This user already has this responsibility in the account's squad.",
                    ko: "이 사용자는 해당 계정의 스쿼드에서 이미 이 업무를 담당하고 있습니다."))
        ],
        domainRule: "BR-56", person: .member)

    public static let rules: [Rule<SquadMember>] = [
        .check(
            "G-43", field: .responsibility,
            Text(en: "The responsibility is not one of a squad.", ko: "스쿼드의 담당 업무가 아닙니다.")
        ) { change, context in
            guard change.changes(.responsibility) else { return true }
            let rows = try context.transaction.query(
                """
                SELECT side FROM customer_success.responsibility_definition \
                WHERE id = \(change.new.responsibility.sqlValue)
                """)
            let side = try rows.first?.optionalString(ResponsibilityDefinition.Field.side)
            return side == nil || side == ResponsibilityDefinition.Side.squad
        },
        .locked("G-10", field: .account, whileAny: squads),
        .kept("AIP-135", whileAny: squads),
    ]

    /// Every record that may list the member in its squad.
    private static let squads: [Dependants] = [
        .lists(Engagement.self, in: .squad), .lists(SuccessInitiative.self, in: .squad),
        .lists(SuccessCase.self, in: .squad), .lists(SuccessTask.self, in: .squad),
        .lists(Touchpoint.self, in: .squad), .lists(InternalPlay.self, in: .squad),
        .lists(InternalPlayTask.self, in: .squad), .lists(RiskSignal.self, in: .squad),
    ]
}
