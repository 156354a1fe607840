import Foundation
import ImportValidationWire
import Postgres
import RPC
import Records
import Tenancy
import Wire
import Work

/// Writes the backups that are queued, in any instance: so many rows at a time, with how far it has come, so that whatever
/// is killed goes on from there. The file of a task counts when it is whole, and then takes the place of an earlier one of
/// the same day (G-69). Nothing is deleted by it.
struct BackupQueue: Sendable {
    /// Takings of a backup after which it is given up: it may be what kills those who take it.
    private static let maximumTakings = 50

    private let database: Database
    private let files: OwnAttachments<ImportTask>
    private let queue: LeasedQueue
    /// Most rows of one step.
    var rowsAtOnce = 2_000
    /// Most bytes of rows in one step, unless a single row has more.
    var bytesAtOnce = 1 << 20

    init(_ database: Database, _ bounds: AttachmentBounds) {
        self.database = database
        files = OwnAttachments(database, bounds)
        queue = LeasedQueue(database, table: "staging_backup_work", key: "id", limit: 1)
    }

    /// Given when backups are queued.
    var wake: Signal { queue.wake }

    /// Works until the task is cancelled.
    func run() async {
        await queue.run { lease in
            do {
                guard lease.takings <= Self.maximumTakings else { return try await giveUp(lease, "taken too often") }
                while try await step(lease) { try Task.checkCancellation() }
            } catch let problem as Problem where problem.reason == "G-121" {
                try await giveUp(lease, "the task has no room for more attachments")
            }
        }
    }

    // MARK: One step

    /// Writes the next rows; false when there is no more to do.
    func step(_ lease: Lease) async throws -> Bool {
        let context = context
        return try await database.transaction(as: context.caller, deadline: .after(.seconds(60))) { [self] tx in
            guard var state = try BackupState.find(lease, tx) else { return false }
            // Closed or canceled meanwhile: neither is backed up (G-70).
            guard let task = try Store<ImportTask>(database).find(state.task, in: tx), task.isOpen else {
                drop(state, lease, tx)
                return false
            }
            let file = try BackupFile(task, day: state.day, tx)
            let rows = try page(state, tx)
            guard let last = rows.last else {
                try end(state, task, file, lease, context, tx)
                return false
            }
            try write(try rows.map(file.line), to: &state, task, file, context, tx)
            state.place = (try last.int64(StagingColumn.rowNumber), try last.string(StagingColumn.id))
            state.save(lease, tx)
            return true
        }
    }

    /// Adds lines to the files of a backup. A file that would become larger than an attachment may be is followed by
    /// another; a line that is larger by itself has a file of its own.
    private func write(
        _ lines: [[UInt8]], to state: inout BackupState, _ task: ImportTask, _ file: BackupFile,
        _ context: WriteContext, _ tx: Transaction
    ) throws {
        let header = file.header
        var bytes: [UInt8] = []
        func flush(_ state: inout BackupState) {
            guard !bytes.isEmpty, let id = state.attachments.last else { return }
            files.append(bytes, to: id, at: state.received, in: tx)
            state.received += Int64(bytes.count)
            bytes = []
        }
        for line in lines {
            let size = state.received + Int64(bytes.count)
            let isFull = size > Int64(header.count) && size + Int64(line.count) > files.limit
            if state.attachments.isEmpty || isFull {
                flush(&state)
                state.attachments.append(
                    try files.begin(file.name(state.attachments.count + 1), on: task, context, in: tx))
                state.received = 0
                bytes = header
            }
            bytes += line
        }
        flush(&state)
    }

    /// All rows are written. Without any there is no file.
    private func end(
        _ state: BackupState, _ task: ImportTask, _ file: BackupFile, _ lease: Lease, _ context: WriteContext,
        _ tx: Transaction
    ) throws {
        if !state.attachments.isEmpty {
            // Locked as where people attach: no more than may be, and nothing to a task that ends at this moment.
            let locked = try Store<ImportTask>(database).find(task.id, lock: .update, in: tx)
            guard locked?.isOpen == true else { return drop(state, lease, tx) }
            try files.finish(state.attachments, on: task, replacing: file.isOne, context, in: tx)
        }
        lease.complete(in: tx)
    }

