import Ground
import PlaybooksWire
import Postgres
import RPC
import Records
import Wire

/// A playbook as administrators have it.
struct DefinitionRow: Sendable {
    private(set) var head: DefinitionHead
    var state: DefinitionState
    var playbook: Playbook
    /// Number of the version that runs begin with; 0 before it was activated.
    private(set) var version: Int
    /// The playbook as it was edited when that version was made.
    private(set) var activated: Playbook?

    var id: String { head.id }
    var domain: String { head.domain }
    var key: String { head.key }

    /// Where they are.
    static func table(in schema: String) -> DefinitionTable {
        DefinitionTable(
            schema: schema, name: OwnTable.definition.rawValue, label: PlaybookDefinitions.label,
            own: [PlaybookColumn.state, .playbook, .version, .activated, .parentTable].map(\.rawValue))
    }

    init(_ row: Row) throws {
        head = try DefinitionHead(row)
        state = DefinitionState(rawValue: try row.string(PlaybookColumn.state)) ?? .draft
        playbook = try Playbook.decode(protobuf: row.bytes(PlaybookColumn.playbook))
        version = try row.int(PlaybookColumn.version)
        activated = try row.optionalBytes(PlaybookColumn.activated).map { try Playbook.decode(protobuf: $0) }
    }

    /// A new draft in the domain of the caller.
    init(_ key: String, _ playbook: Playbook, _ write: WriteContext) {
        head = DefinitionHead(key, write)
        (self.playbook, state, version) = (playbook, .draft, 0)
    }

    /// Whether the playbook differs from the version that runs begin with.
    var hasChanges: Bool { version > 0 && activated != playbook }

    /// The playbook as it is edited becomes that of a new version.
    mutating func becomeVersion(_ number: Int) {
        (state, version, activated) = (.active, number, playbook)
    }

    /// Writes it: the first time as a new row.
    mutating func store(in table: DefinitionTable, _ context: RuleContext) throws {
        let kept = try activated.map { try $0.encodeProtobuf().sqlValue } ?? .null
        table.store(
            &head,
            [
                state.rawValue.sqlValue, try playbook.encodeProtobuf().sqlValue, version.sqlValue, kept,
                playbook.table.sqlValue,
            ], context)
    }

    /// The definition as it is answered; lists leave the lanes out.
    func message(withLanes: Bool = true) -> PlaybookDefinition {
        var answer = PlaybookDefinition()
        answer.id = id
        answer.etag = head.etag
        (answer.createdAt, answer.createdBy) = (head.createdAt, head.createdBy)
        (answer.updatedAt, answer.updatedBy) = (head.updatedAt, head.updatedBy)
        answer.domain = domain
        answer.key = key
        answer.state = state.rawValue
        answer.playbook = playbook
        if !withLanes { answer.playbook?.lanes = [] }
        answer.version = Int32(version)
        answer.hasChanges = hasChanges
        return answer
    }
}

/// Where a definition is.
enum DefinitionState: String, Sendable, CaseIterable {
    case draft, active, retired
}
