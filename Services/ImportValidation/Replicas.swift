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
    private let database: Database
    private let client: Client
    private let own: Credential?

    init(_ context: ServiceContext) {
        database = context.database
        client = context.client
        own = context.ownCredential
        accounts = Replica(CustomerAccount.self, fields: ["name"], database)
        cases = Replica(OnboardingCase.self, fields: ["number", "account", "state", "assigned_to"], database)
    }

    /// Feeds the replicas; a new case brings its import tasks along (imports.md 2).
    var handlers: [EventHandler] {
        let database = database
        return [
            accounts.handler(),
            cases.handler { record, event, context, tx in
                guard event.action == "created" else { return }
                try DefaultTasks.create(for: record, database, context, tx)
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

/// The tasks that come with a new onboarding case.
enum DefaultTasks {
    /// Creates one import task for each default target that has none yet.
    static func create(
        for onboarding: OnboardingCase, _ database: Database, _ context: WriteContext, _ tx: Transaction
    ) throws {
        let rows = try tx.query(
            """
            SELECT target_table FROM import_validation.import_task \
            WHERE parent = \(onboarding.id) AND created_by = \(context.caller.subject)
            """)
        let present = Set(try rows.map { try $0.string(at: 0) })
        let store = Store<ImportTask>(database)
        for target in ImportTarget.all where !present.contains(target.table) {
            var task = ImportTask()
            task.parent = onboarding.id
            task.targetTable = target.table
            task.assignedTo = onboarding.assignedTo
            task.shortDescription = target.taskTitle
            _ = try store.create(task, context, in: tx)
        }
    }
}
