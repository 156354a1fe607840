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
        guard activities[place].state == .inProgress || activities[place].state.isEnded else { return }
        let state = record.text("state")
        if state == "canceled" {
            if activities[place].state == .inProgress { end(place, .canceled, "canceled") }
        } else if state == "closed" {
            if activities[place].state == .inProgress { complete(place) }
        } else if activities[place].state == .inProgress {
            let table = type(of: record).schema.table
            if try holds(plan.steps[place].canceled, table, record) {
                try endRecord(of: place, .canceled)
            } else if try holds(plan.steps[place].closed, table, record) {
                try endRecord(of: place, .closed(notes: ""))
            }
        } else if activities[place].state != .skipped {
            // What it made goes on: so does the activity (G-50).
            reopen(place)
        }
    }

    /// Looks at the conditions of what activities have made after the parent record has changed (G-53). What is another
    /// service's is looked at as far as its condition speaks of the parent alone.
    mutating func reviewMade() throws {
        for place in activities.indices where activities[place].state == .inProgress {
            let step = plan.steps[place]
            guard step.closed != nil || step.canceled != nil, let made = activities[place].created.last,
                made.id == activities[place].made
            else { continue }
            let record = try playbooks.tables[made.table]?.find(made.id, true, context.transaction)
            if try holds(step.canceled, made.table, record) {
                try endRecord(of: place, .canceled)
            } else if try holds(step.closed, made.table, record) {
                try endRecord(of: place, .closed(notes: ""))
            }
        }
    }

    /// An activity is done by the end of its record.
    mutating func complete(_ place: Int) {
        self[place].completions += 1
        end(place, .done, "completed")
    }

    /// A done activity is taken up again as it was left.
    mutating func reopen(_ place: Int) {
        self[place].state = .inProgress
        self[place].endedAt = nil
        self[place].endedBy = nil
        note(place, "reopened")
    }

    /// Whether a condition over what was made, and over "parent.<field>", holds. Without the record one that speaks of it
    /// does not.
    private func holds(_ filter: Filter?, _ table: String, _ record: (any RecordMessage)?) throws -> Bool {
        guard let filter else { return false }
        let own = playbooks.tables[table]?.filterFields ?? playbooks.remote[table]?.filterFields ?? []
        let above = (playbooks.tables[run.table]?.filterFields ?? []).map { $0.named("parent.\($0.name)") }
        let parent = parent
        if record == nil {
            let names = try filter.check(
                against: FilterSchema(own + above), context: filterFacts
            ).fieldNames
            guard names.allSatisfy({ $0.hasPrefix("parent.") }) else { return false }
        }
        return try holds(filter, over: own + above) { name in
            guard name.hasPrefix("parent.") else { return record?.filterValue(name) ?? .null }
            return parent?.filterValue(String(name.dropFirst("parent.".count))) ?? .null
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

    /// Cancels the run with everything that is not ended.
    mutating func cancel() {
        for place in activities.indices where !activities[place].state.isEnded {
            end(place, .canceled, "canceled")
        }
        run.state = .canceled
        run.endedAt = now
        run.endedBy = context.write.caller.subject
        note(nil, "canceled")
    }

    /// Cancels the activities whose records the end of the parent has canceled.
    mutating func cancelMaking() {
        for place in activities.indices where plan.steps[place].kind.makesRecord {
            guard activities[place].state == .inProgress || activities[place].state == .failed else { continue }
            end(place, .canceled, "canceled")
        }
    }

    /// The activities that keep the run from being done, in their order (G-122).
    var open: [RunPlan.Step] {
        activities.indices.filter { !activities[$0].standing.holdsNothingUp }.map { plan.steps[$0] }
    }
}

extension FilterField {
    /// The same field under another name, for conditions in memory.
    func named(_ name: String) -> FilterField {
        FilterField(name, kind, column: column, searchable: isSearchable, sqlType: sqlType, folding: folding)
    }
}
