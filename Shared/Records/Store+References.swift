import Postgres
import RPC
import Tenancy
import Wire

/// Reads, in one round trip, the records that a write refers to: they must exist for the caller, and belong to the
/// domain of the record or to one above it, so that no record ever points into another tenant.
struct ReferenceLoad<R: Record> {
    struct Target {
        let field: Int
        let name: String
        let table: String
        let ids: [String]
        let columns: [String]
        let isReplica: Bool
        let isLocked: Bool
    }

    let targets: [Target]
    private let schema: String

    /// The references among `fields` of `record`.
    init(_ record: R, fields: some Sequence<Int>, database: Database, isSystem: Bool) {
        schema = database.schema
        targets = fields.compactMap { index in
            let field = R.schema.fields[index]
            guard let reference = field.reference, !R.storage.unchecked.contains(field.name) else { return nil }
            if isSystem, reference == "user" { return nil }
            let ids: [String]
            switch record[fieldAt: index] {
            case .string(let id) where !id.isEmpty: ids = [id]
            case .strings(let list) where !list.isEmpty: ids = Array(Set(list)).sorted()
            default: return nil
            }
            guard let table = database.referenceTable(reference) else { return nil }
            let columns = R.storage.inherited.filter { $0.via == field.name }.map(\.column)
            return Target(
                field: index, name: field.name, table: reference, ids: ids,
                columns: columns.filter(table.columns.contains), isReplica: table.isReplica,
                isLocked: !table.isReplica && !table.isDefinition)
        }
    }

    /// One statement per reference.
    func statements() throws -> [SQL] {
        try targets.map { target in
            for id in target.ids where !Validation.isUUID(id) { throw missing(target, id) }
            let columns = (["id", "domain"] + target.columns).map(SQL.quoted(identifier:)).joined(separator: ", ")
            // A share lock on what gives the domain: it cannot change before this write is done.
            let lock: SQL = target.isLocked ? " FOR KEY SHARE" : ""
            let base: SQL =
                "SELECT \(raw: columns) FROM \(identifier: schema).\(identifier: target.table) WHERE "
            return target.ids.count == 1
                ? base + "id = \(target.ids[0])" + lock : base + "id = ANY(\(target.ids))" + lock
        }
    }

    /// Checks the answers and fills in the inherited fields. Returns the domain each reference gave.
    func resolve(_ answers: ArraySlice<Rows>, into record: inout R) throws -> [String: DomainPath] {
        var domains: [String: DomainPath] = [:]
        for (target, rows) in zip(targets, answers) {
            guard rows.count == target.ids.count else {
                let found = Set(try rows.map { try $0.string(at: 0) })
                throw missing(target, target.ids.first { !found.contains($0) } ?? "")
            }
            guard let row = rows.first, let domain = DomainPath(try row.string(at: 1)) else { continue }
            domains[target.name] = domain
            for inherited in R.storage.inherited where inherited.via == target.name {
                guard let position = target.columns.firstIndex(of: inherited.column) else { continue }
                let index = R.index(inherited.field)
                record[fieldAt: index] = try row.value(2 + position, R.schema.fields[index].storage)
            }
        }
        return domains
    }

    /// Refuses references into a domain that is neither the record's nor above it.
    func checkDomains(_ answers: ArraySlice<Rows>, of record: R) throws {
        guard let own = DomainPath(record.domain) else { return }
        for (target, rows) in zip(targets, answers) {
            for row in rows {
                guard let domain = DomainPath(try row.string(at: 1)), !domain.contains(own) else { continue }
                // It is here, so its owner need not be asked for it.
                throw MissingReference(
                    table: R.schema.table, field: target.name, reference: target.table, id: try row.string(at: 0),
                    isReplica: false)
            }
        }
    }

    private func missing(_ target: Target, _ id: String) -> MissingReference {
        MissingReference(
            table: R.schema.table, field: target.name, reference: target.table, id: id, isReplica: target.isReplica)
    }
}

/// What the references of records changed under one savepoint name: they mostly name the same few records.
final class KnownReferences<R: Record> {
    private var known: [SQL: Rows] = [:]

    init() {}

    /// The answer to each statement of `load`, asked for in one round trip unless known.
    func answers(to load: ReferenceLoad<R>, in tx: Transaction) throws -> [Rows] {
        let statements = try load.statements()
        let open = statements.filter { known[$0] == nil }
        var answers = known
        if !open.isEmpty {
            for (statement, rows) in zip(open, try tx.queryAll(open)) { answers[statement] = rows }
        }
        for (target, statement) in zip(load.targets, statements) where target.table != R.schema.table {
            // Records of the same type may be changed by the next one of the batch; others are locked or replicas.
            known[statement] = answers[statement]
        }
        return statements.compactMap { answers[$0] }
    }
}
