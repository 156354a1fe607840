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
        let page = try table.page(
            request,
            fields: [
                FilterField(.state, .choice(allowed: DefinitionState.allCases.map(\.rawValue)), searchable: false),
                FilterField(
                    DefinitionField.table.rawValue, .string, column: PlaybookColumn.parentTable.rawValue,
                    folding: .exact),
                FilterField(.version, .int),
            ], context)
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
        let before = try PageToken.place(request.pageToken, in: binding, .number).flatMap { Int($0[0]) }
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
        version.id = try row.string(PlaybookColumn.id)
        version.definition = try row.string(PlaybookColumn.definition)
        version.number = Int32(try row.int(PlaybookColumn.number))
        version.playbook = try Playbook.decode(protobuf: row.bytes(PlaybookColumn.playbook))
        version.playbook?.lanes = []
        version.activatedAt = Timestamp(microseconds: try row.timestamp(PlaybookColumn.activatedAt))
        version.activatedBy = try row.string(PlaybookColumn.activatedBy)
        return version
    }

    func export(_ request: ExportPlaybookRequest, _ context: RuleContext) throws -> ExportPlaybookResponse {
        let row = try seen(request.id, context)
        var answer = ExportPlaybookResponse()
        guard !request.editable else {
            answer.playbook = try editable(Int(request.version), of: row, context)
            return answer
        }
        let playbook = try request.version == 0 ? row.playbook : version(Int(request.version), of: row, context)
        answer.yaml = PlaybookYAML.write(.init(key: row.key, playbook: playbook))
        return answer
    }

    /// A version as a draft can begin with it: what runs begin with as it was edited, an older one with what its activity
    /// definitions said.
    private func editable(_ number: Int, of row: DefinitionRow, _ context: RuleContext) throws -> Playbook {
        if number == 0 { return row.playbook }
        if number == row.version, let activated = row.activated { return activated }
        var playbook = try version(number, of: row, context)
        for lane in playbook.lanes.indices {
            for activity in playbook.lanes[lane].activities.indices {
                playbook.lanes[lane].activities[activity].builtIn = ""
            }
        }
        return playbook
    }

    /// How many open runs of a definition go by another version than that of a number; 0 for the draft, by which none go.
    private func running(_ row: DefinitionRow, besides number: Int, _ context: RuleContext) throws -> Int64 {
        let rows = try context.transaction.query(
            """
            SELECT count(*) AS count FROM \(identifier: schema).playbook_run WHERE definition = \(row.id) \
            AND state = \(literal: RunState.inProgress) AND version NOT IN ( \
            SELECT id FROM \(identifier: schema).playbook_version WHERE definition = \(row.id) AND number = \(number))
            """)
        return Int64(try rows.first?.int(PlaybookColumn.count) ?? 0)
    }

    /// What a version of a definition says; NOT_FOUND when there is none of that number.
    private func version(_ number: Int, of row: DefinitionRow, _ context: RuleContext) throws -> Playbook {
        let rows = try context.transaction.query(
            """
            SELECT playbook FROM \(identifier: schema).playbook_version \
            WHERE definition = \(row.id) AND number = \(number)
            """)
        guard let version = rows.first else {
            throw Problem.notFound(Text(en: "The playbook has no such version.", ko: "플레이북에 이러한 버전이 없습니다."))
        }
        return try Playbook.decode(protobuf: version.bytes(PlaybookColumn.playbook))
    }

    /// What makes one version of another. A draft counts as it would be activated: with what its activity definitions say.
    func compare(
        _ request: ComparePlaybookVersionsRequest, _ context: RuleContext
    ) throws -> ComparePlaybookVersionsResponse {
        let row = try seen(request.id, context)
        let from = try version(request.from == 0 ? row.version : Int(request.from), of: row, context)
        let to: Playbook
        if request.to == 0 {
            let world = try playbooks.world(of: row.domain, row.id, context)
            to = row.playbook.resolved(with: world.definitions)
        } else {
            to = try version(Int(request.to), of: row, context)
        }
        var answer = ComparePlaybookVersionsResponse()
        answer.changes = try PlaybookDifference(from: from, to: to).changes
        answer.running = try running(row, besides: Int(request.to), context)
        return answer
    }

    func validate(_ request: ValidatePlaybookRequest, _ context: RuleContext) throws -> ValidatePlaybookResponse {
        let row = try request.id.isEmpty ? nil : seen(request.id, context)
        let world = try playbooks.world(of: row?.domain ?? context.write.caller.domain.path, row?.id, context)
        var answer = ValidatePlaybookResponse()
        answer.faults = try PlaybookCheck.faults(row?.playbook ?? request.playbook ?? Playbook(), in: world)
        return answer
    }
}
