import Ground
import Postgres
import RPC
import Tenancy
import Wire

extension Record {
    /// The references that callers write and that are looked up for them.
    static var writableReferences: [(field: String, table: String)] {
        schema.fields.compactMap { field in
            guard !field.outputOnly, !storage.ruled.contains(field.name), let table = field.referencedTable else {
                return nil
            }
            return (field.name, table)
        }
    }
}

/// Reads, in one round trip, the records that a write refers to: they must exist for the caller, and belong to the
/// domain of the record or to one above it, so that no record ever points into another tenant.
struct ReferenceLoad<R: Record> {
    struct Target {
        let field: FieldSchema
        let table: String
        let ids: [String]
        /// Those that the record did not name before: people among them must stand where the field says.
        let added: Set<String>
        let columns: [String]
        let lock: SQL
        let isReplica: Bool
        /// Whether there are such records in this schema at all.
        let isKnown: Bool
        /// Whether the record begins under the one that is named, which then must be open.
        let isParent: Bool
        /// How what is named stands for people; nil when it does not, and for users, of whom the field says a side.
        let person: PersonRecord?
        /// Asks whether something above the parent has ended.
        let endedAbove: SQL?

        var name: String { field.name }
    }

    let targets: [Target]
    private let schema: String

    /// The references among `fields` of `record`, which was `old` before. What the service itself writes into a table
    /// without records here, or about people, it has looked up.
    init(_ record: R, before old: R? = nil, fields: some Sequence<Int>, database: Database, isSystem: Bool) {
        schema = database.schema
        let parent = R.parentField(of: record)
        targets = fields.compactMap { index in
            let field = R.schema.fields[index]
            guard let reference = field.referencedTable, !R.storage.ruled.contains(field.name) else { return nil }
            let ids = record[fieldAt: index].references
            let table = database.referenceTable(reference)
            let added = ids.subtracting(old?[fieldAt: index].references ?? [])
            guard !ids.isEmpty, table != nil || !added.isEmpty, !isSystem || table != nil && reference != "user" else {
                return nil
            }
            return Target(
                field, of: table, ids, added: added,
                inherited: R.storage.inherited.filter { $0.via == field.name }.map(\.column),
                isParent: field.name == parent,
                endedAbove: field.name == parent ? database.endedAbove("named", of: reference) : nil)
        }
    }

    /// One statement per reference.
    func statements() throws -> [SQL] {
        try targets.map { target in
            guard target.isKnown else { throw Problem.noReferences(R.self, target.field) }
            for id in target.ids where !Validation.isUUID(id) { throw missing(target, id) }
            let columns = (["id", "domain"] + target.columns).map(SQL.quoted(identifier:)).joined(separator: ", ")
            var statement: SQL = "SELECT \(raw: columns)"
            if let ended = target.endedAbove { statement += ", \(ended) AS ended_above" }
            if target.hasMembers { statement += ", \(memberHasLeft) AS has_left" }
            statement += " FROM \(identifier: schema).\(identifier: target.table) AS named WHERE "
            statement += target.ids.count == 1 ? "id = \(target.ids[0])" : "id = ANY(\(target.ids))"
            // Copies from before one of their columns was there are marked so, and fetched anew.
            if target.isReplica { statement += " AND revision > 0" }
            return statement + target.lock
        }
    }

    /// Checks the answers and fills in the inherited fields. Returns the domain each reference gave.
    func resolve(_ answers: ArraySlice<Rows>, into record: inout R) throws -> [String: DomainPath] {
        var domains: [String: DomainPath] = [:]
        for (target, rows) in zip(targets, answers) {
            guard rows.count == target.ids.count else {
                let found = Set(try rows.map { try $0.string(ReferenceColumn.id) })
                throw missing(target, target.ids.first { !found.contains($0) } ?? "")
            }
            guard let row = rows.first, let domain = DomainPath(try row.string(ReferenceColumn.domain)) else {
                continue
            }
            domains[target.name] = domain
            for inherited in R.storage.inherited where inherited.via == target.name {
                guard let position = target.columns.firstIndex(of: inherited.column) else { continue }
                let index = R.index(inherited.field)
                record[fieldAt: index] = try row.value(2 + position, R.schema.fields[index].storage)
            }
        }
        return domains
    }

    /// Refuses references into a domain that is neither the record's nor above it, then people who stand where the field
    /// does not say, and parents that have ended: of what lies elsewhere nothing of the kind is told.
    func check(_ answers: ArraySlice<Rows>, of record: R) throws {
        try checkDomains(answers, of: record)
        for (target, rows) in zip(targets, answers) {
            for row in rows { try check(row, of: target) }
        }
    }

