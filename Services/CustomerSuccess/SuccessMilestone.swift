import CustomerSuccessWire
import Records
import Wire
import Work

extension SuccessMilestone: Record {
    public static let storage = Storage<SuccessMilestone>(
        domain: .references([.successObjective]),
        inherited: .all(.account, .engagement, via: .successObjective, rule: "G-118"),
        customer: CustomerAccess(),
        requiredRule: "G-118",
        domainRule: "G-118")

    public static let rules: [Rule<SuccessMilestone>] = [
        .check(
            "G-118", field: .successOutcome,
            Text(en: "The outcome belongs to another objective.", ko: "성공 결과가 다른 성공 목표에 속해 있습니다.")
        ) { change, context in
            guard change.changes(.successObjective) || change.changes(.successOutcome),
                let outcome = try context.find(SuccessOutcome.self, change.new.successOutcome)
            else { return true }
            return outcome.successObjective == change.new.successObjective
        },
        .check(
            "G-118", field: .reachedOn, constraint: "success_milestone_reached",
            Text(
                en: "A milestone that is reached, and no other, has the day it was reached on.",
                ko: "달성일은 ‘달성’ 상태의 마일스톤에만 있으며, 이때는 반드시 있어야 합니다.")
        ) { change, _ in (change.new.state == State.reached) == (change.new.reachedOn != nil) },
        .check(
            "G-118", field: .reachedOn,
            Text(en: "Reached on must not be in the future.", ko: "달성일은 미래일 수 없습니다.")
        ) { change, context in (change.new.reachedOn ?? "") <= context.write.today.description },
    ]

    public static let holds: [Hold] = [
        hold(.engagement, of: SuccessObjective.self, by: .successObjective, rule: "G-118"),
        hold(.successObjective, of: SuccessOutcome.self, by: .successOutcome, rule: "G-118"),
    ]

    public static let lifecycle: Lifecycle<SuccessMilestone>? = Lifecycle(
        moves: [State.planned: [State.reached, State.missed, State.canceled]],
        closed: [State.reached, State.missed, State.canceled], reopened: State.planned, closingRule: "G-118",
        reopeningRule: "G-118", clearedOnReopening: [.reachedOn, .closeNotes])

    /// The work of each day: what is planned and whose target date has passed is missed, also when that was days ago.
    static func missOverdue(_ database: Database) -> DailyJob {
        DailyJob("missed-milestones", database, SuccessMilestone.self) { today in
            "state = \(State.planned) AND target_date < \(today.description)::date"
        } change: { milestone in
            milestone.state = State.missed
        }
    }
}
