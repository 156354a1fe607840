import CustomerSuccessWire
import ImportValidationWire
import Playbooks
import RPC
import Records
import Wire

extension Onboarding {
    /// How many copies are fetched at once: their owners ask onboarding in turn, so only few requests may wait for them.
    private static let fetchedAtOnce = 4

    /// The records of other services that onboarding keeps copies of, for its rules and its pages.
    static func replicas(_ database: Database, _ client: Client, own: Credential? = nil) -> ReplicaSet {
        ReplicaSet(
            [
                Replica(
                    SquadMember.self, fields: [.account, .user, .responsibility, .active], readers: .provider,
                    person: .member,
                    get: CustomerSuccessAPI.getSquadMember, list: CustomerSuccessAPI.listSquadMembers),
                Replica(
                    RiskSignal.self,
                    fields: [
                        .number, .account, .onboardingCase, .shortDescription, .state, .priority, .dueDate, .assignedTo,
                        .active, .updatedAt,
                    ],
                    readers: .provider, get: CustomerSuccessAPI.getRiskSignal, list: CustomerSuccessAPI.listRiskSignals),
                Replica(
                    ImportTask.self,
                    fields: [
                        .number, .parent, .account, .state, .type, .progress, .priority, .dueDate, .assignedTo,
                        .contact,
                        .shortDescription, .description, .visibleToCustomer, .active, .closeNotes, .updatedAt,
                    ],
                    readers: .everybody,
                    get: ImportValidationAPI.getImportTask, list: ImportValidationAPI.listImportTasks
                ) { record, event, context, tx in
                    guard event.action != "created", event.action != "deleted" else { return }
                    Onboarding.noteWork(onImportTask: record.id, tx)
                    // The activity that has made it ends with it.
                    try Playbooks.of(database)?.madeChanged(
                        record, RuleContext(transaction: tx, write: context, database: database))
                },
            ], database, client, own: own, atMost: fetchedAtOnce)
    }
}
