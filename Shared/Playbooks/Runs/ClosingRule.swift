import Records
import Wire

extension Rule where R: Record, R.Field: HasState {
    /// What an activity has made is closed by people only under the condition that its playbook says (G-53): records whose
    /// `mark` holds something may be made by one.
    public static func closesAsPlaybookSays(made mark: R.Field) -> Rule {
        Rule("G-53") { change, context in
            guard let old = change.old, !change.new[field: mark].isEmpty, change.changes(.state),
                change.new[field: .state].string == EndState.closed.rawValue, !context.write.isSystem
            else { return }
            try Playbooks.of(context.database)?.checkClosing(change.new, from: old, context)
        }
    }
}
