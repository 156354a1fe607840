import CustomerSuccessWire
import Records
import Wire

extension SuccessObjective: Record {
    public static let storage = Storage<SuccessObjective>(
        domain: .references([.engagement]),
        inherited: [Inherited(.account, via: .engagement, rule: "BR-08")],
        computed: [.daysRemaining(until: .plannedStop)],
        customer: CustomerAccess(),
        requiredRule: "BR-09",
        domainRule: "BR-08")

    public static let rules: [Rule<SuccessObjective>] = [
        .locked(
            "BR-12", field: .engagement,
            whileAny: [.records(SuccessOutcome.self, by: .successObjective), .risks(of: SuccessObjective.self)]),
        .ordered("BR-13", .plannedStart, notAfter: .plannedStop, constraint: "success_objective_dates"),
        .kept(),
        .movesPlaybook,
    ]

    public static let lifecycle: Lifecycle<SuccessObjective>? = Lifecycle(
        moves: Lifecycle<SuccessObjective>.journeyMoves, reopened: State.inProgress, tie: Lifecycle.workProgress,
        closingRule: "BR-10", reopeningRule: "BR-11")
}
