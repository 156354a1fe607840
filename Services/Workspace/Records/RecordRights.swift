import CustomerSuccessWire
import RPC
import Roles
import Wire

/// What somebody may do with records of a table: what its service tells, and what the access rules say of its methods.
struct RecordRights: Sendable {
    let table: TableDescription
    let schema: RecordSchema
    private let roles: Set<String>
    private let told: [String: FieldDescription]

    init(_ table: TableDescription, _ schema: RecordSchema, _ visit: Visit) {
        self.table = table
        self.schema = schema
        roles = visit.person?.roles ?? []
        told = Dictionary(table.fields.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// Whether the operation is allowed, and there is a method for it.
    func may(_ operation: Operation, _ verb: String) -> Bool {
        schema.verbs.contains(verb) && table.operations.contains(operation.rawValue)
    }

    /// Whether something may be said to the customer.
    var mayComment: Bool { may("add_comment") }

    /// Whether a work note may be written.
    var mayNote: Bool { may("add_work_note") }

    /// Whether files may be attached.
    var mayAttach: Bool { may("begin_attachment") }

    /// Whether the access rules allow a method, by what it says that it needs.
    private func may(_ verb: String) -> Bool {
        let subject = ListedRecords.subject(verb, schema)
        guard schema.verbs.contains(verb), let need = Dictionaries.need(of: subject),
            let operation = Operation(rawValue: need.operation.rawValue)
        else { return false }
        let ofField = need.field.flatMap { Access.may(roles, operation, field: $0, of: need.table) }
        return ofField ?? Access.allows(roles, operation, on: need.table)
    }

    /// The fields that may be read, in their order (G-24).
    var readable: [FieldSchema] { schema.fields.filter { told[$0.name] != nil } }

    /// The fields of the form: those that may be written, what has to be filled in first. States move by buttons, and journals are
    /// added to; the table of a document follows from the document that is chosen.
    func entered(isNew: Bool) -> [FieldSchema] {
        let bySystem = table.states.isEmpty ? [] : Self.ofTheLifecycle
        let tables = Set(schema.fields.compactMap { schema.tableField(of: $0)?.name })
        let fields = schema.fields.filter { field in
            guard let told = told[field.name], told.writable, isNew || !told.createOnly else { return false }
            return field.type != .journal && field.type != .attachment && !tables.contains(field.name)
                && !bySystem.contains(field.name)
        }
        let needed = fields.filter(isNeeded)
        return needed + fields.filter { !isNeeded($0) }
    }

    /// Whether a record is not saved without the field, whatever else it has.
    func isNeeded(_ field: FieldSchema) -> Bool { field.mandatory && told[field.name]?.conditional != true }

    /// The mandatory fields that may be left out on a condition.
    var conditional: Set<String> { Set(told.values.filter(\.conditional).map(\.name)) }

    /// Where a record goes from its state.
    func moves(from state: String) -> [String] { table.states.first { $0.state == state }?.moves ?? [] }

    /// Whether a record has ended in a state.
    func isEnded(_ state: String) -> Bool { table.states.first { $0.state == state }?.ended == true }

    /// What buttons set of a record that has states.
    static let ofTheLifecycle: Set = ["state", "active", "close_notes", "close_code", "closed_at", "closed_by"]
}

extension RecordSchema {
    /// The field that says of which table the document is that `field` names; nil for fields that name no document.
    func tableField(of field: FieldSchema) -> FieldSchema? {
        guard field.type == .documentID else { return nil }
        let base = field.name.hasSuffix("_record") ? String(field.name.dropLast("_record".count)) : field.name
        return [base + "_table", RiskSignal.Field.table.rawValue].lazy.compactMap(self.field).first
    }

    /// The tables whose records a document can be.
    func tables(of field: FieldSchema) -> [String] {
        if let reference = field.reference, reference.contains(" | ") {
            return reference.components(separatedBy: " | ")
        }
        return Dictionaries.all.filter(\.sourceOfRisks).map(\.table)
    }
}
