import CustomerSuccessWire
import OnboardingWire
import Playbooks
import Postgres
import RPC
import Records
import Tenancy
import Wire

/// Who does what on an initiative.
enum SuccessHolders {
    /// Whoever holds a responsibility of that name in the squad of the account, else whom the initiative is assigned to
    /// (G-44). Nobody who has left.
    private static func holders(
        of name: String, on initiatives: [String], _ context: RuleContext
    ) throws -> [String: Assignable] {
        let rows = try context.transaction.query(
            """
            SELECT initiative, "user" FROM (SELECT i.id AS initiative, 1 AS place, m.id, m."user" \
            FROM customer_success.squad_member m JOIN customer_success.success_initiative i ON i.account = m.account \
            WHERE i.id \(SQL.among(initiatives)) AND m.active IS NOT FALSE \
            AND m.responsibility IN (SELECT id FROM \(responsibilities(name, context)) known) \
            UNION ALL SELECT id, 2, id, assigned_to FROM customer_success.success_initiative \
            WHERE id \(SQL.among(initiatives))) asked WHERE "user" IS NOT NULL ORDER BY initiative, place, id
            """)
        return try context.firstAssignable(
            rows.map { (try $0.string(Asked.initiative), try $0.string(SquadMember.Field.user)) })
    }

    private enum Asked: String { case initiative }

    /// Whoever holds a responsibility of that name in the squad of an account, the first who joined it. Nobody who has left.
    static func member(of account: String, _ name: String, _ context: RuleContext) throws -> String? {
        let rows = try context.transaction.query(
            """
            SELECT "user" FROM customer_success.squad_member WHERE account = \(account) AND active IS NOT FALSE \
            AND responsibility IN (SELECT id FROM \(responsibilities(name, context)) known) ORDER BY id
            """)
        return try rows.compactMap { try $0.optionalString(SquadMember.Field.user) }.first(where: context.mayBeAssigned)
    }

    /// A responsibility of squads of that name; no name names none.
    private static func responsibility(_ name: String, _ context: RuleContext) throws -> String? {
        let rows = try context.transaction.query("SELECT id FROM \(responsibilities(name, context)) known LIMIT 1")
        return try rows.first?.string(ResponsibilityDefinition.Field.id)
    }

    /// The responsibilities of squads of that name, as they are known here (G-43).
    private static func responsibilities(_ name: String, _ context: RuleContext) -> SQL {
        context.database.replica(
            ResponsibilityDefinition.self, .name,
            where: "side = \(literal: ResponsibilityDefinition.Side.squad) AND name = \(name)", as: reader(context))
    }

    /// The same for playbooks.
    static let people = PlaybookPeople(
        holders: holders, responsibility: responsibility, name: name(of:_:))

    /// What a user is called, as it is known here.
    static func name(of user: String, _ context: RuleContext) throws -> String? {
        guard Validation.isUUID(user) else { return nil }
        let known = context.database.replica(User.self, .name, where: "id = \(user)", as: reader(context))
        return try context.queryAbove("SELECT name FROM \(known) known").first?.optionalString(User.Field.name)
    }

    /// Playbooks look for people by themselves, whoever works on a run.
    private static func reader(_ context: RuleContext) -> Caller {
        .service(context.database.service, domain: context.write.caller.domain)
    }
}
