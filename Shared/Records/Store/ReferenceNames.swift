import Ground
import Korean
import Postgres
import RPC
import Roles
import Tenancy
import Wire

/// What people know the records by that others refer to: the number of a record of this service, the name in a replica.
/// Only of what the caller may read, under the scope of the transaction.
struct ReferenceNames: Sendable {
    /// The statement that answers id and name of the records `ids`; nil when the caller may not know their names.
    typealias Statement = @Sendable (_ database: Database, _ ids: [String], _ caller: Caller) throws -> SQL?

    private enum Column: String {
        case id, name
    }

    private var names: [String: String] = [:]

    /// Asks for all that `records` name in the fields of `targets`, each with the tables it may point to, in one round
    /// trip.
    init<R: Record>(
        _ records: [R], _ targets: [(field: Int, tables: [String])], database: Database, caller: Caller,
        in tx: Transaction
    ) throws {
        var wanted: [String: Set<String>] = [:]
        for target in targets {
            for record in records {
                let value = record[fieldAt: target.field]
                // Who made a record may be a service, which no row stands for.
                let ids = (value.strings ?? [value.string].compactMap { $0 }).filter(Validation.isUUID)
                for table in target.tables { wanted[table, default: []].formUnion(ids) }
            }
        }
        let statements = try wanted.filter { !$0.value.isEmpty }.compactMap { table, ids in
            try database.referenceTable(table)?.names(database, ids.sorted(), caller)
        }
        guard !statements.isEmpty else { return }
        for rows in try tx.queryAll(statements) {
            for row in rows {
                guard let name = try row.optionalString(Column.name), !name.isEmpty else { continue }
                names[try row.string(Column.id)] = name
            }
        }
    }

    /// The value of a reference as people read it. What is not known by name stays an id.
    func text(_ value: FieldValue) -> String? {
        switch value {
        case .string(let id): names[id] ?? id
        case .strings(let ids): FieldValue.strings(ids.map { names[$0] ?? $0 }).journalText
        default: nil
        }
    }

    /// The tables that `field` points to and whose records the caller may know by name.
    static func tables(_ field: FieldSchema, _ database: Database, _ caller: Caller) throws -> [String] {
        // A document names its table in a field of its own; ids are unique over all tables.
        try (field.reference ?? "").split(separator: " | ").map(String.init).filter { table in
            try database.referenceTable(table)?.names(database, [], caller) != nil
        }
    }

    /// For a replica. Customers are told no names from there: which rows of another service are theirs is known to that
    /// service alone.
    static func ofReplica(_ table: String, columns: Set<String>, readers: Replica.Readers) -> Statement {
        let people = [KnownField.firstName, .lastName].names
        let isPerson = columns.isSuperset(of: people)
        let used =
            isPerson ? people : [KnownField.name, .number, .title].names.filter(columns.contains).prefix(1).map(\.self)
        return { database, ids, caller in
            guard !used.isEmpty, caller.kind != .customer, readers.admit(caller, to: table),
                used.allSatisfy({
                    caller.kind == .service || Access.mayRead(caller.roles, field: $0, of: table) ?? true
                })
            else { return nil }
            let isTranslated = columns.has(.nameKo) && Language(tag: caller.locale) == .ko
            let name: SQL =
                isPerson
                ? "\(raw: PersonName.sql)" : isTranslated ? "coalesce(name_ko, name)" : "\(identifiers: used)"
            return """
                SELECT id, \(name) AS name \
                FROM \(identifier: database.schema).\(identifier: table) WHERE id = ANY(\(ids)::uuid[])
                """
        }
    }

    /// For a record of this service.
    static func ofRecord<R: Record>(_ type: R.Type) -> Statement {
        { database, ids, caller in
            let store = Store<R>(database)
            let access = FieldAccess(caller, store.layout)
            let open = [KnownField.number, .name, .title].compactMap { R.schema.index(of: $0) }.filter {
                !access.hidden.contains($0)
            }
            do throws(Problem) { try store.authorize(.read, caller) } catch { return nil }
            guard let name = open.first.map({ R.schema.fields[$0].name }),
                store.layout.columns.contains(where: { $0.name == name })
            else { return nil }
            let known = try store.known("id = ANY(\(ids)::uuid[])", to: caller)
            if name == KnownField.name.rawValue, Language(tag: caller.locale) == .ko,
                store.layout.columns.contains(where: { $0.name == KnownField.nameKo.rawValue })
            {
                return "SELECT id, coalesce(name_ko, name) AS name FROM \(raw: store.layout.table) WHERE \(known)"
            }
            return "SELECT id, \(identifier: name) AS name FROM \(raw: store.layout.table) WHERE \(known)"
        }
    }
}
