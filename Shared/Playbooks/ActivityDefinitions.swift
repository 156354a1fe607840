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
    static let table = "activity_definition"
    private static let columns: SQL = """
        id, revision, domain, key, content, active, created_at, created_by, updated_at, updated_by
        """

    private var schema: String { playbooks.database.schema }

    func create(_ request: CreateActivityDefinitionRequest, _ context: RuleContext) throws -> ActivityDefinition {
        try authorize(.create, context)
        return try make(request.activityDefinition ?? ActivityDefinition(), context)
    }

    /// A new definition in the domain of the caller, which is offered at once.
    func make(_ given: ActivityDefinition, _ context: RuleContext) throws -> ActivityDefinition {
        let write = context.write
        guard PlaybookBounds.isKey(given.key) else {
            throw invalid("key", PlaybookBounds.keyRule.en, PlaybookBounds.keyRule.ko)
        }
        let taken = try context.transaction.query(
            """
            SELECT 1 FROM \(identifier: schema).activity_definition \
            WHERE key = \(given.key) AND domain = \(write.caller.domain.path)
            """)
        guard taken.isEmpty else {
            throw Problem.alreadyExists(
                Text(en: "There is already an activity definition with this key.", ko: "같은 키의 활동 정의가 이미 있습니다."))
        }
        var definition = given
        definition.id = RecordID.make(at: write.now)
        definition.domain = write.caller.domain.path
        definition.active = true
        definition.etag = "0"
        (definition.createdAt, definition.createdBy) = (write.now, write.caller.subject)
        return try store(definition, context)
    }

    func update(_ request: UpdateActivityDefinitionRequest, _ context: RuleContext) throws -> ActivityDefinition {
        try authorize(.write, context)
        let given = request.activityDefinition ?? ActivityDefinition()
        var definition = try found(given.id, given.etag, context)
        let paths = request.updateMask?.paths ?? []
        for path in paths.isEmpty ? Self.populated(given) : paths {
            switch path {
            case "label": definition.label = given.label
            case "description": definition.description = given.description
            case "built_in": definition.builtIn = given.builtIn
            case "inputs": definition.inputs = given.inputs
            case "creates": definition.creates = given.creates
            case "active": definition.active = given.active
            default:
                throw Problem.invalid(
                    field: "update_mask",
                    Text(en: "\(path) cannot be changed.", ko: "변경할 수 없는 필드입니다: \(path)"), rule: "AIP-134")
            }
        }
        return try store(definition, context)
    }

    /// What a request without a mask changes.
    private static func populated(_ given: ActivityDefinition) -> [String] {
        [
            ("label", given.label != nil), ("description", given.description != nil),
            ("built_in", !given.builtIn.isEmpty), ("inputs", !given.inputs.isEmpty), ("creates", given.creates != nil),
        ].filter(\.1).map(\.0)
    }

    func delete(_ request: DeleteRequest, _ context: RuleContext) throws -> Empty {
        try authorize(.delete, context)
        let definition = try found(request.id, request.etag, context)
        let rows = try context.transaction.query("SELECT playbook FROM \(identifier: schema).playbook_definition")
        for row in rows {
            let playbook = try Playbook.decode(protobuf: row.bytes("playbook"))
            guard playbook.activities.contains(where: { $0.kind == definition.key }) else { continue }
            let name = playbook.label?.text ?? PlaybookDefinitions.label
            throw Problem.failedPrecondition(
                rule: "G-130",
                Text(
                    en: "The playbook ‘\(name.en)’ uses it.", ko: "플레이북 ‘\(name.ko)’에서 사용 중입니다."))
        }
        context.transaction.send(
            "DELETE FROM \(identifier: schema).activity_definition WHERE id = \(definition.id)", expecting: 1)
        return Empty()
    }

    func get(_ request: GetRequest, _ context: RuleContext) throws -> ActivityDefinition {
        guard Validation.isUUID(request.id),
            let row = try context.transaction.query(
                "SELECT \(Self.columns) FROM \(identifier: schema).activity_definition WHERE id = \(request.id)"
            ).first
        else { throw Problem.notFound(Self.label, id: request.id) }
        return try Self.definition(row)
    }

    func list(_ request: ListRequest, _ context: RuleContext) throws -> ListActivityDefinitionsResponse {
        let page = try DefinitionPage(
            request, of: Self.table, columns: Self.columns,
            fields: [FilterField("built_in", .string, folding: .exact), FilterField("active", .bool)], schema, context)
        var answer = ListActivityDefinitionsResponse()
        answer.activityDefinitions = try page.rows.map(Self.definition)
        answer.nextPageToken = page.nextToken
        return answer
    }

    /// All definitions that playbooks of a domain may use, by their keys; where two have one key, that of the nearest domain.
    func all(for domain: String, _ context: RuleContext) throws -> [String: ActivityDefinition] {
        let above = (DomainPath(domain) ?? .root).ancestors.map(\.path)
        let rows = try context.transaction.query(
            """
            SELECT \(Self.columns) FROM \(identifier: schema).activity_definition \
            WHERE domain = ANY (\(above)::text[]) ORDER BY length(domain)
            """)
        return Dictionary(
            try rows.map { try Self.definition($0) }.map { ($0.key, $0) }, uniquingKeysWith: { _, nearer in nearer })
    }

    // MARK: Rows

    private func authorize(_ operation: Operation, _ context: RuleContext) throws {
        try playbooks.authorize(operation, Self.table, context.write.caller)
    }

    private func found(_ id: String, _ etag: String, _ context: RuleContext) throws -> ActivityDefinition {
        guard Validation.isUUID(id),
            let row = try context.transaction.query(
                """
                SELECT \(Self.columns) FROM \(identifier: schema).activity_definition WHERE id = \(id) FOR UPDATE
                """
            ).first
        else { throw Problem.notFound(Self.label, id: id) }
        let definition = try Self.definition(row)
        guard etag.isEmpty || etag == definition.etag else { throw Problem.staleEtag }
        return definition
    }

    private func store(_ given: ActivityDefinition, _ context: RuleContext) throws -> ActivityDefinition {
        var definition = given
        try check(definition)
        let (write, tx) = (context.write, context.transaction)
        let revision = (Int(definition.etag) ?? 0) + 1
        definition.etag = String(revision)
        (definition.updatedAt, definition.updatedBy) = (write.now, write.caller.subject)
        let bytes = try definition.encodeProtobuf()
        if revision == 1 {
            tx.send(
                """
                INSERT INTO \(identifier: schema).activity_definition (\(Self.columns), built_in) VALUES \
                (\(definition.id), \(revision), \(definition.domain), \(definition.key), \(bytes.sqlValue), \
                \(definition.active), \(write.now.sqlValue), \(write.caller.subject), \(write.now.sqlValue), \
                \(write.caller.subject), \(definition.builtIn))
                """, expecting: 1)
        } else {
            tx.send(
                """
                UPDATE \(identifier: schema).activity_definition SET revision = \(revision), \
                content = \(bytes.sqlValue), active = \(definition.active), built_in = \(definition.builtIn), \
                updated_at = \(write.now.sqlValue), updated_by = \(write.caller.subject) WHERE id = \(definition.id)
                """, expecting: 1)
        }
        return definition
    }

    private func check(_ definition: ActivityDefinition) throws {
        guard playbooks.kinds[definition.builtIn] != nil else {
            let known = playbooks.kinds.keys.sorted().joined(separator: ", ")
            throw invalid("built_in", "There is no such kind; there are \(known).", "이러한 종류가 없습니다. 가능한 종류: \(known)")
        }
        for (name, text) in [("label.en", definition.label?.en), ("label.ko", definition.label?.ko)]
        where text?.isBlank ?? true {
            throw invalid(name, "The text is missing.", "텍스트가 없습니다.")
        }
        let faults = PlaybookCheck.shapeFaults(definition.inputs)
        guard faults.isEmpty else { throw Problem.faulty(faults, Playbook()) }
        guard try definition.encodeProtobuf().count <= PlaybookBounds.bytes else {
            throw invalid("inputs", "The definition is too large.", "정의의 크기가 너무 큽니다.")
        }
    }

    private func invalid(_ field: String, _ en: String, _ ko: String) -> Problem {
        .invalid(field: "activity_definition.\(field)", Text(en: en, ko: ko), rule: "PLAYBOOK")
    }

    private static func definition(_ row: Row) throws -> ActivityDefinition {
        var definition = try ActivityDefinition.decode(protobuf: row.bytes("content"))
        definition.id = try row.string("id")
        definition.etag = String(try row.int("revision"))
        definition.domain = try row.string("domain")
        definition.key = try row.string("key")
        definition.active = try row.bool("active")
        definition.createdAt = Timestamp(microseconds: try row.timestamp("created_at"))
        definition.createdBy = try row.string("created_by")
        definition.updatedAt = Timestamp(microseconds: try row.timestamp("updated_at"))
        definition.updatedBy = try row.string("updated_by")
        return definition
    }
}
