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
        return work.answer(of: place)
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
        if work.activities[place].state == .inProgress { work.end(place, .done, .completed) }
        try work.settle()
        try work.store()
        try work.endParent()
        return work.answer(of: place)
    }

    /// Skips an optional activity (G-50), and cancels the task that it has made.
    func skip(_ request: MovePlaybookActivityRequest, _ context: RuleContext) throws -> PlaybookActivity {
        try move(request, context, from: [.pending, .inProgress, .failed]) { work, place in
            guard work.plan.steps[place].plan.optional else {
                throw Problem.failedPrecondition(
                    rule: "G-50", Text(en: "Only an optional activity can be skipped.", ko: "선택 활동만 건너뛸 수 있습니다."))
            }
            work.end(place, .skipped, .skipped)
            try work.cancelMade(place)
        }
    }

    /// Takes up an activity that has ended (G-50).
    func reopen(_ request: MovePlaybookActivityRequest, _ context: RuleContext) throws -> PlaybookActivity {
        try move(request, context, from: [.done, .skipped, .canceled]) { work, place in try work.takeUp(place) }
    }

    /// Begins an activity anew with an empty form, whatever its state. One that has not begun keeps its turn (G-50).
    func restart(_ request: MovePlaybookActivityRequest, _ context: RuleContext) throws -> PlaybookActivity {
        try move(request, context, from: nil) { work, place in
            guard work.activities[place].applies || work.activities[place].state == .canceled else {
                throw Problem.failedPrecondition(
                    rule: "G-50",
                    Text(en: "The activity is not part of the run.", ko: "실행에 포함되지 않은 활동입니다."))
            }
            guard work.activities[place].state != .pending else {
                throw Problem.failedPrecondition(
                    rule: "G-50",
                    Text(
                        en: "The activity has not begun yet: it starts when its turn comes.",
                        ko: "아직 시작되지 않은 활동입니다. 차례가 되면 시작됩니다."))
            }
            work[place].entered = []
            work[place].warnings = []
            work.note(place, .restarted)
            try work.start(place)
        }
    }

    private func move(
        _ request: MovePlaybookActivityRequest, _ context: RuleContext, from states: Set<ActivityState>?,
        _ body: (inout RunWork, Int) throws -> Void
    ) throws -> PlaybookActivity {
        var (work, place) = try open(request.id, context)
        try authorize(work, place, context.write.caller)
        guard request.etag.isEmpty || request.etag == work.activities[place].etag else {
            throw Problem.staleEtag
        }
        try work.requireOpen(place, states)
        try body(&work, place)
        try work.settle()
        try work.store()
        return work.answer(of: place)
    }

    /// The run of an activity, locked, and the activity's place in it. NOT_FOUND for what the caller may not know.
    private func open(_ id: String, _ context: RuleContext) throws -> (RunWork, Int) {
        try playbooks.authorize(.write, .activity, context.write.caller)
        guard let run = try ActivityRow.run(of: id, in: playbooks.database.schema, context.transaction),
            let work = try RunWork(run, playbooks, context), let place = work.place(ofActivity: id)
        else { throw Self.notFound(id) }
        try playbooks.authorize(over: work.run, context.write.caller)
        return (work, place)
    }

    /// Refuses who lacks a right to something that the activity writes.
    private func authorize(_ work: RunWork, _ place: Int, _ caller: Caller) throws {
        let step = work.plan.steps[place]
        var rights = Set(step.kind.rights)
        if step.kind.makesRecord, let table = step.plan.creates?.table, !table.isEmpty {
            rights.formUnion([WriteRight(.create, named: table), WriteRight(.write, named: table)])
        }
        if step.inputs.contains(where: { !$0.field.isEmpty }) {
            rights.insert(WriteRight(work.run.record == nil ? .create : .write, named: work.run.table))
        }
        for right in rights { try playbooks.authorize(right.operation, right.table, caller) }
    }

    static func notFound(_ id: String) -> Problem {
        .notFound(Text(en: "Playbook activity", ko: "플레이북 활동"), id: id)
    }
}

extension Playbooks {
    /// As for a table of the service, for one of playbooks.
    func authorize(_ operation: Operation, _ table: OwnTable, _ caller: Caller) throws(Problem) {
        try authorize(operation, table.rawValue, caller)
    }

    /// Whoever works on a run works on its record: refuses who may not write that, or make it where there is none yet.
    func authorize(over run: RunRow, _ caller: Caller) throws(Problem) {
        try authorize(run.record == nil ? .create : .write, run.table, caller)
    }

