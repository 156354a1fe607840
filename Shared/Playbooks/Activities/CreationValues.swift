import PlaybooksWire
import Records
import Wire

/// Who does an activity, and what its record gets: for runs, and for those that are only thought.
extension Playbooks {
    /// Who an activity goes to: whom its playbook names, else who does the work of the record it makes (G-44). Nobody who has
    /// left, or is not the provider's.
    func assignee(
        of activity: PlannedActivity, record: String?, _ facts: RunFacts, _ asked: AskedOnce, _ context: RuleContext
    ) throws -> String? {
        let said = activity.assignee
        let users = [said?.user, said?.fromField.isEmpty == false ? facts.field(said?.fromField ?? "") : nil]
        if let user = try users.compactMap({ $0 }).first(where: { try !$0.isEmpty && asked.mayBeAssigned($0, context) })
        {
            return user
        }
        guard let record else { return nil }
        let named = [said?.responsibility, activity.creates?.responsibility].compactMap { $0 }.first { !$0.isEmpty }
        return try asked.holder(named ?? "", record, self, context)
    }

    /// The fields of the record that `creation` describes, with what follows from the activity where it says nothing.
    func values(
        of creation: ActivityCreation, _ facts: RunFacts, assignee: String?, due: String?, _ asked: AskedOnce,
        _ context: RuleContext
    ) throws -> [String: String] {
        var values = facts.values(of: creation, language: try asked.language(of: assignee, context))
        let schema = tables[creation.table]?.schema ?? remote[creation.table]?.schema
        func fill(_ field: KnownField, _ value: @autoclosure () throws -> String?) rethrows {
            guard schema?.has(field) == true, values[field.rawValue] == nil else { return }
            values[field.rawValue] = try value()
        }
        fill(.assignedTo, assignee)
        fill(.dueDate, due)
        if !creation.responsibility.isEmpty {
            try fill(.responsibility, people.responsibility(creation.responsibility, context))
        }
        return values
    }
}
