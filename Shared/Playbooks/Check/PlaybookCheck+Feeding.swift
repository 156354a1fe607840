import Filters
import PlaybooksWire
import RPC
import Records
import Wire

/// Activities that make what starts their own playbook again, and so on without end.
extension PlaybookCheck {
    /// Names the activities whose records meet the trigger of this playbook, or that of an active one whose activities lead
    /// back to it. What a definition says as text is certain; a field that is computed, or filled by rules, may be anything.
    mutating func lookForFeeding() {
        for (lane, plan) in zip(playbook.lanes, resolved.lanes) {
            for activity in plan.activities {
                let place = FaultPlace().inside(lane).inside(activity).at(.creates)
                if feeds(activity, resolved) {
                    fault(
                        place,
                        "What it makes starts this playbook again, and so on without end. The trigger can leave it out by 'from_playbook = false'.",
                        "이 활동이 만드는 레코드가 이 플레이북을 다시 시작하여 끝없이 반복됩니다. 트리거 조건에 'from_playbook = false'를 추가하면 제외됩니다.")
                } else if let other = feeder(behind: activity) {
                    let name = other.label?.text ?? PlaybookDefinitions.label
                    fault(
                        place,
                        "What it makes starts this playbook again by way of the active playbook ‘\(name.en)’, and so on without end. The trigger can leave it out by 'from_playbook = false'.",
                        "이 활동이 만드는 레코드가 활성 플레이북 ‘\(name.ko)’에 의해 이 플레이북을 다시 시작하여 끝없이 반복됩니다. 트리거 조건에 'from_playbook = false'를 추가하면 제외됩니다."
                    )
                }
            }
        }
    }

    /// The active playbook that makes what starts this one, and is itself started by what `activity` makes, over whatever
    /// others lie between; nil when there is none.
    private func feeder(behind activity: PlannedActivity) -> Playbook? {
        var seen: Set<Int> = []
        var open = fed(by: activity)
        while let next = open.popLast() {
            guard seen.insert(next).inserted else { continue }
            let activities = world.active[next].activities
            if activities.contains(where: { feeds($0, resolved) }) { return world.active[next] }
            open += activities.flatMap(fed)
        }
        return nil
    }

    /// The active playbooks that what an activity makes may start.
    private func fed(by activity: PlannedActivity) -> [Int] {
        world.active.indices.filter { feeds(activity, world.active[$0]) }
    }

    /// Whether the creation of what an activity makes may start a playbook.
    private func feeds(_ activity: PlannedActivity, _ other: Playbook) -> Bool {
        guard !activity.switchedOff, world.kinds[activity.builtIn]?.makesRecord == true,
            let creation = activity.creates, creation.table == other.table, let table = world.tables[other.table],
            let trigger = other.trigger, trigger.event == Self.creation,
            let condition = try? trigger.checked(over: table.filterFields, world.facts)
        else { return false }
        return !creation.claims(over: table.filterFields, world.facts).excludes(condition)
    }
}

extension ActivityCreation {
    /// What is certain of the record: that an activity makes it, and what is said as text.
    fileprivate func claims(over fields: [FilterField], _ facts: FilterFacts) -> CheckedFilter {
        let schema = FilterSchema(TriggerField.all(fields))
        func checked(_ text: String) -> CheckedFilter? {
            try? Filter.parse(text).check(against: schema, context: facts)
        }
        let said = self.fields.filter { !$0.text.isEmpty }.map { "\($0.field) = \(Filter.quoted($0.text))" }
        let claims = ["\(TriggerField.fromPlaybook) = true"] + said.filter { checked($0) != nil }
        return checked(claims.joined(separator: " AND ")) ?? .everything
    }
}
