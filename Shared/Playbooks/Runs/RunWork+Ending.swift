import Filters
import Ground
import PlaybooksWire
import RPC
import Records
import Wire

/// What follows from the end of records: of those that activities made, and of the parent.
extension RunWork {
    /// Goes on after a record that an activity made has changed: it may have ended, by itself or by the conditions of its
    /// playbook (G-53); canceled wins.
    mutating func madeChanged(_ place: Int, _ record: any RecordMessage) throws {
        try remember(place, record)
        let (activity, table) = (activities[place].state, type(of: record).schema.table)
        let state = EndState(rawValue: record.text(.state))
        if state == .canceled {
            guard activity.isBegun else { return }
            try withdraw(
                place, byPlaybook: try holds(plan.steps[place].canceled, table, record.filterValue))
        } else if state == .closed {
            if activity.isBegun { complete(place) }
        } else if activity == .inProgress {
            if try holds(plan.steps[place].canceled, table, record.filterValue) {
                try endRecord(of: place, .canceled)
            } else if try holds(plan.steps[place].closed, table, record.filterValue) {
                try endRecord(of: place, .closed(notes: ""))
            }
        } else if activity == .done || activity == .canceled {
            // What it made goes on: so does the activity (G-50).
            reopen(place)
        }
    }

    /// Looks once at what activities have just made (G-53): it may have been made ended, or its conditions hold from the
    /// beginning. A record that does not end as they say goes on, and is looked at again when it changes.
    mutating func lookAtMade() throws {
        while let (place, made) = unlooked.popLast() {
            let (step, table) = (plan.steps[place], type(of: made).schema.table)
            guard activities[place].state == .inProgress,
                try made.hasEnded || holds(step.canceled, table, made.filterValue)
                    || holds(step.closed, table, made.filterValue)
            else { continue }
            do {
                self = try context.transaction.savepoint {
                    var work = self
                    try work.madeChanged(place, made)
                    return work
                }
            } catch {
                let problem = playbooks.database.problem(of: error)
                guard !problem.mayPass else { throw error }
                playbooks.database.log.warning(
                    "what an activity has made does not end as its playbook says",
                    metadata: ["record": "\(made.id)", "cause": "\(problem)"])
            }
        }
    }

    /// What has no place any more ends with its record, and goes on with it: nothing else follows.
    func leftChanged(_ activity: String, _ record: any RecordMessage) throws {
        guard var row = left.first(where: { $0.id == activity }) else { return }
        let state: ActivityState =
            switch EndState(rawValue: record.text(.state)) {
            case .canceled: .canceled
            case .closed: .done
            case nil: .inProgress
            }
        guard row.state != state, !row.state.isEnded || !state.isEnded else { return }
        row.state = state
        row.revision += 1
        row.completions += state == .done ? 1 : 0
        row.endedAt = state == .inProgress ? nil : now
        row.endedBy = state == .inProgress ? nil : context.write.caller.subject
        context.transaction.send(try row.update(in: playbooks.database.schema))
    }

    /// Notes of a record of another service what is asked for when no event of it is at hand.
    private mutating func remember(_ place: Int, _ record: any RecordMessage) throws {
        let table = type(of: record).schema.table
        guard playbooks.remote[table] != nil,
            let index = activities[place].created.lastIndex(where: { $0.id == record.id })
        else { return }
        let looked = try [plan.steps[place].closed, plan.steps[place].canceled].map { try names($0, table) }
        // One that looks at the record alone is asked when the record changes, one at the parent alone needs nothing else.
        let isMixed = looked.contains { names in
            names.contains { $0.hasPrefix(Self.above) } && !names.allSatisfy { $0.hasPrefix(Self.above) }
        }
        let own = looked.joined().filter { !$0.hasPrefix(Self.above) }
        var made = activities[place].created[index]
        made.hasEnded = EndState(rawValue: record.text(.state)) == nil ? nil : true
        made.seen = isMixed ? Dictionary(own.map { ($0, record.text(named: $0)) }, uniquingKeysWith: { $1 }) : nil
        if made != activities[place].created[index] { self[place].created[index] = made }
    }

    /// The service of a record has answered that it has ended. Its event says the same, unless that was long ago: an
    /// activity that was taken up again waits for none.
    mutating func hasEnded(_ place: Int, _ call: RemoteCall) throws {
        if let index = activities[place].created.lastIndex(where: { $0.id == call.target }) {
            self[place].created[index].hasEnded = true
        }
        guard activities[place].state.isBegun, activities[place].made == call.target else { return }
        // What it has made is canceled under it by its playbook alone.
        if call.action == .cancel { try withdraw(place, byPlaybook: true) } else { complete(place) }
    }

    /// An activity ends with its record that was canceled. One that its condition has taken out of the run waits for the
    /// condition again, and then makes another (G-45). One that its playbook cancels, or that is optional, is left out of the
    /// run; what people cancel of the others is still to be done, and keeps its stage open until it is begun anew (G-50).
    private mutating func withdraw(_ place: Int, byPlaybook: Bool) throws {
        end(place, .canceled, .canceled)
        guard try !holds(place) else {
            if byPlaybook || plan.steps[place].plan.optional { self[place].applies = false }
            return
        }
        wait(place)
    }

