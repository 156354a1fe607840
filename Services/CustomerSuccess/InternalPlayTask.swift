import CustomerSuccessWire
import Records
import Wire

extension InternalPlayTask: Record {
    /// The provider's own work: no customer reaches it.
    public static let storage = Storage<InternalPlayTask>(
        domain: .references([.internalPlay]),
        inherited: .all(.account, .engagement, via: .internalPlay),
        requiredRule: "BR-43")

    public static let rules: [Rule<InternalPlayTask>] = [
        .locked("BR-46", field: .internalPlay, whileAny: [.risks(of: InternalPlayTask.self)]),
        .staysWithAccount(by: .internalPlay),
        .squadOfAccount,
        .kept(),
        .endsActivity,
    ]

    public static let lifecycle: Lifecycle<InternalPlayTask>? = Lifecycle(
        moves: Lifecycle<InternalPlayTask>.workMoves, reopened: State.inProgress, tie: Lifecycle.workProgress,
        closingRule: "BR-44", reopeningRule: "BR-45")
}
