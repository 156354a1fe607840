import Platform
import Postgres
import RPC
import Records
import Tenancy
import Wire

/// The records of onboarding that import-validation keeps copies of, fed by their events.
struct Replicas: Sendable {
    private let accounts: Replica<CustomerAccount>
    private let cases: Replica<OnboardingCase>
    private let users: Replica<User>
    private let contacts: Replica<CustomerContact>
    private let database: Database
    private let client: Client
    private let own: Credential?

    init(_ database: Database, _ client: Client, own: Credential? = nil) {
        self.database = database
        self.client = client
        self.own = own
        accounts = Replica(CustomerAccount.self, fields: ["name"], database)
        cases = Replica(OnboardingCase.self, fields: ["number", "account", "state", "assigned_to"], database)
        users = Replica(User.self, fields: ["account", "active", "kind", "language"], database)
        contacts = Replica(CustomerContact.self, fields: ["account", "active"], database)
    }

    /// Feeds the replicas; a new case brings its import tasks along (imports.md 2), one that ends cancels those that are
    /// still open (G-128).
    var handlers: [EventHandler] {
        let database = database
        return [
            accounts.handler(), users.handler(), contacts.handler(),
            cases.handler { record, event, context, tx in
                switch event.action {
                case "created": try DefaultTasks.create(for: record, database, context, tx)
                case "closed", "canceled": try DefaultTasks.cancel(of: record, database, context, tx)
                default: return
                }
            },
        ]
    }

    /// Fetches what a reference names before its event has come. Asked as the service: the copy must be whole, and whether
    /// the caller may see it is decided by the scope of the caller's transaction.
    var source: ReplicaSource {
        ReplicaSource { table, id, _ async throws(Problem) in
            var request = GetRequest()
            request.id = id
            do throws(Problem) {
                switch table {
                case "customer_account": try await fetchAccount(id)
                case "onboarding_case":
                    try await cases.store(client.call(OnboardingAPI.getOnboardingCase, request, as: own))
                case "user": try await users.store(client.call(OnboardingAPI.getUser, request, as: own))
                case "customer_contact":
                    try await contacts.store(client.call(OnboardingAPI.getCustomerContact, request, as: own))
                default: return false
                }
                return true
            } catch {
                // Not there, or not for the caller: to the caller that is the same.
                if error.code == .notFound || error.code == .permissionDenied { return false }
                throw error
            }
        }
    }

    /// Asks the owner for an account and stores it.
    func fetchAccount(_ id: String) async throws(Problem) {
        var request = GetRequest()
        request.id = id
        try await accounts.store(client.call(OnboardingAPI.getCustomerAccount, request, as: own))
    }
}

/// The tasks that come with a new onboarding case, and go with it.
enum DefaultTasks {
    /// Creates one import task for each default target that has none yet; none when the case has ended meanwhile.
    static func create(
        for onboarding: OnboardingCase, _ database: Database, _ context: WriteContext, _ tx: Transaction
    ) throws {
        let answers = try tx.queryAll([
            "SELECT state FROM import_validation.onboarding_case WHERE id = \(onboarding.id) FOR SHARE",
            """
            SELECT target_table FROM import_validation.import_task \
            WHERE parent = \(onboarding.id) AND created_by = \(context.caller.subject)
            """,
        ])
        let state = try answers[0].first?.optionalString(at: 0)
        guard state != "closed", state != "canceled" else { return }
        let present = Set(try answers[1].map { try $0.string(at: 0) })
        let store = Store<ImportTask>(database)
        for target in ImportTarget.all where !present.contains(target.table) {
            var task = ImportTask()
            task.parent = onboarding.id
            task.targetTable = target.table
            task.assignedTo = onboarding.assignedTo
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
            WHERE parent = \(onboarding.id) AND state NOT IN ('closed', 'canceled') ORDER BY id
            """)
        let store = Store<ImportTask>(database)
        for row in rows { try store.change(row.string(at: 0), context, in: tx) { $0.state = "canceled" } }
    }
}
