import Records
import Wire

/// The records of other services that onboarding keeps copies of, fed by their events. It asks no other service, so a
/// record is known here when its event has come, and not before.
struct Replicas: Sendable {
    private let squadMembers: Replica<SquadMember>
    private let importTasks: Replica<ImportTask>

    init(_ database: Database) {
        squadMembers = Replica(SquadMember.self, fields: ["account", "user", "active"], database)
        importTasks = Replica(ImportTask.self, fields: ["number", "parent", "state"], database)
    }

    /// Feed the replicas.
    var handlers: [EventHandler] { [squadMembers.handler(), importTasks.handler()] }
}
