import Filters
import Ground
import PlaybooksWire
import RPC
import Records
import Tenancy
import Wire

/// What a draft would do with a record, without doing any of it. What the caller may not read of the record is absent.
extension PlaybookDefinitions {
    func dryRun(_ request: DryRunPlaybookRequest, _ context: RuleContext) throws -> DryRunPlaybookResponse {
        let row = try seen(request.id, context)
        let world = try playbooks.world(of: row.domain, row.id, context)
        let faults = try PlaybookCheck.faults(row.playbook, in: world)
        guard faults.isEmpty else { throw Problem.faulty(faults, row.playbook) }
        try playbooks.authorize(.read, row.playbook.table, context.write.caller)
        guard Validation.isUUID(request.record), let table = playbooks.tables[row.playbook.table],
            let found = try table.find(request.record, false, context.transaction)
        else {
            throw Problem.notFound(
                playbooks.tables[row.playbook.table]?.schema.label ?? Self.label, id: request.record)
        }
        let resolved = row.playbook.resolved(with: world.definitions)
        let plan = try RunPlan(resolved, kinds: playbooks.kinds, over: table.schema)
        let record = table.projected(found, context.write.caller)
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
            return try playbooks.meets(trigger, record, context)
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
        let facts = facts.beginning(plan.steps[place], over: record)
        let holidays = try activity.due?.workingDays == true ? playbooks.holidays(record, context.transaction) : []
        let due = activity.due?.date(
            start: context.write.today, of: facts.field, in: plan.playbook, holidays: holidays)?.description
        let asked = AskedOnce()
        let assignee = try playbooks.assignee(of: activity, record: record.id, facts, asked, context)
        step.dueDate = due ?? ""
        step.assignedTo = assignee ?? ""
        guard plan.steps[place].kind.makesRecord, let creation = activity.creates else { return step }
        step.table = creation.table
        let values = try playbooks.values(of: creation, facts, assignee: assignee, due: due, asked, context)
        step.fields = values.sorted { $0.key < $1.key }.map { field, text in
            var setting = FieldSetting()
            (setting.field, setting.text) = (field, text)
            return setting
        }
        let refusal = try playbooks.faultInReach(of: values, creation, from: DomainPath(record.domain), context)
        step.refusal = refusal.map(said) ?? ""
        return step
    }

    /// Nothing has been entered yet but what is done with the record that is there.
    private var facts: RunFacts {
        let record = record
        var entered: [String: String] = [:]
        for (place, step) in plan.steps.enumerated() where standings[place].state == .done {
            for (input, text) in step.shown([:], over: record) { entered["\(step.plan.key).\(input)"] = text }
        }
        return RunFacts(field: { record.text(named: $0) }, entered: entered)
    }

    private func holds(_ place: Int) throws -> Bool {
        guard plan.steps[place].condition != nil else { return true }
        let fields = world.tables[plan.playbook.table]?.filterFields ?? []
        return try plan.holds(place, over: record, with: fields, facts.entered, world.facts)
    }

    private func said(_ text: Text) -> String { text(context.write.caller.locale) }
}
