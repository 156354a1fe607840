import Ground
import PlaybooksWire
import Postgres
import RPC
import Records
import Roles
import Tenancy
import Wire

/// What people do with an activity. Everything is the caller's own doing, and refused before anything is written when the
/// caller lacks a right to what it writes.
struct Activities: Sendable {
    let playbooks: Playbooks

    /// Keeps what is entered so far (G-51).
    func save(_ request: EnterPlaybookActivityRequest, _ context: RuleContext) throws -> PlaybookActivity {
        var (work, place) = try open(request.id, context)
        try work.requireOpen(place, [.inProgress, .failed])
        try work.checkDraft(place, etag: request.etag, request.values, completes: false)
        try work.enter(request.values, at: place)
        try work.store()
        return work.message(of: place)
    }

    /// Mark complete.
    func complete(_ request: EnterPlaybookActivityRequest, _ context: RuleContext) throws -> PlaybookActivity {
        var (work, place) = try open(request.id, context)
        try authorize(work, place, context.write.caller)
        try work.requireOpen(place, [.inProgress])
        try work.checkDraft(place, etag: request.etag, request.values, completes: true)
        try work.enter(request.values, at: place)
        try work.checkMandatory(place)
        // One that ends with its record is counted by that.
        if !work.plan.steps[place].kind.makesRecord { work[place].completions += 1 }
        try work.carryOut(place)
        if work.activities[place].state == .inProgress { work.end(place, .done, "completed") }
        try work.settle()
        try work.store()
        return work.message(of: place)
    }

    /// Skips an optional activity (G-50).
    func skip(_ request: MovePlaybookActivityRequest, _ context: RuleContext) throws -> PlaybookActivity {
        try move(request, context, from: [.pending, .inProgress, .failed]) { work, place in
            guard work.plan.steps[place].plan.optional else {
                throw Problem.failedPrecondition(
                    rule: "G-50", Text(en: "Only an optional activity can be skipped.", ko: "선택 활동만 건너뛸 수 있습니다."))
            }
            work.end(place, .skipped, "skipped")
        }
    }

    /// Takes up a done activity as it was left (G-50).
    func reopen(_ request: MovePlaybookActivityRequest, _ context: RuleContext) throws -> PlaybookActivity {
        try move(request, context, from: [.done, .skipped, .canceled]) { work, place in work.reopen(place) }
    }

    /// Begins an activity anew with an empty form, whatever its state.
    func restart(_ request: MovePlaybookActivityRequest, _ context: RuleContext) throws -> PlaybookActivity {
        try move(request, context, from: nil) { work, place in
            guard work.activities[place].applies else {
                throw Problem.failedPrecondition(
                    rule: "G-50",
                    Text(en: "The activity is not part of the run.", ko: "실행에 포함되지 않은 활동입니다."))
            }
            work[place].entered = []
            work[place].warnings = []
            work.note(place, "restarted")
            try work.start(place)
        }
    }

    private func move(
        _ request: MovePlaybookActivityRequest, _ context: RuleContext, from states: Set<ActivityState>?,
        _ body: (inout RunWork, Int) throws -> Void
    ) throws -> PlaybookActivity {
        var (work, place) = try open(request.id, context)
        try authorize(work, place, context.write.caller)
        guard request.etag.isEmpty || request.etag == String(work.activities[place].revision) else {
            throw Problem.staleEtag
        }
        try work.requireOpen(place, states)
        try body(&work, place)
        try work.settle()
        try work.store()
        return work.message(of: place)
    }

    /// The run of an activity, locked, and the activity's place in it. NOT_FOUND for what the caller may not know.
    private func open(_ id: String, _ context: RuleContext) throws -> (RunWork, Int) {
        try playbooks.authorize(.write, "playbook_activity", context.write.caller)
        guard let run = try ActivityRow.run(of: id, in: playbooks.database.schema, context.transaction),
            let work = try RunWork(run, playbooks, context), let place = work.place(ofActivity: id)
        else { throw Self.notFound(id) }
        return (work, place)
    }

    /// Refuses who lacks a right to something that the activity writes.
    private func authorize(_ work: RunWork, _ place: Int, _ caller: Caller) throws {
        let step = work.plan.steps[place]
        var rights = Set(step.kind.rights)
        if step.kind.makesRecord, let table = step.plan.creates?.table, !table.isEmpty {
            rights.formUnion([WriteRight(.create, table), WriteRight(.write, table)])
        }
        if step.inputs.contains(where: { !$0.field.isEmpty }) {
            rights.insert(WriteRight(work.run.record == nil ? .create : .write, work.run.table))
        }
        for right in rights { try playbooks.authorize(right.operation, right.table, caller) }
    }

    static func notFound(_ id: String) -> Problem {
        .notFound(Text(en: "Playbook activity", ko: "플레이북 활동"), id: id)
    }
}

