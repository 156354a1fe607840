import OnboardingWire
import Records
import Roles
import Wire

/// What whoever looks may change in many records of a list at once, as far as the access rules say; the service decides of each.
extension ListedTable {
    /// Whether records may be changed.
    var isChangeable: Bool {
        schema.verbs.contains("update") && Access.allows(roles, .write, on: schema.table)
    }

    /// Whether the work of records may be given to somebody.
    var isReassignable: Bool { isChangeable && schema.field(.assignedTo).map(isWritable) == true }

    /// The fields that can be set to one value: all that hold one and are written by people. States move by the rules of each
    /// record, and are set where the list says so.
    var editable: [FieldSchema] {
        guard isChangeable else { return [] }
        // The table of a document follows from the document that is chosen.
        let tables = Set(schema.fields.compactMap { schema.tableField(of: $0)?.name })
        let moves = schema.verbs.isDisjoint(with: ["close", "cancel"]) ? [] : RecordRights.ofTheLifecycle
        return schema.fields.filter { field in
            isWritable(field) && field.storage != .strings && !tables.contains(field.name)
                && !moves.contains(field.name) && !(isReassignable && field.name == KnownField.assignedTo.rawValue)
        }
    }

    /// Whether a field may be read and written: of those that no rule speaks of the rules of the table decide.
    private func isWritable(_ field: FieldSchema) -> Bool {
        guard !field.outputOnly, field.type != .journal, field.type != .attachment else { return false }
        return self.field(field.name, for: false) != nil
            && Access.may(roles, .write, field: field.name, of: schema.table) != false
    }
}
