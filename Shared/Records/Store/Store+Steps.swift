import Ground
import Korean
import Postgres
import RPC
import Tenancy
import Wire

/// The single steps of a write, in the order they are taken.
extension Store {
    /// The fields an update writes: those of the mask, each of which must exist and be open to people.
    func maskedFields(_ values: R, _ mask: FieldMask?, _ context: WriteContext) throws -> [Int] {
        let paths = mask?.paths ?? []
        guard !paths.isEmpty, paths != ["*"] else {
            return R.schema.fields.indices.filter { index in
                !values[fieldAt: index].isEmpty && !R.schema.fields[index].outputOnly
            }
        }
        return try paths.map { path in
            guard let index = R.schema.index(of: path) else {
                let known = R.schema.fields.filter { !$0.outputOnly }
                let names = known.map(\.name).joined(separator: ", ")
                let shown = String(path.prefix(60))
                throw Problem.invalid(
                    field: SharedRequestField.updateMask,
                    Text(
                        en: "There is no field \(shown). Fields: \(names).",
                        ko: "‘\(shown)’ 필드는 없습니다. 사용할 수 있는 필드: \(FieldSchema.named(known))"),
                    rule: "AIP-134")
            }
            let field = R.schema.fields[index]
            guard !field.outputOnly || context.isSystem else {
                throw Problem.invalid(
                    field: SharedRequestField.updateMask,
                    Text(en: "\(field.label.en) is set by the system.", ko: "\(field.label.ko, .topic) 시스템이 설정합니다."),
                    rule: Self.ruleOfSystemField(path))
            }
            return index
        }
    }

    /// The rule by which the system sets a field: people read it when they try to.
    private static func ruleOfSystemField(_ name: String) -> String {
        switch KnownField(rawValue: name) {
        case .domain: R.storage.domainRule ?? "AIP-203"
        case .active, .closedAt, .closedBy: R.lifecycle?.closingRule ?? "AIP-203"
        default: R.storage.inherited.first { $0.field == name }?.rule ?? "AIP-203"
        }
    }

    /// Values of new records; what follows the state is left to the life cycle.
    func fillDefaults(_ record: inout R) {
        let tied = R.lifecycle?.tie?.field.rawValue
        for (index, field) in R.schema.fields.enumerated() where field.defaultValue != .null && field.name != tied {
            if record[fieldAt: index] == .null { record[fieldAt: index] = field.defaultValue }
        }
    }

    /// Runs the rules that complete a new record before its references are looked up.
    func complete(_ record: inout R, _ context: WriteContext, _ tx: Transaction) throws {
        for rule in R.rules where rule.phase == .draft {
            var change = Change(old: nil, new: record)
            try rule.apply(&change, RuleContext(transaction: tx, write: context, database: database))
            record = change.new
        }
    }

    func stampCreation(_ record: inout R, _ context: WriteContext) {
        if record.id.isEmpty || !context.isSystem { record.id = RecordID.make(at: context.now) }
        record[fieldAt: layout.indexes.createdAt] = .timestamp(context.now)
        record[fieldAt: layout.indexes.createdBy] = .string(context.caller.subject)
        record[fieldAt: layout.indexes.updatedAt] = .timestamp(context.now)
        record[fieldAt: layout.indexes.updatedBy] = .string(context.caller.subject)
    }

    /// Sets the domain from where the table says it comes; people cannot choose it (G-13).
    func place(
        _ change: inout Change<R>, _ domains: [String: DomainPath], _ context: WriteContext, _ tx: Transaction
    ) throws {
        switch R.storage.domain {
        case .preset: break
        case .caller:
            if change.new.domain.isEmpty || !context.isSystem && change.isCreation {
                // Of several accounts none is the one that a record without an account belongs to.
                guard context.caller.memberships.count <= 1 else { throw Problem.permissionDenied() }
                change.new.domain = context.caller.domain.path
            }
        case .references(let fields):
            if let domain = fields.lazy.compactMap({ domains[$0.rawValue] }).first { change.new.domain = domain.path }
        case .document(let tableField, let idField):
            guard change.changes(tableField) || change.changes(idField) || R.lifecycle?.reopens(change) == true else {
                return
            }
            try placeByDocument(&change, tableField, idField, tx)
        }
    }

