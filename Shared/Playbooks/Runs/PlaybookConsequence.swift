import PlaybooksWire
import RPC
import Records
import Wire

/// Something that a change of a record would bring about in its playbooks, besides dates.
public struct PlaybookConsequence: Sendable, Equatable {
    /// What it is.
    public enum Kind: String, Sendable {
        /// An activity starts, or a run of a playbook.
        case begins
        /// The condition of what an activity has made ends that.
        case ends
        /// An activity whose turn has not come belongs to the run then, or does no more.
        case joins, leaves
    }

    /// The activity, or the definition of the playbook that begins.
    public let id: String
    /// The table of that.
    public let table: String
    /// What its playbook calls it.
    public let label: Text
    /// The record of an activity.
    public let made: String?
    /// What would happen.
    public let kind: Kind
}

extension Playbooks {
    /// The playbooks that the event of a change would start.
    func startsByChange(
        of record: any RecordMessage, to changed: any RecordMessage, _ context: RuleContext
    ) throws -> [PlaybookConsequence] {
        try active(for: record, context.transaction).filter { version in
            guard let trigger = version.playbook.trigger, trigger.event == "updated" else { return false }
            return try meets(trigger, changed, context)
                && !hasRun(of: version.definition, over: record.id, isOpen: false, context.transaction)
        }.map { version in
            PlaybookConsequence(
                id: version.definition, table: OwnTable.definition.rawValue,
                label: version.playbook.label?.text ?? Self.label, made: nil, kind: .begins)
        }
    }
}

extension RunWork {
    /// What follows for the activities of a run from a change of `fields` of its record, which it has as it would be; with what
    /// begins behind something that would end or leave.
    func consequences(of fields: Set<String>, before: any RecordMessage) throws -> [PlaybookConsequence] {
        var work = self
        work.parent = before
        let now = try PlaybookMachine.next(plan, activities.map(\.standing), holds: work.holds)
        var standings = activities.map(\.standing)
        let ending = try activities.indices.filter { place in
            try activities[place].state == .inProgress && endsMade(place, by: fields)
        }
        for place in ending { standings[place].state = .done }
        let then = try PlaybookMachine.next(plan, standings, holds: holds)
        return activities.indices.compactMap { place in
            let kind: PlaybookConsequence.Kind? =
                if ending.contains(place) {
                    .ends
                } else if then.starts.contains(place), !now.starts.contains(place) {
                    .begins
                } else if now.applies[place] != then.applies[place] {
                    then.applies[place] ? .joins : .leaves
                } else {
                    nil
                }
            let step = plan.steps[place]
            return kind.map {
                PlaybookConsequence(
                    id: activities[place].id, table: OwnTable.activity.rawValue,
                    label: step.plan.label?.text ?? step.kind.label, made: activities[place].made, kind: $0)
            }
        }
    }
}
