import Filters
import PlaybooksWire
import RPC
import Records
import Wire

/// The records that people name in forms: those that they see, and that the form offers. Fields of the parent record are
/// looked up when they are written.
extension RunWork {
    /// Why what a value of an input names cannot be chosen; nil when it can.
    func referenceFault(in text: String, of input: ActivityInput) throws -> InputFault? {
        guard input.field.isEmpty, !text.isEmpty else { return nil }
        guard InputType(input.type) == .rows else {
            guard let field = input.schema(over: nil) else { return nil }
            let missing = try unchosen(Self.ids(text, field), field, input.referenceFilter)
            return missing.isEmpty ? nil : fault(missing, field)
        }
        let rows = InputRows(text)?.rows ?? []
        for column in input.columns {
            guard let field = column.schema else { continue }
            let named = rows.map { Self.ids($0[column.key] ?? "", field) }
            let missing = try unchosen(named.flatMap(\.self), field, column.referenceFilter)
            guard let row = named.firstIndex(where: { !missing.isDisjoint(with: $0) }) else { continue }
            return fault(missing.intersection(named[row]), field).ofRow(row, column.key)
        }
        return nil
    }

    /// What is said of ids that cannot be chosen. One may be of a record of another service whose copy has not come yet.
    private func fault(_ ids: Set<String>, _ field: FieldSchema) -> InputFault {
        let text = Text(
            en: "\(field.label.en) is not one that can be chosen.",
            ko: "\(field.label.ko, .subject) 선택할 수 있는 레코드가 아닙니다.")
        var fault = InputFault(text: text)
        if let id = ids.sorted().first(where: Validation.isUUID),
            let table = field.referencedTables.first(where: context.isCopied)
        {
            fault.missing = (id, table)
        }
        return fault
    }

    /// The ids that a text names.
    static func ids(_ text: String, _ field: FieldSchema) -> [String] {
        guard !field.referencedTables.isEmpty else { return [] }
        return switch try? field.value(ofText: text, in: "") {
        case .string(let id): [id]
        case .strings(let list): list
        default: []
        }
    }

    /// Those of `ids` that cannot be chosen. Of another service's records the copies are looked at; what an activity has
    /// had made there is known, though its copy may come later. A version of before may name a table that nobody can look
    /// into.
    private func unchosen(_ ids: [String], _ field: FieldSchema, _ filter: String) throws -> Set<String> {
        guard !ids.isEmpty else { return [] }
        var missing = Set(ids)
        for table in field.referencedTables {
            if let own = playbooks.tables[table] {
                let offered = try Filter.parse(filter).check(
                    against: FilterSchema(own.filterFields), context: context.filterFacts)
                for id in missing where Validation.isUUID(id) {
                    guard let record = try own.find(id, false, context.transaction),
                        offered.matches(record.filterValue)
                    else { continue }
                    missing.remove(id)
                }
            } else if let seen = try context.seen(missing, in: table) {
                missing.subtract(seen)
                if context.isCopied(table) { missing.subtract(made(in: table)) }
            } else {
                return []
            }
        }
        return missing
    }

    private func made(in table: String) -> [String] {
        activities.flatMap(\.created).filter { $0.table == table }.map(\.id)
    }
}

extension InputFault {
    /// The same fault in a column of a row.
    fileprivate func ofRow(_ row: Int, _ column: String) -> InputFault {
        InputFault(path: InputRows.path(row, column), text: InputRows.named(row, text), missing: missing)
    }
}
