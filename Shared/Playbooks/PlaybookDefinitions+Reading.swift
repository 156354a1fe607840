import Filters
import Ground
import PlaybooksWire
import Postgres
import RPC
import Records
import Wire

/// What is read of definitions.
extension PlaybookDefinitions {
    private var schema: String { playbooks.database.schema }

    func get(_ request: GetRequest, _ context: RuleContext) throws -> PlaybookDefinition {
        try seen(request.id, context).message()
    }

    func list(_ request: ListRequest, _ context: RuleContext) throws -> ListPlaybookDefinitionsResponse {
        let page = try DefinitionPage(
            request, of: Self.table, columns: DefinitionRow.columns,
            fields: [
                FilterField("state", .choice(allowed: ["draft", "active", "retired"]), searchable: false),
                FilterField("table", .string, column: "parent_table", folding: .exact),
                FilterField("version", .int),
            ], schema, context)
        var answer = ListPlaybookDefinitionsResponse()
        answer.playbookDefinitions = try page.rows.map { try DefinitionRow($0).message(withLanes: false) }
        answer.nextPageToken = page.nextToken
        return answer
    }

    /// Versions without their lanes, which an export of the version shows.
    func versions(_ request: ListPlaybookVersionsRequest, _ context: RuleContext) throws
        -> ListPlaybookVersionsResponse
    {
        let row = try seen(request.definition, context)
        let size = try PageSize.of(request.pageSize, maximum: 1_000)
        let binding = PageToken.Binding(
            method: "playbook_version", filter: row.id, order: "", domain: context.write.caller.domain.path)
        let before = try PageToken.read(request.pageToken, for: binding)?.position.first.flatMap {
            $0.flatMap(Int.init)
        }
        let rows = try context.transaction.query(
            """
            SELECT id, definition, number, playbook, activated_at, activated_by \
            FROM \(identifier: schema).playbook_version \
            WHERE definition = \(row.id) AND number < \(before ?? Int(Int32.max)) \
            ORDER BY number DESC LIMIT \(size + 1)
            """)
        var answer = ListPlaybookVersionsResponse()
        answer.versions = try rows.prefix(size).map(Self.version)
        if rows.count > size, let last = answer.versions.last {
            answer.nextPageToken = PageToken(position: [String(last.number)]).text(for: binding)
        }
        return answer
    }

    private static func version(_ row: Row) throws -> PlaybookVersion {
        var version = PlaybookVersion()
        version.id = try row.string("id")
        version.definition = try row.string("definition")
        version.number = Int32(try row.int("number"))
        version.playbook = try Playbook.decode(protobuf: row.bytes("playbook"))
        version.playbook?.lanes = []
        version.activatedAt = Timestamp(microseconds: try row.timestamp("activated_at"))
        version.activatedBy = try row.string("activated_by")
        return version
    }

    func export(_ request: ExportPlaybookRequest, _ context: RuleContext) throws -> ExportPlaybookResponse {
        let row = try seen(request.id, context)
        var playbook = row.playbook
        if request.version != 0 {
            let rows = try context.transaction.query(
                """
                SELECT playbook FROM \(identifier: schema).playbook_version \
                WHERE definition = \(row.id) AND number = \(request.version)
                """)
            guard let version = rows.first else {
                throw Problem.notFound(
                    Text(en: "The playbook has no such version.", ko: "플레이북에 이러한 버전이 없습니다."))
            }
            playbook = try Playbook.decode(protobuf: version.bytes("playbook"))
        }
        var answer = ExportPlaybookResponse()
        answer.yaml = PlaybookYAML.write(.init(key: row.key, playbook: playbook))
        return answer
    }

    func validate(_ request: ValidatePlaybookRequest, _ context: RuleContext) throws -> ValidatePlaybookResponse {
        let row = try request.id.isEmpty ? nil : seen(request.id, context)
        let world = try playbooks.world(of: row?.domain ?? context.write.caller.domain.path, context)
        var answer = ValidatePlaybookResponse()
        answer.faults = try PlaybookCheck.faults(row?.playbook ?? request.playbook ?? Playbook(), in: world)
        return answer
    }
}

/// One page of a list of definitions, which are few: pages count from the beginning.
struct DefinitionPage {
    let rows: [Row]
    let nextToken: String

    /// Reads the page; `fields` are what a filter may name beside what all definitions have.
    init(
        _ request: ListRequest, of table: String, columns: SQL, fields: [FilterField], _ schema: String,
        _ context: RuleContext
    ) throws {
        let caller = context.write.caller
        let known = FilterSchema(
            [
                FilterField("id", .reference), FilterField("key", .string, folding: .exact),
                FilterField("domain", .string, folding: .exact), FilterField("created_at", .timestamp),
                FilterField("updated_at", .timestamp),
            ] + fields)
        let facts = FilterFacts(nowMicroseconds: context.write.now.microseconds, subject: caller.subject)
        let size = try PageSize.of(request.pageSize, maximum: 1_000)
        let binding = PageToken.Binding(
            method: table, filter: request.filter, order: request.orderBy, domain: caller.domain.path)
        let start =
            try PageToken.read(request.pageToken, for: binding)?.position.first.flatMap { $0.flatMap(Int.init) } ?? 0
        let (condition, order) = try Self.query(request, known, facts)
        let found = try context.transaction.query(
            """
            SELECT \(columns) FROM \(identifier: schema).\(identifier: table) WHERE \(condition) \
            ORDER BY \(raw: order) LIMIT \(size + 1) OFFSET \(start)
            """)
        rows = Array(found.prefix(size))
        nextToken = found.count > size ? PageToken(position: [String(start + size)]).text(for: binding) : ""
    }

    private static func query(
        _ request: ListRequest, _ fields: FilterSchema, _ facts: FilterFacts
    ) throws -> (condition: SQL, order: String) {
        let condition: SQL
        do throws(FilterError) {
            condition = SQL(try Filter.parse(request.filter).check(against: fields, context: facts))
        } catch {
            throw Problem.invalid(field: "filter", Text(en: error.english, ko: error.korean), rule: "AIP-160")
        }
        do throws(FilterError) {
            let terms = try OrderBy.parse(request.orderBy).check(against: fields)
            return (condition, (terms.map(\.sql) + ["id"]).joined(separator: ", "))
        } catch {
            throw Problem.invalid(field: "order_by", Text(en: error.english, ko: error.korean), rule: "AIP-132")
        }
    }
}
