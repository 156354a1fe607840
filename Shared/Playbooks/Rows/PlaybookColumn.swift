import Filters

/// The columns of the tables of playbooks that are read.
enum PlaybookColumn: String {
    case action, activated, active, activity, adopts, applies, at, by, completions, content, created, definition,
        domain, entered, failure, failures, field, fields, id, key, made, number, playbook, position, record,
        revision, run, starts, state, target, version, warnings
    case activatedAt = "activated_at"
    case activatedBy = "activated_by"
    case assignedTo = "assigned_to"
    case builtIn = "built_in"
    case createdAt = "created_at"
    case createdBy = "created_by"
    case dueDate = "due_date"
    case endedAt = "ended_at"
    case endedBy = "ended_by"
    case goesOn = "goes_on"
    case newValue = "new_value"
    case oldValue = "old_value"
    case parentTable = "parent_table"
    case remoteTable = "remote_table"
    case startedAt = "started_at"
    case startedBy = "started_by"
    case updatedAt = "updated_at"
    case updatedBy = "updated_by"
}

extension FilterField {
    /// A column that filters name as it is called.
    init(_ column: PlaybookColumn, _ kind: Kind, searchable: Bool = true) {
        self.init(column.rawValue, kind, searchable: searchable, folding: .exact)
    }
}
