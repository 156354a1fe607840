import CustomerSuccessWire
import Records
import Wire

extension SuccessCase: Record {
    public static let storage = Storage<SuccessCase>(
        domain: .references([.engagement]),
        inherited: [Inherited(.account, via: .engagement)],
        customer: CustomerAccess(),
        requiredRule: "BR-26")

    public static let rules: [Rule<SuccessCase>] = [
        .locked(
            "BR-29", field: .engagement,
            whileAny: [.records(SuccessTask.self, by: .parent), .risks(of: SuccessCase.self)]),
        .check(
            "G-124", field: .serviceDefinition,
            Text(en: "The service definition is not active any more.", ko: "서비스 정의가 더 이상 활성 상태가 아닙니다.")
        ) { change, context in
            guard change.changes(.serviceDefinition) else { return true }
            return try context.find(CaseServiceDefinition.self, change.new.serviceDefinition)?.active != false
        },
        .staysWithAccount(by: .engagement),
        .squadOfAccount,
        .kept(whileAny: [.records(SuccessTask.self, by: .parent)]),
        .movesPlaybook,
    ]

    public static let lifecycle: Lifecycle<SuccessCase>? = Lifecycle(
        moves: Lifecycle<SuccessCase>.workMoves, reopened: State.inProgress, tie: Lifecycle.workProgress,
        closingRule: "BR-27", reopeningRule: "BR-28")
}
