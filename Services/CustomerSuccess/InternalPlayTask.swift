import Records
import Wire

extension InternalPlayTask: Record {
    /// The provider's own work: no customer reaches it.
    public static let storage = Storage<InternalPlayTask>(
        domain: .references(["internal_play"]),
        inherited: [
            Inherited("account", via: "internal_play"), Inherited("engagement", via: "internal_play"),
        ],
        requiredRule: "BR-43",
        constraints: [.closure("BR-44", "internal_play_task")])

    public static let rules: [Rule<InternalPlayTask>] = [
        .locked("BR-46", field: "internal_play", whileAny: [.risks(of: "internal_play_task")]),
        .staysWithAccount(by: "internal_play"),
        .squadOfAccount,
        .kept(),
    ]

    public static let lifecycle: Lifecycle<InternalPlayTask>? = Lifecycle(
        moves: Lifecycle<InternalPlayTask>.workMoves, reopened: "in_progress", tie: Lifecycle.workProgress,
        closingRule: "BR-44", reopeningRule: "BR-45")
}