    /// Looks at the conditions of what activities have made after the parent record has changed (G-53). Another service's
    /// is looked at as it was last heard of.
    mutating func reviewMade() throws {
        for place in activities.indices {
            let step = plan.steps[place]
            guard let (made, value) = try conditioned(place) else { continue }
            if try holds(step.canceled, made.table, value) {
                try endRecord(of: place, .canceled)
            } else if try holds(step.closed, made.table, value) {
                try endRecord(of: place, .closed(notes: ""))
            }
        }
    }

    /// The activities in progress whose records their playbook cancels now.
    var canceledByPlaybook: [Int] {
        get throws {
            try activities.indices.filter { place in
                guard let (made, value) = try conditioned(place) else { return false }
                return try holds(plan.steps[place].canceled, made.table, value)
            }
        }
    }

    /// The record of an activity in progress that has conditions, with its fields as far as they are known; nil of others.
    private func conditioned(
        _ place: Int
    ) throws -> (made: ActivityRow.Made, value: ((String) -> FilterValue)?)? {
        let step = plan.steps[place]
        guard activities[place].state == .inProgress, step.closed != nil || step.canceled != nil,
            let made = activities[place].created.last, made.id == activities[place].made
        else { return nil }
        return (made, try value(of: made))
    }

    /// Brings the due dates of open activities that are counted from a field of the parent record which `hasChanged` up to date
    /// with it, and those of the service's own records that they have made, unless somebody has given them another: these are
    /// answered.
    @discardableResult
    mutating func reviewDueDates(
        where hasChanged: (String) -> Bool = { _ in true }
    ) throws -> [ActivityRow.Made] {
        var holidays: [CivilDate]?
        var moved: [ActivityRow.Made] = []
        for place in activities.indices where activities[place].state.isBegun {
            guard let due = plan.steps[place].plan.due, due.base == .beforeField, hasChanged(due.field) else {
                continue
            }
            let off = try due.workingDays ? holidays ?? self.holidays(for: place) : []
            if due.workingDays { holidays = off }
            let (before, now) = (activities[place].dueDate, dueDate(of: place, holidays: off))
            guard before != now else { continue }
            self[place].dueDate = now
            guard let made = activities[place].created.last, made.id == activities[place].made,
                let table = playbooks.tables[made.table], table.schema.has(.dueDate),
                let record = try table.find(made.id, true, context.transaction),
                !record.hasEnded, record.text(.dueDate) == before ?? ""
            else { continue }
            // Its own rules look at the run; what is at hand is stored first.
            try store()
            _ = try table.update(
                made.id, [KnownField.dueDate.rawValue: now ?? ""], context.write.asSystem, context.transaction)
            try reload()
            moved.append(made)
        }
        return moved
    }

    /// An activity is done by the end of its record.
    mutating func complete(_ place: Int) {
        self[place].completions += 1
        end(place, .done, .completed)
    }

    /// An ended activity is taken up again as it was left; of the fields of the parent record its form shows what that has
    /// now.
    mutating func reopen(_ place: Int) {
        self[place].state = .inProgress
        self[place].applies = true
        self[place].endedAt = nil
        self[place].endedBy = nil
        // What it made may end once more.
        if let made = activities[place].created.lastIndex(where: { $0.id == activities[place].made }) {
            self[place].created[made].reopenings = (activities[place].created[made].reopenings ?? 0) + 1
        }
        forgetFields(place)
        note(place, .reopened)
    }

    /// Takes an ended activity up again at somebody's wish. What is canceled of a skipped or canceled one is made anew, and
    /// one that was skipped before its turn, or whose condition does not hold any more, waits again.
    mutating func takeUp(_ place: Int) throws {
        let activity = activities[place]
        let makesAnew = plan.steps[place].kind.makesRecord && activity.state != .done
        guard makesAnew || activity.starts == 0 else { return reopen(place) }
        note(place, .reopened)
        if try activity.starts > 0 && holds(place) { return try start(place) }
        wait(place)
    }

    /// Puts an activity back to where its turn, or its condition, is waited for.
    private mutating func wait(_ place: Int) {
        self[place].state = .pending
        self[place].made = nil
        self[place].endedAt = nil
        self[place].endedBy = nil
    }

    /// Whether people may close what an activity has made: nothing is said of it, or its condition holds.
    func allowsClosing(_ place: Int, _ record: any RecordMessage) throws -> Bool {
        guard let closed = plan.steps[place].closed else { return true }
        return try holds(closed, type(of: record).schema.table, record.filterValue)
    }

    /// Whether a condition of what an activity has made looks at one of these fields of the parent record, and holds.
    func endsMade(_ place: Int, by fields: Set<String>) throws -> Bool {
        let step = plan.steps[place]
        guard let creation = step.plan.creates else { return false }
        let looked = try names(step.closed, creation.table).union(names(step.canceled, creation.table))
        guard !looked.isDisjoint(with: fields.map { Self.above + $0 }), let (made, value) = try conditioned(place)
        else { return false }
        return try holds(step.canceled, made.table, value) || holds(step.closed, made.table, value)
    }

