import Ground
import PlaybooksWire
import Postgres
import RPC
import Records
import Tenancy
import Wire

/// A case of a migration as its row has it.
struct MigrationCaseRow {
    /// Where it is.
    enum State: String { case previewed, applying, applied, undoing, undone, refused }

    static let label = Text(en: "Case of a migration", ko: "버전 전환 케이스")

    let id: String
    /// What was previewed: run, record, counts and steps.
    let preview: PlaybookMigrationCase
    let state: State
    let refusal: Text?
    let applied: (at: Timestamp, by: String)?
    let undone: (at: Timestamp, by: String)?

    static let columns: SQL = """
        id, state, preview, refusal, refusal_ko, applied_at, applied_by, undone_at, undone_by
        """

    init(_ row: Row) throws {
        func stamp(_ at: PlaybookColumn, _ by: PlaybookColumn) throws -> (Timestamp, String)? {
            guard let time = try row.optionalTimestamp(at) else { return nil }
            return (Timestamp(microseconds: time), try row.optionalString(by) ?? "")
        }
        id = try row.string(PlaybookColumn.id)
        state = State(rawValue: try row.string(PlaybookColumn.state)) ?? .refused
        preview = try PlaybookMigrationCase.decode(protobuf: row.bytes(PlaybookColumn.preview))
        refusal = try row.optionalString(PlaybookColumn.refusal).map {
            Text(en: $0, ko: try row.optionalString(PlaybookColumn.refusalKorean) ?? $0)
        }
        (applied, undone) = (try stamp(.appliedAt, .appliedBy), try stamp(.undoneAt, .undoneBy))
    }

    /// The case as it is answered.
    func message(for caller: Caller, withSteps: Bool) -> PlaybookMigrationCase {
        var answer = preview
        (answer.id, answer.state) = (id, state.rawValue)
        answer.refusal = refusal.map { $0(caller.locale) } ?? ""
        (answer.appliedAt, answer.appliedBy) = (applied?.at, applied?.by ?? "")
        (answer.undoneAt, answer.undoneBy) = (undone?.at, undone?.by ?? "")
        if !withSteps { answer.steps = [] }
        return answer
    }

    /// The insertion of cases that were just looked at, with their places from `first`; `refusal` is why one cannot be brought
    /// there.
    static func insert(
        _ cases: [(preview: PlaybookMigrationCase, refusal: Text?, domain: String)], from first: Int, in schema: String
    ) throws -> SQL {
        let rows = try cases.enumerated().map { place, entry -> SQL in
            let (preview, refusal) = (entry.preview, entry.refusal)
            return """
                (\(preview.id), \(entry.domain), \(preview.migration), \(first + place), \(preview.run), \(preview.record), \
                \(preview.number), \(Int(preview.fromVersion)), \((refusal == nil ? State.previewed : .refused).rawValue), \
                \(try preview.encodeProtobuf().sqlValue), \((refusal?.en).value), \((refusal?.ko).value))
                """
        }
        return """
            INSERT INTO \(identifier: schema).playbook_migration_case \
            (id, domain, migration, position, run, record, number, from_number, state, preview, refusal, refusal_ko) \
            VALUES \(rows.joined())
            """
    }
}

extension PlaybookMigrationCase {
    /// What bringing a run to a version comes to.
    init(_ work: RunWork, _ steps: [PlaybookMigrationStep], number: String, migration: String) {
        self.init()
        id = RecordID.make(at: work.now)
        (self.migration, run, record, self.number) = (migration, work.run.id, work.run.record ?? "", number)
        fromVersion = Int32(clamping: work.run.number)
        self.steps = steps
        func count(_ outcome: MigrationPlan.Outcome) -> Int32 {
            Int32(clamping: steps.count { $0.outcome == outcome.rawValue })
        }
        (kept, restarting, added, withoutPlace) = (
            count(.kept), count(.restarts), count(.added), count(.noPlace)
        )
        let pending = ActivityState.pending.rawValue
        starting = Int32(
            clamping: steps.count { step in
                (step.before.isEmpty || step.before == pending) && !step.after.isEmpty && step.after != pending
            })
    }
}

/// A migration as its row has it, with how many of its cases are where.
struct MigrationRow {
    private typealias State = MigrationCaseRow.State

    static let label = Text(en: "Migration of a playbook", ko: "플레이북 버전 전환")

    let message: PlaybookMigration
    /// The version that runs are brought to.
    let version: String

    /// Reads the migrations that meet a condition, which ends with their order.
    static func query(where condition: SQL, in schema: String) -> SQL {
        """
        SELECT m.id, m.domain, m.definition, m.version, m.cases, m.has_more, m.created_at, m.created_by, v.number, \
        v.playbook, s.* FROM \(identifier: schema).playbook_migration m \
        JOIN \(identifier: schema).playbook_version v ON v.id = m.version, LATERAL (SELECT \
        count(*) FILTER (WHERE state = \(literal: State.previewed)) AS previewed, \
        count(*) FILTER (WHERE state IN (\(literal: State.applying), \(literal: State.undoing))) AS moving, \
        count(*) FILTER (WHERE state = \(literal: State.applied)) AS applied, \
        count(*) FILTER (WHERE state = \(literal: State.undone)) AS undone, \
        count(*) FILTER (WHERE state = \(literal: State.refused)) AS refused \
        FROM \(identifier: schema).playbook_migration_case c WHERE c.migration = m.id) s WHERE \(condition)
        """
    }

    private enum Count: String { case previewed, moving, applied, undone, refused }

    init(_ row: Row) throws {
        var message = PlaybookMigration()
        let playbook = try Playbook.decode(protobuf: row.bytes(PlaybookColumn.playbook))
        message.id = try row.string(PlaybookColumn.id)
        message.domain = try row.string(PlaybookColumn.domain)
        message.definition = try row.string(PlaybookColumn.definition)
        version = try row.string(PlaybookColumn.version)
        message.version = Int32(clamping: try row.int(PlaybookColumn.number))
        (message.label, message.table) = (playbook.label, playbook.table)
        message.createdAt = Timestamp(microseconds: try row.timestamp(PlaybookColumn.createdAt))
        message.createdBy = try row.string(PlaybookColumn.createdBy)
        message.cases = Int32(clamping: try row.int(PlaybookColumn.cases))
        message.hasMore = try row.bool(PlaybookColumn.hasMore)
        message.previewed = Int32(clamping: try row.int(Count.previewed))
        message.moving = Int32(clamping: try row.int(Count.moving))
        message.applied = Int32(clamping: try row.int(Count.applied))
        message.undone = Int32(clamping: try row.int(Count.undone))
        message.refused = Int32(clamping: try row.int(Count.refused))
        self.message = message
    }

    /// The migration `id`, locked for a change where asked; NOT_FOUND for what the caller may not know.
    static func find(_ id: String, isLocked: Bool = false, in schema: String, _ tx: Transaction) throws -> MigrationRow
    {
        guard Validation.isUUID(id) else { throw Problem.notFound(label, id: id) }
        if isLocked {
            _ = try tx.query(
                "SELECT 1 FROM \(identifier: schema).playbook_migration WHERE id = \(id) FOR UPDATE")
        }
        guard let row = try tx.query(query(where: "m.id = \(id)", in: schema)).first else {
            throw Problem.notFound(label, id: id)
        }
        return try MigrationRow(row)
    }
}
