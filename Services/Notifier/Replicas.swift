import OnboardingWire
import PlayLauncherWire
import RPC
import Records
import Wire

extension Notifier {
    /// The records of other services that the notifier keeps copies of: who people are, what they may see, which contacts
    /// of customers may be written to, how plays are called.
    static func replicas(_ database: Database, _ client: Client, own: Credential? = nil) -> ReplicaSet {
        ReplicaSet(
            [
                Replica(
                    User.self, fields: [.name, .email, .language, .account, .active], readers: .provider,
                    get: OnboardingAPI.getUser, list: OnboardingAPI.listUsers),
                Replica(
                    RoleGrant.self, fields: [.user, .role], readers: .rules, get: OnboardingAPI.getRoleGrant,
                    list: OnboardingAPI.listRoleGrants),
                Replica(
                    CustomerContact.self, fields: [.active], readers: .rules,
                    get: OnboardingAPI.getCustomerContact, list: OnboardingAPI.listCustomerContacts),
                Replica(
                    DefinitionRecord.self, fields: [.title], readers: .provider,
                    get: PlayLauncherAPI.getDefinitionRecord, list: PlayLauncherAPI.listDefinitionRecords),
            ], database, client, own: own)
    }
}
