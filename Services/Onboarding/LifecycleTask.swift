import OnboardingWire
import Playbooks
import Postgres
import RPC
import Records
import Tenancy
import Wire

extension LifecycleTask: Record {
    public static let storage = Storage<LifecycleTask>(
        domain: .references([.parent]),
        inherited: [Inherited(.company, via: .parent, column: OnboardingCase.Field.account)],
        computed: [.daysRemaining(until: .dueDate)],
        customer: CustomerAccess(
            rows: CustomerRows.tasks, writable: [.state, .additionalComments], changeable: { $0.ownContact(.contact) }),
        immutable: [.parent])

    public static let rules: [Rule<LifecycleTask>] = [
        .check(
            "G-43", field: .responsibility,
            Text(en: "The responsibility is one of a squad, not of a case.", ko: "케이스가 아닌 스쿼드의 담당 업무입니다.")
        ) { change, context in
            guard change.changes(.responsibility) else { return true }
            return try context.find(ResponsibilityDefinition.self, change.new.responsibility)?.side
                != ResponsibilityDefinition.Side.squad
        },
        Rule("G-44") { change, context in try assign(&change, context) },
        .closesAsPlaybookSays(made: .playbookActivity),
        movesPlaybook,
        .warnsOfAssignee(.assignedTo),
    ]

    static let openStates: Set<String> = [
        State.open, State.awaitingCustomer, State.awaitingInternal, State.inProgress, State.review,
    ]

    /// G-02: any move among open states, and from any of them to Closed or Canceled; reopening leads to Open.
    static let moves = Dictionary(
        uniqueKeysWithValues: openStates.map { state in
            (state, openStates.subtracting([state]).union([State.closed, State.canceled]))
        })

    /// The first value of each state is its default.
    static let progress = [
        State.open: [Progress.notStarted], State.awaitingCustomer: [Progress.paused, Progress.atRisk],
        State.awaitingInternal: [Progress.paused, Progress.atRisk],
        State.inProgress: [Progress.onTrack, Progress.atRisk], State.review: [Progress.onTrack, Progress.atRisk],
        State.closed: [Progress.finished],
        State.canceled: [Progress.finished],
    ]

    public static let lifecycle: Lifecycle<LifecycleTask>? = Lifecycle(
        moves: moves, reopened: State.open, tie: Lifecycle.Tie(.progress, progress),
        mayMove: { caller, record, state in
            // G-21, G-22: for customers, assigned means that they are the contact.
            if caller.isOnboardingAgent { return true }
            if state == State.canceled || record.closedAt != nil { return false }
            guard caller.kind == .customer else { return state != State.closed || record.assignedTo == caller.subject }
            return caller.isContact(record.contact, of: record.company)
        })

    /// G-44: whoever holds the task's responsibility on the case, by default the provider's ServiceNow administrator;
    /// else the assignee of the case, else somebody of its account team. Nobody who has left.
    private static func assign(_ change: inout Change<LifecycleTask>, _ context: RuleContext) throws {
        guard change.isCreation, change.new[field: .assignedTo].isEmpty, let parent = change.new.parent else {
            return
        }
        let responsibility =
            change.new.responsibility
            ?? OnboardingSeed.responsibility(ResponsibilityDefinition.Side.provider, OnboardingSeed.administrator)
        change.new.assignedTo = try CaseHolders.holder(of: responsibility, on: parent, context)
    }
}
