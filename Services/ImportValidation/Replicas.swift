import OnboardingWire
import RPC
import Records
import Wire

extension ImportValidation {
    /// The records of onboarding that import-validation keeps copies of.
    static func replicas(_ database: Database, _ client: Client, own: Credential? = nil) -> ReplicaSet {
        ReplicaSet(
            [
                Replica(
                    CustomerAccount.self, fields: [.name], readers: .provider,
                    get: OnboardingAPI.getCustomerAccount, list: OnboardingAPI.listCustomerAccounts),
                Replica(
                    OnboardingCase.self, fields: [.number, .account, .state, .assignedTo], readers: .provider,
                    get: OnboardingAPI.getOnboardingCase, list: OnboardingAPI.listOnboardingCases
                ) { record, event, context, tx in
                    // A case that ends cancels the import tasks that are still open (G-128).
                    guard ["closed", "canceled"].contains(event.action) else { return }
                    try CaseEnd.cancelTasks(of: record, database, context, tx)
                },
                Replica(
                    User.self, fields: [.name, .account, .active, .kind, .language], readers: .rules,
                    get: OnboardingAPI.getUser,
                    list: OnboardingAPI.listUsers),
                Replica(
                    CustomerContact.self, fields: [.account, .active], readers: .rules, person: .itself,
                    get: OnboardingAPI.getCustomerContact, list: OnboardingAPI.listCustomerContacts),
                Replica(
                    CaseTeamMember.self, fields: [.onboardingCase, .responsibility, .side, .user],
                    readers: .rules, get: OnboardingAPI.getCaseTeamMember, list: OnboardingAPI.listCaseTeamMembers
                ) { record, event, context, tx in
                    // What nobody has begun goes to the team of the case.
                    guard event.action != "deleted", let onboarding = record.onboardingCase else { return }
                    try TaskAssignee.handOver(of: onboarding, database, context, tx)
                },
            ], database, client, own: own)
    }
}
