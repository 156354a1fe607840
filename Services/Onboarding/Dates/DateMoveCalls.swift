import ImportValidationWire
import OnboardingWire
import Postgres
import RPC
import Records
import Tenancy
import Wire
import Work

/// Moves of dates that take import tasks along, which are import-validation's: durable work, in the name of whoever asked for
/// it. The import tasks are written first, one after another; then, in one transaction, everything of this service. What is
/// refused on the way takes back what was written: all of it or nothing, whatever is killed when.
struct DateMoveCalls: Sendable {
    private let database: Database
    private let client: Client
    private let credential: @Sendable (KeptCaller) -> Credential?
    private let queue: LeasedQueue

    /// Calls with `client`, with a credential for whoever asked.
    init(
        _ database: Database, _ client: Client, credential: @escaping @Sendable (KeptCaller) -> Credential?
    ) {
        (self.database, self.client, self.credential) = (database, client, credential)
        queue = LeasedQueue(database, table: "date_move_call", key: Column.move.rawValue, limit: 2)
    }

    /// Wakes whoever waits for work.
    var wake: Signal { queue.wake }

    /// How often a call is tried that may go through later: for about a quarter of an hour.
    private static let attempts = 90
    /// The longest pause between two tries: people wait for what comes of it.
    private static let longestPause = 10

    private enum Column: String {
        case move, requester, written, refusal, failures
        case isBack = "is_back"
        case refusalKorean = "refusal_ko"
    }

    /// Adds the work of a move in the transaction that begins it.
    static func insert(_ move: DateMoveRow, isBack: Bool, domain: String, _ context: RuleContext) throws {
        context.transaction.send(
            """
            INSERT INTO onboarding.date_move_call (move, domain, requester, is_back) \
            VALUES (\(move.preview.id), \(domain), \(try KeptCaller(context.write.caller).text()), \(isBack))
            """, expecting: 1)
    }

    /// Works until the task is cancelled.
    func run() async {
        await queue.run { lease in
            guard let work = try await load(lease) else { return }
            try await work.refusal == nil ? carryOut(work, lease) : takeBack(work, lease)
        }
    }

    /// What is to be done, as its row has it.
    private struct Work: Sendable {
        let items: [DateMoveItem]
        let isBack: Bool
        let requester: KeptCaller
        let written: Set<String>
        let refusal: Text?
        let failures: Int
    }

    private func load(_ lease: Lease) async throws -> Work? {
        try await asService { tx in
            let rows = try tx.query(
                """
                SELECT requester, is_back, written, refusal, refusal_ko, failures FROM onboarding.date_move_call \
                WHERE \(lease.held)
                """)
            guard let row = rows.first else { return nil }
            let move = try DateMoveRow(lease.row, isLocked: false, tx)
            return Work(
                items: move.preview.items.filter { $0.table == ImportTask.schema.table && $0.moves },
                isBack: try row.bool(Column.isBack), requester: try KeptCaller(text: row.string(Column.requester)),
                written: Set(try row.strings(Column.written)),
                refusal: try row.optionalString(Column.refusal).map {
                    Text(en: $0, ko: try row.optionalString(Column.refusalKorean) ?? $0)
                }, failures: try row.int(Column.failures))
        }
    }

    // MARK: There

    private func carryOut(_ work: Work, _ lease: Lease) async throws {
        for item in work.items where !work.written.contains(item.id) {
            let (from, to) = work.isBack ? (item.after, item.before) : (item.before, item.after)
            guard let credential = credential(work.requester) else { return try await refuse(.unavailable(), lease) }
            switch await set(item, from: from, to: to, as: credential, lease) {
            case .done:
                try await asService { tx in
                    tx.send(
                        """
                        UPDATE onboarding.date_move_call SET written = array_append(written, \(item.id)) \
                        WHERE \(lease.held)
                        """, expecting: 1)
                }
            case .later(let problem): return try await retry(work, problem, lease)
            case .never(let problem): return try await refuse(problem, lease)
            }
        }
        do throws(Problem) {
            try await writeOwn(work, lease)
        } catch {
            guard !error.isLeaseLost else { throw error }
            try await error.mayBeLater ? retry(work, error, lease) : refuse(error, lease)
        }
    }

    /// Everything of this service, and the end of the work.
    private func writeOwn(_ work: Work, _ lease: Lease) async throws(Problem) {
        let (database, caller) = (database, work.requester.caller)
        try await database.transaction(as: caller) { tx in
            try lease.hold(in: tx)
            let context = RuleContext(
                transaction: tx, write: WriteContext(caller: caller, now: database.clock.now), database: database)
            var move = try DateMoveRow(lease.row, isLocked: true, tx)
            let record = try DateMoves.openCase(move.preview.onboardingCase, isLocked: true, context)
            // Other services took their time: whatever has changed meanwhile, this is not done unless it is what was told.
            if !work.isBack { try DateMoves.requireGround(of: move.preview, record, told: work.items, context) }
            try DateWrites(move.preview, isBack: work.isBack, context).carryOut()
            move.move(to: work.isBack ? .undone : .applied, context)
            lease.complete(in: tx)
        }
    }

