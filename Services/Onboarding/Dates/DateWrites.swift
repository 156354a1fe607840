import Korean
import OnboardingWire
import Postgres
import RPC
import Records
import Wire

/// The writes of a move of dates, or of its undo: those that people make by hand, and a look at what came of them.
struct DateWrites {
    private let move: DateMove
    private let isBack: Bool
    private let context: RuleContext

    init(_ move: DateMove, isBack: Bool, _ context: RuleContext) {
        (self.move, self.isBack, self.context) = (move, isBack, context)
    }

    private var tx: Transaction { context.transaction }
    private var moving: [DateMoveItem] { move.items.filter { $0.before != $0.after } }
    private var tasks: [DateMoveItem] { moving.filter { $0.table == LifecycleTask.schema.table } }

    private func from(_ item: DateMoveItem) -> String { isBack ? item.after : item.before }
    private func to(_ item: DateMoveItem) -> String { isBack ? item.before : item.after }

    /// Writes everything or, by throwing, nothing. The case is locked.
    func carryOut() throws {
        try refuseChanged()
        try writeCase()
        // What its playbook counts has moved with the case.
        let now = try dates(isLocked: false)
        for item in tasks where now[item.id]?.date != to(item) {
            var values = LifecycleTask()
            (values.id, values.dueDate) = (item.id, to(item).isEmpty ? nil : to(item))
            _ = try Store<LifecycleTask>(context.database).update(
                values, mask: FieldMask(paths: [LifecycleTask.Field.dueDate.rawValue]), context.write, in: tx)
        }
        try refuseOthers()
    }

    private func writeCase() throws {
        let (from, to) = isBack ? (move.goLiveAfter, move.goLiveBefore) : (move.goLiveBefore, move.goLiveAfter)
        guard from != to else { return }
        var values = OnboardingCase()
        (values.id, values.goLiveDate) = (move.onboardingCase, to.isEmpty ? nil : to)
        _ = try Store<OnboardingCase>(context.database).update(
            values, mask: FieldMask(paths: [OnboardingCase.Field.goLiveDate.rawValue]), context.write, in: tx)
    }

    /// Refuses when something has another date than the move leaves it, or has ended since: done tasks never move.
    func refuseChanged() throws {
        let now = try dates(isLocked: true)
        var changed = tasks.filter { now[$0.id]?.isOpen != true || now[$0.id]?.date != from($0) }.map(\.number)
        let record = try Store<OnboardingCase>(context.database).find(move.onboardingCase, in: tx)
        if record?.goLiveDate ?? "" != (isBack ? move.goLiveAfter : move.goLiveBefore) {
            changed.insert(move.caseNumber, at: 0)
        }
        guard changed.isEmpty else { throw Self.changedSince(changed) }
    }

    /// The refusal over what has another date by now, or has ended, by their numbers.
    static func changedSince(_ changed: [String]) -> Problem {
        let named = changed.prefix(OnboardingCase.named).joined(separator: ", ")
        let rest = changed.count - OnboardingCase.named
        let list =
            rest > 0
            ? Text(en: "\(named) and \(rest) more", ko: "\(named) 외 \(grouped: rest)개") : Text(en: named, ko: named)
        return Problem(
            .failedPrecondition,
            Text(
                en: "These have another date by now, or have ended: \(list.en). Nothing was changed.",
                ko: "그 사이 날짜가 바뀌었거나 종료되었습니다: \(list.ko). 변경된 것이 없습니다."), reason: "CHANGED_SINCE",
            metadata: ["changed": changed.prefix(OnboardingCase.named).joined(separator: " ")])
    }

    /// Refuses when something else came of it than what was told.
    private func refuseOthers() throws {
        let now = try dates(isLocked: false)
        let activities = moving.filter { $0.table == DateMoveRow.activities }
        let due = try activityDates(activities.map(\.id))
        guard tasks.allSatisfy({ now[$0.id]?.isOpen == true && now[$0.id]?.date == to($0) }),
            activities.allSatisfy({ due[$0.id] == to($0) })
        else {
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

    private func activityDates(_ ids: [String]) throws -> [String: String] {
        guard !ids.isEmpty else { return [:] }
        let rows = try tx.query(
            "SELECT id, due_date FROM onboarding.playbook_activity WHERE id = ANY(\(ids)::uuid[])")
        return Dictionary(
            uniqueKeysWithValues: try rows.map {
                (try $0.string(LifecycleTask.Field.id), try $0.optionalString(LifecycleTask.Field.dueDate) ?? "")
            })
    }
}