    /// Refuses an operation that none of the caller's roles allows. Customers have no part in playbooks.
    func authorize(_ operation: Operation, _ table: String, _ caller: Caller) throws(Problem) {
        try Access.requireProvider(operation, on: table, caller)
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
        let state = activities[place].state
        throw Problem(
            .failedPrecondition, state.refusal, reason: "ACTIVITY_STATE", metadata: ["state": state.rawValue])
    }

    /// Does what completing an activity means: its fields on the parent record, then what its kind does.
    mutating func carryOut(_ place: Int) throws {
        let step = plan.steps[place]
        let inputs = inputs(of: place)
        let values = shown(place)
        // What nobody has entered is as the record has it, and stays.
        let parent = parent
        let changed = Dictionary(
            step.inputs.filter { !$0.field.isEmpty }.map { ($0.field, values[$0.key] ?? "") }
                .filter { field, text in text != parent?.text(named: field) ?? "" },
            uniquingKeysWith: { _, last in last })
        let lane = activities.indices.filter { plan.steps[$0].lane == step.lane && $0 != place }
        var completion = ActivityCompletion(
            run: message, activity: message(of: place), plan: step.plan, values: values,
            lane: lane.map(message(of:)), making: lane.filter(isMaking).map(message(of:)),
            made: activities[place].madeRows)
        // What is written brings its own consequences, of which some concern the run: they find it stored.
        try store()
        do {
            try write(changed, makes: step.kind.makesParent)
        } catch let problem as Problem {
            throw problem.ofInputs(inputs, over: run.table)
        } catch let refusal as any Refusal {
            throw refusal.problem.ofInputs(inputs, over: run.table)
        }
        completion.run = message
        let outcome = try step.kind.complete(completion, context)
        try reload()
        self[place].warnings = outcome.warnings.map(ActivityRow.Said.init)
        if outcome.replacesCreated {
            let kept = Set(outcome.created.map(\.id))
            self[place].created.removeAll { !kept.contains($0.id) }
        }
        for record in outcome.created {
            keepBeside(place, record, of: outcome.rows[record.id])
        }
        for ending in outcome.ends { try end(ending, by: place) }
        for other in outcome.reopens.compactMap(place(ofActivity:)) where activities[other].state == .done {
            reopen(other)
        }
        endsParent = outcome.endsParent
        if step.kind.makesRecord { try endOwnRecord(place) }
    }

    /// Ends the parent record, where the activity that was completed says so: what it started is stored already.
    mutating func endParent() throws {
        guard let end = endsParent, let record = run.record else { return }
        try playbooks.tables[run.table]?.end(record, end, context.write, context.transaction)
        try reload()
    }

    /// Writes what an activity enters of the parent record, which it makes where there is none yet.
    private mutating func write(_ changed: [String: String], makes: Bool) throws {
        if makes, run.record == nil {
            try attach(playbooks.tables[run.table]?.create(changed, context.write, context.transaction))
        } else if let record = run.record, parent != nil, !changed.isEmpty {
            _ = try playbooks.tables[run.table]?.update(record, changed, context.write, context.transaction)
        }
    }

    /// The run goes on over the record that its first activity made.
    private mutating func attach(_ record: (any RecordMessage)?) throws {
        guard let record else { return }
        run.record = record.id
        run.domain = record.text(.domain)
        try store()
    }

    /// Reads the run anew, behind what others have done to it in this transaction.
    mutating func reload() throws {
        guard let again = try RunWork(run.id, playbooks, context) else {
            throw Problem.internalError(cause: "the run \(run.id) is gone")
        }
        let (unlooked, endsParent) = (unlooked, endsParent)
        self = again
        (self.unlooked, self.endsParent) = (unlooked, endsParent)
    }

    private mutating func keepBeside(_ place: Int, _ record: CreatedRecord, of row: [String: String]?) {
        guard !activities[place].created.contains(where: { $0.id == record.id }) else { return }
        self[place].created.append(
            .init(
                service: record.service, table: record.table, id: record.id, number: record.number, row: row,
                start: activities[place].starts))
        note(place, .created, field: record.table, to: record.number.isEmpty ? record.id : record.number)
    }

    private mutating func end(_ ending: ActivityOutcome.Ending, by completed: Int) throws {
        if let record = ending.record {
            let made = ActivityRow.Made(
                service: record.service, table: record.table, id: record.id, number: record.number)
            return try RemoteCall.end(completed, made, .closed(notes: ending.notes), self)
                .insert(context.transaction, playbooks)
        }
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
        // Taken up again, though what it made has ended.
        if made.hasEnded == true { return complete(place) }
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