    /// Refuses references into a domain that is neither the record's nor above it.
    func checkDomains(_ answers: ArraySlice<Rows>, of record: R) throws {
        guard let own = DomainPath(record.domain) else { return }
        for (target, rows) in zip(targets, answers) {
            for row in rows {
                guard let domain = DomainPath(try row.string(ReferenceColumn.domain)), !domain.contains(own) else {
                    continue
                }
                // It is here, so its owner need not be asked for it.
                throw MissingReference(
                    table: R.schema.table, field: target.name, reference: target.table,
                    id: try row.string(ReferenceColumn.id),
                    isReplica: false)
            }
        }
    }

    /// What must hold of the record that is named, beyond being there: a parent is open, a person stands where the field
    /// says.
    private func check(_ row: Row, of target: Target) throws {
        if target.isParent, target.columns.contains("state") {
            try R.checkOpen(try row.optionalString(ReferenceColumn.state), target.field)
        }
        if target.endedAbove != nil {
            try R.checkOpenAbove(try row.optionalBool(ReferenceColumn.endedAbove), target.field)
        }
        guard target.isPerson, target.added.contains(try row.string(ReferenceColumn.id)),
            let fault = try fault(row, of: target)
        else { return }
        throw Problem.invalid(field: "\(R.schema.table).\(target.name)", fault, rule: "PERSON_SIDE")
    }

    /// Why whoever stands in `row` cannot be named anew; nil when nothing speaks against it.
    private func fault(_ row: Row, of target: Target) throws -> Text? {
        let isListed = try !target.columns.contains("active") || row.optionalBool(ReferenceColumn.active) ?? true
        let hasLeft = try target.hasMembers && row.optionalBool(ReferenceColumn.hasLeft) == true
        guard let side = target.field.side else {
            return isListed && !hasLeft ? nil : PersonSide.inactive(target.field)
        }
        return side.fault(
            account: try row.optionalString(ReferenceColumn.account), isActive: isListed,
            isSystem: try row.optionalString(ReferenceColumn.kind) == PersonSide.outsideSystem, target.field)
    }

    /// Whether the user behind a member has left.
    private var memberHasLeft: SQL {
        """
        EXISTS (SELECT FROM \(identifier: schema)."user" u WHERE NOT u.active AND u.id = \
        CASE WHEN named."user"::text ~ '^[0-9a-f-]{36}$' THEN named."user"::text::uuid END)
        """
    }

    private func missing(_ target: Target, _ id: String) -> MissingReference {
        MissingReference(
            table: R.schema.table, field: target.name, reference: target.table, id: id, isReplica: target.isReplica)
    }
}

extension ReferenceLoad.Target {
    /// The target of `field` in `table`; nil for a table without records in this schema.
    fileprivate init(
        _ field: FieldSchema, of table: ReferenceTable?, _ ids: Set<String>, added: Set<String>,
        inherited: [String], isParent: Bool, endedAbove: SQL?
    ) {
        let known = table?.columns ?? []
        let hasState = isParent && known.contains("state")
        self.field = field
        self.table = field.referencedTable ?? ""
        self.ids = ids.sorted()
        self.added = added
        self.isParent = isParent
        self.endedAbove = endedAbove
        person = table?.person
        columns =
            inherited.filter(known.contains) + (hasState ? ["state"] : [])
            + (field.side != nil
                ? ["account", "active", "kind"] : person == nil ? [] : ["active"].filter(known.contains))
        isKnown = table != nil
        isReplica = table?.isReplica ?? false
        // What gives the domain cannot go before this write is done, and a parent cannot close.
        let isWritten = table.map { !$0.isReplica && !$0.isDefinition } ?? false
        lock = hasState || endedAbove != nil ? " FOR SHARE" : isWritten ? " FOR KEY SHARE" : ""
    }
}

extension ReferenceLoad.Target {
    /// Whether the field names people, who must be there still when they are named anew.
    fileprivate var isPerson: Bool { field.side != nil || person != nil }

    /// Whether there is a user behind what the field names.
    fileprivate var hasMembers: Bool { person == .member }
}

extension FieldValue {
    /// The ids that a reference, or a list of them, holds.
    fileprivate var references: Set<String> {
        switch self {
        case .string(let id) where !id.isEmpty: [id]
        case .strings(let list): Set(list)
        default: []
        }
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
