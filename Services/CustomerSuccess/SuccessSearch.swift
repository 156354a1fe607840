import CustomerSuccessWire
import OnboardingWire
import Postgres
import RPC
import Records
import Tenancy
import Wire

/// The search of customer-success (G-125): engagements and everything done for them by words of their numbers, titles,
/// accounts and descriptions, of what the caller may see.
enum SuccessSearch {
    private static let fields = WorkItemFields(
        titles: [
            Engagement.Field.title, Touchpoint.Field.subject, RiskSignal.Field.shortDescription,
            ResponseTemplate.Field.name,
        ],
        accounts: [Engagement.Field.account], parents: [Touchpoint.Field.engagement],
        dates: [
            Touchpoint.Field.dueDate, SuccessObjective.Field.plannedStop, SuccessMilestone.Field.targetDate,
            Engagement.Field.renewalDate, Opportunity.Field.expectedDate,
        ],
        people: [
            Touchpoint.Field.assignedTo, Engagement.Field.customerSuccessManager,
            SuccessObjective.Field.objectiveOwner, SuccessOutcome.Field.owner,
        ])

    /// Answers `records.search`.
    static func endpoint(_ database: Database) -> Endpoint {
        RecordSearch(
            database,
            [
                SearchedTable(Engagement.self, fields, database),
                SearchedTable(SuccessObjective.self, fields, database),
                SearchedTable(SuccessOutcome.self, fields, database),
                SearchedTable(SuccessMilestone.self, fields, database),
                SearchedTable(SuccessInitiative.self, fields, database),
                SearchedTable(SuccessCase.self, fields, database),
                SearchedTable(SuccessTask.self, fields, database),
                SearchedTable(Touchpoint.self, fields, database),
                SearchedTable(InternalPlay.self, fields, database),
                SearchedTable(InternalPlayTask.self, fields, database),
                SearchedTable(RiskSignal.self, fields, database),
                SearchedTable(Opportunity.self, fields, database),
                SearchedTable(ResponseTemplate.self, fields, database),
                SearchedTable(CaseServiceDefinition.self, fields, database),
            ],
            accounts: .copies(CustomerAccount.self, database),
            naming: { items, caller, tx in try name(&items, database, caller, tx) }
        ).endpoint(CustomerSuccessAPI.searchCustomerSuccess)
    }

    /// The names of accounts and people and the numbers of engagements that the caller may know.
    private static func name(
        _ items: inout [WorkItem], _ database: Database, _ caller: Caller, _ tx: Transaction
    ) throws {
        func ids(_ field: KeyPath<WorkItem, String>) -> [String] {
            Set(items.map { $0[keyPath: field] }).filter(Validation.isUUID).sorted()
        }
        let engagements = Store<Engagement>(database)
        let parents = ids(\.parent)
        let people = database.replica(User.self, .name, where: "id = ANY(\(ids(\.assignedTo))::uuid[])", as: caller)
        let answers = try tx.queryAll([
            PageAccounts.selection(database, ids(\.account), caller),
            try engagements.selection(
                where: "id = ANY(\(parents)::uuid[])", limit: max(parents.count, 1), as: caller),
            "SELECT id, name FROM \(people) person",
        ])
        let accounts = try PageAccounts.read(answers[0])
        var (numbers, names): ([String: String], [String: String]) = ([:], [:])
        for engagement in try engagements.records(answers[1], for: caller) {
            numbers[engagement.id] = engagement.number
        }
        for row in answers[2] { names[try row.string(User.Field.id)] = try row.optionalString(User.Field.name) }
        for index in items.indices {
            items[index].accountName = accounts[items[index].account]?.name ?? ""
            items[index].parentNumber = numbers[items[index].parent] ?? ""
            items[index].assignedToName = names[items[index].assignedTo] ?? ""
        }
    }
}
