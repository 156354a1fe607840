import Filters
import Ground
import Postgres
import RPC
import RecommendedActionsWire
import Records
import Roles
import Wire

/// The parts of recommended actions, as administrators change them. What would not work is refused, each fault with its
/// place; what another part names stays.
struct ActionDefinitions: Sendable {
    let actions: RecommendedActions

    private var table: DefinitionTable { actions.definitions }

    func create(_ request: CreateActionDefinitionRequest, _ context: RuleContext) throws -> ActionDefinition {
        try authorize(.create, context)
        return try make(request.actionDefinition ?? ActionDefinition(), context)
    }

    /// A new definition in the domain of the caller.
    func make(_ given: ActionDefinition, _ context: RuleContext) throws -> ActionDefinition {
        wait(context.transaction)
        if DefinitionKey.isKey(given.key), try table.named(given.key, context) != nil {
            throw Problem.alreadyExists(
                Text(en: "There is already an action definition with this key.", ko: "같은 키의 권장 작업 정의가 이미 있습니다."))
        }
        let domain = context.write.caller.domain.path
        let rows = try table.rows(where: "domain = \(domain) LIMIT \(ActionBounds.definitions)", context.transaction)
        guard rows.count < ActionBounds.definitions else {
            throw Problem.failedPrecondition(
                rule: ActionWords.rule,
                Text(
                    en: "A domain has at most \(ActionBounds.definitions) action definitions.",
                    ko: "도메인별 권장 작업 정의는 최대 \(grouped: ActionBounds.definitions)개입니다."))
        }
        return try store(given, DefinitionHead(given.key, context.write), context)
    }

    func update(_ request: UpdateActionDefinitionRequest, _ context: RuleContext) throws -> ActionDefinition {
        try authorize(.write, context)
        wait(context.transaction)
        let given = request.actionDefinition ?? ActionDefinition()
        let row = try table.locked(given.id, etag: given.etag, context.transaction)
        guard try given.parts.map(\.rawValue) == [row.string(ActionColumn.kind)] else {
            throw Problem.invalid(
                field: UpdateActionDefinitionRequest.Field.actionDefinition,
                Text(en: "A definition stays what it is, and is sent whole.", ko: "정의의 종류는 변경할 수 없으며, 정의 전체를 보내야 합니다."),
                rule: ActionWords.rule)
        }
        return try store(given, DefinitionHead(row), context)
    }

    func delete(_ request: DeleteRequest, _ context: RuleContext) throws -> Empty {
        try authorize(.delete, context)
        wait(context.transaction)
        let tx = context.transaction
        let head = try DefinitionHead(table.locked(request.id, etag: request.etag, tx))
        // What names it may be seen from there or from below, where one above with the same key takes its place.
        let above = try table.rows(where: "key = \(head.key) AND id <> \(head.id) AND domain <> \(head.domain)", tx)
            .map(DefinitionHead.init).filter { head.domain.hasPrefix($0.domain) }
        let users = try table.rows(where: "names @> ARRAY[\(head.key)]::text[] ORDER BY id LIMIT 1", tx)
        if above.isEmpty, let user = try users.first.map(ActionDefinition.init(row:)) {
            let name = user.label?.text ?? ActionWords.label
            throw Problem.failedPrecondition(
                rule: ActionWords.rule,
                Text(en: "The definition ‘\(name.en)’ names it.", ko: "‘\(name.ko)’ 정의에서 사용 중입니다."))
        }
        table.delete(head.id, tx)
        return Empty()
    }

    func get(_ request: GetRequest, _ context: RuleContext) throws -> ActionDefinition {
        try authorize(.read, context)
        return try ActionDefinition(row: table.seen(request.id, context.transaction))
    }

    func list(_ request: ListRequest, _ context: RuleContext) throws -> ListActionDefinitionsResponse {
        try authorize(.read, context)
        let kinds = ActionKind.allCases.map(\.rawValue)
        let page = try table.page(
            request,
            fields: [
                FilterField(ActionColumn.kind.rawValue, .choice(allowed: kinds), searchable: false),
                FilterField(ActionColumn.active.rawValue, .bool),
            ], atMost: ActionBounds.answerBytes,
            weight: { try $0.bytes(ActionColumn.content).count }, context)
        var answer = ListActionDefinitionsResponse()
        answer.actionDefinitions = try page.rows.map(ActionDefinition.init(row:))
        answer.nextPageToken = page.nextToken
        return answer
    }

    func validate(_ request: ValidateActionDefinitionRequest, _ context: RuleContext) throws
        -> ValidateActionDefinitionResponse
    {
        try authorize(.read, context)
        var answer = ValidateActionDefinitionResponse()
        let definition =
            request.id.isEmpty
            ? request.actionDefinition ?? ActionDefinition()
            : try ActionDefinition(row: table.seen(request.id, context.transaction))
        answer.faults = try faults(
            definition, in: definition.id.isEmpty ? context.write.caller.domain.path : definition.domain, context)
        return answer
    }

    // MARK: Rows

    private func authorize(_ operation: Operation, _ context: RuleContext) throws(Problem) {
        try Access.requireProvider(operation, on: ActionWords.table, context.write.caller)
    }

    /// Parts name each other: whoever changes one waits for who changes another.
    private func wait(_ tx: Transaction) {
        tx.send(
            "SELECT pg_advisory_xact_lock(hashtextextended(\("\(actions.database.schema).\(ActionWords.table)"), 0))")
    }

    private func faults(
        _ definition: ActionDefinition, in domain: String, _ context: RuleContext
    ) throws -> [ActionFault] {
        let library = try ActionLibrary(for: domain, of: table, context.transaction)
        return ActionCheck.faults(definition, actions, library, context.filterFacts)
    }

    private func store(
        _ given: ActionDefinition, _ place: DefinitionHead, _ context: RuleContext
    ) throws -> ActionDefinition {
        var (definition, head) = (given, place)
        definition.key = head.key
        definition.kind = definition.parts.first?.rawValue ?? ""
        definition.active = definition.isActive
        let faults = try faults(definition, in: head.domain, context)
        guard faults.isEmpty else {
            throw Problem.invalid(
                faults.map { fault in
                    Problem.Violation(
                        field: "\(ActionWords.table).\(fault.field)", text: fault.message?.text ?? ActionWords.label,
                        rule: ActionWords.rule)
                })
        }
        let values = try [
            definition.encodeProtobuf().sqlValue, definition.kind.sqlValue, definition.isActive.sqlValue,
            definition.named.sqlValue,
        ]
        table.store(&head, values, context)
        definition.take(head)
        return definition
    }
}
