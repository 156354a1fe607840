import Korean
import OnboardingWire
import Postgres
import Records
import Wire

/// Somebody in a team of a case.
struct TeamPerson: Sendable {
    /// Of the contact, or of the user.
    let id: String
    let name: String
    let email: String
    /// `en` or `ko`; nil of a contact who is no portal user.
    let language: String?
    let contact: String?
    /// The user, or the active portal user of the contact.
    let user: String?
    /// The responsibilities on the case.
    let responsibilities: Set<String>
}

/// Who is in the teams of a case: active people, each once, in the order in which they came in.
enum TeamPeople {
    /// What the statements below add to the fields of records.
    private enum Column: String {
        case responsibilities
    }

    /// The contacts of the customer team.
    static func customers(of id: String, _ context: RuleContext) throws -> [TeamPerson] {
        try context.queryAbove(
            """
            SELECT contact.id, contact.first_name, contact.last_name, contact.email, person.language, \
            person.id AS "user", array_agg(member.responsibility::text) AS responsibilities \
            FROM onboarding.case_team_member member JOIN onboarding.customer_contact contact ON contact.id = member.contact \
            LEFT JOIN onboarding."user" person ON person.id::text = contact."user" AND person.active IS NOT FALSE \
            WHERE member.onboarding_case = \(id) AND contact.active IS NOT FALSE \
            GROUP BY contact.id, person.id ORDER BY min(member.id::text)
            """
        ).map { row in
            TeamPerson(
                id: try row.string(CustomerContact.Field.id),
                name: PersonName.full(
                    first: try row.optionalString(CustomerContact.Field.firstName),
                    last: try row.optionalString(CustomerContact.Field.lastName)),
                email: try row.string(CustomerContact.Field.email),
                language: try row.optionalString(User.Field.language),
                contact: try row.string(CustomerContact.Field.id),
                user: try row.optionalString(CustomerContact.Field.user),
                responsibilities: Set(try row.strings(Column.responsibilities)))
        }
    }

    /// The people of the account team.
    static func provider(of id: String, _ context: RuleContext) throws -> [TeamPerson] {
        try context.queryAbove(
            """
            SELECT person.id, person.name, person.email, person.language, \
            array_agg(member.responsibility::text) AS responsibilities \
            FROM onboarding.case_team_member member JOIN onboarding."user" person ON person.id::text = member."user" \
            WHERE member.onboarding_case = \(id) AND person.active IS NOT FALSE \
            GROUP BY person.id ORDER BY min(member.id::text)
            """
        ).map { row in try user(row, responsibilities: Set(try row.strings(Column.responsibilities))) }
    }

    /// An active user; nil when there is none.
    static func user(_ id: String?, _ context: RuleContext) throws -> TeamPerson? {
        guard let id, Validation.isUUID(id) else { return nil }
        return try context.queryAbove(
            """
            SELECT id, name, email, language FROM onboarding."user" WHERE id = \(id) AND active IS NOT FALSE
            """
        ).first.map { try user($0, responsibilities: []) }
    }

    private static func user(_ row: Row, responsibilities: Set<String>) throws -> TeamPerson {
        let id = try row.string(User.Field.id)
        return TeamPerson(
            id: id, name: try row.string(User.Field.name), email: try row.string(User.Field.email),
            language: try row.optionalString(User.Field.language), contact: nil, user: id,
            responsibilities: responsibilities)
    }
}
