import Foundation
import Ground
import PlaybooksWire
import Postgres
import Wire

/// A run as its row has it.
struct RunRow: Sendable {
    let id: String
    var revision: Int
    var domain: String
    let definition: String
    let version: String
    /// Number of the version.
    let number: Int
    let table: String
    var record: String?
    var state: RunState
    let startedAt: Timestamp
    let startedBy: String
    var endedAt: Timestamp?
    var endedBy: String?

    static let columns: SQL = """
        id, revision, domain, definition, version, number, parent_table, record, state, started_at, started_by, ended_at, ended_by
        """

    init(_ row: Row) throws {
        id = try row.string("id")
        revision = try row.int("revision")
        domain = try row.string("domain")
        definition = try row.string("definition")
        version = try row.string("version")
        number = try row.int("number")
        table = try row.string("parent_table")
        record = try row.optionalString("record")
        state = RunState(rawValue: try row.string("state")) ?? .canceled
        startedAt = Timestamp(microseconds: try row.timestamp("started_at"))
        startedBy = try row.string("started_by")
        endedAt = try row.optionalTimestamp("ended_at").map(Timestamp.init(microseconds:))
        endedBy = try row.optionalString("ended_by")
    }

    /// A run that begins.
    init(_ version: VersionRow, record: String?, domain: String, by: String, at now: Timestamp) {
        id = RecordID.make(at: now)
        revision = 0
        (definition, self.version, number, table) = (version.definition, version.id, version.number, version.table)
        (self.domain, self.record) = (domain, record)
        (state, startedAt, startedBy) = (.inProgress, now, by)
    }
}

/// The version that runs of a definition begin with.
struct VersionRow: Sendable {
    let id: String
    let definition: String
    let number: Int
    let table: String
    let playbook: Playbook

    /// The active versions of definitions that meet `condition`, of the caller's domain and of those above it, the nearest
    /// first.
    static func active(where condition: SQL, in schema: String, _ tx: Transaction) throws -> [VersionRow] {
        try tx.query(
            """
            SELECT v.id, v.definition, v.number, d.parent_table, v.playbook \
            FROM \(identifier: schema).playbook_definition d \
            JOIN \(identifier: schema).playbook_version v ON v.definition = d.id AND v.number = d.version \
            WHERE d.state = 'active' AND (\(condition)) ORDER BY length(d.domain) DESC, d.key
            """
        ).map { row in
            VersionRow(
                id: try row.string("id"), definition: try row.string("definition"), number: try row.int("number"),
                table: try row.string("parent_table"),
                playbook: try Playbook.decode(protobuf: row.bytes("playbook")))
        }
    }
}

/// Where a run is.
enum RunState: String, Sendable {
    case inProgress = "in_progress"
    case done, canceled
}

/// An activity of a run as its row has it.
struct ActivityRow: Sendable {
    let id: String
    var revision: Int
    let position: Int
    let key: String
    var state: ActivityState
    var applies: Bool
    var dueDate: String?
    var assignedTo: String?
    var startedAt: Timestamp?
    var endedAt: Timestamp?
    var endedBy: String?
    /// How often it was started and completed: what is made once for each follows from it.
    var starts: Int
    var completions: Int
    var entered: [Entry]
    var created: [Made]
    var warnings: [Said]
    var failure: Said?
    /// The record by whose end it ends; nil when it made none, or its service has not answered yet.
    var made: String?

    static let columns: SQL = """
        id, revision, position, key, state, applies, due_date, assigned_to, started_at, ended_at, ended_by, starts, \
        completions, entered, created, warnings, failure, made
        """

    init(_ row: Row) throws {
        id = try row.string("id")
        revision = try row.int("revision")
        position = try row.int("position")
        key = try row.string("key")
        state = ActivityState(rawValue: try row.string("state")) ?? .pending
        applies = try row.bool("applies")
        dueDate = try row.optionalString("due_date")
        assignedTo = try row.optionalString("assigned_to")
        startedAt = try row.optionalTimestamp("started_at").map(Timestamp.init(microseconds:))
        endedAt = try row.optionalTimestamp("ended_at").map(Timestamp.init(microseconds:))
        endedBy = try row.optionalString("ended_by")
        starts = try row.int("starts")
        completions = try row.int("completions")
        entered = try Self.list(row.string("entered"))
        created = try Self.list(row.string("created"))
        warnings = try Self.list(row.string("warnings"))
        failure = try row.optionalString("failure").map { try JSONDecoder().decode(Said.self, from: Data($0.utf8)) }
        made = try row.optionalString("made")
    }

    /// An activity of a run that begins.
    init(_ key: String, at position: Int, now: Timestamp) {
        id = RecordID.make(at: now)
        (revision, self.position, self.key) = (1, position, key)
        (state, applies, starts, completions) = (.pending, true, 0, 0)
        (entered, created, warnings) = ([], [], [])
    }

    private static func list<T: Decodable>(_ json: String) throws -> [T] {
        json == "[]" ? [] : try JSONDecoder().decode([T].self, from: Data(json.utf8))
    }

    /// A value of the draft, with the revision of the activity that brought it.
    struct Entry: Codable, Sendable, Equatable {
        let input: String
        var value: String
        var by: String
        var at: Int64
        var revision: Int
    }

    /// A record that it has made.
    struct Made: Codable, Sendable, Equatable {
        let service: String
        let table: String
        var id: String
        var number: String
    }

    /// A text in both languages.
    struct Said: Codable, Sendable, Equatable {
        let en: String
        let ko: String

        init(_ text: Text) { (en, ko) = (text.en, text.ko) }

        var message: LocalText { LocalText(Text(en: en, ko: ko)) }
    }

    /// The values of the draft by their inputs.
    var values: [String: String] {
        Dictionary(entered.map { ($0.input, $0.value) }, uniquingKeysWith: { _, last in last })
    }

    /// As ``PlaybookMachine`` sees it.
    var standing: PlaybookMachine.Standing { .init(state: state, applies: applies) }
}

/// A line of the activity log.
struct LogRow: Sendable {
    let activity: String?
    let action: String
    var field: String?
    var old: String?
    var new: String?
}

/// The JSON of a column.
func jsonText(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    return String(decoding: try encoder.encode(value), as: UTF8.self)
}
