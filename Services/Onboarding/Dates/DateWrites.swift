import Korean
import OnboardingWire
import Playbooks
import Postgres
import RPC
import Records
import Wire

/// The writes of a move of dates, or of its undo: those that people make by hand, and a look at what came of them.
struct DateWrites {
    private let move: DateMove
    private let isBack: Bool
    private let context: RuleContext
    /// What was told of what has begun, by its id.
    private let told: [String: DateMoveItem]

    init(_ move: DateMove, isBack: Bool, _ context: RuleContext) {
        (self.move, self.isBack, self.context) = (move, isBack, context)
        told = Dictionary(
            move.items.filter { !$0.expected }.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    }

    private var tx: Transaction { context.transaction }
    private var moving: [DateMoveItem] { move.items.filter(\.moves) }
    private var tasks: [DateMoveItem] { moving.filter { $0.table == LifecycleTask.schema.table } }

    private func from(_ item: DateMoveItem) -> String { isBack ? item.after : item.before }
    private func to(_ item: DateMoveItem) -> String { isBack ? item.before : item.after }

    /// How the open tasks of the case and the activities that are worked on stand.
    private struct Standing {
        var tasks: [String: String]
        let activities: [Playbooks.ActivityDate]
    }

    private func standing() throws -> Standing {
        let rows = try tx.query(
            """
            SELECT id, due_date FROM onboarding.lifecycle_task WHERE parent = \(move.onboardingCase) AND active \
            ORDER BY id LIMIT \(2 * DateGround.bound)
            """)
        let tasks = try rows.map {
            (try $0.string(LifecycleTask.Field.id), try $0.optionalString(LifecycleTask.Field.dueDate) ?? "")
        }
        return Standing(
            tasks: Dictionary(tasks, uniquingKeysWith: { first, _ in first }),
            activities: try Playbooks.of(context.database)?.activityDates(over: move.onboardingCase, tx) ?? [])
    }

    /// Writes everything or, by throwing, nothing. The case is locked.
    func carryOut() throws {
        try refuseChanged()
        if isBack { try refuseMovingOn() }
        let before = try standing()
        try writeCase()
        writeActivities(before)
        // What its playbook counts has moved with the case.
        let now = try dates(isLocked: false)
        for item in tasks where now[item.id]?.date != to(item) {
            var values = LifecycleTask()
            (values.id, values.dueDate) = (item.id, to(item).isEmpty ? nil : to(item))
            _ = try Store<LifecycleTask>(context.database).update(
                values, mask: FieldMask(paths: [LifecycleTask.Field.dueDate.rawValue]), context.write, in: tx)
        }
        try refuseOthers(before)
    }

    private func writeCase() throws {
        let (from, to) = isBack ? (move.goLiveAfter, move.goLiveBefore) : (move.goLiveBefore, move.goLiveAfter)
        guard from != to else { return }
        var values = OnboardingCase()
        (values.id, values.goLiveDate) = (move.onboardingCase, to.isEmpty ? nil : to)
        _ = try Store<OnboardingCase>(context.database).update(
            values, mask: FieldMask(paths: [OnboardingCase.Field.goLiveDate.rawValue]), context.write, in: tx)
    }

    /// What was told of an activity: of its record where it has made one, else of itself.
    private func item(of activity: Playbooks.ActivityDate) -> DateMoveItem? {
        told[activity.id] ?? activity.made.flatMap { told[$0] }
    }

    /// The date of an activity that has that of what was told of it, and keeps to its playbook; nil of others.
    private func followed(_ activity: Playbooks.ActivityDate) -> String? {
        guard let item = item(of: activity), activity.due == from(item),
            item.reason.isEmpty || item.reason == DatePlan.Reason.counted.rawValue
        else { return nil }
        return to(item)
    }

    /// Gives activities the dates that were told: the playbook counts by the holidays of today, also where a date is given
    /// back that was counted before there were some of them.
    private func writeActivities(_ before: Standing) {
        Playbooks.of(context.database)?.setDates(
            before.activities.compactMap { activity in followed(activity).map { (activity.id, $0) } }, tx)
    }

    /// Refuses when something has another date than the move leaves it, or has ended since: done tasks never move.
    func refuseChanged() throws {
        let now = try dates(isLocked: true)
        var changed = tasks.filter { now[$0.id]?.isOpen != true || now[$0.id]?.date != from($0) }.map { item in
            Text(en: item.number, ko: item.number)
        }
        let record = try Store<OnboardingCase>(context.database).find(move.onboardingCase, in: tx)
        if record?.goLiveDate ?? "" != (isBack ? move.goLiveAfter : move.goLiveBefore) {
            changed.insert(Text(en: move.caseNumber, ko: move.caseNumber), at: 0)
        }
        let activities = moving.filter { $0.table == DateMoveRow.activities }
        if !activities.isEmpty {
            let due = Dictionary(
                try standing().activities.map { ($0.id, $0.due) }, uniquingKeysWith: { first, _ in first })
            changed += activities.filter { due[$0.id] != from($0) }.map { $0.label?.text ?? DateMoveRow.label }
        }
        guard changed.isEmpty else { throw Self.changedSince(changed) }
    }

    /// The reason of the refusal over what has changed.
    static let changed = "CHANGED_SINCE"

    /// The refusal over what has another date by now, or has ended, by their numbers.
    static func changedSince(_ changed: [Text]) -> Problem {
        let shown = changed.prefix(OnboardingCase.named)
        let (english, korean) = (shown.map(\.en).joined(separator: ", "), shown.map(\.ko).joined(separator: ", "))
        let rest = changed.count - shown.count
        let list =
            rest > 0
            ? Text(en: "\(english) and \(rest) more", ko: "\(korean) 외 \(grouped: rest)개")
            : Text(en: english, ko: korean)
        return Problem(
            .failedPrecondition,
            Text(
                en: "These have another date by now, or have ended: \(list.en). Nothing was changed.",
                ko: "그 사이 날짜가 바뀌었거나 종료되었습니다: \(list.ko). 변경된 것이 없습니다."), reason: Self.changed,
            metadata: ["changed": shown.map(\.en).joined(separator: " ")])
    }

    /// Refuses an undo with which the playbook would begin or end something: that was looked at for the move alone.
    func refuseMovingOn() throws {
        guard move.goLiveBefore != move.goLiveAfter,
            let record = try Store<OnboardingCase>(context.database).find(move.onboardingCase, in: tx)
        else { return }
        var changed = record
        changed.goLiveDate = move.goLiveBefore.isEmpty ? nil : move.goLiveBefore
        let follows = try Playbooks.of(context.database)?.dates(over: record, if: changed, context).follows
        guard follows?.isEmpty == false else { return }
        throw Self.playbookMoves
    }

    /// The refusal of a date that is no move of dates alone.
    static let playbookMoves = Problem(
        .failedPrecondition,
        Text(
            en: "With this date the playbook would also begin or end activities: change it in the case itself.",
            ko: "이 날짜로 변경하면 플레이북 활동이 시작되거나 종료됩니다. 케이스에서 직접 변경하세요."), reason: "PLAYBOOK_MOVES")

    /// Refuses when something else came of it than what was told, of whatever is open on the case.
    private func refuseOthers(_ before: Standing) throws {
        let now = try standing()
        var tasks = before.tasks
        for item in self.tasks { tasks[item.id] = to(item) }
        let due = Dictionary(now.activities.map { ($0.id, $0.due) }, uniquingKeysWith: { first, _ in first })
        let isTold = before.activities.allSatisfy { activity in
            if let date = followed(activity) { return due[activity.id] == date }
            // The dates of tasks are looked at as theirs.
            guard item(of: activity) == nil, activity.made.map({ before.tasks[$0] == nil && isBack }) ?? true else {
                return true
            }
            return due[activity.id] == activity.due
        }
        guard now.tasks == tasks, isTold, now.activities.count == before.activities.count else {
            throw Problem(
                .failedPrecondition,
                Text(
                    en: "The playbook makes something else of these dates: change them one by one.",
                    ko: "플레이북에 따라 날짜가 다르게 변경됩니다. 날짜를 하나씩 변경하세요."), reason: "DATES_DIFFER")
        }
    }

    /// The dates of the tasks that move, and whether they are open.
    private func dates(isLocked: Bool) throws -> [String: (date: String, isOpen: Bool)] {
        let ids = tasks.map(\.id)
        let locking: SQL = isLocked ? " ORDER BY id FOR UPDATE" : ""
        let rows = try tx.query(
            "SELECT id, due_date, active FROM onboarding.lifecycle_task WHERE id = ANY(\(ids)::uuid[])\(locking)")
        var dates: [String: (date: String, isOpen: Bool)] = [:]
        for row in rows {
            dates[try row.string(LifecycleTask.Field.id)] = (
                try row.optionalString(LifecycleTask.Field.dueDate) ?? "", try row.bool(LifecycleTask.Field.active)
            )
        }
        return dates
    }
}
