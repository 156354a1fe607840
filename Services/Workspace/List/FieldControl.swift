import CustomerSuccessWire
import OnboardingWire
import Records
import Wire

/// How a list is narrowed by a field: what its menu offers, and so what an address may say of it.
enum FieldControl: Sendable, Hashable {
    /// Some of a few values.
    case values
    /// When a day is, or between which days.
    case day
    /// How long ago a time is.
    case time
    /// Between which numbers.
    case number
    /// A part of a text.
    case text
    /// Records that are looked up, of a table or of one of several: `engagement | success_case`.
    case records(String)

    /// What stands behind the name of a field in an address where its name alone does not do.
    enum Ending: String, CaseIterable {
        /// What a record is called, as a browser without a script says it.
        case text = "-text"
        case from = "-from"
        case to = "-to"
    }

    /// The control of a field; nil for what the services do not filter by, or nobody knows by heart.
    init?(_ field: FieldSchema, of schema: RecordSchema) {
        guard !Self.without.contains(field.name) else { return nil }
        switch field.type {
        case _ where Self.byPeople.contains(field.name): self = .records(User.schema.table)
        case .choice, .boolean, .listOfRoles: self = .values
        case .date: self = .day
        case .datetime: self = .time
        case .integer, .decimal, .currency: self = .number
        case .reference, .listOfReferences, .listOfUsers:
            if let table = field.referencedTable {
                self = .records(table)
            } else if field.type == .reference {
                self = .text
            } else {
                return nil
            }
        case .documentID: self = .records(schema.tables(of: field).joined(separator: " | "))
        case .string, .text, .email, .url, .json, .script, .tableName, .fieldName: self = .text
        case .journal, .attachment: return nil
        }
    }

    /// Ids and revisions, and what the services work out anew each time, so that no column has it.
    private static let without: Set = [
        KnownField.id.rawValue, OnboardingCase.Field.etag.rawValue, OnboardingCase.Field.daysRemaining.rawValue,
        Engagement.Field.healthScore.rawValue, CaseTeamMember.Field.roleMissing.rawValue,
    ]

    /// Who has written a record, by an id that is kept as a text: services write as well.
    private static let byPeople: Set = [KnownField.createdBy.rawValue, KnownField.updatedBy.rawValue]

    /// Whether every record has a value: it is mandatory, or who has written the record.
    static func isWrittenAlways(_ field: FieldSchema) -> Bool { field.mandatory || byPeople.contains(field.name) }

    /// Names of an address that say something of the page, and so nothing of a field.
    private static let taken: Set = Set(
        ListQuery.Part.allCases.map(\.rawValue) + ["language", "done", "undo", "saved", "advice", "format"])

    /// The name under which an address has the values of a field.
    static func key(of field: String) -> String { taken.contains(field) ? "\(field)-is" : field }

    /// Every name under which an address says something of a field.
    static func names(of field: String) -> [String] { [key(of: field)] + Ending.allCases.map { field + $0.rawValue } }
}
