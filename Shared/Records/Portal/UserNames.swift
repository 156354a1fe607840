import Ground
import Postgres
import Tenancy
import Wire

extension Database {
    private enum Column: String {
        case id, name
    }

    /// What users are called, by their ids: for customers, who cannot look users up. Those of the provider lie above an account:
    /// whoever sees what somebody did may know the name, and nothing else is read of them. Who is unknown here, as services
    /// are, has none.
    public func names(
        ofUsers users: some Sequence<String>, as caller: Caller, in tx: Transaction
    ) throws -> [String: String] {
        let ids = Set(users).filter(Validation.isUUID).sorted()
        guard !ids.isEmpty, referenceTable("user")?.columns.contains(Column.name.rawValue) == true else { return [:] }
        tx.sendScope(.domain(.root))
        defer { tx.sendScope(caller.scope) }
        var names: [String: String] = [:]
        for row in try tx.query("SELECT id, name FROM \(identifier: schema).\"user\" WHERE id = ANY(\(ids)::uuid[])") {
            names[try row.string(Column.id)] = try row.optionalString(Column.name)
        }
        return names
    }
}
