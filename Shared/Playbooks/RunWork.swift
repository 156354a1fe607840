import Filters
import Ground
import PlaybooksWire
import Postgres
import RPC
import Records
import Wire

/// One run in one transaction: read and locked, moved, and written back.
///
/// The parent record is locked first, as its own writes do, then the run: whoever works on one run waits for the others.
struct RunWork {
    let playbooks: Playbooks
    let context: RuleContext
    let plan: RunPlan
    var run: RunRow
    var activities: [ActivityRow]
    var parent: (any RecordMessage)?
    private var log: [LogRow] = []
    private var touched: Set<Int> = []
    private var before: RunRow

    private var schema: String { playbooks.database.schema }
    private var tx: Transaction { context.transaction }
    var now: Timestamp { context.write.now }

    /// A run that begins; its rows are written at once, so that what its activities make can refer to them.
    init(beginning run: RunRow, _ plan: RunPlan, _ playbooks: Playbooks, _ context: RuleContext) throws {
        (self.playbooks, self.context, self.plan, self.run, before) = (playbooks, context, plan, run, run)
        let now = context.write.now
        activities = plan.steps.enumerated().map { ActivityRow($1.plan.key, at: $0 + 1, now: now) }
        parent = try run.record.flatMap { try playbooks.tables[run.table]?.find($0, true, context.transaction) }
        tx.send(run.insert(in: schema))
        for (place, activity) in activities.enumerated() {
            let lane = plan.playbook.lanes[plan.steps[place].lane].key
            tx.send(activity.insert(of: run, lane: lane, in: schema))
        }
    }

    /// The run `id`, locked; nil when there is none for the caller.
    init?(_ id: String, _ playbooks: Playbooks, _ context: RuleContext) throws {
        let (tx, schema) = (context.transaction, playbooks.database.schema)
        guard let known = try RunRow.find(id, in: schema, tx) else { return nil }
        let table = playbooks.tables[known.table]
        var parent = try known.record.flatMap { try table?.find($0, true, tx) }
        let answers = try tx.queryAll([
            RunRow.selection(id, in: schema, lock: true), ActivityRow.selection(ofRun: id, in: schema),
        ])
        guard let row = answers[0].first else { return nil }
        run = try RunRow(row)
        before = run
        if run.record != known.record { parent = try run.record.flatMap { try table?.find($0, true, tx) } }
        self.parent = parent
        // Read behind the lock.
        activities = try answers[1].map(ActivityRow.init)
        plan = try playbooks.library.plan(of: run.version, tx)
        (self.playbooks, self.context) = (playbooks, context)
        try check()
    }

    /// A run as it is read, without locks and without its parent record: only for looking.
    init(reading run: RunRow, _ playbooks: Playbooks, _ context: RuleContext) throws {
        (self.playbooks, self.context, self.run, before) = (playbooks, context, run, run)
        plan = try playbooks.library.plan(of: run.version, context.transaction)
        activities = try context.transaction.query(
            ActivityRow.selection(ofRun: run.id, in: playbooks.database.schema)
        ).map(ActivityRow.init)
        try check()
    }

    /// A run has the activities of its version, in their order.
    private func check() throws {
        guard activities.map(\.key) == plan.steps.map(\.plan.key) else {
            throw Problem.internalError(cause: "the run \(run.id) does not fit its version")
        }
    }

    /// The place of the activity of that id.
    func place(ofActivity id: String) -> Int? { activities.firstIndex { $0.id == id } }

    // MARK: Changing

    /// The activity at a place, to be written back.
    subscript(place: Int) -> ActivityRow {
        get { activities[place] }
        set {
            activities[place] = newValue
            touched.insert(place)
        }
    }

    /// Adds a line to the activity log.
    mutating func note(
        _ place: Int?, _ action: String, field: String? = nil, from old: String? = nil, to new: String? = nil
    ) {
        log.append(
            LogRow(activity: place.map { activities[$0].id }, action: action, field: field, old: old, new: new))
    }

    /// Ends an activity.
    mutating func end(_ place: Int, _ state: ActivityState, _ action: String) {
        self[place].state = state
        self[place].endedAt = now
        self[place].endedBy = context.write.caller.subject
        self[place].failure = nil
        note(place, action)
    }

    /// Starts what can start, until nothing follows any more, and ends the run when all is done.
    mutating func settle() throws {
        guard run.state != .canceled else { return }
        while true {
            let move = try PlaybookMachine.next(plan, activities.map(\.standing), holds: holds)
            for place in activities.indices where activities[place].applies != move.applies[place] {
                self[place].applies = move.applies[place]
            }
            for place in move.starts { try start(place) }
            guard move.starts.isEmpty else { continue }
            if move.isDone != (run.state == .done) {
                run.state = move.isDone ? .done : .inProgress
                run.endedAt = move.isDone ? now : nil
                run.endedBy = move.isDone ? context.write.caller.subject : nil
            }
            return
        }
    }

    /// Writes back what has changed.
    mutating func store() throws {
        for place in touched.sorted() {
            activities[place].revision += 1
            tx.send(try activities[place].update(in: schema))
        }
        if run.domain != before.domain {
            tx.send(
                "UPDATE \(identifier: schema).playbook_activity SET domain = \(run.domain) WHERE run = \(run.id)")
            tx.send("UPDATE \(identifier: schema).playbook_log SET domain = \(run.domain) WHERE run = \(run.id)")
        }
        run.revision += 1
        tx.send(run.update(in: schema))
        for line in log { tx.send(line.insert(of: run, by: context.write.caller.subject, at: now, in: schema)) }
        (touched, log, before) = ([], [], run)
    }

    // MARK: Looking

    /// What the run knows.
    var facts: RunFacts {
        let parent = parent
        var entered: [String: String] = [:]
        for activity in activities {
            for entry in activity.entered { entered["\(activity.key).\(entry.input)"] = entry.value }
        }
        return RunFacts(field: { parent?.text($0) ?? "" }, entered: entered)
    }

    /// Whether the condition of an activity holds.
    private func holds(_ place: Int) throws -> Bool {
        guard let condition = plan.steps[place].condition else { return true }
        let fields = (playbooks.tables[run.table]?.filterFields ?? []) + plan.inputFields
        let (entered, parent) = (facts.entered, parent)
        return try holds(condition, over: fields) { name in
            name.contains(".") ? entered[name].map(FilterValue.string) ?? .null : parent?.filterValue(name) ?? .null
        }
    }

    /// Whether a filter over `fields`, whose values `value` tells, holds now.
    func holds(_ filter: Filter, over fields: [FilterField], _ value: (String) -> FilterValue) throws -> Bool {
        try filter.check(against: FilterSchema(fields), context: filterFacts).matches(value)
    }

    /// What functions of filters answer.
    var filterFacts: FilterFacts {
        FilterFacts(nowMicroseconds: now.microseconds, subject: context.write.caller.subject)
    }
}

extension RunPlan {
    /// What conditions may name of what activities enter.
    var inputFields: [FilterField] {
        steps.flatMap { step in
            step.inputs.map { FilterField("\(step.plan.key).\($0.key)", .string, searchable: false) }
        }
    }
}
