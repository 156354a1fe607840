import Filters
import Ground
import PlaybooksWire
import Postgres
import RPC
import Records
import Roles
import Tenancy
import Wire

/// Definitions of activities: the kinds that are built in, as administrators offer them (G-114, G-130).
struct ActivityDefinitions: Sendable {
    let playbooks: Playbooks

    static let label = Text(en: "Activity definition", ko: "활동 정의")

    private var table: DefinitionTable {
        DefinitionTable(
            schema: playbooks.database.schema, name: OwnTable.activityDefinition.rawValue, label: Self.label,
            own: [PlaybookColumn.content, .active, .builtIn].map(\.rawValue))
    }

    func create(_ request: CreateActivityDefinitionRequest, _ context: RuleContext) throws -> ActivityDefinition {
        try authorize(.create, context)
        return try make(request.activityDefinition ?? ActivityDefinition(), context)
    }

    /// A new definition in the domain of the caller, which is offered at once.
    func make(_ given: ActivityDefinition, _ context: RuleContext) throws -> ActivityDefinition {
        guard DefinitionKey.isKey(given.key) else {
            throw invalid([.key], DefinitionKey.rule.en, DefinitionKey.rule.ko)
        }
        guard try table.named(given.key, context) == nil else {
            throw Problem.alreadyExists(
                Text(en: "There is already an activity definition with this key.", ko: "같은 키의 활동 정의가 이미 있습니다."))
        }
        var definition = given
        definition.active = true
        return try store(definition, DefinitionHead(given.key, context.write), context)
    }

    private static let changeable: [MaskedField<ActivityDefinition>] = [
        MaskedField([.label], \.label) { $0 != nil }, MaskedField([.description], \.description) { $0 != nil },
        MaskedField([.builtIn], \.builtIn) { !$0.isEmpty }, MaskedField([.inputs], \.inputs) { !$0.isEmpty },
        MaskedField([.creates], \.creates) { $0 != nil }, MaskedField([.active], \.active),
    ]

    func update(_ request: UpdateActivityDefinitionRequest, _ context: RuleContext) throws -> ActivityDefinition {
        try authorize(.write, context)
        let given = request.activityDefinition ?? ActivityDefinition()
        let row = try table.locked(given.id, etag: given.etag, context.transaction)
        var definition = try Self.definition(row)
        let before = definition.builtIn
        try MaskedField.apply(given, to: &definition, request.updateMask, Self.changeable)
        if definition.builtIn != before {
            try refuseUse(of: definition, context, where: "state = \(literal: DefinitionState.active)")
        }
        return try store(definition, DefinitionHead(row), context)
    }

    func delete(_ request: DeleteRequest, _ context: RuleContext) throws -> Empty {
        try authorize(.delete, context)
        let tx = context.transaction
        let definition = try Self.definition(table.locked(request.id, etag: request.etag, tx))
        try refuseUse(of: definition, context)
        table.delete(definition.id, tx)
        return Empty()
    }

    /// Refuses what a playbook that meets `condition` does not bear: it uses the definition.
    private func refuseUse(
        of definition: ActivityDefinition, _ context: RuleContext, where condition: SQL = "TRUE"
    ) throws {
        let rows = try DefinitionRow.table(in: playbooks.database.schema).rows(where: condition, context.transaction)
        for playbook in try rows.map({ try DefinitionRow($0).playbook })
        where playbook.activities.contains(where: { $0.kind == definition.key }) {
            let name = playbook.label?.text ?? PlaybookDefinitions.label
            throw Problem.failedPrecondition(
                rule: "G-130",
                Text(
                    en: "The playbook ‘\(name.en)’ uses it.", ko: "플레이북 ‘\(name.ko)’에서 사용 중입니다."))
        }
    }

    func get(_ request: GetRequest, _ context: RuleContext) throws -> ActivityDefinition {
        try Self.definition(table.seen(request.id, context.transaction))
    }

    func list(_ request: ListRequest, _ context: RuleContext) throws -> ListActivityDefinitionsResponse {
        let page = try table.page(
            request, fields: [FilterField(.builtIn, .string), FilterField(.active, .bool)], context)
        var answer = ListActivityDefinitionsResponse()
        answer.activityDefinitions = try page.rows.map(Self.definition)
        answer.nextPageToken = page.nextToken
        return answer
    }

    /// All definitions that playbooks of a domain may use, by their keys; where two have one key, that of the nearest domain.
    func all(for domain: String, _ context: RuleContext) throws -> [String: ActivityDefinition] {
        let above = (DomainPath(domain) ?? .root).ancestors.map(\.path)
        let rows = try table.rows(
            where: "domain = ANY (\(above)::text[]) ORDER BY length(domain)", context.transaction)
        return Dictionary(
            try rows.map { try Self.definition($0) }.map { ($0.key, $0) }, uniquingKeysWith: { _, nearer in nearer })
    }

    // MARK: Rows

    private func authorize(_ operation: Operation, _ context: RuleContext) throws {
        try playbooks.authorize(operation, .activityDefinition, context.write.caller)
    }

    private func store(
        _ definition: ActivityDefinition, _ given: DefinitionHead, _ context: RuleContext
    ) throws -> ActivityDefinition {
        var head = given
        try check(definition)
        let content = try definition.encodeProtobuf().sqlValue
        table.store(&head, [content, definition.active.sqlValue, definition.builtIn.sqlValue], context)
        return Self.shown(definition, head)
    }

    private func check(_ definition: ActivityDefinition) throws {
        guard playbooks.kinds[definition.builtIn] != nil else {
            let known = playbooks.kinds.keys.sorted().joined(separator: ", ")
            throw invalid([.builtIn], "There is no such kind; there are \(known).", "이러한 종류가 없습니다. 가능한 종류: \(known)")
        }
        for (name, text) in [(DefinitionField.en, definition.label?.en), (.ko, definition.label?.ko)]
        where text?.isBlank ?? true {
            throw invalid([.label, name], "The text is missing.", "텍스트가 없습니다.")
        }
        let faults = PlaybookCheck.shapeFaults(definition.inputs)
        guard faults.isEmpty else { throw Problem.faulty(faults, Playbook()) }
        guard try definition.encodeProtobuf().count <= PlaybookBounds.bytes else {
            throw invalid([.inputs], "The definition is too large.", "정의의 크기가 너무 큽니다.")
        }
    }

    private func invalid(_ path: [DefinitionField], _ en: String, _ ko: String) -> Problem {
        let field = ([OwnTable.activityDefinition.rawValue] + path.map(\.rawValue)).joined(separator: ".")
        return .invalid(field: field, Text(en: en, ko: ko), rule: "PLAYBOOK")
    }

    private static func definition(_ row: Row) throws -> ActivityDefinition {
        var definition = try ActivityDefinition.decode(protobuf: row.bytes(PlaybookColumn.content))
        definition.active = try row.bool(PlaybookColumn.active)
        return shown(definition, try DefinitionHead(row))
    }

    /// The definition with what its row begins with.
    private static func shown(_ definition: ActivityDefinition, _ head: DefinitionHead) -> ActivityDefinition {
        var shown = definition
        shown.id = head.id
        shown.etag = head.etag
        shown.domain = head.domain
        shown.key = head.key
        (shown.createdAt, shown.createdBy) = (head.createdAt, head.createdBy)
        (shown.updatedAt, shown.updatedBy) = (head.updatedAt, head.updatedBy)
        return shown
    }
}
