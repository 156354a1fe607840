import CustomerSuccessWire
import RPC
import Records
import Wire

extension InternalPlay: Record {
    /// The provider's own work: no customer reaches it.
    public static let storage = Storage<InternalPlay>(
        domain: .references([.engagement]),
        inherited: [Inherited(.account, via: .engagement)],
        requiredRule: "BR-38",
        ruled: [.parent])

    public static let rules: [Rule<InternalPlay>] = [
        .check(
            "BR-41", field: .parent, constraint: "internal_play_no_parent",
            Text(en: "An internal play never has a parent.", ko: "내부 플레이에는 상위 항목을 지정할 수 없습니다.")
        ) { change, _ in change.new.parent == nil },
        .locked(
            "BR-42", field: .engagement,
            whileAny: [.records(InternalPlayTask.self, by: .internalPlay), .risks(of: InternalPlay.self)]),
        .staysWithAccount(by: .engagement),
        .squadOfAccount,
        .kept(),
        .movesPlaybook,
    ]

    public static let lifecycle: Lifecycle<InternalPlay>? = Lifecycle(
        moves: Lifecycle<InternalPlay>.workMoves, reopened: State.inProgress, tie: Lifecycle.workProgress,
        closingRule: "BR-39", reopeningRule: "BR-40")
}
