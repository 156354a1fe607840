import PlaybooksWire
import RPC
import Wire

/// Runs and their activities as they are answered.
extension RunWork {
    /// The run.
    var message: PlaybookRun { run.message(plan.playbook) }

    /// An activity.
    func message(of place: Int) -> PlaybookActivity {
        let (row, step) = (activities[place], plan.steps[place])
        var answer = PlaybookActivity()
        answer.id = row.id
        answer.etag = row.etag
        answer.run = run.id
        answer.lane = plan.playbook.lanes[step.lane].key
        answer.key = row.key
        answer.position = Int32(row.position)
        answer.label = step.plan.label ?? LocalText(step.kind.label)
        answer.description = step.plan.description
        answer.kind = step.plan.kind
        answer.state = row.state.rawValue
        answer.optional = step.plan.optional
        answer.applies = row.applies
        answer.dueDate = row.dueDate ?? ""
        answer.assignedTo = row.assignedTo ?? ""
        answer.startedAt = row.startedAt
        answer.endedAt = row.endedAt
        answer.endedBy = row.endedBy ?? ""
        answer.completions = Int32(row.completions)
        answer.inputs = inputs(of: place)
        answer.values = values(of: place)
        answer.created = row.created.map(\.message)
        answer.failure = row.failure?.message
        answer.warnings = row.warnings.map(\.message)
        return answer
    }

    /// What the form of an activity shows, in the order of its inputs; what nobody has entered is by nobody. One whose turn has
    /// not come shows nothing yet.
    private func values(of place: Int) -> [EnteredValue] {
        let row = activities[place]
        let entered = Dictionary(row.entered.map { ($0.input, $0.message) }, uniquingKeysWith: { _, last in last })
        let shown = row.state == .pending ? [:] : shown(place)
        return plan.steps[place].inputs.compactMap { input in
            if let value = entered[input.key] { return value }
            guard let text = shown[input.key] else { return nil }
            var value = EnteredValue()
            (value.input, value.value, value.at) = (input.key, text, row.startedAt)
            return value
        }
    }

    /// The stages with how far each has come.
    var stages: [PlaybookStage] {
        plan.playbook.lanes.enumerated().map { index, lane in
            let own = activities.indices.filter { plan.steps[$0].lane == index && activities[$0].applies }
                .map { activities[$0] }
            var stage = PlaybookStage()
            stage.lane = lane.key
            stage.label = lane.label
            stage.description = lane.description
            stage.activities = Int32(own.count)
            stage.ended = Int32(own.filter(\.standing.holdsNothingUp).count)
            stage.failed = Int32(own.filter { $0.state == .failed }.count)
            let isBegun = own.contains { $0.state != .pending }
            let isDone = own.allSatisfy(\.standing.holdsNothingUp)
            let state: ActivityState = isDone ? .done : isBegun ? .inProgress : .pending
            stage.state = state.rawValue
            return stage
        }
    }
}

extension RunRow {
    /// The run as it is answered; `playbook` is its version.
    func message(_ playbook: Playbook) -> PlaybookRun {
        var answer = PlaybookRun()
        answer.id = id
        answer.etag = String(revision)
        answer.startedAt = startedAt
        answer.startedBy = startedBy
        answer.domain = domain
        answer.definition = definition
        answer.version = Int32(number)
        answer.label = playbook.label
        answer.table = table
        answer.record = record ?? ""
        answer.state = state.rawValue
        answer.endedAt = endedAt
        answer.endedBy = endedBy ?? ""
        return answer
    }
}

extension ActivityRow.Entry {
    fileprivate var message: EnteredValue {
        var answer = EnteredValue()
        answer.input = input
        answer.value = value
        answer.by = by
        answer.at = Timestamp(microseconds: at)
        return answer
    }
}

extension ActivityRow.Made {
    /// What was made, as it is answered.
    var message: CreatedRecord {
        var answer = CreatedRecord()
        answer.service = service
        answer.table = table
        answer.id = id
        answer.number = number
        return answer
    }
}
