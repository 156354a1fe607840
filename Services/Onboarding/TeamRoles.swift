import Korean
import OnboardingWire
import Postgres
import Records
import Roles
import Wire

/// Whether the people of a team hold the roles that their responsibilities need. Roles are granted by an administrator, by
/// hand: nobody is kept from anything, and nothing is granted here (G-42).
enum TeamRoles {
    /// The role that a member's responsibility needs, and behind it those that the person has been granted; NULL where
    /// none is needed.
    static let fact: SQL = """
        (SELECT concat_ws(' ', definition.required_role, (SELECT string_agg(held.role, ' ') \
        FROM onboarding.role_grant held WHERE held."user" = coalesce(case_team_member."user", \
        (SELECT contact."user" FROM onboarding.customer_contact contact \
        WHERE contact.id = case_team_member.contact)))) \
        FROM onboarding.responsibility_definition definition \
        WHERE definition.id = case_team_member.responsibility AND definition.required_role <> '')
        """

    /// What people who work on the case should know of a member whose role is missing; nothing of any other.
    static func warning(of member: CaseTeamMember, _ context: RuleContext) throws -> [Text] {
        guard member.roleMissing == true,
            let definition = try context.find(ResponsibilityDefinition.self, member.responsibility)
        else { return [] }
        let contact = try context.find(CustomerContact.self, member.contact)
        let name =
            try contact.map { PersonName.full(first: $0.firstName, last: $0.lastName) }
            ?? TeamPeople.user(member.user, context)?.name ?? ""
        let responsibility = Text(en: definition.name ?? "", ko: definition.nameKo ?? definition.name ?? "")
        return [
            Text(
                en:
                    "\(name) has not been granted the role that \(responsibility.en) needs. Ask an administrator for it.",
                ko: "\(name)에게는 ‘\(responsibility.ko)’ 담당 업무에 필요한 역할이 아직 부여되지 않았습니다. 관리자에게 요청하세요.")
        ]
    }

    /// Whether the role is missing, as ``fact`` tells; roles that contain it are as good.
    @Sendable static func isMissing(_ fact: String?) -> FieldValue {
        let roles = (fact ?? "").split(separator: " ").map(String.init)
        guard let needed = roles.first else { return .bool(false) }
        return .bool(!RoleCatalog.close(Set(roles.dropFirst())).contains(needed))
    }
}
