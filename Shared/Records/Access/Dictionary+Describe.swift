import RPC
import Roles
import Tenancy
import Wire

/// The dictionary as an answer: what a client needs to build its forms.
public enum DictionaryDescription {
    /// The tables `types`, or the one the request names, as `call`'s caller may use them.
    public static func answer(
        _ types: [any Record.Type], _ request: DescribeRequest, _ call: Call
    ) throws(Problem) -> DescribeResponse {
        var response = DescribeResponse()
        for type in types where request.table.isEmpty || type.schema.table == request.table {
            if let table = describe(type, call) { response.tables.append(table) }
        }
        guard request.table.isEmpty || !response.tables.isEmpty else {
            throw .notFound(Text(en: "Table", ko: "테이블"), id: request.table)
        }
        return response
    }

    /// The table as the caller may use it; nil when it is none of the caller's.
    private static func describe<R: Record>(_ type: R.Type, _ call: Call) -> TableDescription? {
        let rights = WriteRights<R>(call.caller)
        guard !rights.operations.isEmpty else { return nil }
        let schema = R.schema
        var table = TableDescription()
        table.table = schema.table
        table.collection = schema.collection
        table.label = schema.label(call.language)
        table.numberPrefix = schema.numberPrefix ?? ""
        table.operations = rights.operations.map(\.rawValue)
        table.fields = schema.fields.compactMap { field in
            let rule = Access.mayRead(call.caller.roles, field: field.name, of: schema.table)
            guard rule ?? (call.caller.kind != .customer || field.customerVisible) else { return nil }
            var description = describe(field, isImported: schema.importing != nil, call.language)
            let isChangeable = rights.inExisting.contains(field.name)
            description.writable = isChangeable || rights.inNew.contains(field.name)
            description.createOnly = description.writable && !isChangeable
            description.conditional = R.storage.conditional.contains(field.name)
            return description
        }
        if let lifecycle = R.lifecycle {
            table.states = states(lifecycle, mayMove: rights.inExisting.contains(lifecycle.field.rawValue))
            table.closingNeeds = lifecycle.closingNeeds.map(\.rawValue)
        }
        return table
    }

    /// The states of a life cycle, and where a record goes from each.
    private static func states<R: Record>(_ lifecycle: Lifecycle<R>, mayMove: Bool) -> [StateDescription] {
        let all = R.schema.fields[R.index(lifecycle.field)].choices.compactMap(\.value.string)
        return all.map { state in
            var description = StateDescription()
            description.state = state
            description.ended = lifecycle.closed.contains(state)
            let next = (lifecycle.moves[state] ?? []).union(description.ended ? [lifecycle.reopened] : [])
            description.moves = mayMove ? all.filter(next.contains) : []
            return description
        }
    }

    /// Workbooks name the records that a field of a table refers to which they fill.
    private static func describe(_ field: FieldSchema, isImported: Bool, _ language: String) -> FieldDescription {
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
        description.side = field.side?.rawValue ?? ""
        description.format = field.format?.rawValue ?? ""
        let limits = FieldRules.Limits(field, isNamed: isImported)
        description.minimum = field.minimum
        description.maximum = field.maximum
        description.wholeDigits = Int32(limits.wholeDigits ?? 0)
        description.decimalDigits = Int32(limits.decimalDigits ?? 0)
        description.maximumLength = Int32(limits.maximumLength ?? 0)
        description.rules = FieldRules.sentences(field, isNamed: isImported).map { $0(language) }
        description.choices = field.choices.map { choice in
            var described = ChoiceDescription()
            described.value = choice.value.journalText
            described.label = choice.label(language)
            return described
        }
        return description
    }
}
