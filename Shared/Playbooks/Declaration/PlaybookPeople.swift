import Records

/// What playbooks ask their service about people.
public struct PlaybookPeople: Sendable {
    /// Who does the work of a responsibility, named, for each of some parent records: its holder, else whom the record is
    /// assigned to (G-44). The name is empty where none is said. Records for which nobody is there are left out.
    let holders: @Sendable (_ responsibility: String, _ records: [String], RuleContext) throws -> [String: Assignable]
    /// The id of the responsibility of that name; of the one that work goes to by default where the name is empty.
    let responsibility: @Sendable (_ name: String, RuleContext) throws -> String?
    /// What a user is called.
    let name: @Sendable (_ user: String, RuleContext) throws -> String?

    /// The answers of a service.
    public init(
        holders: @escaping @Sendable (String, [String], RuleContext) throws -> [String: Assignable],
        responsibility: @escaping @Sendable (String, RuleContext) throws -> String?,
        name: @escaping @Sendable (String, RuleContext) throws -> String?
    ) {
        self.holders = holders
        self.responsibility = responsibility
        self.name = name
    }
}
