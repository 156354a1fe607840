import Ground
import ImportValidationWire
import OnboardingWire
import Postgres
import RPC
import Records
import Roles
import Tenancy
import Wire

/// A move of a date as its row has it.
struct DateMoveRow {
    /// Where a move is.
    enum State: String, Sendable { case previewed, applying, applied, undoing, undone, refused }

    /// The columns of the table.
    enum Column: String {
        case id, revision, state, preview
        case createdAt = "created_at"
        case createdBy = "created_by"
        case appliedAt = "applied_at"
        case appliedBy = "applied_by"
        case undoneAt = "undone_at"
        case undoneBy = "undone_by"
        case onboardingCase = "onboarding_case"
        case refusal
        case refusalKorean = "refusal_ko"
    }

    /// How items name activities without a record.
    static let activities = LifecycleTask.Field.playbookActivity.rawValue
    static let label = Text(en: "Move of a date", ko: "날짜 변경")

    /// What was previewed: case, task, dates and items.
    let preview: DateMove
    private(set) var state: State
    private var revision: Int
    private let (createdAt, createdBy): (Timestamp, String)
    private var applied: Stamp?
    private var undone: Stamp?
    private var refusal: Text?

    /// Who did something, and when.
    private struct Stamp {
        let at: Timestamp
        let by: String
    }

    /// The move `id`, locked for a change where asked. NOT_FOUND for one that is not there, or that the caller may not know.
    init(_ id: String, isLocked: Bool, _ tx: Transaction) throws {
        let locking: SQL = isLocked ? " FOR UPDATE" : ""
        guard Validation.isUUID(id),
            let row = try tx.query(
                """
                SELECT revision, state, preview, created_at, created_by, applied_at, applied_by, undone_at, undone_by, \
                onboarding_case, refusal, refusal_ko FROM onboarding.date_move WHERE id = \(id)\(locking)
                """
            ).first, let state = State(rawValue: try row.string(Column.state))
        else { throw Problem.notFound(Self.label, id: id) }
        func stamp(_ at: Column, _ by: Column) throws -> Stamp? {
            guard let time = try row.optionalTimestamp(at) else { return nil }
            return Stamp(at: Timestamp(microseconds: time), by: try row.optionalString(by) ?? "")
        }
        var preview = try DateMove.decode(protobuf: row.bytes(Column.preview))
        (preview.id, preview.onboardingCase) = (id, try row.string(Column.onboardingCase))
        self.preview = preview
        self.state = state
        revision = try row.int(Column.revision)
        createdAt = Timestamp(microseconds: try row.timestamp(Column.createdAt))
        createdBy = try row.string(Column.createdBy)
        refusal = try row.optionalString(Column.refusal).map {
            Text(en: $0, ko: try row.optionalString(Column.refusalKorean) ?? $0)
        }
        (applied, undone) = (try stamp(.appliedAt, .appliedBy), try stamp(.undoneAt, .undoneBy))
    }

    /// Keeps a preview of a case, in the place of the one that the caller has not applied.
    init(keeping preview: DateMove, domain: String, _ context: RuleContext) throws {
        let (write, tx) = (context.write, context.transaction)
        var preview = preview
        preview.id = RecordID.make(at: write.now)
        self.preview = preview
        (state, revision, createdAt, createdBy) = (.previewed, 1, write.now, write.caller.subject)
        let task = preview.lifecycleTask.isEmpty ? nil : preview.lifecycleTask
        tx.send(
            """
            DELETE FROM onboarding.date_move WHERE onboarding_case = \(preview.onboardingCase) \
            AND created_by = \(createdBy) AND state = \(literal: State.previewed)
            """)
        tx.send(
            """
            INSERT INTO onboarding.date_move \
            (id, revision, domain, onboarding_case, lifecycle_task, state, preview, created_at, created_by) \
            VALUES (\(preview.id), \(revision), \(domain), \(preview.onboardingCase), \(task.sqlValue)::uuid, \
            \(state.rawValue), \(try preview.encodeProtobuf()), \(createdAt.sqlValue), \(createdBy))
            """, expecting: 1)
    }

