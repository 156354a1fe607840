import Filters
import Ground
import PlaybooksWire
import Postgres
import RPC
import Records
import Roles
import Wire

/// Definitions: drafts that administrators edit, and what becomes of them.
struct PlaybookDefinitions: Sendable {
    let playbooks: Playbooks

    static let label = Text(en: "Playbook", ko: "플레이북")

    private var schema: String { playbooks.database.schema }
    var table: DefinitionTable { DefinitionRow.table(in: schema) }

    // MARK: Drafts

    func create(_ request: CreatePlaybookDefinitionRequest, _ context: RuleContext) throws -> PlaybookDefinition {
        try authorize(.create, context)
        let given = request.playbookDefinition ?? PlaybookDefinition()
        return try make(given.key, given.playbook ?? Playbook(), context).message()
    }

    private static let changeable: [MaskedField<Playbook>] = [
        MaskedField([.playbook], \.self) { $0 != Playbook() }, MaskedField([.playbook, .table], \.table),
        MaskedField([.playbook, .label], \.label), MaskedField([.playbook, .description], \.description),
        MaskedField([.playbook, .trigger], \.trigger), MaskedField([.playbook, .lanes], \.lanes),
        MaskedField([.playbook, .calendars], \.calendars),
    ]

    func update(_ request: UpdatePlaybookDefinitionRequest, _ context: RuleContext) throws -> PlaybookDefinition {
        let given = request.playbookDefinition ?? PlaybookDefinition()
        return try change(given.id, given.etag, context) { playbook in
            try MaskedField.apply(given.playbook ?? Playbook(), to: &playbook, request.updateMask, Self.changeable)
        }
    }

    func delete(_ request: DeleteRequest, _ context: RuleContext) throws -> Empty {
        try authorize(.delete, context)
        let row = try found(request.id, request.etag, context)
        guard row.version == 0 else {
            throw Problem.failedPrecondition(
                rule: "G-130",
                Text(
                    en: "A playbook that was activated cannot be removed. Retire it instead.",
                    ko: "활성화된 적이 있는 플레이북은 삭제할 수 없습니다. 대신 사용을 중지하세요."))
        }
        table.delete(row.id, context.transaction)
        return Empty()
    }

    /// Makes a draft of YAML, or changes the draft of the definition with its key.
    func importing(_ request: ImportPlaybookRequest, _ context: RuleContext) throws -> PlaybookDefinition {
        try authorize(.write, context)
        let file = try PlaybookYAML.read(request.yaml)
        if let known = try table.named(file.key, context) {
            return try change(DefinitionRow(known).id, "", context) { $0 = file.playbook }
        }
        try authorize(.create, context)
        return try make(file.key, file.playbook, context).message()
    }

    /// A new draft, in the domain of the caller.
    func make(_ key: String, _ playbook: Playbook, _ context: RuleContext) throws -> DefinitionRow {
        guard DefinitionKey.isKey(key) else {
            throw Problem.invalid(
                field: CreatePlaybookDefinitionRequest.Field.playbookDefinition.path(DefinitionField.key.rawValue),
                DefinitionKey.rule, rule: "PLAYBOOK")
        }
        guard try table.named(key, context) == nil else {
            throw Problem.alreadyExists(
                Text(en: "There is already a playbook with this key.", ko: "같은 키의 플레이북이 이미 있습니다."))
        }
        try checkShape(playbook)
        var row = DefinitionRow(key, playbook, context.write)
        try row.store(in: table, context)
        return row
    }

    /// Changes the draft of a definition.
    func change(
        _ id: String, _ etag: String, _ context: RuleContext, _ body: (inout Playbook) throws -> Void
    ) throws -> PlaybookDefinition {
        try authorize(.write, context)
        var row = try found(id, etag, context)
        let before = row.playbook.table
        try body(&row.playbook)
        guard row.version == 0 || row.playbook.table == before else {
            throw Problem.failedPrecondition(
                rule: "G-130",
                Text(
                    en: "The table of a playbook that was activated cannot be changed.",
                    ko: "활성화된 적이 있는 플레이북의 테이블은 변경할 수 없습니다."), field: FaultPlace().at(.playbook).at(.table).whole)
        }
        try checkShape(row.playbook)
        try row.store(in: table, context)
        return row.message()
    }

    private func checkShape(_ playbook: Playbook) throws {
        let faults = PlaybookCheck.shapeFaults(playbook)
        guard faults.isEmpty else { throw Problem.faulty(faults, playbook) }
    }

    // MARK: Versions

