import PlaybooksWire
import RPC
import Records
import Wire

/// What becomes of the activities of a run on another version of its playbook, without I/O.
///
/// Activities are told apart by their keys. One that is in both versions is kept as it is; one that has begun and does not fit
/// what the version says of it begins anew; one that the run has not had is added, unless it had it on an earlier version and
/// left it; one that the version has not has no place any more.
struct MigrationPlan {
    /// What becomes of an activity.
    enum Outcome: String {
        case kept, restarts, added
        case noPlace = "no_place"
    }

    /// The version that the run is brought to.
    let plan: RunPlan
    /// For each activity of the version the row that stands for it; nil for one that is added.
    let rows: [ActivityRow?]
    /// The places of those that begin anew.
    let restarts: Set<Int>
    /// What has no place, with the index of the lane it was in; nil of what has had none before.
    let leaving: [(row: ActivityRow, place: Int?)]

    /// What becomes of the activities of a run, and of those that have no place, on the version `plan`; `schema` is the
    /// dictionary of what the run is about.
    init(_ activities: [ActivityRow], _ left: [ActivityRow], to plan: RunPlan, over schema: RecordSchema?) {
        self.plan = plan
        let known = Dictionary((activities + left).map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
        let rows = plan.steps.map { known[$0.plan.key] }
        restarts = Set(
            plan.steps.indices.filter { place in
                rows[place].map { !Self.fits($0, plan.steps[place], over: schema) } ?? false
            })
        let staying = Set(rows.compactMap { $0?.id })
        leaving =
            activities.indices.filter { !staying.contains(activities[$0].id) }.map { (activities[$0], $0) }
            + left.filter { !staying.contains($0.id) }.map { ($0, nil) }
        self.rows = rows
    }

    /// What becomes of the activities of `work`.
    init(_ work: RunWork, to plan: RunPlan) {
        self.init(work.activities, work.left, to: plan, over: work.playbooks.tables[work.run.table]?.schema)
    }

    /// Whether an activity can go on where it is: it has not begun or has ended, or what it has made is what the version makes
    /// (and what it could not make may be tried again), and its form takes what was entered.
    static func fits(_ row: ActivityRow, _ step: RunPlan.Step, over parent: RecordSchema?) -> Bool {
        guard row.state.isBegun else { return true }
        if step.kind.makesRecord {
            guard row.makes(step) || row.made == nil && row.state == .failed else { return false }
        } else if row.made != nil {
            return false
        }
        let inputs = Dictionary(step.inputs.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
        return row.entered.allSatisfy { entry in
            inputs[entry.input].map { InputText($0, over: parent).fault(in: entry.value) == nil } ?? false
        }
    }

    /// What becomes of the activity at a place.
    func outcome(_ place: Int) -> Outcome {
        rows[place] == nil ? .added : restarts.contains(place) ? .restarts : .kept
    }
}

extension RunWork {
    /// The run as it would be on another version: nothing is written. What begins anew has begun, what can start has started.
    func migrated(_ migration: MigrationPlan) throws -> RunWork {
        var work = self
        work.plan = migration.plan
        work.activities = migration.plan.steps.indices.map { place in
            guard var row = migration.rows[place] else {
                return ActivityRow(migration.plan.steps[place].plan.key, at: place + 1, now: now)
            }
            row.position = place + 1
            if migration.restarts.contains(place) {
                row.entered = []
                row.state = migration.plan.steps[place].startedState(over: run.record)
            }
            return row
        }
        work.left = []
        while true {
            let move = try PlaybookMachine.next(work.plan, work.activities.map(\.standing), holds: work.holds)
            for place in work.activities.indices { work.activities[place].applies = move.applies[place] }
            for place in move.starts {
                work.activities[place].state = work.plan.steps[place].startedState(over: run.record)
            }
            if move.starts.isEmpty { return work }
        }
    }

    /// What becomes of each activity, as it is told and compared.
    func steps(of migration: MigrationPlan) throws -> [PlaybookMigrationStep] {
        let after = try migrated(migration)
        let dues = try after.movedDueDates(from: migration)
        var steps = try migration.plan.steps.indices.map { place in
            var step = PlaybookMigrationStep(
                migration.outcome(place), migration.plan, place, migration.rows[place])
            step.after = after.activities[place].state.rawValue
            if let due = dues[place] {
                (step.dueBefore, step.dueAfter) = due
                step.recordKeepsDate = try after.recordKeepsDate(place)
            }
            try after.tellStart(place, of: migration, in: &step)
            return step
        }
        // What had left before has been told of then.
        for (row, place) in migration.leaving {
            guard let place else { continue }
            steps.append(PlaybookMigrationStep(.noPlace, plan, place, row))
        }
        return steps
    }

    /// What an activity that starts begins with: the day, the team and the holidays of the case decide.
    private func tellStart(_ place: Int, of migration: MigrationPlan, in step: inout PlaybookMigrationStep) throws {
        let (row, restarts) = (migration.rows[place], migration.restarts.contains(place))
        guard activities[place].state.isBegun, restarts || row?.state.isBegun != true else { return }
        let planned = plan.steps[place]
        step.dueAfter = dueDate(of: place, holidays: try holidays(for: place)) ?? ""
        step.assignedTo =
            try playbooks.assignee(of: planned.plan, record: run.record, facts, asked ?? AskedOnce(), context) ?? ""
        let isTaken = try restarts && taken(place) != nil
        if planned.kind.makesRecord, !isTaken { step.makes = planned.plan.creates?.table ?? "" }
        step.recordKeepsDate = isTaken
        if restarts { step.entered = Int32(clamping: row?.entered.count ?? 0) }
    }

    /// Whether the open record of an activity has, or will have, another date than it.
    private func recordKeepsDate(_ place: Int) throws -> Bool {
        let activity = activities[place]
        guard let made = activity.created.last, made.id == activity.made, made.hasEnded != true else { return false }
        guard let table = playbooks.tables[made.table] else { return true }
        let record = try table.find(made.id, false, context.transaction)
        return record.map { !$0.hasEnded && $0.text(.dueDate) != activity.dueDate ?? "" } ?? false
    }

    /// The due dates that the version counts otherwise, of what goes on.
    private func movedDueDates(from migration: MigrationPlan) throws -> [Int: (String, String)] {
        var dues: [Int: (String, String)] = [:]
        var holidays: [CivilDate]?
        for place in activities.indices where migration.outcome(place) == .kept {
            guard activities[place].state.isBegun, migration.rows[place]?.state.isBegun == true,
                let due = plan.steps[place].plan.due, due.base == .beforeField
            else { continue }
            let off = try due.workingDays ? holidays ?? self.holidays(for: place) : []
            if due.workingDays { holidays = off }
            let (before, now) = (activities[place].dueDate ?? "", dueDate(of: place, holidays: off) ?? "")
            if before != now { dues[place] = (before, now) }
        }
        return dues
    }
}

extension ActivityRow {
    /// Whether the record by whose end it ends is one as an activity of the version makes.
    func makes(_ step: RunPlan.Step) -> Bool {
        step.kind.makesRecord && made != nil && created.last { $0.id == made }?.table == step.plan.creates?.table
    }
}

extension RunPlan.Step {
    /// The state of an activity that has just started over `record`: what makes that has nothing left to choose.
    fileprivate func startedState(over record: String?) -> ActivityState {
        kind.makesParent && record != nil ? .done : .inProgress
    }
}

extension PlaybookMigrationStep {
    fileprivate init(_ outcome: MigrationPlan.Outcome, _ plan: RunPlan, _ place: Int, _ row: ActivityRow?) {
        self.init()
        let (step, lane) = (plan.steps[place], plan.playbook.lanes[plan.steps[place].lane])
        (self.lane, laneLabel, activity) = (lane.key, lane.label, step.plan.key)
        label = step.plan.label ?? LocalText(step.kind.label)
        self.outcome = outcome.rawValue
        before = row?.state.rawValue ?? ""
        created = row?.created.map(\.message) ?? []
    }
}
