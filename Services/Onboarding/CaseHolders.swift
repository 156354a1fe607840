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
        try holders(of: responsibility, on: [onboarding], context)[onboarding]?.user
    }

    /// The same for each of some cases, asked for together.
    private static func holders(
        of responsibility: String?, on cases: [String], _ context: RuleContext
    ) throws -> [String: Assignable] {
        try context.firstAssignable(
            among: """
                SELECT onboarding_case AS record, "user", CASE WHEN responsibility = \(responsibility.sqlValue)::uuid THEN 1 \
                ELSE 3 END AS place, id FROM onboarding.case_team_member WHERE onboarding_case \(SQL.among(cases)) \
                AND side = \(literal: CaseTeamMember.Side.provider) AND "user" IS NOT NULL \
                UNION ALL SELECT id, assigned_to, 2, id FROM onboarding.onboarding_case \
                WHERE id \(SQL.among(cases)) AND assigned_to IS NOT NULL
                """)
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
        holders: { name, cases, context in try holders(of: responsibility(name, context), on: cases, context) },
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