    private func drop(_ state: BackupState, _ lease: Lease, _ tx: Transaction) {
        files.giveUp(state.attachments, in: tx)
        lease.complete(in: tx)
    }

    private func giveUp(_ lease: Lease, _ cause: String) async throws {
        let task = try await database.transaction(as: context.caller) { [self] tx -> String? in
            guard let state = try BackupState.find(lease, tx) else { return nil }
            drop(state, lease, tx)
            return state.task
        }
        database.log.error("a task is not backed up", metadata: ["task": "\(task ?? "")", "cause": "\(cause)"])
    }

    private var context: WriteContext { .system(database.service, domain: .root, now: database.clock.now) }

    // MARK: Rows

    /// The next rows in the order of their files: the index has each status in that order, and a row keeps its place
    /// whatever becomes of it.
    private func page(_ state: BackupState, _ tx: Transaction) throws -> Rows {
        let (number, id) = state.place
        let order: SQL = " ORDER BY row_number, id LIMIT \(rowsAtOnce)"
        let branches = RowStatus.allCases.map { status -> SQL in
            """
            (SELECT \(BackupFile.selection) FROM import_validation.staging_row WHERE import_task = \(state.task) \
            AND status = \(status.sql) AND created_at < \(state.before)::timestamptz \
            AND (row_number, id) > (\(number)::int4, \(id)::uuid)\(order))
            """
        }
        let all = branches.dropFirst().reduce(branches[0]) { $0 + " UNION ALL " + $1 }
        // Rows of large cells come fewer at a time.
        let weight: SQL = "octet_length(cells::text) + coalesce(octet_length(errors), 0)"
        return try tx.query(
            """
            SELECT * FROM (SELECT *, sum(\(weight)) OVER (ORDER BY row_number, id) - (\(weight)) AS bytes_before \
            FROM (SELECT * FROM (\(all)) staged\(order)) first) weighed \
            WHERE bytes_before < \(bytesAtOnce)::int8 ORDER BY row_number, id
            """)
    }
}

/// How far a backup is: its row of `staging_backup_work`.
private struct BackupState {
    private enum Column: String {
        case day, attachments, received
        case importTask = "import_task"
        case before = "created_before"
        case lastNumber = "last_number"
        case lastID = "last_id"
    }

    let task: String
    /// The day in the names of the files.
    let day: CivilDate
    /// Rows that were staged before are in it.
    let before: String
    /// The files so far, and the bytes of the last one.
    var attachments: [String]
    var received: Int64
    /// Number and id of the last row.
    var place: (number: Int64, id: String)

    /// The backup of a lease; nil when another instance has it.
    static func find(_ lease: Lease, _ tx: Transaction) throws -> BackupState? {
        let rows = try tx.query(
            """
            SELECT import_task, day::text AS day, created_before::text AS created_before, attachments, received, \
            last_number, last_id FROM import_validation.staging_backup_work WHERE \(lease.held) FOR NO KEY UPDATE
            """)
        return try rows.first.map { row in
            guard let day = CivilDate(try row.string(Column.day)) else {
                throw Problem.internalError(cause: "a backup has no day")
            }
            return BackupState(
                task: try row.string(Column.importTask), day: day, before: try row.string(Column.before),
                attachments: try row.strings(Column.attachments), received: try row.int64(Column.received),
                place: (try row.int64(Column.lastNumber), try row.string(Column.lastID)))
        }
    }

    func save(_ lease: Lease, _ tx: Transaction) {
        tx.send(
            """
            UPDATE import_validation.staging_backup_work SET attachments = \(attachments)::uuid[], \
            received = \(received), last_number = \(place.number)::int4, last_id = \(place.id)::uuid WHERE \(lease.held)
            """, expecting: 1)
    }
}
