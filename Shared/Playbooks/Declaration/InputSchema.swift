import Filters
import PlaybooksWire
import Records
import Wire

extension ActivityInput {
    /// What the dictionary says of the field of the parent record that the input sets, else what follows from its own type.
    /// Nil for rows, and for a field that there is not.
    func schema(over parent: RecordSchema?) -> FieldSchema? {
        guard field.isEmpty else { return parent?.field(field) }
        return FieldSchema(
            key, label, type, reference,
            choices: choices.map { Choice(value: .string($0.value), label: $0.label?.text ?? Text(en: "", ko: "")) })
    }
}

extension InputColumn {
    /// What follows from the type of the column; nil for a type that no column has.
    var schema: FieldSchema? { FieldSchema(key, label, type, reference, choices: []) }
}

extension FieldSchema {
    /// What the dictionary would say of a field of a form alone.
    fileprivate convenience init?(
        _ key: String, _ label: LocalText?, _ type: String, _ reference: String, choices: [Choice]
    ) {
        guard case .field(let type)? = InputType(type) else { return nil }
        let storage: FieldStorage =
            switch type {
            case .integer: .int
            case .boolean: .bool
            case .datetime: .timestamp
            case .listOfReferences, .listOfUsers, .listOfRoles: .strings
            default: .string
            }
        self.init(
            name: EnterPlaybookActivityRequest.Field.values.path(key), jsonName: key,
            label: label?.text ?? Text(en: key, ko: key), type: type,
            choices: choices, reference: reference.isEmpty ? nil : reference, storage: storage)
    }
}

/// What conditions name of what activities enter, "<activity>.<input>", each of the type of its input.
struct InputFields: Sendable {
    /// The fields by which conditions are checked.
    let fields: [FilterField]
    private let schemas: [String: FieldSchema?]

    /// The inputs of activities, by the keys of these, over the records of a table.
    init(_ inputs: [(activity: String, input: ActivityInput)], over parent: RecordSchema?) {
        let named = inputs.map { (name: "\($0.activity).\($0.input.key)", schema: $0.input.schema(over: parent)) }
        fields = named.map { name, schema in
            let known = schema.flatMap { schema in
                parent.flatMap { FilterField(schema, of: $0, isSearched: false)?.named(name) }
            }
            return known ?? FilterField(name, .string, searchable: false)
        }
        schemas = Dictionary(named.map { ($0.name, $0.schema) }, uniquingKeysWith: { _, last in last })
    }

    /// The value that a text of an input has for a condition; nil when no input is called so.
    func value(_ name: String, _ text: String?) -> FilterValue? {
        guard let schema = schemas[name] else { return nil }
        guard let text, !text.isEmpty else { return .null }
        guard let schema else { return text == "[]" ? .null : .string(text) }
        return (try? schema.value(ofText: text, in: ""))?.filterValue(schema.type) ?? .null
    }
}
