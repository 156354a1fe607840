import Postgres
import RPC
import Records
import Tenancy
import Wire

/// The records of other services that customer-success keeps copies of, fed by their events. Of each only what rules
/// and pages need.
struct Replicas: Sendable {
    private let accounts: Replica<CustomerAccount>
    private let contacts: Replica<CustomerContact>
    private let cases: Replica<OnboardingCase>
    private let contracts: Replica<Contract>
    private let products: Replica<SoldProduct>
    private let users: Replica<User>
    private let responsibilities: Replica<ResponsibilityDefinition>
    private let database: Database
    private let client: Client
    private let own: Credential?

    init(_ database: Database, _ client: Client, own: Credential? = nil) {
        self.database = database
        self.client = client
        self.own = own
        accounts = Replica(CustomerAccount.self, fields: ["name", "escalated", "currency"], database)
        contacts = Replica(
            CustomerContact.self, fields: ["account", "first_name", "last_name", "email", "phone", "title", "active"],
            database)
        cases = Replica(OnboardingCase.self, fields: ["account", "state", "go_live_date"], database)
        contracts = Replica(Contract.self, fields: ["account", "number", "end_date", "contract_value"], database)
        products = Replica(SoldProduct.self, fields: ["account", "name"], database)
        users = Replica(User.self, fields: ["name", "email", "account", "active", "kind", "language"], database)
        responsibilities = Replica(ResponsibilityDefinition.self, fields: ["name", "name_ko", "side"], database)
    }

    /// Feeds the replicas; an engagement follows its case's go-live date (G-93) and its contracts' dates and values.
    var handlers: [EventHandler] {
        let database = database
        return [
            accounts.handler(), contacts.handler(), products.handler(), users.handler(), responsibilities.handler(),
            cases.handler { record, _, context, tx in
                let rows = try tx.query(
                    """
                    SELECT id FROM customer_success.engagement WHERE initial_onboarding = \(record.id) \
                    AND initial_go_live IS DISTINCT FROM \(record.goLiveDate.sqlValue)::date
                    """)
                for row in rows {
                    try Store<Engagement>(database).change(try row.string("id"), context, in: tx) {
                        $0.initialGoLive = record.goLiveDate
                    }
                }
            },
            contracts.handler { record, _, context, tx in
                let rules = RuleContext(transaction: tx, context: context, database: database)
                let rows = try tx.query(
                    "SELECT engagement FROM customer_success.engagement_contract WHERE contract = \(record.id)")
                for row in rows { try Renewal.recompute(try row.string("engagement"), rules) }
            },
        ]
    }

    /// Fetches what a reference names before its event has come. Asked as the service: the copy must be whole, and whether
    /// the caller may see it is decided by the scope of the caller's transaction.
    var source: ReplicaSource {
        ReplicaSource { table, id, _ async throws(Problem) in try await fetch(table, id) }
    }

    /// Brings the copy of a record up to date, where a write takes something over from it for good and an event may
    /// still be on its way. When the owner cannot be asked, the copy has to do.
    func refresh(_ table: String, _ id: String?) async {
        guard let id, Validation.isUUID(id) else { return }
        _ = try? await fetch(table, id)
    }

    private func fetch(_ table: String, _ id: String) async throws(Problem) -> Bool {
        var request = GetRequest()
        request.id = id
        do throws(Problem) {
            switch table {
            case "customer_account":
                try await accounts.store(client.call(OnboardingAPI.getCustomerAccount, request, as: own))
            case "customer_contact":
                try await contacts.store(client.call(OnboardingAPI.getCustomerContact, request, as: own))
            case "onboarding_case":
                try await cases.store(client.call(OnboardingAPI.getOnboardingCase, request, as: own))
            case "contract": try await contracts.store(client.call(OnboardingAPI.getContract, request, as: own))
            case "sold_product":
                try await products.store(client.call(OnboardingAPI.getSoldProduct, request, as: own))
            case "user": try await users.store(client.call(OnboardingAPI.getUser, request, as: own))
            case "responsibility_definition":
                try await responsibilities.store(
                    client.call(OnboardingAPI.getResponsibilityDefinition, request, as: own))
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
