import OnboardingWire
import Postgres
import Records
import Roles
import Wire

/// Whether whoever work is given to can do it. As with responsibilities, nobody is kept from anything, and nothing is
/// granted here (G-42): the answer warns.
enum AssigneeRoles {
    static let warning = Text(
        en: "The person this is assigned to has no role to work on it. Ask an administrator for one.",
        ko: "담당자에게 이 레코드를 처리할 수 있는 역할이 없습니다. 관리자에게 요청하세요.")

    /// Whether a user holds no role that may write the records of `type`. Who writes is judged by the roles of the call.
    static func areMissing<R: Record>(_ user: String?, for type: R.Type, _ context: RuleContext) throws -> Bool {
        guard let user, Validation.isUUID(user) else { return false }
        let caller = context.write.caller
        let roles = user == caller.subject ? caller.roles : RoleCatalog.close(try granted(to: user, context))
        return !Access.allows(roles, .write, on: R.schema.table)
    }

    private static func granted(to user: String, _ context: RuleContext) throws -> Set<String> {
        let rows = try context.queryAbove("SELECT role FROM onboarding.role_grant WHERE \"user\" = \(user)")
        return Set(try rows.map { try $0.string(RoleGrant.Field.role) })
    }
}

extension Rule {
    /// Warns when work goes to somebody without a role to do it.
    static func warnsOfAssignee(_ field: R.Field) -> Rule {
        .advice("G-42", field: field, AssigneeRoles.warning) { change, context in
            guard change.changes(field) else { return false }
            guard case .string(let id) = change.new[field: field] else { return false }
            return try AssigneeRoles.areMissing(id, for: R.self, context)
        }
    }
}