extension Playbooks {
    /// Refuses an operation that none of the caller's roles allows. Customers have no part in playbooks.
    func authorize(_ operation: Operation, _ table: String, _ caller: Caller) throws(Problem) {
        guard caller.kind != .customer else { throw .permissionDenied() }
        guard caller.kind == .service || Access.allows(caller.roles, operation, on: table) else {
            throw .permissionDenied()
        }
    }
}

extension RunWork {
    /// Refuses what a run or a record that has ended does not allow, and a move that the state of the activity does not.
    func requireOpen(_ place: Int, _ states: Set<ActivityState>?) throws {
        guard run.state != .canceled, parent?.hasEnded != true else {
            throw Problem.failedPrecondition(
                rule: "G-50",
                Text(
                    en: "The playbook has ended: its record is closed or canceled, or the run was canceled.",
                    ko: "플레이북이 종료되었습니다. 레코드가 종결되었거나 취소되었거나, 실행이 취소되었습니다."))
        }
        guard let states, !states.contains(activities[place].state) else { return }
        let state = activities[place].state.rawValue
        throw Problem(
            .failedPrecondition,
            Text(
                en: "The activity is \(state); that does not allow this.", ko: "활동의 현재 상태에서는 이 작업을 할 수 없습니다."),
            reason: "ACTIVITY_STATE", metadata: ["state": state])
    }

    /// Does what completing an activity means: its fields on the parent record, then what its kind does.
    mutating func carryOut(_ place: Int) throws {
        let step = plan.steps[place]
        let values = activities[place].values
        let fields = Dictionary(
            step.inputs.filter { !$0.field.isEmpty && !$0.field.contains(".") }
                .map { ($0.field, values[$0.key] ?? "") }, uniquingKeysWith: { _, last in last })
        let completion = ActivityCompletion(
            run: message, activity: message(of: place), plan: step.plan, values: values,
            lane: activities.indices.filter { plan.steps[$0].lane == step.lane && $0 != place }.map(message(of:)),
            earlier: facts.entered)
        // What is written brings its own consequences, of which some concern the run: they find it stored.
        try store()
        if step.kind.makesParent, run.record == nil {
            let made = try playbooks.tables[run.table]?.create(
                fields.filter { !$0.value.isEmpty }, context.write, context.transaction)
            try attach(made)
        } else if let record = run.record, let parent {
            let changed = fields.filter { parent.text($0.key) != $0.value }
            if !changed.isEmpty {
                _ = try playbooks.tables[run.table]?.update(record, changed, context.write, context.transaction)
            }
        }
        let outcome = try step.kind.complete(completion, context)
        try reload()
        self[place].warnings = outcome.warnings.map(ActivityRow.Said.init)
        for record in outcome.created {
            keepBeside(place, record)
        }
        for ending in outcome.ends { try end(ending) }
        if step.kind.makesRecord { try endOwnRecord(place) }
    }

    /// The run goes on over the record that its first activity made.
    private mutating func attach(_ record: (any RecordMessage)?) throws {
        guard let record else { return }
        run.record = record.id
        run.domain = record.text("domain")
        try store()
    }

    /// Reads the run anew, behind what others have done to it in this transaction.
    mutating func reload() throws {
        guard let again = try RunWork(run.id, playbooks, context) else {
            throw Problem.internalError(cause: "the run \(run.id) is gone")
        }
        self = again
    }

    private mutating func keepBeside(_ place: Int, _ record: CreatedRecord) {
        guard !activities[place].created.contains(where: { $0.id == record.id }) else { return }
        self[place].created.append(
            .init(service: record.service, table: record.table, id: record.id, number: record.number))
        note(place, "created", field: record.table, to: record.number.isEmpty ? record.id : record.number)
    }

    private mutating func end(_ ending: ActivityOutcome.Ending) throws {
        guard let place = place(ofActivity: ending.activity),
            activities[place].state == .inProgress
        else { return }
        try endRecord(of: place, .closed(notes: ending.notes), as: context.write)
    }

    /// Mark complete of an activity that has made a record closes it.
    private mutating func endOwnRecord(_ place: Int) throws {
        guard activities[place].state == .inProgress else { return }
        guard let made = activities[place].created.last, activities[place].made != nil else {
            throw Problem.failedPrecondition(
                rule: "G-50",
                Text(en: "The record of the activity is still being made.", ko: "활동의 레코드를 아직 만드는 중입니다."))
        }
        guard playbooks.remote[made.table] == nil else {
            throw Problem.failedPrecondition(
                rule: "G-66",
                Text(
                    en: "\(made.number) is still open. The activity is done when it is closed.",
                    ko: "\(made.number, .topic) 아직 열려 있습니다. 종결되면 활동이 완료됩니다."))
        }
        try endRecord(of: place, .closed(notes: ""), as: context.write)
    }
}