    private func placeByDocument(
        _ change: inout Change<R>, _ tableField: R.Field, _ idField: R.Field, _ tx: Transaction
    ) throws {
        guard let id = change.new[field: idField].string, Validation.isUUID(id) else { return }
        let candidates: [String]
        // A table that only the system writes is the one found for the id before: a new id may be in another.
        let isGiven =
            change.isCreation || change.changes(tableField) || !R.schema.fields[R.index(tableField)].outputOnly
        if isGiven, let table = change.new[field: tableField].string {
            candidates = [table]
        } else {
            candidates = (R.schema.fields[R.index(idField)].reference ?? "").split(separator: " | ").map(String.init)
        }
        for table in candidates {
            guard let known = database.referenceTable(table) else { continue }
            let inherited = R.storage.inherited.filter {
                $0.via == idField.rawValue && known.columns.contains($0.column)
            }
            let state = known.columns.has(.state) && !R.storage.outlivesParent ? [KnownField.state.rawValue] : []
            let columns = ([KnownField.domain.rawValue] + inherited.map(\.column) + state).map(SQL.quoted(identifier:))
            let ended: SQL = (state.isEmpty ? nil : database.endedAbove("named", of: table)) ?? "false"
            let rows = try tx.query(
                """
                SELECT \(raw: columns.joined(separator: ", ")), \(ended) AS ended_above \
                FROM \(identifier: database.schema).\(identifier: table) AS named WHERE id = \(id) FOR SHARE
                """)
            guard let row = rows.first else { continue }
            if !state.isEmpty {
                let field = R.schema.fields[R.index(idField)]
                try R.checkOpen(try row.optionalString(ReferenceColumn.state), field)
                try R.checkOpenAbove(try row.optionalBool(ReferenceColumn.endedAbove), field)
            }
            change.new.domain = try row.string(ReferenceColumn.domain)
            change.new[field: tableField] = .string(table)
            for (position, item) in inherited.enumerated() {
                let index = R.index(item.field)
                change.new[fieldAt: index] = try row.value(1 + position, R.schema.fields[index].storage)
            }
            return
        }
        throw MissingReference(
            table: R.schema.table, field: idField.rawValue, reference: candidates.first ?? "", id: id, isReplica: false)
    }

    func checkMandatory(_ change: Change<R>) throws {
        let empty = R.schema.fields.enumerated().filter { index, field in
            field.mandatory && change.new[fieldAt: index].isEmpty && !R.storage.conditional.contains(field.name)
        }
        guard empty.isEmpty else {
            throw Problem.invalid(
                empty.map { _, field in
                    .init(
                        field: R.path(field),
                        text: Text(en: "\(field.label.en) is mandatory.", ko: "\(field.label.ko, .topic) 필수입니다."),
                        rule: R.storage.requiredRule)
                })
        }
    }

    /// Fields that follow a reference are not set by hand: they change with the reference only.
    func checkInherited(_ old: R, _ new: R, _ context: WriteContext) throws {
        guard !context.isSystem else { return }
        for inherited in R.storage.inherited {
            let index = R.index(inherited.field)
            let sources = R.storage.inherited.filter { $0.field == inherited.field }.map { R.index($0.via) }
            guard new[fieldAt: index] != old[fieldAt: index],
                sources.allSatisfy({ new[fieldAt: $0] == old[fieldAt: $0] })
            else { continue }
            let source = R.label(inherited.via)
            let label = R.label(inherited.field)
            throw Problem.invalid(
                field: R.path(R.schema.fields[index]),
                Text(
                    en: "\(label.en) follows \(source.en) and cannot be set by hand.",
                    ko: "\(label.ko, .topic) \(source.ko)에 따라 정해지므로 직접 설정할 수 없습니다."),
                rule: inherited.rule)
        }
    }

    /// A record that a person moves into another domain must not go on pointing into the old one.
    func checkMoved(_ change: Change<R>, besides changed: [Int], _ context: WriteContext, _ tx: Transaction) throws {
        guard !context.isSystem, let old = change.old, old.domain != change.new.domain else { return }
        let rest = R.schema.fields.indices.filter { !changed.contains($0) }
        let references = ReferenceLoad(change.new, before: old, fields: rest, database: database, isSystem: false)
        let statements = try references.statements()
        guard !statements.isEmpty else { return }
        try references.checkDomains(try tx.queryAll(statements)[...], of: change.new)
    }

    func checkEtag(_ etag: String, _ stored: R) throws {
        guard etag.isEmpty || etag == stored.etag else { throw Problem.staleEtag }
    }

    func checkImmutable(_ changed: [Int], _ context: WriteContext) throws {
        guard !context.isSystem else { return }
        for index in changed where R.storage.immutable.contains(R.schema.fields[index].name) {
            let field = R.schema.fields[index]
            throw Problem.invalid(
                field: R.path(field),
                Text(en: "\(field.label.en) cannot change.", ko: "\(field.label.ko, .topic) 변경할 수 없습니다."))
        }
    }

    func checkCustomerMayChange(_ record: R, _ context: WriteContext) throws {
        guard context.caller.kind == .customer, !context.isSystem else { return }
        guard let filter = R.storage.customer?.changeable?(context.caller),
            try matches(record, filter, context.caller)
        else { throw Problem.permissionDenied() }
    }
}
