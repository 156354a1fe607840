import OnboardingWire
import Playbooks
import Postgres
import Records
import Tenancy
import Wire

/// Who does what on a case.
enum CaseHolders {
    /// Whoever holds the responsibility of that id in the account team of a case, else the assignee of the case (G-44), also
    /// when there is no such responsibility any more, else who joined the account team first: the work is not nobody's
    /// because the assignee has left. Nobody who has left.
    static func holder(of responsibility: String?, on onboarding: String, _ context: RuleContext) throws -> String? {
        let rows = try context.transaction.query(
            """
            SELECT "user" FROM (SELECT 1 AS place, id, "user" FROM onboarding.case_team_member \
            WHERE onboarding_case = \(onboarding) AND side = \(literal: CaseTeamMember.Side.provider) \
            AND responsibility = \(responsibility.sqlValue)::uuid \
            UNION ALL SELECT 2, id, assigned_to FROM onboarding.onboarding_case WHERE id = \(onboarding) \
            UNION ALL SELECT 3, id, "user" FROM onboarding.case_team_member \
            WHERE onboarding_case = \(onboarding) AND side = \(literal: CaseTeamMember.Side.provider)) asked \
            WHERE "user" IS NOT NULL ORDER BY place, id
            """)
        return try rows.map { try $0.string(CaseTeamMember.Field.user) }.first(where: context.mayBeAssigned)
    }

    /// The provider's responsibility of that name, of the nearest domain; without a name the one that tasks go to by
    /// default.
    static func responsibility(_ name: String, _ context: RuleContext) throws -> String? {
        let side = ResponsibilityDefinition.Side.provider
        guard !name.isEmpty else { return OnboardingSeed.responsibility(side, OnboardingSeed.administrator) }
        let rows = try context.transaction.query(
            """
            SELECT id FROM onboarding.responsibility_definition WHERE side = \(side) AND name = \(name) \
            ORDER BY length(domain) DESC, id LIMIT 1
            """)
        return try rows.first?.string(ResponsibilityDefinition.Field.id)
    }

    /// The same for playbooks.
    static let people = PlaybookPeople(
        holder: { name, onboarding, context in
            try holder(of: responsibility(name, context), on: onboarding, context)
        },
        responsibility: responsibility, name: name(of:_:))

    /// What a user is called.
    static func name(of user: String, _ context: RuleContext) throws -> String? {
        guard Validation.isUUID(user) else { return nil }
        // Users of the provider live above the account.
        context.transaction.sendScope(.domain(.root))
        defer { context.transaction.sendScope(context.write.caller.scope) }
        let rows = try context.transaction.query("SELECT name FROM onboarding.user WHERE id = \(user)")
        return try rows.first?.optionalString(User.Field.name)
    }
}
