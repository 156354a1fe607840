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

    /// Whether the role is missing, as ``fact`` tells; roles that contain it are as good.
    @Sendable static func isMissing(_ fact: String?) -> FieldValue {
        let roles = (fact ?? "").split(separator: " ").map(String.init)
        guard let needed = roles.first else { return .bool(false) }
        return .bool(!RoleCatalog.close(Set(roles.dropFirst())).contains(needed))
    }
}