    func activate(_ request: ActionRequest, _ context: RuleContext) throws -> PlaybookDefinition {
        try authorize(.write, context)
        return try activate(found(request.id, request.etag, context), context).message()
    }

    /// Makes the draft the version that runs begin with. INVALID_ARGUMENT names everything that cannot work.
    func activate(_ given: DefinitionRow, _ context: RuleContext) throws -> DefinitionRow {
        var row = given
        let tx = context.transaction
        // Of two that would start each other the later one finds the earlier.
        tx.send("SELECT pg_advisory_xact_lock(hashtextextended(\(schema + ".playbook_trigger"), 0))")
        let world = try playbooks.world(of: row.domain, row.id, context)
        let faults = try PlaybookCheck.faults(row.playbook, in: world)
        guard faults.isEmpty else { throw Problem.faulty(faults, row.playbook) }
        try refuseOverlap(of: row, world, context)
        let resolved = row.playbook.resolved(with: world.definitions)
        let last = try tx.query(
            """
            SELECT number, playbook FROM \(identifier: schema).playbook_version WHERE definition = \(row.id) \
            ORDER BY number DESC LIMIT 1
            """
        ).first
        var number = try last?.int(PlaybookColumn.number) ?? 0
        if try last.map({ try Playbook.decode(protobuf: $0.bytes(PlaybookColumn.playbook)) }) == resolved {
            guard row.state != .active else {
                throw Problem.failedPrecondition(
                    rule: "G-130",
                    Text(en: "Nothing has changed since it was activated.", ko: "활성화된 후 변경된 내용이 없습니다."))
            }
        } else {
            number += 1
            let bytes = try resolved.encodeProtobuf()
            tx.send(
                """
                INSERT INTO \(identifier: schema).playbook_version \
                (id, domain, definition, number, playbook, activated_at, activated_by) VALUES \
                (\(RecordID.make(at: context.write.now)), \(row.domain), \(row.id), \(number), \(bytes.sqlValue), \
                \(context.write.now.sqlValue), \(context.write.caller.subject))
                """, expecting: 1)
        }
        row.becomeVersion(number)
        try row.store(in: table, context)
        return row
    }

    /// Refuses a trigger that may start a run where another active playbook starts one as well (G-130): unless their
    /// conditions contradict each other, nobody can say that both never hold. Those of tenants beside each other never meet.
    private func refuseOverlap(of row: DefinitionRow, _ world: PlaybookWorld, _ context: RuleContext) throws {
        guard let trigger = row.playbook.trigger else { return }
        let fields = world.tables[row.playbook.table]?.filterFields ?? []
        let own = try trigger.checked(over: fields, world.facts)
        for other in try VersionRow.active(
            where: """
                d.parent_table = \(row.playbook.table) AND d.id <> \(row.id) AND \(VersionRow.meets(row.domain))
                """, in: schema, context.transaction)
        {
            guard let their = other.playbook.trigger, their.event == trigger.event else { continue }
            guard try !own.excludes(their.checked(over: fields, world.facts)) else { continue }
            let name = other.playbook.label?.text ?? Self.label
            throw Problem(
                .failedPrecondition,
                Text(
                    en: "The trigger overlaps with that of the active playbook ‘\(name.en)’: both conditions may hold.",
                    ko: "트리거가 활성 플레이북 ‘\(name.ko)’의 트리거와 겹칩니다. 두 조건이 함께 충족될 수 있습니다."),
                reason: "TRIGGER_OVERLAP", metadata: ["definition": other.definition])
        }
    }

    func retire(_ request: ActionRequest, _ context: RuleContext) throws -> PlaybookDefinition {
        try authorize(.write, context)
        var row = try found(request.id, request.etag, context)
        guard row.state == .active else {
            throw Problem.failedPrecondition(
                rule: "G-130",
                Text(en: "Only an active playbook can be retired.", ko: "활성 플레이북만 사용을 중지할 수 있습니다."))
        }
        row.state = .retired
        try row.store(in: table, context)
        return row.message()
    }

    // MARK: Finding

    func authorize(_ operation: Operation, _ context: RuleContext) throws {
        try playbooks.authorize(operation, .definition, context.write.caller)
    }

    /// A definition that is to be changed, locked.
    func found(_ id: String, _ etag: String, _ context: RuleContext) throws -> DefinitionRow {
        try DefinitionRow(table.locked(id, etag: etag, context.transaction))
    }

    /// A definition that is looked at.
    func seen(_ id: String, _ context: RuleContext) throws -> DefinitionRow {
        try DefinitionRow(table.seen(id, context.transaction))
    }
}
