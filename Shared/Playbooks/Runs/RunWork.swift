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
    var plan: RunPlan
    var run: RunRow
    var activities: [ActivityRow]
    /// Activities of earlier versions that have no place in the one of the run, the last one first: no part of it, kept with
    /// what they have made.
    var left: [ActivityRow] = []
    var parent: (any RecordMessage)?
    /// What activities have just made that has conditions, or was made ended.
    var unlooked: [(place: Int, made: any RecordMessage)] = []
    /// How the parent record ends with the activity that is being completed.
    var endsParent: RecordEnd?
    /// What is asked of people and calendars once, while nothing that is done changes the answers; nil otherwise.
    var asked: AskedOnce?
    /// Whether a record that cannot be made ends everything, since what was told is done or nothing.
    var isAllOrNothing = false
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
        let lanes = plan.steps.map { plan.playbook.lanes[$0.lane].key }
        tx.send(ActivityRow.insert(Array(zip(activities, lanes)), of: run, in: schema))
    }

    /// The run `id`, locked; nil when there is none for the caller.
    init?(_ id: String, _ playbooks: Playbooks, _ context: RuleContext) throws {
        guard let known = try RunRow.find(id, in: playbooks.database.schema, context.transaction) else { return nil }
        try self.init(known, playbooks, context)
    }

    /// The run that was just read as `known`, locked and read again behind the lock; nil when it is gone.
    init?(_ known: RunRow, _ playbooks: Playbooks, _ context: RuleContext) throws {
        let (tx, schema) = (context.transaction, playbooks.database.schema)
        let table = playbooks.tables[known.table]
        var parent = try known.record.flatMap { try table?.find($0, true, tx) }
        let answers = try tx.queryAll([
            RunRow.selection(known.id, in: schema, lock: true), ActivityRow.selection(ofRun: known.id, in: schema),
        ])
        guard let row = answers[0].first else { return nil }
        run = try RunRow(row)
        before = run
        if run.record != known.record { parent = try run.record.flatMap { try table?.find($0, true, tx) } }
        self.parent = parent
        // Read behind the lock.
        (activities, left) = try Self.placed(answers[1])
        plan = try playbooks.library.plan(of: run.version, tx)
        (self.playbooks, self.context) = (playbooks, context)
        try check()
    }

    /// A run as it is read, without locks and without its parent record: only for looking.
    init(reading run: RunRow, _ playbooks: Playbooks, _ context: RuleContext) throws {
        (self.playbooks, self.context, self.run, before) = (playbooks, context, run, run)
        plan = try playbooks.library.plan(of: run.version, context.transaction)
        (activities, left) = try Self.placed(
            context.transaction.query(ActivityRow.selection(ofRun: run.id, in: playbooks.database.schema)))
        try check()
    }

    /// A run as it was read, in memory alone.
    init(
        _ run: RunRow, _ rows: [ActivityRow], over parent: (any RecordMessage)?, _ playbooks: Playbooks,
        _ context: RuleContext
    ) throws {
        (self.playbooks, self.context, self.run, before, self.parent) = (playbooks, context, run, run, parent)
        plan = try playbooks.library.plan(of: run.version, context.transaction)
        (activities, left) = (rows.filter { $0.position > 0 }, rows.filter { $0.position < 0 }.reversed())
        try check()
    }

    /// The activities of a run, and those without a place, the last one first.
    private static func placed(_ rows: Rows) throws -> ([ActivityRow], [ActivityRow]) {
        let all = try rows.map(ActivityRow.init)
        return (all.filter { $0.position > 0 }, all.filter { $0.position < 0 }.reversed())
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
        _ place: Int?, _ action: LogRow.Action, field: String? = nil, from old: String? = nil, to new: String? = nil
    ) {
        log.append(
            LogRow(activity: place.map { activities[$0].id }, action: action, field: field, old: old, new: new))
    }

    /// Ends an activity.
    mutating func end(_ place: Int, _ state: ActivityState, _ action: LogRow.Action) {
        self[place].state = state
        self[place].endedAt = now
        self[place].endedBy = context.write.caller.subject
        self[place].failure = nil
        note(place, action)
    }

    /// Starts what can start, until nothing follows any more, and ends the run when all is done. Nothing starts over a record
    /// that has ended (G-128).
    mutating func settle() throws {
        guard run.state != .canceled else { return }
        while true {
            try lookAtMade()
            let move = try PlaybookMachine.next(plan, activities.map(\.standing), holds: holds)
            for place in activities.indices where activities[place].applies != move.applies[place] {
                self[place].applies = move.applies[place]
            }
            let starts = parent?.hasEnded == true ? [] : move.starts
            for place in starts { try start(place) }
            guard starts.isEmpty else { continue }
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
            tx.send(
                "UPDATE \(identifier: schema).playbook_migration_case SET domain = \(run.domain) WHERE run = \(run.id)")
        }
        run.revision += 1
        tx.send(run.update(in: schema))
        if !log.isEmpty { tx.send(LogRow.insert(log, of: run, by: context.write.caller.subject, at: now, in: schema)) }
        (touched, log, before) = ([], [], run)
        try nameInParent()
    }

    /// The parent record names a run while it is open, where its table has a field for that. Of several it names the first.
    private mutating func nameInParent() throws {
        guard let parent, let table = playbooks.tables[run.table] else { return }
        let named = parent.text(.playbookRun)
        let isOpen = run.state == .inProgress && !parent.hasEnded
        guard isOpen ? named.isEmpty && table.schema.has(.playbookRun) : named == run.id else { return }
        try table.name(isOpen ? run.id : nil, parent.text(.id), context.write.asSystem, tx)
        // The rules of the record have looked at the run.
        try reload()
    }

    // MARK: Looking

    /// The texts that the form of an activity shows.
    func shown(_ place: Int) -> [String: String] {
        plan.steps[place].shown(activities[place].values, over: parent)
    }

    /// What the run knows.
    var facts: RunFacts {
        let parent = parent
        var entered: [String: String] = [:]
        // A draft is nobody's word yet (G-51).
        for (place, activity) in activities.enumerated() where activity.state == .done {
            for (input, text) in shown(place) { entered["\(activity.key).\(input)"] = text }
        }
        return RunFacts(field: { parent?.text(named: $0) ?? "" }, entered: entered)
    }

    /// Whether the condition of an activity holds.
    func holds(_ place: Int) throws -> Bool {
        guard plan.steps[place].condition != nil else { return true }
        let fields = playbooks.tables[run.table]?.filterFields ?? []
        return try plan.holds(place, over: parent, with: fields, facts.entered, context.filterFacts)
    }

    /// Whether a filter over `fields`, whose values `value` tells, holds now.
    func holds(_ filter: Filter, over fields: [FilterField], _ value: (String) -> FilterValue) throws -> Bool {
        try filter.check(against: FilterSchema(fields), context: context.filterFacts).matches(value)
    }
}
