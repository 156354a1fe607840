import Wire

/// The fields that are known by their names in every table that has them; all others are known to their record alone.
package enum KnownField: String, CaseIterable, Sendable {
    case account, active, company, domain, id, kind, name, number, parent, priority, progress, responsibility, stage,
        state,
        title
    case assignedTo = "assigned_to"
    case closedAt = "closed_at"
    case closedBy = "closed_by"
    case closeNotes = "close_notes"
    case comments = "additional_comments"
    case createdBy = "created_by"
    case dueDate = "due_date"
    case firstName = "first_name"
    case lastName = "last_name"
    case nameKo = "name_ko"
    case playbookActivity = "playbook_activity"
    case playbookRun = "playbook_run"
    case updatedBy = "updated_by"
    case watchList = "watch_list"
    case workNotes = "work_notes"
    case workNotesList = "work_notes_list"
}

extension RecordSchema {
    /// Whether records of the table have the field.
    package func has(_ field: KnownField) -> Bool { index(of: field) != nil }

    /// The place of the field among those of the record; nil where there is none.
    package func index(of field: KnownField) -> Int? { index(of: field.rawValue) }
}

extension Collection<String> {
    /// Whether the field is among those of these names.
    func has(_ field: KnownField) -> Bool { contains(field.rawValue) }
}

extension [KnownField] {
    /// The names of the fields.
    var names: [String] { map(\.rawValue) }
}
