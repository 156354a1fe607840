import CustomerSuccessWire
import OnboardingWire
import Postgres
import RPC
import Records
import Wire

extension CustomerSuccess {
    /// The records of onboarding that customer-success keeps copies of. Of each only what rules and pages need.
    static func replicas(_ database: Database, _ client: Client, own: Credential? = nil) -> ReplicaSet {
        ReplicaSet(
            [
                Replica(
                    CustomerAccount.self, fields: [.name, .escalated, .currency], readers: .everybody,
                    get: OnboardingAPI.getCustomerAccount, list: OnboardingAPI.listCustomerAccounts),
                Replica(
                    CustomerContact.self,
                    fields: [.account, .firstName, .lastName, .email, .phone, .title, .active],
                    readers: .everybody, person: .itself, get: OnboardingAPI.getCustomerContact,
                    list: OnboardingAPI.listCustomerContacts),
                Replica(
                    OnboardingCase.self, fields: [.account, .state, .goLiveDate], readers: .provider,
                    get: OnboardingAPI.getOnboardingCase, list: OnboardingAPI.listOnboardingCases,
                    then: goLiveFollows(database)),
                Replica(
                    CaseTeamMember.self, fields: [.onboardingCase, .side, .contact], readers: .everybody,
                    get: OnboardingAPI.getCaseTeamMember, list: OnboardingAPI.listCaseTeamMembers),
                Replica(
                    Contract.self, fields: [.account, .number, .endDate, .contractValue], readers: .provider,
                    get: OnboardingAPI.getContract, list: OnboardingAPI.listContracts, then: renewalFollows(database)),
                Replica(
                    SoldProduct.self, fields: [.account, .name], readers: .provider,
                    get: OnboardingAPI.getSoldProduct, list: OnboardingAPI.listSoldProducts),
                Replica(
                    User.self, fields: [.name, .email, .account, .active, .kind, .language], readers: .everybody,
                    get: OnboardingAPI.getUser, list: OnboardingAPI.listUsers),
                Replica(
                    ResponsibilityDefinition.self, fields: [.name, .nameKo, .side], readers: .everybody,
                    get: OnboardingAPI.getResponsibilityDefinition, list: OnboardingAPI.listResponsibilityDefinitions),
            ], database, client, own: own)
    }

    /// An engagement follows its case's go-live date (G-93).
    private static func goLiveFollows(_ database: Database) -> Replica.Effect<OnboardingCase> {
        { record, _, context, tx in
            let rows = try tx.query(
                """
                SELECT id FROM customer_success.engagement WHERE initial_onboarding = \(record.id) \
                AND initial_go_live IS DISTINCT FROM \(record.goLiveDate.sqlValue)::date
                """)
            for row in rows {
                try Store<Engagement>(database).change(try row.string(Engagement.Field.id), context, in: tx) {
                    $0.initialGoLive = record.goLiveDate
                }
            }
        }
    }

    /// An engagement follows the dates and values of its contracts.
    private static func renewalFollows(_ database: Database) -> Replica.Effect<Contract> {
        { record, _, context, tx in
            let rules = RuleContext(transaction: tx, write: context, database: database)
            let rows = try tx.query(
                "SELECT engagement FROM customer_success.engagement_contract WHERE contract = \(record.id)")
            for row in rows { try Renewal.recompute(try row.string(EngagementContract.Field.engagement), rules) }
        }
    }
}
