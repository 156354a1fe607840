import ImportValidationWire
import OnboardingWire
import Postgres
import Records
import Wire

/// The end of an onboarding case ends its import tasks. They are made by the case's playbook, which onboarding has.
enum CaseEnd {
    /// Cancels the import tasks of a case that has ended and left them open. Whoever makes one holds a share of the
    /// case's row here, which this event has changed: none comes in behind.
    static func cancelTasks(
        of onboarding: OnboardingCase, _ database: Database, _ context: WriteContext, _ tx: Transaction
    ) throws {
        let rows = try tx.query(
            """
            SELECT id FROM import_validation.import_task \
            WHERE parent = \(onboarding.id) AND \(ImportTask.isOpen) ORDER BY id
            """)
        let store = Store<ImportTask>(database)
        for row in rows {
            try store.change(row.string(at: 0), context, in: tx) { $0.state = ImportTask.State.canceled }
        }
    }
}
