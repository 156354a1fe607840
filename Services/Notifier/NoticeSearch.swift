import NotifierWire
import OnboardingWire
import Postgres
import RPC
import Records
import Tenancy
import Wire

/// The search of the notifier (G-125): what people were told, by words of numbers, subjects and texts. Notifications are
/// everybody's own, administrators' too; e-mails and their templates are the administrator's.
enum NoticeSearch {
    private static let fields = WorkItemFields(
        titles: [
            InAppNotification.Field.subject, SuccessLauncherNotifier.Field.message,
        ],
        parents: [SuccessLauncherNotifier.Field.engagement], states: [SuccessLauncherNotifier.Field.status],
        people: [SuccessLauncherNotifier.Field.requestedBy])

    /// Answers `records.search`.
    static func endpoint(_ database: Database) -> Endpoint {
        RecordSearch(
            database,
            [
                SearchedTable(InAppNotification.self, fields, database) { caller in
                    "\(identifier: InAppNotification.Field.user) = \(caller.subject)"
                },
                SearchedTable(SuccessLauncherNotifier.self, fields, database),
                SearchedTable(EmailTemplate.self, fields, database),
                SearchedTable(EmailDelivery.self, fields, database),
            ],
            naming: { items, caller, tx in try name(&items, database, caller, tx) }
        ).endpoint(NotifierAPI.searchNotifier)
    }

    /// The names of people that the caller may know.
    private static func name(
        _ items: inout [WorkItem], _ database: Database, _ caller: Caller, _ tx: Transaction
    ) throws {
        let users = Set(items.map(\.assignedTo)).filter(Validation.isUUID).sorted()
        guard !users.isEmpty else { return }
        let people = database.replica(User.self, .name, where: "id = ANY(\(users)::uuid[])", as: caller)
        var names: [String: String] = [:]
        for row in try tx.query("SELECT id, name FROM \(people) person") {
            names[try row.string(User.Field.id)] = try row.optionalString(User.Field.name)
        }
        for index in items.indices { items[index].assignedToName = names[items[index].assignedTo] ?? "" }
    }
}
