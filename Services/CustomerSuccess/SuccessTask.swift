import CustomerSuccessWire
import Playbooks
import RPC
import Records
import Wire

extension SuccessTask: Record {
    public static let storage = Storage<SuccessTask>(
        // The parent is a success case, an initiative or a touchpoint (G-82, G-83).
        domain: .document(table: .parentTable, id: .parent),
        inherited: [Inherited(.account, via: .parent)],
        // Customers see the tasks meant for them, and move those whose contact they are (G-18, G-22).
        customer: CustomerAccess(
            rows: { _ in .equal(.visibleToCustomer, true) }, writable: [.state],
            changeable: { $0.ownContact(.contact) }),
        requiredRule: "BR-34")

    public static let rules: [Rule<SuccessTask>] = [
        .locked("BR-37", field: .parent, whileAny: [.risks(of: SuccessTask.self)]),
        .check(
            "G-84", field: .parent,
            Text(
                en: "A task that solves a risk must stay with a success case.",
                ko: "위험 신호의 솔루션으로 연결된 작업은 성공 케이스에 속해야 합니다.")
        ) { change, context in
            guard let old = change.old, change.changes(.parentTable), change.new.parentTable != ParentTable.successCase
            else {
                return true
            }
            return try !context.exists(.solutions(of: SuccessTask.self), of: old.id)
        },
        .staysWithAccount(by: .parent),
        .squadOfAccount,
        .kept(),
        .closesAsPlaybookSays(made: .parent),
        .endsActivity,
    ]

    public static let lifecycle: Lifecycle<SuccessTask>? = Lifecycle(
        moves: Lifecycle<SuccessTask>.workMoves, reopened: State.inProgress, tie: Lifecycle.workProgress,
        closingRule: "BR-35", reopeningRule: "BR-36")
}
