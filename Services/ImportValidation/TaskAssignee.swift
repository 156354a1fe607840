import ImportValidationWire
import OnboardingWire
import Postgres
import Records
import Tenancy
import Wire

/// Who an import task goes to when it names nobody: whoever holds the provider's responsibility ServiceNow
/// developer/admin on its case, else the assignee of the case (G-44), else who joined its account team first. Nobody who
/// has left.
enum TaskAssignee {
    /// The predefined responsibility of onboarding, whose id is the same in every installation (G-43).
    static let responsibility = RecordID.derived(from: "responsibility_definition provider ServiceNow developer/admin")

    /// Who has the import tasks of a case now; nil when nobody is there.
    static func standard(of onboarding: String, _ context: RuleContext) throws -> String? {
        let rows = try context.transaction.query(
            """
            SELECT "user" FROM (SELECT 1 AS place, id, "user" FROM import_validation.case_team_member \
            WHERE onboarding_case = \(onboarding) AND side = \(literal: CaseTeamMember.Side.provider) \
            AND responsibility = \(responsibility) \
            UNION ALL SELECT 2, id, assigned_to FROM import_validation.onboarding_case WHERE id = \(onboarding) \
            UNION ALL SELECT 3, id, "user" FROM import_validation.case_team_member \
            WHERE onboarding_case = \(onboarding) AND side = \(literal: CaseTeamMember.Side.provider)) asked \
            WHERE "user" IS NOT NULL ORDER BY place, id
            """)
        return try rows.map { try $0.string(CaseTeamMember.Field.user) }.first(where: context.mayBeAssigned)
    }

    /// What the person is called, as it is known here; whoever works on the task, as in onboarding.
    static func name(of user: String, _ context: RuleContext) throws -> String? {
        guard Validation.isUUID(user) else { return nil }
        let reader = Caller.service(context.database.service, domain: context.write.caller.domain)
        let known = context.database.replica(User.self, .name, where: "id = \(user)", as: reader)
        return try context.queryAbove("SELECT name FROM \(known) known").first?.optionalString(User.Field.name)
    }

    /// Who makes tasks for no particular person: onboarding, for a case's playbook, and earlier versions of this service.
    private static let makers = ["service:onboarding", "service:import-validation"]

    /// The team of a case changes behind its tasks. Those that came with it, that nobody has begun and that are nobody's or
    /// still the assignee's of the case go to whoever has them now.
    static func handOver(
        of onboarding: String, _ database: Database, _ context: WriteContext, _ tx: Transaction
    ) throws {
        wait(for: onboarding, tx)
        let rules = RuleContext(transaction: tx, write: context, database: database)
        guard let assignee = try standard(of: onboarding, rules) else { return }
        let rows = try tx.query(
            """
            SELECT t.id FROM import_validation.import_task t \
            JOIN import_validation.onboarding_case c ON c.id = t.parent \
            WHERE t.parent = \(onboarding) AND t.created_by = ANY(\(makers)) \
            AND t.state = \(literal: ImportTask.State.open) AND t.data_import_state = \(ImportTask.DataImportState.dataNotLoadedYet) \
            AND (t.assigned_to IS NULL OR t.assigned_to = c.assigned_to) \
            AND t.assigned_to IS DISTINCT FROM \(assignee) ORDER BY t.id FOR UPDATE OF t
            """)
        let store = Store<ImportTask>(database)
        for row in rows {
            try store.change(row.string(ImportTask.Field.id), context, in: tx) { $0.assignedTo = assignee }
        }
    }

    /// The tasks of a case are made while its team is heard of. One waits for the other, so that whichever comes second
    /// sees what the first has made.
    static func wait(for onboarding: String, _ tx: Transaction) {
        tx.send("SELECT pg_advisory_xact_lock(hashtextextended(\("import_task.assigned_to \(onboarding)"), 0))")
    }
}
