import Filters
import Ground
import PlaybooksWire
import RPC
import Records
import Wire

/// What a draft would do with a record, without doing any of it.
extension PlaybookDefinitions {
    func dryRun(_ request: DryRunPlaybookRequest, _ context: RuleContext) throws -> DryRunPlaybookResponse {
        let row = try seen(request.id, context)
        let world = try playbooks.world(of: row.domain, context)
        let faults = try PlaybookCheck.faults(row.playbook, in: world)
        guard faults.isEmpty else { throw Problem.faulty(faults, row.playbook) }
        try playbooks.authorize(.read, row.playbook.table, context.write.caller)
        guard Validation.isUUID(request.record), let table = playbooks.tables[row.playbook.table],
            let record = try table.find(request.record, false, context.transaction)
        else {
            throw Problem.notFound(
                playbooks.tables[row.playbook.table]?.schema.label ?? Self.label, id: request.record)
        }
        let resolved = row.playbook.resolved(with: world.definitions)
        let plan = try RunPlan(resolved, kinds: playbooks.kinds)
        var trial = Trial(plan: plan, record: record, world: world, playbooks: playbooks, context: context)
        try trial.run()
        var answer = DryRunPlaybookResponse()
        answer.triggered = try trial.isTriggered
        answer.steps = try resolved.lanes.flatMap { lane in
            try lane.activities.map { try trial.step($0, in: lane) }
        }
        return answer
    }
}

/// A run that is only thought.
private struct Trial {
    let plan: RunPlan
    let record: any RecordMessage
    let world: PlaybookWorld
    let playbooks: Playbooks
    let context: RuleContext
    private var standings: [PlaybookMachine.Standing] = []
    private var started: Set<String> = []

    init(
        plan: RunPlan, record: any RecordMessage, world: PlaybookWorld, playbooks: Playbooks, context: RuleContext
    ) {
        (self.plan, self.record, self.world, self.playbooks, self.context) = (plan, record, world, playbooks, context)
        standings = plan.steps.map { _ in .init(state: .pending, applies: true) }
    }

    /// Starts what would start at once; what has its record already is done by that.
    mutating func run() throws {
        while true {
            let move = try PlaybookMachine.next(plan, standings, holds: holds)
            for place in standings.indices { standings[place].applies = move.applies[place] }
            for place in move.starts {
                standings[place].state = plan.steps[place].kind.makesParent ? .done : .inProgress
                started.insert(plan.steps[place].plan.key)
            }
            if move.starts.isEmpty { return }
        }
    }

    /// Whether the record would start the run by its trigger.
    var isTriggered: Bool {
        get throws {
            guard let trigger = plan.playbook.trigger else { return false }
            return try holds(Filter.parse(trigger.condition))
        }
    }

    func step(_ activity: PlannedActivity, in lane: PlaybookLane) throws -> DryRunStep {
        var step = DryRunStep()
        step.lane = lane.key
        step.activity = activity.key
        guard let place = plan.place(of: activity.key) else {
            step.reason = said(Text(en: "The activity is switched off.", ko: "사용하지 않는 활동입니다."))
            return step
        }
        guard standings[place].applies else {
            step.reason = said(
                Text(en: "Its condition does not hold.", ko: "시작 조건이 충족되지 않았습니다."))
            return step
        }
        step.applies = true
        step.starts = started.contains(activity.key)
        let facts = facts
        let due = activity.due?.date(start: context.write.today, of: facts.field, in: plan.playbook)?.description
        let assignee = try playbooks.assignee(of: activity, record: record.id, facts, context)
        step.dueDate = due ?? ""
        step.assignedTo = assignee ?? ""
        guard plan.steps[place].kind.makesRecord, let creation = activity.creates else { return step }
        step.table = creation.table
        let values = try playbooks.values(of: creation, facts, assignee: assignee, due: due, context)
        step.fields = values.sorted { $0.key < $1.key }.map { field, text in
            var setting = FieldSetting()
            (setting.field, setting.text) = (field, text)
            return setting
        }
        return step
    }

    /// Nothing has been entered yet but what forms show at first.
    private var facts: RunFacts {
        let record = record
        var entered: [String: String] = [:]
        for step in plan.steps where started.contains(step.plan.key) {
            for input in step.inputs {
                let known = input.field.isEmpty ? "" : record.text(input.field)
                entered["\(step.plan.key).\(input.key)"] = known.isEmpty ? input.default : known
            }
        }
        return RunFacts(field: { record.text($0) }, entered: entered.filter { !$0.value.isEmpty })
    }

    private func holds(_ place: Int) throws -> Bool {
        guard let condition = plan.steps[place].condition else { return true }
        return try holds(condition)
    }

    private func holds(_ filter: Filter) throws -> Bool {
        let fields = (world.tables[plan.playbook.table]?.filterFields ?? []) + plan.inputFields
        let (entered, record) = (facts.entered, record)
        return try filter.check(against: FilterSchema(fields), context: world.facts).matches { name in
            name.contains(".") ? entered[name].map(FilterValue.string) ?? .null : record.filterValue(name)
        }
    }

    private func said(_ text: Text) -> String { text(context.write.caller.locale) }
}
