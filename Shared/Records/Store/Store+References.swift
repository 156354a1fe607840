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

/// What one field of a record that is written names.
struct ReferenceTarget {
    let reference: RecordReference
    let ids: [String]
    /// Those that the record did not name before: people among them must stand where the field says.
    let added: Set<String>
    /// Whether the record begins under the one that is named, which then must be open.
    let isParent: Bool

    var name: String { reference.field.name }
    var lookUp: RecordReference.LookUp { isParent ? reference.asParent : reference.asOther }
}

/// Reads, in one round trip, the records that a write refers to: they must exist for the caller, and belong to the
/// domain of the record or to one above it, so that no record ever points into another tenant.
struct ReferenceLoad<R: Record> {
    let targets: [ReferenceTarget]

    /// The references among `fields` of `record`, which was `old` before. What the service itself writes into a table
    /// without records here, or about people, it has looked up.
    init(_ record: R, before old: R? = nil, fields: some Sequence<Int>, database: Database, isSystem: Bool) {
        let parent = R.parentField(of: record)
        let references = database.references(of: R.self)
        var targets: [ReferenceTarget] = []
        for index in fields {
            guard let reference = references[index] else { continue }
            let ids = record[fieldAt: index].references
            let added = ids.subtracting(old?[fieldAt: index].references ?? [])
            guard !ids.isEmpty, reference.isKnown || !added.isEmpty,
                !isSystem || reference.isKnown && reference.table != "user"
            else { continue }
            targets.append(
                ReferenceTarget(
                    reference: reference, ids: ids.sorted(), added: added, isParent: reference.field.name == parent))
        }
        self.targets = targets
    }

    /// One statement per reference.
    func statements() throws -> [SQL] {
        try targets.map { target in
            guard target.reference.isKnown else { throw Problem.noReferences(R.self, target.reference.field) }
            for id in target.ids where !Validation.isUUID(id) { throw missing(target, id) }
            return target.ids.count == 1
                ? target.lookUp.one.filled(with: [.text(target.ids[0])])
                : target.lookUp.many.filled(with: [target.ids.sqlValue])
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
                guard let position = target.lookUp.columns.firstIndex(of: inherited.column) else { continue }
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
                    table: R.schema.table, field: target.name, reference: target.reference.table,
                    id: try row.string(ReferenceColumn.id),
                    isReplica: false)
            }
        }
    }

    /// What must hold of the record that is named, beyond being there: a parent is open, a person stands where the field
    /// says.
    private func check(_ row: Row, of target: ReferenceTarget) throws {
        let reference = target.reference
        if target.lookUp.hasState {
            try R.checkOpen(try row.optionalString(ReferenceColumn.state), reference.field)
        }
        if target.lookUp.asksAbove {
            try R.checkOpenAbove(try row.optionalBool(ReferenceColumn.endedAbove), reference.field)
        }
        guard reference.isPerson, target.added.contains(try row.string(ReferenceColumn.id)),
            let fault = try fault(row, of: reference, target.lookUp)
        else { return }
        throw Problem.invalid(field: R.path(reference.field), fault, rule: "PERSON_SIDE")
    }

    /// Why whoever stands in `row` cannot be named anew; nil when nothing speaks against it.
    private func fault(
        _ row: Row, of reference: RecordReference, _ lookUp: RecordReference.LookUp
    ) throws -> Text? {
        let isListed = try !lookUp.columns.has(.active) || row.optionalBool(ReferenceColumn.active) ?? true
        let hasLeft = try reference.hasMembers && row.optionalBool(ReferenceColumn.hasLeft) == true
        guard let side = reference.field.side else {
            return isListed && !hasLeft ? nil : PersonSide.inactive(reference.field)
        }
        return side.fault(
            account: try row.optionalString(ReferenceColumn.account), isActive: isListed,
            isSystem: try row.optionalString(ReferenceColumn.kind) == PersonSide.outsideSystem, reference.field)
    }

    private func missing(_ target: ReferenceTarget, _ id: String) -> MissingReference {
        MissingReference(
            table: R.schema.table, field: target.name, reference: target.reference.table, id: id,
            isReplica: target.reference.isReplica)
    }
}

/// Looks, in the round trip of the references, for the users of a draft under a scope of its own.
struct PeopleLoad<R: Record> {
    private let draft: R
    private let references: ReferenceLoad<R>
    private let before: SQL
    private let after: SQL

    /// Asks under `scope`, and leaves the transaction under `rest`.
    init(_ draft: R, under scope: Scope, thenUnder rest: Scope, _ database: Database) {
        self.draft = draft
        let people = R.schema.fields.indices.filter { R.schema.fields[$0].side != nil }
        references = ReferenceLoad(draft, fields: people, database: database, isSystem: false)
        before = scope.setting
        after = rest.setting
    }

    /// What is to be asked, between the statements that set the scopes; nothing when the draft names nobody.
    func statements() throws -> [SQL] {
        let asked = try references.statements()
        return asked.isEmpty ? [] : [before] + asked + [after]
    }

    /// Refuses users who are not there, or not on the side that their field says.
    func check(_ answers: ArraySlice<Rows>) throws {
        var read = draft
        let people = answers.dropFirst().dropLast()
        _ = try references.resolve(people, into: &read)
        try references.check(people, of: draft)
    }
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
        for (target, statement) in zip(load.targets, statements) where target.reference.table != R.schema.table {
            // Records of the same type may be changed by the next one of the batch; others are locked or replicas.
            known[statement] = answers[statement]
        }
        return statements.compactMap { answers[$0] }
    }
}
