import CustomerSuccessWire
import ImportValidationWire
import RPC
import Records
import Wire

extension Onboarding {
    /// How many copies are fetched at once: their owners ask onboarding in turn, so only few requests may wait for them.
    private static let fetchedAtOnce = 4

    /// The records of other services that onboarding keeps copies of, for its rules.
    static func replicas(_ database: Database, _ client: Client, own: Credential? = nil) -> ReplicaSet {
        ReplicaSet(
            [
                Replica(
                    SquadMember.self, fields: [.account, .user, .active], readers: .rules, person: .member,
                    get: CustomerSuccessAPI.getSquadMember, list: CustomerSuccessAPI.listSquadMembers),
                Replica(
                    ImportTask.self, fields: [.number, .parent, .state], readers: .rules,
                    get: ImportValidationAPI.getImportTask, list: ImportValidationAPI.listImportTasks),
            ], database, client, own: own, atMost: fetchedAtOnce)
    }
}
