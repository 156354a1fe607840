import PlaybooksWire
import Records
import Wire

/// Who does an activity, and what its record gets: for runs, and for those that are only thought.
extension Playbooks {
    /// Who an activity goes to: whom its playbook names, else who does the work of the record it makes (G-44).
    func assignee(
        of activity: PlannedActivity, record: String?, _ facts: RunFacts, _ context: RuleContext
    ) throws -> String? {
        let said = activity.assignee
        if let user = said?.user, !user.isEmpty { return user }
        if let field = said?.fromField, !field.isEmpty {
            let user = facts.field(field)
            if !user.isEmpty { return user }
        }
        guard let record else { return nil }
        let named = [said?.responsibility, activity.creates?.responsibility].compactMap { $0 }.first { !$0.isEmpty }
        return try people.holder(named ?? "", record, context)
    }

    /// The fields of the record that `creation` describes, with what follows from the activity where it says nothing.
    func values(
        of creation: ActivityCreation, _ facts: RunFacts, assignee: String?, due: String?, _ context: RuleContext
    ) throws -> [String: String] {
        var values = facts.values(of: creation, language: try context.language(of: assignee))
        let schema = tables[creation.table]?.schema ?? remote[creation.table]?.schema
        func has(_ field: String) -> Bool { schema?.index(of: field) != nil && values[field] == nil }
        if has("assigned_to"), let assignee { values["assigned_to"] = assignee }
        if has("due_date"), let due { values["due_date"] = due }
        if has("responsibility"), !creation.responsibility.isEmpty {
            values["responsibility"] = try people.responsibility(creation.responsibility, context)
        }
        return values
    }
}