    // MARK: And back

    /// Notes why the move is refused: from here on it is taken back, also by whoever takes the work over.
    private func refuse(_ problem: Problem, _ lease: Lease) async throws {
        try await asService { tx in
            tx.send(
                """
                UPDATE onboarding.date_move_call SET failures = 0, refusal = \(problem.text.en), \
                refusal_ko = \(problem.text.ko) WHERE \(lease.held)
                """, expecting: 1)
            lease.retry(in: tx)
        }
        wake.notify()
    }

    /// Takes every import task back, also those of which nobody knows whether they were written: as the service, whatever the
    /// requester may do by now, and for as long as the other service takes to come back.
    private func takeBack(_ work: Work, _ lease: Lease) async throws {
        var left: [String] = []
        for item in work.items {
            let (from, to) = work.isBack ? (item.before, item.after) : (item.after, item.before)
            switch await set(item, from: from, to: to, as: nil, lease) {
            case .done: continue
            case .later(let problem): return try await wait(work, problem, lease)
            // What somebody has given another date since, or ended, stays so.
            case .never(let problem):
                database.log.warning(
                    "a date is not taken back", metadata: ["task": "\(item.id)", "cause": "\(problem)"])
                if work.written.contains(item.id) || problem.reason != DateWrites.changed { left.append(item.number) }
            }
        }
        let refusal = work.refusal.map { Self.refusal($0, but: left) }
        try await asService { tx in
            var move = try DateMoveRow(lease.row, isLocked: true, tx)
            move.refuse(refusal, to: work.isBack ? .applied : .refused, tx)
            lease.complete(in: tx)
        }
    }

    /// Why a move was refused, with what could not be taken back.
    private static func refusal(_ why: Text, but left: [String]) -> Text {
        guard !left.isEmpty else { return why }
        let named = left.prefix(OnboardingCase.named).joined(separator: ", ")
        let more = left.count > OnboardingCase.named ? Text(en: ", …", ko: " 등") : Text(en: "", ko: "")
        return Text(
            en: "\(why.en) Not taken back, since they were changed meanwhile: \(named)\(more.en).",
            ko: "\(why.ko) 그 사이 변경되어 되돌리지 않은 작업: \(named)\(more.ko).")
    }

    private func retry(_ work: Work, _ problem: Problem, _ lease: Lease) async throws {
        guard work.failures < Self.attempts else { return try await refuse(problem, lease) }
        try await wait(work, problem, lease)
    }

    private func wait(_ work: Work, _ problem: Problem, _ lease: Lease) async throws {
        database.log.warning(
            "a move of dates waits for another service",
            metadata: ["move": "\(lease.row)", "code": "\(problem.code.name)"])
        try await asService { tx in
            tx.send(
                "UPDATE onboarding.date_move_call SET failures = failures + 1 WHERE \(lease.held)", expecting: 1)
            lease.retry(after: .seconds(min(Self.longestPause, 1 << min(work.failures, 6))), in: tx)
        }
    }

    // MARK: One import task

    private enum Outcome {
        case done
        case later(Problem)
        case never(Problem)
    }

    /// Gives an import task another date, unless somebody has changed that, or it has ended. One that has the date already was
    /// given it by a try whose answer was lost.
    /// - Parameter credential: in whose name; nil for the service's own.
    private func set(
        _ item: DateMoveItem, from: String, to: String, as credential: Credential?, _ lease: Lease
    ) async -> Outcome {
        do throws(Problem) {
            var request = GetRequest()
            request.id = item.id
            let known = try await client.call(ImportValidationAPI.getImportTask, request, as: credential)
            guard known.dueDate ?? "" != to else { return .done }
            guard known.active != false, known.dueDate ?? "" == from else {
                return .never(DateWrites.changedSince([Text(en: item.number, ko: item.number)]))
            }
            var values = ImportTask()
            (values.id, values.etag, values.dueDate) = (item.id, known.etag, to.isEmpty ? nil : to)
            var update = UpdateImportTaskRequest()
            update.importTask = values
            update.updateMask = FieldMask(paths: [ImportTask.Field.dueDate.rawValue])
            // One move is written at most once in each direction over each state of the task.
            let id = RecordID.derived(from: "date move \(lease.row) \(item.id) \(to) \(known.etag)")
            _ = try await client.call(ImportValidationAPI.updateImportTask, update, as: credential, requestID: id)
            return .done
        } catch {
            return error.mayBeLater ? .later(error) : .never(error)
        }
    }

    private func asService<T: Sendable>(
        _ body: @escaping @Sendable (Transaction) throws -> T
    ) async throws(Problem) -> T {
        try await database.transaction(as: .service(database.service, domain: .root), body)
    }
}

extension Problem {
    /// Whether the same may go through later as it is.
    fileprivate var mayBeLater: Bool {
        switch code {
        case .unavailable, .deadlineExceeded, .resourceExhausted, .aborted, .canceled, .unauthenticated: true
        default: code.isFault
        }
    }
}
