import ImportValidationWire
import OnboardingWire
import Postgres
import Records
import Wire

/// The tasks that come with a new onboarding case, and go with it.
enum DefaultTasks {
    /// Creates one import task for each default target that has none yet; none when the case has ended meanwhile.
    static func create(
        for onboarding: OnboardingCase, _ database: Database, _ context: WriteContext, _ tx: Transaction
    ) throws {
        TaskAssignee.wait(for: onboarding.id, tx)
        let answers = try tx.queryAll([
            "SELECT state FROM import_validation.onboarding_case WHERE id = \(onboarding.id) FOR SHARE",
            """
            SELECT target_table FROM import_validation.import_task \
            WHERE parent = \(onboarding.id) AND created_by = \(context.caller.subject)
            """,
        ])
        let state = try answers[0].first?.optionalString(OnboardingCase.Field.state)
        guard state != OnboardingCase.State.closed, state != OnboardingCase.State.canceled else { return }
        let present = Set(try answers[1].map { try $0.string(ImportTask.Field.targetTable) })
        let store = Store<ImportTask>(database)
        for target in ImportTarget.all where !present.contains(target.table) {
            var task = ImportTask()
            task.parent = onboarding.id
            task.targetTable = target.table
            _ = try store.create(task, context, in: tx)
        }
    }

    /// Cancels the import tasks of a case that has ended and left them open. Whoever makes one holds a share of the
    /// case's row here, which this event has changed: none comes in behind.
    static func cancel(
        of onboarding: OnboardingCase, _ database: Database, _ context: WriteContext, _ tx: Transaction
    ) throws {
        let rows = try tx.query(
            """
            SELECT id FROM import_validation.import_task \
            WHERE parent = \(onboarding.id) AND \(ImportTask.isOpen) ORDER BY id
            """)
        let store = Store<ImportTask>(database)
        for row in rows {
            try store.change(row.string(ImportTask.Field.id), context, in: tx) { $0.state = ImportTask.State.canceled }
        }
    }
}
