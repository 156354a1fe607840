import Foundation
import Ground
import PlaybooksWire
import Postgres
import Tenancy
import Wire

/// A run as its row has it.
struct RunRow: Sendable {
    let id: String
    var revision: Int
    var domain: String
    let definition: String
    var version: String
    /// Number of the version.
    var number: Int
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
        id = try row.string(PlaybookColumn.id)
        revision = try row.int(PlaybookColumn.revision)
        domain = try row.string(PlaybookColumn.domain)
        definition = try row.string(PlaybookColumn.definition)
        version = try row.string(PlaybookColumn.version)
        number = try row.int(PlaybookColumn.number)
        table = try row.string(PlaybookColumn.parentTable)
        record = try row.optionalString(PlaybookColumn.record)
        state = RunState(rawValue: try row.string(PlaybookColumn.state)) ?? .canceled
        startedAt = Timestamp(microseconds: try row.timestamp(PlaybookColumn.startedAt))
        startedBy = try row.string(PlaybookColumn.startedBy)
        endedAt = try row.optionalTimestamp(PlaybookColumn.endedAt).map(Timestamp.init(microseconds:))
        endedBy = try row.optionalString(PlaybookColumn.endedBy)
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

    init(_ row: Row) throws {
        id = try row.string(PlaybookColumn.id)
        definition = try row.string(PlaybookColumn.definition)
        number = try row.int(PlaybookColumn.number)
        table = try row.string(PlaybookColumn.parentTable)
        playbook = try Playbook.decode(protobuf: row.bytes(PlaybookColumn.playbook))
    }

    /// That a definition `d` is of a domain, or of one above it: no other is for the records there.
    static func reaches(_ domain: String) -> SQL {
        let above = (DomainPath(domain) ?? .root).ancestors.map(\.path)
        return "d.domain = ANY(\(above)::text[])"
    }

    /// That a definition `d` may be for records for which one of `domain` is: it is of that domain, above it or below.
    static func meets(_ domain: String) -> SQL { "(\(reaches(domain)) OR starts_with(d.domain, \(domain)))" }

    /// The active versions of definitions that meet `condition`, as far as the caller sees them, those of the nearest
    /// domain first.
    static func active(where condition: SQL, in schema: String, _ tx: Transaction) throws -> [VersionRow] {
        try tx.query(
            """
            SELECT v.id, v.definition, v.number, d.parent_table, v.playbook \
            FROM \(identifier: schema).playbook_definition d \
            JOIN \(identifier: schema).playbook_version v ON v.definition = d.id AND v.number = d.version \
            WHERE d.state = \(literal: DefinitionState.active) AND (\(condition)) ORDER BY length(d.domain) DESC, d.key
            """
        ).map(VersionRow.init)
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
    /// Its place in the run, from 1; below 0 for one that has no place in the version of the run (``RunWork/left``).
    var position: Int
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
        id = try row.string(PlaybookColumn.id)
        revision = try row.int(PlaybookColumn.revision)
        position = try row.int(PlaybookColumn.position)
        key = try row.string(PlaybookColumn.key)
        state = ActivityState(rawValue: try row.string(PlaybookColumn.state)) ?? .pending
        applies = try row.bool(PlaybookColumn.applies)
        dueDate = try row.optionalString(PlaybookColumn.dueDate)
        assignedTo = try row.optionalString(PlaybookColumn.assignedTo)
        startedAt = try row.optionalTimestamp(PlaybookColumn.startedAt).map(Timestamp.init(microseconds:))
        endedAt = try row.optionalTimestamp(PlaybookColumn.endedAt).map(Timestamp.init(microseconds:))
        endedBy = try row.optionalString(PlaybookColumn.endedBy)
        starts = try row.int(PlaybookColumn.starts)
        completions = try row.int(PlaybookColumn.completions)
        // What nobody has entered was filled in by an earlier version, which kept what the form showed at first: forms still
        // show that, and it is not written.
        entered = try Self.list(row.string(PlaybookColumn.entered)).filter { (entry: Entry) in !entry.by.isEmpty }
        created = try Self.list(row.string(PlaybookColumn.created))
        warnings = try Self.list(row.string(PlaybookColumn.warnings))
        failure = try row.optionalString(PlaybookColumn.failure).map {
            try JSONDecoder().decode(Said.self, from: Data($0.utf8))
        }
        made = try row.optionalString(PlaybookColumn.made)
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
        /// The row of its form of which it was made, and how often the activity had been started by then.
        var row: [String: String]?
        var start: Int?
        /// How often it was taken up again after its end; nil when it never was.
        var reopenings: Int?
        /// Of a record of another service, what was last heard of it: whether it has ended, and the fields that conditions
        /// look at beside the parent record, in text form. Nil where nothing of it matters.
        var hasEnded: Bool?
        var seen: [String: String]?
    }

    /// A text in both languages.
    struct Said: Codable, Sendable, Equatable {
        let en: String
        let ko: String

        init(_ text: Text) { (en, ko) = (text.en, text.ko) }

        var text: Text { Text(en: en, ko: ko) }

        var message: LocalText { LocalText(text) }

        /// The text as a line of the log keeps it.
        var logged: String { (try? jsonText(self)) ?? en }

        /// What a line of the log says; nil for one of before, which has it in one language.
        init?(logged: String) {
            guard let said = try? JSONDecoder().decode(Said.self, from: Data(logged.utf8)) else { return nil }
            self = said
        }
    }

    /// The values of the draft by their inputs.
    var values: [String: String] {
        Dictionary(entered.map { ($0.input, $0.value) }, uniquingKeysWith: { _, last in last })
    }

    /// The size of the draft.
    var enteredBytes: Int { entered.reduce(0) { $0 + $1.value.utf8.count } }

    /// The rows of its form of which it has made records since it was last started.
    var madeRows: [MadeRow] {
        created.compactMap { made in
            guard let row = made.row, made.start == starts else { return nil }
            return MadeRow(row: row, number: made.number)
        }
    }

    /// What a caller has seen of it: its revision, behind how often it was started.
    var etag: String { "\(starts).\(revision)" }

    /// The revision that a caller has seen; nil when the activity was begun anew since, or the etag is none.
    func revision(seen etag: String) -> Int? {
        let parts = etag.split(separator: ".").map { Int($0) }
        return parts.count == 2 && parts[0] == starts ? parts[1] : nil
    }

    /// As ``PlaybookMachine`` sees it.
    var standing: PlaybookMachine.Standing { .init(state: state, applies: applies) }
}

/// A line of the activity log.
struct LogRow: Sendable {
    /// What happened (G-52).
    enum Action: String, Sendable {
        case started, entered, completed, skipped, reopened, restarted, canceled, failed, created, migrated
    }

    let activity: String?
    let action: Action
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