    /// Refuses a caller who has seen another state of the move, and a move that is not `expected`.
    func check(_ etag: String, is expected: State, _ text: Text) throws(Problem) {
        guard etag.isEmpty || etag == String(revision) else { throw .staleEtag }
        guard state == expected else { throw Problem(.failedPrecondition, text, reason: "DATE_MOVE_STATE") }
    }

    /// Notes that the move is, or is about to be, applied or undone.
    mutating func move(to state: State, _ context: RuleContext) {
        let stamp = Stamp(at: context.write.now, by: context.write.caller.subject)
        if state == .applied { applied = stamp }
        if state == .undone { undone = stamp }
        refusal = nil
        write(state, context.transaction)
    }

    /// Notes why applying or undoing it came to nothing.
    mutating func refuse(_ why: Text?, to state: State, _ tx: Transaction) {
        refusal = why
        write(state, tx)
    }

    private mutating func write(_ state: State, _ tx: Transaction) {
        self.state = state
        revision += 1
        tx.send(
            """
            UPDATE onboarding.date_move SET revision = \(revision), state = \(state.rawValue), \
            applied_at = \(applied?.at.sqlValue ?? .null)::timestamptz, applied_by = \(applied.map(\.by).sqlValue), \
            undone_at = \(undone?.at.sqlValue ?? .null)::timestamptz, undone_by = \(undone.map(\.by).sqlValue), \
            refusal = \(refusal.map(\.en).sqlValue), refusal_ko = \(refusal.map(\.ko).sqlValue) WHERE id = \(preview.id)
            """, expecting: 1)
    }

    /// Whether it takes import tasks along.
    var movesImports: Bool {
        preview.items.contains { $0.table == ImportTask.schema.table && $0.moves }
    }

    /// The move as it is answered to a caller.
    func message(for caller: Caller) -> DateMove {
        var message = preview
        message.refusal = refusal.map { $0(caller.locale) } ?? ""
        (message.etag, message.state) = (String(revision), state.rawValue)
        (message.createdAt, message.createdBy) = (createdAt, createdBy)
        (message.appliedAt, message.appliedBy) = (applied?.at, applied?.by ?? "")
        (message.undoneAt, message.undoneBy) = (undone?.at, undone?.by ?? "")
        message.moving = Int32(clamping: preview.items.count(where: \.moves))
        message.hide(from: caller)
        message.afterGoLive = Int32(clamping: message.items.count(where: \.afterGoLive))
        message.beforeToday = Int32(clamping: message.items.count(where: \.beforeToday))
        return message
    }
}

extension DateMoveItem {
    /// Whether a date is written: of what has yet to begin there is none.
    var moves: Bool { !expected && before != after }
}

extension DateMove {
    /// Hides what the caller may not read of the case and its tasks (G-24): dates, and what they say of the go-live date.
    fileprivate mutating func hide(from caller: Caller) {
        func reads(_ field: some RawRepresentable<String>, of schema: RecordSchema) -> Bool {
            caller.kind == .service || Access.mayRead(caller.roles, field: field.rawValue, of: schema.table) != false
        }
        let goLive = reads(OnboardingCase.Field.goLiveDate, of: OnboardingCase.schema)
        let tasks = reads(LifecycleTask.Field.dueDate, of: LifecycleTask.schema)
        let imports = reads(ImportTask.Field.dueDate, of: ImportTask.schema)
        guard !goLive || !tasks || !imports else { return }
        if !goLive { (goLiveBefore, goLiveAfter, goLiveNotWorking, playbookMoves) = ("", "", false, false) }
        for place in items.indices {
            if !goLive {
                (items[place].afterGoLive, items[place].critical, items[place].slackDays) = (false, false, 0)
                items[place].follows = ""
            }
            let isRead =
                switch items[place].table {
                case LifecycleTask.schema.table: tasks
                case ImportTask.schema.table: imports
                default: goLive
                }
            // A date that is counted from another tells that.
            guard !isRead || !goLive && items[place].reason == DatePlan.Reason.counted.rawValue else { continue }
            (items[place].before, items[place].after, items[place].beforeToday, items[place].notWorking) = (
                "", "", false, false
            )
        }
    }
}
