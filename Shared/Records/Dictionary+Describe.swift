import RPC
import Roles
import Tenancy
import Wire

/// The dictionary as an answer: what a client needs to build its forms.
public enum DictionaryDescription {
    /// The tables `types`, or the one the request names, as `call`'s caller may use them.
    public static func answer(
        _ types: [any RecordMessage.Type], _ request: DescribeRequest, _ call: Call
    ) throws(Problem) -> DescribeResponse {
        var response = DescribeResponse()
        for type in types where request.table.isEmpty || type.schema.table == request.table {
            let operations = Operation.allCases.filter {
                Access.allows(call.caller.roles, $0, on: type.schema.table)
            }
            guard !operations.isEmpty else { continue }
            response.tables.append(describe(type.schema, operations, call))
        }
        guard request.table.isEmpty || !response.tables.isEmpty else {
            throw .notFound(Text(en: "Table", ko: "테이블"), id: request.table)
        }
        return response
    }

    private static func describe(_ schema: RecordSchema, _ operations: [Operation], _ call: Call) -> TableDescription {
        var table = TableDescription()
        table.table = schema.table
        table.collection = schema.collection
        table.label = schema.label(call.language)
        table.numberPrefix = schema.numberPrefix ?? ""
        table.operations = operations.map(\.rawValue)
        let mayWrite = operations.contains(.write) || operations.contains(.create)
        table.fields = schema.fields.compactMap { field in
            let rule = Access.mayRead(call.caller.roles, field: field.name, of: schema.table)
            guard rule ?? (call.caller.kind != .customer || field.customerVisible) else { return nil }
            return describe(field, writable: mayWrite && !field.outputOnly, call.language)
        }
        return table
    }

    private static func describe(_ field: FieldSchema, writable: Bool, _ language: String) -> FieldDescription {
        var description = FieldDescription()
        description.name = field.name
        description.label = field.label(language)
        description.labelEn = field.label.en
        description.labelKo = field.label.ko
        description.type = field.type.rawValue
        description.mandatory = field.mandatory
        description.outputOnly = field.outputOnly
        description.customerVisible = field.customerVisible
        description.reference = field.reference ?? ""
        description.default = field.defaultValue.journalText
        description.writable = writable
        description.side = field.side?.rawValue ?? ""
        description.format = field.format?.rawValue ?? ""
        description.minimum = field.minimum
        description.maximum = field.maximum
        description.maximumLength = Int32(Validation.maximumLength(field) ?? 0)
        description.choices = field.choices.map { choice in
            var described = ChoiceDescription()
            described.value = choice.value.journalText
            described.label = choice.label(language)
            return described
        }
        return description
    }
}
