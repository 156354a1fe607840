import Ground
import PlaybooksWire
import Postgres
import RPC
import Wire

/// A playbook as administrators have it.
struct DefinitionRow: Sendable {
    let id: String
    private(set) var revision: Int
    let domain: String
    let key: String
    var state: DefinitionState
    var playbook: Playbook
    /// Number of the version that runs begin with; 0 before it was activated.
    private(set) var version: Int
    /// The playbook as it was edited when that version was made.
    private var activated: Playbook?
    private let createdAt: Timestamp
    private let createdBy: String
    private var updatedAt: Timestamp
    private var updatedBy: String

    static let columns: SQL = """
        id, revision, domain, key, state, playbook, version, activated, created_at, created_by, updated_at, updated_by
        """

    init(_ row: Row) throws {
        id = try row.string("id")
        revision = try row.int("revision")
        domain = try row.string("domain")
        key = try row.string("key")
        state = DefinitionState(rawValue: try row.string("state")) ?? .draft
        playbook = try Playbook.decode(protobuf: row.bytes("playbook"))
        version = try row.int("version")
        activated = try row.optionalBytes("activated").map { try Playbook.decode(protobuf: $0) }
        createdAt = Timestamp(microseconds: try row.timestamp("created_at"))
        createdBy = try row.string("created_by")
        updatedAt = Timestamp(microseconds: try row.timestamp("updated_at"))
        updatedBy = try row.string("updated_by")
    }

    /// A new draft in the domain of the caller.
    init(_ key: String, _ playbook: Playbook, _ write: WriteContext) {
        id = RecordID.make(at: write.now)
        (revision, version) = (0, 0)
        domain = write.caller.domain.path
        (self.key, self.playbook, state) = (key, playbook, .draft)
        (createdAt, createdBy) = (write.now, write.caller.subject)
        (updatedAt, updatedBy) = (write.now, write.caller.subject)
    }

    /// The definition of that id that the caller may see; nil when there is none. To be changed it must be of the caller's
    /// own domain or below, and is locked.
    static func find(_ id: String, forChange: Bool = false, in schema: String, _ tx: Transaction) throws -> Self? {
        let locking: SQL = forChange ? " FOR UPDATE" : ""
        return try tx.query(
            "SELECT \(columns) FROM \(identifier: schema).playbook_definition WHERE id = \(id)\(locking)"
        ).first.map(Self.init)
    }

    /// The definition of the caller's own domain with that key, locked.
    static func find(key: String, in schema: String, _ write: WriteContext, _ tx: Transaction) throws -> Self? {
        try tx.query(
            """
            SELECT \(columns) FROM \(identifier: schema).playbook_definition \
            WHERE key = \(key) AND domain = \(write.caller.domain.path) FOR UPDATE
            """
        ).first.map(Self.init)
    }

    /// Whether the playbook differs from the version that runs begin with.
    var hasChanges: Bool { version > 0 && activated != playbook }

    /// The playbook as it is edited becomes that of a new version.
    mutating func becomeVersion(_ number: Int) {
        (state, version, activated) = (.active, number, playbook)
    }

    /// Writes it: the first time as a new row.
    mutating func store(in schema: String, _ write: WriteContext, _ tx: Transaction) throws {
        let bytes = try playbook.encodeProtobuf()
        let kept = try activated?.encodeProtobuf()
        (updatedAt, updatedBy) = (write.now, write.caller.subject)
        revision += 1
        if revision == 1 {
            tx.send(
                """
                INSERT INTO \(identifier: schema).playbook_definition (\(Self.columns), parent_table) VALUES \
                (\(id), \(revision), \(domain), \(key), \(state.rawValue), \(bytes.sqlValue), \(version), \
                \(kept), \(createdAt.sqlValue), \(createdBy), \(updatedAt.sqlValue), \(updatedBy), \
                \(playbook.table))
                """, expecting: 1)
        } else {
            tx.send(
                """
                UPDATE \(identifier: schema).playbook_definition SET revision = \(revision), \
                state = \(state.rawValue), playbook = \(bytes.sqlValue), version = \(version), \
                activated = \(kept), updated_at = \(updatedAt.sqlValue), \
                updated_by = \(updatedBy), parent_table = \(playbook.table) WHERE id = \(id)
                """, expecting: 1)
        }
    }

    /// The definition as it is answered; lists leave the lanes out.
    func message(withLanes: Bool = true) -> PlaybookDefinition {
        var answer = PlaybookDefinition()
        answer.id = id
        answer.etag = String(revision)
        (answer.createdAt, answer.createdBy) = (createdAt, createdBy)
        (answer.updatedAt, answer.updatedBy) = (updatedAt, updatedBy)
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
enum DefinitionState: String, Sendable {
    case draft, active, retired
}
