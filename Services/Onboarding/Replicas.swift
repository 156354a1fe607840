import CustomerSuccessWire
import ImportValidationWire
import Playbooks
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
                    ImportTask.self, fields: [.number, .parent, .state, .closeNotes], readers: .rules,
                    get: ImportValidationAPI.getImportTask, list: ImportValidationAPI.listImportTasks
                ) { record, event, context, tx in
                    // The activity that has made it ends with it.
                    guard event.action != "created", event.action != "deleted" else { return }
                    try Playbooks.of(database)?.madeChanged(
                        record, RuleContext(transaction: tx, write: context, database: database))
                },
            ], database, client, own: own, atMost: fetchedAtOnce)
    }
}
