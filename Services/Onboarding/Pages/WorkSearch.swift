import OnboardingWire
import RPC
import Records
import Tenancy
import Wire

/// The search of onboarding (G-125): accounts, cases and tasks by words of their numbers, names, accounts and descriptions,
/// of what the caller may see.
enum WorkSearch {
    /// Answers `records.search`.
    static func endpoint(_ database: Database) -> Endpoint {
        RecordSearch(
            database,
            [
                SearchedTable(OnboardingCase.self, WorkItem.fields, database),
                SearchedTable(LifecycleTask.self, WorkItem.fields, database),
            ],
            accounts: .own(CustomerAccount.self, database) { WorkItem($0, today: database.clock.today) },
            naming: { items, caller, tx in
                var names = WorkNames(database, caller)
                try names.read(items, in: tx)
                items = names.filled(items)
            }
        ).endpoint(OnboardingAPI.searchOnboarding)
    }
}
