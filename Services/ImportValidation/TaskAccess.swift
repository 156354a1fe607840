import ImportValidationWire
import OnboardingWire
import Postgres
import RPC
import Records
import Roles
import Tenancy
import Wire

/// Who may do what with an import task beyond reading and changing its fields (G-15, G-23).
///
/// The contact of a task that is visible to customers sends files and has them imported, and follows what becomes of them:
/// own uploads, their runs, rows, errors and counts. Who is the contact is looked up at every request, so that it ends at
/// once. Rows are corrected, validated and published by the assignee or an agent alone; what these have sent may hold
/// fields that are the provider's.
struct TaskAccess: Sendable {
    let database: Database

    /// The table of the access rules: staged rows are no records.
    private static let stagedRows = "staging_row"

    /// The task, locked, for a caller who may validate, edit, publish and start over: its assignee or any onboarding
    /// agent. The lock on the task comes before every other one, so that nobody waits in a circle.
    func worked(_ id: String, by caller: Caller, in tx: Transaction) throws -> ImportTask {
        try found(id, by: caller, lock: .update, in: tx) { task in
            Self.isAgent(caller) || caller.kind == .person && task.assignedTo == caller.subject
        }
    }

    /// The task, for a caller who may upload and import: also the customer contact who was given it.
    func uploaded(
        _ id: String, by caller: Caller, lock: Store<ImportTask>.Lock = .none, in tx: Transaction
    ) throws -> ImportTask {
        try found(id, by: caller, lock: lock, in: tx) { task in
            Self.isAgent(caller) || caller.kind == .person && task.assignedTo == caller.subject
                || Self.isContact(caller, of: task) && Access.allows(caller.roles, .create, on: Upload.schema.table)
        }
    }

    /// The task, for a caller who may read its rows, as far as ``rows(of:for:)`` says.
    func read(_ id: String, by caller: Caller, in tx: Transaction) throws -> ImportTask {
        try found(id, by: caller, lock: .none, in: tx) { task in
            caller.kind == .service
                || caller.kind == .person && Self.readsAll(caller)
                || caller.kind == .person && task.assignedTo == caller.subject
                || Self.isContact(caller, of: task) && Access.allows(caller.roles, .read, on: Self.stagedRows)
        }
    }

    /// Whether a person of the provider may read any staged row of the domain: a role of customers does not say so.
    private static func readsAll(_ caller: Caller) -> Bool {
        switch Access.basis(caller.roles, .read, on: stagedRows) {
        case .administrator, .provider: true
        case .customer, nil: false
        }
    }

    /// The rows of a task that a caller who may read them sees, as a condition over `staging_row`: all, but of the contact
    /// those of files that he has sent.
    static func rows(of task: String, for caller: Caller) -> SQL {
        guard caller.kind == .customer else { return "TRUE" }
        return """
            upload IN (SELECT own.id FROM import_validation.upload own \
            WHERE own.import_task = \(task) AND own.created_by = \(caller.subject))
            """
    }

    /// The rows of a table that names the task in `import_task`, for a customer: those of visible tasks whose contact he is.
    static func ofContact(_ caller: Caller) -> SQL {
        let contacts = caller.memberships.compactMap(\.contact).filter(Validation.isUUID)
        return """
            import_task IN (SELECT task.id FROM import_validation.import_task task \
            WHERE task.visible_to_customer AND task.contact = ANY(\(contacts)::uuid[]))
            """
    }

    /// The task, or why not: NOT_FOUND to who may not know it, PERMISSION_DENIED to who may only look.
    private func found(
        _ id: String, by caller: Caller, lock: Store<ImportTask>.Lock, in tx: Transaction,
        _ isAllowed: (ImportTask) -> Bool
    ) throws -> ImportTask {
        let store = Store<ImportTask>(database)
        guard let task = try store.find(id, lock: lock, in: tx) else {
            throw Problem.notFound(ImportTask.schema.label, id: id)
        }
        if isAllowed(task) { return task }
        _ = try store.get(id, as: caller, in: tx)
        throw Problem.permissionDenied()
    }

    /// Whether the caller may work on any import task of the domain.
    static func isAgent(_ caller: Caller) -> Bool {
        caller.kind == .service || caller.kind == .person && Access.allows(caller.roles, .write, on: stagedRows)
    }

    private static func isContact(_ caller: Caller, of task: ImportTask) -> Bool {
        caller.kind == .customer && task.visibleToCustomer == true
            && caller.isContact(task.contact, of: task.account)
    }

    /// A record made for a caller, without what is the provider's own business when he is a customer.
    static func shown<R: RecordMessage>(_ record: R, to caller: Caller) -> R {
        guard caller.kind == .customer else { return record }
        var record = record
        record.domain = ""
        record.createdBy = ""
        record.updatedBy = ""
        return record
    }

    /// Refuses work on a task that is closed or canceled, or whose onboarding case is.
    static func requireOpen(_ task: ImportTask, _ tx: Transaction) throws {
        guard !task.isOpen else { return try requireOpenCase(task, tx) }
        throw Problem(
            .failedPrecondition,
            Text(en: "The import task is closed. Reopen it first.", ko: "종결된 가져오기 작업입니다. 먼저 다시 연 후 진행하세요."),
            reason: "TASK_CLOSED")
    }

    /// Nothing new begins when the onboarding case has ended (G-128).
    private static func requireOpenCase(_ task: ImportTask, _ tx: Transaction) throws {
        let rows = try tx.query(
            "SELECT state FROM import_validation.onboarding_case WHERE id = \((task.parent ?? "").sqlValue)")
        let state = try rows.first?.optionalString(OnboardingCase.Field.state)
        guard state == OnboardingCase.State.closed || state == OnboardingCase.State.canceled else { return }
        throw Problem(
            .failedPrecondition,
            Text(
                en: "The onboarding case is closed or canceled; nothing can be imported for it any more.",
                ko: "온보딩 케이스가 종결되었거나 취소되어 더 이상 데이터를 가져올 수 없습니다."),
            reason: "CASE_CLOSED")
    }
}
