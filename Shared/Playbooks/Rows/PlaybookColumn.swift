import Filters

/// The columns of the tables of playbooks that are read.
enum PlaybookColumn: String {
    case action, activated, active, activity, adopts, applies, at, before, by, cases, completions, content, count,
        created,
        definition, domain, entered, etag, failure, failures, field, fields, ground, id, key, lane, made, migration,
        number,
        outcome, playbook, position, preview, record, refusal, requester, revision, run, starts, state, target, version,
        warnings
    case activatedAt = "activated_at"
    case activatedBy = "activated_by"
    case appliedAt = "applied_at"
    case appliedBy = "applied_by"
    case assignedTo = "assigned_to"
    case builtIn = "built_in"
    case createdAt = "created_at"
    case createdBy = "created_by"
    case dueDate = "due_date"
    case endedAt = "ended_at"
    case endedBy = "ended_by"
    case fromNumber = "from_number"
    case goesOn = "goes_on"
    case hasMore = "has_more"
    case isBack = "is_back"
    case newValue = "new_value"
    case oldValue = "old_value"
    case parentTable = "parent_table"
    case refusalKorean = "refusal_ko"
    case remoteTable = "remote_table"
    case startedAt = "started_at"
    case startedBy = "started_by"
    case undoneAt = "undone_at"
    case undoneBy = "undone_by"
    case updatedAt = "updated_at"
    case updatedBy = "updated_by"
}

extension FilterField {
    /// A column that filters name as it is called.
    init(_ column: PlaybookColumn, _ kind: Kind, searchable: Bool = true) {
        self.init(column.rawValue, kind, searchable: searchable, folding: .exact)
    }
}
