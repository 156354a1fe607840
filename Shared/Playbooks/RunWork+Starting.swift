import Ground
import PlaybooksWire
import Postgres
import RPC
import Records
import Wire

/// Starting activities, and making what they make.
extension RunWork {
    /// Starts an activity, for the first time or anew.
    mutating func start(_ place: Int) throws {
        let step = plan.steps[place]
        let wasEnded = activities[place].state.isEnded
        self[place].state = .inProgress
        self[place].applies = true
        self[place].starts += 1
        self[place].startedAt = now
        self[place].endedAt = nil
        self[place].endedBy = nil
        self[place].failure = nil
        let field = facts.field
        self[place].dueDate = step.plan.due?.date(start: context.write.today, of: field, in: plan.playbook)?.description
        self[place].assignedTo = try playbooks.assignee(of: step.plan, record: run.record, facts, context)
        if self[place].entered.isEmpty { prefill(place) }
        note(place, "started")
        if step.kind.makesParent, run.record != nil {
            // There is a record already: nothing is left to choose.
            end(place, .done, "completed")
        } else if step.kind.makesRecord, let creation = step.plan.creates {
            try make(place, creation, wasEnded: wasEnded)
        }
    }

    /// What the form shows at first: the values that the parent record has, and the defaults.
    private mutating func prefill(_ place: Int) {
        for input in plan.steps[place].inputs {
            let known = input.field.isEmpty ? "" : parent?.text(input.field) ?? ""
            let value = known.isEmpty ? input.default : known
            guard !value.isEmpty else { continue }
            self[place].entered.append(
                .init(input: input.key, value: value, by: "", at: now.microseconds, revision: 0))
        }
    }

    /// Makes the record of an activity, unless one that it made before is still at work. In another service it is made
    /// later, by durable work.
    private mutating func make(_ place: Int, _ creation: ActivityCreation, wasEnded: Bool) throws {
        guard try !isMaking(place, creation.table, wasEnded) else { return }
        self[place].made = nil
        let values = try values(of: creation, for: place)
        if playbooks.remote[creation.table] != nil {
            return try RemoteCall.create(place, creation.table, values, self).insert(context.transaction, playbooks)
        }
        guard let table = playbooks.tables[creation.table] else {
            return fail(place, Text(en: "There is no such table.", ko: "이러한 테이블이 없습니다."))
        }
        let (service, context) = (playbooks.database.service, context)
        // The service's own doing: whoever completed the activity before need not have the right.
        let write = WriteContext.system(
            service, domain: context.write.caller.domain, now: now, trace: context.write.trace)
        do {
            // Rules may have looked as the service; the rest of the transaction sees what its caller may see.
            defer { context.transaction.sendScope(context.write.caller.scope) }
            let made = try context.transaction.savepoint { try table.create(values, write, context.transaction) }
            keep(place, .init(service: service, table: creation.table, id: made.id, number: made.text("number")))
        } catch let problem as Problem {
            fail(place, problem.text)
        }
    }

    /// Whether the record that the activity made is still at work, or is about to be made.
    private func isMaking(_ place: Int, _ table: String, _ wasEnded: Bool) throws -> Bool {
        let activity = activities[place]
        if playbooks.remote[table] != nil {
            let waiting = try RemoteCall.isWaiting(activity.id, playbooks, context.transaction)
            return waiting || activity.made != nil && !wasEnded
        }
        guard let id = activity.made else { return false }
        return try playbooks.tables[table]?.find(id, false, context.transaction)?.text("active") == "true"
    }

    private func values(of creation: ActivityCreation, for place: Int) throws -> [String: String] {
        let activity = activities[place]
        var values = try playbooks.values(
            of: creation, facts, assignee: activity.assignedTo, due: activity.dueDate, context)
        let schema = playbooks.tables[creation.table]?.schema ?? playbooks.remote[creation.table]?.schema
        if schema?.index(of: "playbook_activity") != nil { values["playbook_activity"] = activity.id }
        return values
    }

    /// Notes the record that an activity made, by whose end it ends.
    mutating func keep(_ place: Int, _ made: ActivityRow.Made) {
        self[place].made = made.id
        self[place].created.append(made)
        note(place, "created", field: made.table, to: made.number.isEmpty ? made.id : made.number)
    }

    /// Marks an activity as failed. Restarting it tries again.
    mutating func fail(_ place: Int, _ why: Text) {
        self[place].state = .failed
        self[place].failure = .init(why)
        note(place, "failed", to: why.en)
    }
}
