import PlaybooksWire
import RPC
import Records
import Roles
import Tenancy
import Wire

/// What rules about single fields (G-24) mean to playbooks: whoever may not read a field of the parent record does not read
/// it from forms, from the log, from due dates that are counted from it, or from a dry run either.
extension Playbooks {
    /// Whether the caller may read a field of the records of a table.
    func mayRead(_ field: String, of table: String, _ caller: Caller) -> Bool {
        guard caller.kind != .service else { return true }
        return Access.allows(caller.roles, .read, on: table)
            && Access.mayRead(caller.roles, field: field, of: table) != false
    }
}

extension RunWork {
    /// An activity as the caller may see it.
    func answer(of place: Int) -> PlaybookActivity {
        var answer = message(of: place)
        answer.values.removeAll { !mayRead(input: $0.input, of: place) }
        if let due = plan.steps[place].plan.due, due.base == .beforeField, !mayRead(due.field) { answer.dueDate = "" }
        return answer
    }

    /// Whether the caller may read what is entered into an input: where it sets a field of the parent record, that field.
    func mayRead(input: String, of place: Int) -> Bool {
        guard let input = plan.steps[place].inputs.first(where: { $0.key == input }) else { return true }
        return input.field.isEmpty || mayRead(input.field)
    }

    private func mayRead(_ field: String) -> Bool {
        playbooks.mayRead(field, of: run.table, context.write.caller)
    }
}
