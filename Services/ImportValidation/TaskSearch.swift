import ImportValidationWire
import OnboardingWire
import Postgres
import RPC
import Records
import Tenancy
import Wire

/// The search for import tasks (G-125): by words of their numbers, subjects, accounts and descriptions, of what the caller
/// may see.
enum TaskSearch {
    private static let fields = WorkItemFields(
        titles: [ImportTask.Field.shortDescription], accounts: [ImportTask.Field.company, .account],
        parents: [ImportTask.Field.parent], dates: [ImportTask.Field.dueDate])

    /// Answers `records.search`.
    static func endpoint(_ database: Database) -> Endpoint {
        RecordSearch(
            database, [SearchedTable(ImportTask.self, fields, database)],
            accounts: .copies(CustomerAccount.self, database),
            naming: { items, caller, tx in try name(&items, database, caller, tx) }
        ).endpoint(ImportValidationAPI.searchImportTasks)
    }

    /// The names of accounts and the numbers of cases that the caller may know.
    private static func name(
        _ items: inout [WorkItem], _ database: Database, _ caller: Caller, _ tx: Transaction
    ) throws {
        let accounts = Set(items.map(\.account)).filter(Validation.isUUID).sorted()
        let cases = Set(items.map(\.parent)).filter(Validation.isUUID).sorted()
        let named = database.replica(
            CustomerAccount.self, .name, where: "id = ANY(\(accounts)::uuid[])", as: caller)
        let numbered = database.replica(
            OnboardingCase.self, .number, where: "id = ANY(\(cases)::uuid[])", as: caller)
        let answers = try tx.queryAll([
            "SELECT id, name FROM \(named) account", "SELECT id, number FROM \(numbered) parent_case",
        ])
        var (names, numbers): ([String: String], [String: String]) = ([:], [:])
        for row in answers[0] {
            names[try row.string(CustomerAccount.Field.id)] = try row.optionalString(CustomerAccount.Field.name)
        }
        for row in answers[1] {
            numbers[try row.string(OnboardingCase.Field.id)] = try row.optionalString(OnboardingCase.Field.number)
        }
        for index in items.indices {
            items[index].accountName = names[items[index].account] ?? ""
            items[index].parentNumber = numbers[items[index].parent] ?? ""
        }
    }
}