    /// The fields of a record that an activity made, as conditions compare them; nil of one that is not known here.
    private func value(of made: ActivityRow.Made) throws -> ((String) -> FilterValue)? {
        if let record = try playbooks.tables[made.table]?.find(made.id, true, context.transaction) {
            return record.filterValue
        }
        guard let seen = made.seen, let schema = playbooks.remote[made.table]?.schema else { return nil }
        let values = try seen.map { name, text in
            let field = schema.field(name)
            return (name, try field?.value(ofText: text, in: made.table).filterValue(field?.type ?? .string) ?? .null)
        }
        let known = Dictionary(values, uniquingKeysWith: { $1 })
        return { known[$0] ?? .null }
    }

    /// How conditions name fields of the parent record.
    private static let above = "parent."

    /// What conditions over records of a table may name: their fields, and those of the parent record.
    private func fields(of table: String) -> [FilterField] {
        let own = playbooks.tables[table]?.filterFields ?? playbooks.remote[table]?.filterFields ?? []
        return own + (playbooks.tables[run.table]?.filterFields ?? []).map { $0.named(Self.above + $0.name) }
    }

    /// The fields that a condition looks at.
    private func names(_ filter: Filter?, _ table: String) throws -> Set<String> {
        try filter?.check(against: FilterSchema(fields(of: table)), context: context.filterFacts).fieldNames ?? []
    }

    /// Whether a condition over what was made, whose fields `record` tells, and over "parent.<field>", holds. Without the
    /// record one that speaks of it does not.
    private func holds(_ filter: Filter?, _ table: String, _ record: ((String) -> FilterValue)?) throws -> Bool {
        guard let filter else { return false }
        let parent = parent
        if record == nil {
            guard try names(filter, table).allSatisfy({ $0.hasPrefix(Self.above) }) else { return false }
        }
        return try holds(filter, over: fields(of: table)) { name in
            guard name.hasPrefix(Self.above) else { return record?(name) ?? .null }
            return parent?.filterValue(String(name.dropFirst(Self.above.count))) ?? .null
        }
    }

    /// Ends the record that an activity made: at once where it is the service's own, else by durable work.
    mutating func endRecord(of place: Int, _ ending: RecordEnd, as write: WriteContext? = nil) throws {
        guard let made = activities[place].created.last, !made.id.isEmpty else { return }
        if playbooks.remote[made.table] != nil {
            return try RemoteCall.end(place, made, ending, self).insert(context.transaction, playbooks)
        }
        // Its own rules bring the end back here; what is at hand is stored first.
        try store()
        try playbooks.tables[made.table]?.end(made.id, ending, write ?? context.write.asSystem, context.transaction)
        try reload()
    }

    /// Cancels the record of an activity that is given up. One that its service is still making is canceled when it comes.
    mutating func cancelMade(_ place: Int) throws {
        guard activities[place].made != nil else { return }
        try endRecord(of: place, .canceled)
    }

    /// Whether an activity was given up, by itself or with its run: what it makes is not wanted any more.
    func isGivenUp(_ place: Int) -> Bool {
        run.state == .canceled || [.canceled, .skipped].contains(activities[place].state)
    }

    /// Cancels the run with everything that is not ended.
    mutating func cancel() {
        for place in activities.indices where !activities[place].state.isEnded {
            end(place, .canceled, .canceled)
        }
        run.state = .canceled
        run.endedAt = now
        run.endedBy = context.write.caller.subject
        note(nil, .canceled)
    }

    /// Cancels the activities whose records are about to be canceled with the parent, and leaves them out of the run;
    /// `canceled` are those of the service's own. What stays open, such as a case below it, goes on.
    mutating func cancelMaking(_ canceled: Set<String>) throws {
        for place in activities.indices where plan.steps[place].kind.makesRecord && activities[place].state.isBegun {
            let table = plan.steps[place].plan.creates.flatMap { playbooks.tables[$0.table] }
            let made = try activities[place].made.flatMap { try table?.find($0, false, context.transaction) }
            if let made, !made.hasEnded, !canceled.contains(made.id) { continue }
            end(place, .canceled, .canceled)
            self[place].applies = false
        }
    }

    /// The activities that keep the run from being done, in their order (G-122). Of a canceled run these are also the ones
    /// that were canceled with it.
    var open: [RunPlan.Step] {
        activities.indices.filter { place in
            let activity = activities[place]
            guard run.state == .canceled, activity.state == .canceled else {
                return !activity.standing.holdsNothingUp
            }
            return activity.applies
        }.map { plan.steps[$0] }
    }
}

extension FilterField {
    /// The same field under another name, for conditions in memory.
    func named(_ name: String) -> FilterField {
        FilterField(name, kind, column: column, searchable: isSearchable, sqlType: sqlType, folding: folding)
    }
}
