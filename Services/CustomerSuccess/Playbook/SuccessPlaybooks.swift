import CustomerSuccessWire
import Playbooks
import RPC
import Records
import Wire

extension CustomerSuccess {
    /// The playbooks of initiatives; none is shipped.
    static func playbooks(_ database: Database) -> Playbooks {
        Playbooks(
            database,
            tables: [
                PlaybookTable(SuccessInitiative.self, database),
                PlaybookTable(SuccessTask.self, database, carriesRuns: false),
            ],
            kinds: SuccessActivities.all, people: SuccessHolders.people)
    }

    /// Starts the runs that events of initiatives trigger (G-130).
    static func playbookTrigger(_ playbooks: Playbooks) -> EventHandler {
        EventHandler("customer-success-playbooks", service: name, record: SuccessInitiative.schema.table) {
            event, context, tx in
            let record = try SuccessInitiative.decode(protobuf: event.record)
            try playbooks.trigger(
                event.action, record, RuleContext(transaction: tx, write: context, database: playbooks.database))
        }
    }
}

/// What playbooks have to do with the records of customer-success.
extension SuccessInitiative {
    /// A change may start what waits for it; the end of an initiative, by either way, cancels its runs.
    static let movesPlaybook = Rule<SuccessInitiative>.after("BR-25") { change, context in
        guard change.old != nil, let playbooks = Playbooks.of(context.database) else { return }
        if change.new.active == false {
            try playbooks.parentEnded(change.new, context)
        } else {
            try playbooks.parentChanged(change.new, context)
        }
    }
}

extension SuccessTask {
    /// An activity ends with the task that it has made (G-53).
    static let movesPlaybook = Rule<SuccessTask>.after("G-53") { change, context in
        guard change.old != nil, change.new.parentTable == ParentTable.successInitiative else { return }
        try Playbooks.of(context.database)?.madeChanged(change.new, context)
    }
}
