import ImportValidationWire
import OnboardingWire
import RPC
import Wire

/// What the records are called that a record and its history name, each table asked once and all at once.
struct RecordNames: Sendable {
    private var ids: [String: Set<String>] = [:]
    /// Most records of a table that are named.
    private static let most = Int(Lookup.limit)

    /// What a record names in its fields, and what was chosen in its form since.
    mutating func add<R: RecordMessage>(_ record: R, _ form: Fields) {
        for (index, field) in R.schema.fields.enumerated() {
            let tables: [String] =
                R.schema.tableField(of: field).map { [record.single($0.name)] } ?? field.referencedTable.map { [$0] }
                ?? []
            let stored: [String] =
                switch record[fieldAt: index] {
                case .string(let id): [id]
                case .strings(let all): all + Forms.many(field.name, form)
                default: []
                }
            for table in tables where !table.isEmpty { add(stored, table) }
        }
        add([record.createdBy, record.updatedBy], User.schema.table)
    }

    /// Who did what, and what fields were before and after.
    mutating func add(_ entries: [ActivityEntry], _ schema: RecordSchema) {
        add(entries.map(\.by), User.schema.table)
        for entry in entries {
            guard let field = schema.field(entry.field), let table = field.referencedTable else { continue }
            add([entry.oldValue, entry.newValue], table)
        }
    }

    /// Where the values of a published record come from: who brought them, and what they name.
    mutating func add(_ entries: [LineageEntry], _ schema: RecordSchema?) {
        add(entries.flatMap { [$0.publishedBy, $0.correctedBy] }, User.schema.table)
        for entry in entries {
            guard let table = schema?.field(entry.field)?.referencedTable else { continue }
            add([entry.before, entry.after], table)
        }
    }

    private mutating func add(_ some: [String], _ table: String) {
        let known = some.filter { $0.utf8.count == 36 && $0.contains("-") }
        guard !known.isEmpty else { return }
        ids[table, default: []].formUnion(known)
    }

    /// Asks for the names. What somebody may not read, or cannot now, has none.
    func found(_ visit: Visit) async -> [String: String] {
        let asked = ids.sorted { $0.key < $1.key }.map {
            (table: $0.key, ids: Array($0.value.sorted().prefix(Self.most)))
        }
        let found = try? await Outcome.each(asked) { (asked) async throws(Problem) -> [String: String] in
            (try? await Lookup(visit).names(of: asked.ids, in: asked.table)) ?? [:]
        }
        return (found ?? []).reduce(into: [:]) { names, some in names.merge(some) { first, _ in first } }
    }
}
