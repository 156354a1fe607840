/// What is read of a record that another one names, besides the fields that follow from it.
enum ReferenceColumn: String {
    case id, domain, account, active, state, kind
    /// Whether something above the record has ended.
    case endedAbove = "ended_above"
    /// Whether the user behind a member has left.
    case hasLeft = "has_left"
}
