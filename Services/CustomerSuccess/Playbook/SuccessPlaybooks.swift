import CustomerSuccessWire
import Foundation
import Playbooks
import RPC
import Records
import Wire

extension CustomerSuccess {
    /// The playbooks of what is worked on for an engagement, and what their activities make.
    static func playbooks(_ database: Database) -> Playbooks {
        Playbooks(
            database,
            tables: [
                PlaybookTable(SuccessInitiative.self, database, completing: InitiativeActivities.describe(database)),
                PlaybookTable(SuccessObjective.self, database), PlaybookTable(SuccessCase.self, database),
                PlaybookTable(Touchpoint.self, database), PlaybookTable(InternalPlay.self, database),
                PlaybookTable(RiskSignal.self, database),
                PlaybookTable(SuccessTask.self, database, carriesRuns: false),
                PlaybookTable(InternalPlayTask.self, database, carriesRuns: false),
            ],
            kinds: SuccessActivities.all, people: SuccessHolders.people)
    }

    /// The files of the playbooks that come with the product.
    static var shippedPlaybooks: [URL] {
        guard let folder = Bundle.module.url(forResource: "Playbooks", withExtension: nil) else { return [] }
        let files = try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        return (files ?? []).filter { $0.pathExtension == "yaml" }.sorted { $0.path < $1.path }
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
extension Rule {
    /// A change may start what waits for it; the end of a record, by either way, cancels its runs (BR-25).
    static var movesPlaybook: Rule {
        .after("BR-25") { change, context in
            guard change.old != nil, let playbooks = Playbooks.of(context.database) else { return }
            if change.hasEnded {
                try playbooks.parentEnded(change.new, context)
            } else {
                try playbooks.parentChanged(change.new, from: change.old, context)
            }
        }
    }

    /// An activity ends with the task that it has made (G-53).
    static var endsActivity: Rule {
        .after("G-53") { change, context in
            guard change.old != nil else { return }
            try Playbooks.of(context.database)?.madeChanged(change.new, context)
        }
    }
}

extension Change {
    /// Whether the record is not active any more.
    fileprivate var hasEnded: Bool {
        R.schema.index(like: RiskSignal.Field.active).map { new[fieldAt: $0] } == .bool(false)
    }
}
