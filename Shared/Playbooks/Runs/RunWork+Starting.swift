import Ground
import PlaybooksWire
import Postgres
import RPC
import Records
import Tenancy
import Wire

/// Starting activities, and making what they make.
extension RunWork {
    /// Starts an activity, for the first time or anew.
    mutating func start(_ place: Int) throws {
        let (step, asked) = (plan.steps[place], asked ?? AskedOnce())
        let wasEnded = activities[place].state.isEnded
        self[place].state = .inProgress
        self[place].applies = true
        self[place].starts += 1
        self[place].startedAt = now
        self[place].endedAt = nil
        self[place].endedBy = nil
        self[place].failure = nil
        self[place].dueDate = dueDate(of: place, holidays: try holidays(for: place))
        self[place].assignedTo = try playbooks.assignee(
            of: step.plan, record: run.record, facts, asked, context)
        forgetFields(place)
        note(place, .started)
        if step.kind.makesParent, run.record != nil {
            // There is a record already: nothing is left to choose.
            end(place, .done, .completed)
        } else if step.kind.makesRecord, let creation = step.plan.creates {
            try make(place, creation, wasEnded: wasEnded, asked)
        }
    }

    /// By when an activity that starts today is to be done; nil where nothing is said, or it cannot be told yet.
    func dueDate(of place: Int, holidays: [CivilDate]) -> String? {
        plan.steps[place].plan.due?.date(
            start: context.write.today, of: facts.field, in: plan.playbook, holidays: holidays)?.description
    }

    /// The holidays by which the due date of an activity is counted: of the parent record, where working days count.
    func holidays(for place: Int) throws -> [CivilDate] {
        guard plan.steps[place].plan.due?.workingDays == true, let parent else { return [] }
        return try asked?.holidays(of: parent, playbooks, context) ?? playbooks.holidays(parent, context.transaction)
    }

    /// Forgets what was entered of fields of the parent record: since then others may have changed that, and what the form
    /// has not asked for anew is not theirs to overwrite.
    mutating func forgetFields(_ place: Int) {
        let fields = Set(plan.steps[place].inputs.filter { !$0.field.isEmpty }.map(\.key))
        guard activities[place].entered.contains(where: { fields.contains($0.input) }) else { return }
        self[place].entered.removeAll { fields.contains($0.input) }
    }

    /// Makes the record of an activity, unless one that it made before is still at work. In another service it is made
    /// later, by durable work.
    private mutating func make(
        _ place: Int, _ creation: ActivityCreation, wasEnded: Bool, _ asked: AskedOnce
    ) throws {
        guard try !isAtWork(place, creation.table, wasEnded) else { return }
        self[place].made = nil
        let values = try values(of: creation, for: place, asked)
        let domain = parent.flatMap { DomainPath($0.domain) }
        if let why = try playbooks.faultInReach(of: values, creation, from: domain, context) { return fail(place, why) }
        if playbooks.remote[creation.table] != nil {
            return try RemoteCall.create(place, creation.table, values, self).insert(context.transaction, playbooks)
        }
        guard let table = playbooks.tables[creation.table] else {
            return fail(place, Text(en: "There is no such table.", ko: "이러한 테이블이 없습니다."))
        }
        let (playbooks, context, parent, step) = (playbooks, context, parent, plan.steps[place])
        let service = playbooks.database.service
        // The service's own doing: whoever completed the activity before need not have the right.
        let write = WriteContext.system(
            service, domain: context.write.caller.domain, now: now, trace: context.write.trace)
        do {
            // Rules may have looked as the service; the rest of the transaction sees what its caller may see.
            defer { context.transaction.sendScope(context.write.caller.scope) }
            let make: () throws -> any RecordMessage = {
                let made = try table.create(values, write, context.transaction)
                try playbooks.checkReach(made, from: parent)
                return made
            }
            // What ends everything else as well needs no way back.
            let made = try isAllOrNothing ? make() : context.transaction.savepoint(make)
            keep(place, .init(service: service, table: creation.table, id: made.id, number: made.text(.number)))
            if made.hasEnded || step.closed != nil || step.canceled != nil { unlooked.append((place, made)) }
        } catch {
            let problem = playbooks.database.problem(of: error)
            guard !problem.mayPass else { throw error }
            guard !isAllOrNothing else { throw Self.differs(step, problem.blaming(table.schema)) }
            fail(place, problem.blaming(table.schema))
        }
    }

    /// Whether the record that the activity made is still at work, or is about to be made.
    private func isAtWork(_ place: Int, _ table: String, _ wasEnded: Bool) throws -> Bool {
        let activity = activities[place]
        if playbooks.remote[table] != nil {
            let waiting = try RemoteCall.waiting(activity.id, playbooks, context.transaction)
            guard !waiting.contains(.create) else { return true }
            guard let made = activity.created.last, made.id == activity.made else { return false }
            // One that ended with its activity may have been taken up again by hand.
            return !wasEnded || made.hasEnded != true && waiting.isEmpty
        }
        guard let id = activity.made else { return false }
        return try playbooks.tables[table]?.find(id, false, context.transaction)?.text(.active)
            == FieldValue.bool(true).text
    }

    /// Whether another service has yet to make the record of an activity.
    func isMaking(_ place: Int) -> Bool {
        plan.steps[place].kind.makesRecord && activities[place].state == .inProgress && activities[place].made == nil
    }

    private func values(
        of creation: ActivityCreation, for place: Int, _ asked: AskedOnce
    ) throws -> [String: String] {
        let activity = activities[place]
        var values = try playbooks.values(
            of: creation, facts.beginning(plan.steps[place], over: parent), assignee: activity.assignedTo,
            due: activity.dueDate, asked, context)
        let schema = playbooks.tables[creation.table]?.schema ?? playbooks.remote[creation.table]?.schema
        if schema?.has(.playbookActivity) == true { values[KnownField.playbookActivity.rawValue] = activity.id }
        return values
    }

    /// Notes the record that an activity made, by whose end it ends.
    mutating func keep(_ place: Int, _ made: ActivityRow.Made) {
        self[place].made = made.id
        self[place].created.append(made)
        note(place, .created, field: made.table, to: made.number.isEmpty ? made.id : made.number)
    }

    /// Marks an activity as failed. Restarting it tries again.
    mutating func fail(_ place: Int, _ why: Text) {
        self[place].state = .failed
        self[place].failure = .init(why)
        note(place, .failed, to: ActivityRow.Said(why).logged)
    }
}
