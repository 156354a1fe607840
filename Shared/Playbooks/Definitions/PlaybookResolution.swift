import PlaybooksWire
import Wire

extension Playbook {
    /// The playbook with what its activity definitions say besides: the kind built into the service, and inputs and fields
    /// that the playbook does not say itself. A version holds it so, and needs no definition any more.
    func resolved(with definitions: [String: ActivityDefinition]) -> Playbook {
        var playbook = self
        for lane in lanes.indices {
            for place in lanes[lane].activities.indices {
                let activity = lanes[lane].activities[place]
                guard let definition = definitions[activity.kind] else { continue }
                playbook.lanes[lane].activities[place] = activity.resolved(with: definition)
            }
        }
        return playbook
    }

    /// All activities in their order.
    var activities: [PlannedActivity] { lanes.flatMap(\.activities) }
}

extension PlannedActivity {
    func resolved(with definition: ActivityDefinition) -> PlannedActivity {
        var activity = self
        activity.builtIn = definition.builtIn
        if activity.label == nil { activity.label = definition.label }
        if activity.description == nil { activity.description = definition.description }
        activity.inputs = RunPlan.merged(definition.inputs, inputs)
        activity.creates = ActivityCreation.merged(definition.creates, creates)
        return activity
    }
}

extension ActivityCreation {
    /// What a playbook says of a record, completed by what the definition says of one of the same table.
    static func merged(_ standard: ActivityCreation?, _ said: ActivityCreation?) -> ActivityCreation? {
        guard let standard, !standard.table.isEmpty else { return said }
        guard var merged = said else { return standard }
        if merged.table.isEmpty { merged.table = standard.table }
        guard merged.table == standard.table else { return said }
        let own = Set(merged.fields.map(\.field))
        merged.fields = standard.fields.filter { !own.contains($0.field) } + merged.fields
        if merged.closedCondition.isEmpty { merged.closedCondition = standard.closedCondition }
        if merged.canceledCondition.isEmpty { merged.canceledCondition = standard.canceledCondition }
        if merged.responsibility.isEmpty { merged.responsibility = standard.responsibility }
        return merged
    }
}
