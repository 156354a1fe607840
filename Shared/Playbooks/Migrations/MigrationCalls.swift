import Ground
import PlaybooksWire
import Postgres
import RPC
import Records
import Tenancy
import Wire
import Work

/// Carries migrations out, in any number of instances: durable work in the name of whoever asked, case by case, each in one
/// transaction with its state, which it may share with others. Whoever takes the work over goes on with the cases that are
/// left.
public struct MigrationCalls: Sendable {
    private let playbooks: Playbooks

    /// Those of a service's playbooks.
    public init(_ playbooks: Playbooks) { self.playbooks = playbooks }

    static let table = "playbook_migration_call"

    /// How often a case is tried that may go through later.
    private static let attempts = 10

    /// How many cases share a transaction: its commit costs more than what it commits.
    private static let movedTogether = 10

    private var database: Database { playbooks.database }
    private var schema: SQL { "\(identifier: database.schema)" }

    /// A caller as the work keeps him.
    static func kept(_ caller: Caller) throws -> String { try KeptCaller(caller).text() }

    /// Works until the task is cancelled.
    public func run() async {
        await playbooks.migrationQueue.run { lease in
            guard let work = try await load(lease) else { return }
            for first in stride(from: 0, to: work.cases.count, by: Self.movedTogether) where !Task.isCancelled {
                let those = Array(work.cases[first..<min(first + Self.movedTogether, work.cases.count)])
                if await moveTogether(those, work, lease) { continue }
                for one in those where !Task.isCancelled {
                    guard try await move(one, work, lease) else { return }
                }
            }
            guard !Task.isCancelled else { return }
            try await asService { tx in lease.complete(in: tx) }
        }
    }

    /// What is left to do, as the rows have it.
    private struct Work: Sendable {
        let caller: Caller
        let isBack: Bool
        let version: VersionRow
        let cases: [MovedCase]
        let failures: Int
    }

    private func load(_ lease: Lease) async throws -> Work? {
        try await asService { tx in
            let rows = try tx.query(
                """
                SELECT w.requester, w.is_back, w.failures, v.id, v.definition, v.number, d.parent_table, v.playbook \
                FROM (SELECT * FROM \(schema).playbook_migration_call WHERE \(lease.held)) w \
                JOIN \(schema).playbook_migration m ON m.id = w.migration \
                JOIN \(schema).playbook_version v ON v.id = m.version \
                JOIN \(schema).playbook_definition d ON d.id = v.definition
                """)
            guard let row = rows.first else { return nil }
            let cases = try tx.query(
                """
                SELECT id, run, record FROM \(schema).playbook_migration_case WHERE call = \(lease.row) ORDER BY position
                """)
            return Work(
                caller: try KeptCaller(text: row.string(PlaybookColumn.requester)).caller,
                isBack: try row.bool(PlaybookColumn.isBack), version: try VersionRow(row),
                cases: try cases.map(MovedCase.init),
                failures: try row.int(PlaybookColumn.failures))
        }
    }

    /// Moves cases in one transaction; whether all of them could. Otherwise none has moved, and each is to be moved by itself,
    /// which says what is wrong with it.
    private func moveTogether(_ cases: [MovedCase], _ work: Work, _ lease: Lease) async -> Bool {
        guard cases.count > 1 else { return false }
        do throws(Problem) {
            try await carryOut(cases, work, lease)
            return true
        } catch {
            return false
        }
    }

    /// One behind the other: what becomes of one may be the ground of the next.
    private func carryOut(_ cases: [MovedCase], _ work: Work, _ lease: Lease) async throws(Problem) {
        let (playbooks, database) = (playbooks, database)
        try await database.transaction(as: work.caller) { tx in
            // What is asked of each case is the same, and so are its plans: making them takes longer than the answers.
            tx.planOnce(for: work.caller.domain.path)
            let context = RuleContext(
                transaction: tx, write: WriteContext(caller: work.caller, now: database.clock.now), database: database)
            for one in cases {
                let move = try MigrationMove(one, lease, to: work.version, isBack: work.isBack, playbooks, context)
                try move?.carryOut(work.version, isBack: work.isBack)
            }
        }
    }

    /// Moves one case, or notes why it stays; whether to go on with the next.
    private func move(_ one: MovedCase, _ work: Work, _ lease: Lease) async throws -> Bool {
        let id = one.id
        do throws(Problem) {
            try await carryOut([one], work, lease)
        } catch {
            guard !error.isLeaseLost else { return false }
            if error.mayPass || error.code.isFault, work.failures < Self.attempts {
                database.log.warning(
                    "a migration waits", metadata: ["case": "\(id)", "code": "\(error.code.name)"])
                try await asService { tx in
                    tx.send(
                        "UPDATE \(schema).playbook_migration_call SET failures = failures + 1 WHERE \(lease.held)",
                        expecting: 1)
                    lease.retry(after: .seconds(1), in: tx)
                }
                return false
            }
            try await refuse(id, error, work, lease)
        }
        return true
    }

    private func refuse(_ id: String, _ problem: Problem, _ work: Work, _ lease: Lease) async throws {
        if problem.code.isFault {
            database.log.error("a case is not migrated", metadata: ["case": "\(id)", "cause": "\(problem)"])
        }
        let state: MigrationCaseRow.State = work.isBack ? .applied : .refused
        try await asService { tx in
            try lease.hold(in: tx)
            tx.send(
                """
                UPDATE \(schema).playbook_migration_case SET state = \(state.rawValue), call = NULL, \
                refusal = \(problem.text.en), refusal_ko = \(problem.text.ko) WHERE id = \(id) AND call = \(lease.row)
                """)
        }
    }

    private func asService<T: Sendable>(
        _ body: @escaping @Sendable (Transaction) throws -> T
    ) async throws(Problem) -> T {
        try await database.transaction(as: .service(database.service, domain: .root), body)
    }
}

/// Which case is moved.
private struct MovedCase: Sendable {
    let id: String
    let run: String
    let record: String

    init(_ row: Row) throws {
        id = try row.string(PlaybookColumn.id)
        (run, record) = (try row.string(PlaybookColumn.run), try row.string(PlaybookColumn.record))
    }
}

/// One case of a migration, locked.
private struct MigrationMove {
    private let playbooks: Playbooks
    private let context: RuleContext
    private let row: MigrationCaseRow
    /// The run, locked behind its record; nil when it is gone.
    private let run: RunWork?
    /// The rows as they are, or were before, and what was kept of the migration, for an undo.
    private let ground, outcome: String?
    private let isRetired, isBusy: Bool

    private var tx: Transaction { context.transaction }
    private var schema: SQL { "\(identifier: playbooks.database.schema)" }

    private enum Fact: String { case retired, busy }

    /// Everything that decides, locked and read in one round trip: there are a thousand of them. Nil for one that was moved
    /// already.
    init?(
        _ one: MovedCase, _ lease: Lease, to version: VersionRow, isBack: Bool, _ playbooks: Playbooks,
        _ context: RuleContext
    ) throws {
        (self.playbooks, self.context) = (playbooks, context)
        let (name, table) = (playbooks.database.schema, playbooks.tables[version.table])
        let kept: SQL = isBack ? "ground::text AS ground, outcome::text AS outcome" : "NULL AS ground, NULL AS outcome"
        guard let locking = table?.locking(one.record) else { throw Self.groundMoved }
        let answers = try context.transaction.queryAll(
            [
                lease.holding,
                """
                SELECT \(MigrationCaseRow.columns), \(kept) \
                FROM \(identifier: name).playbook_migration_case WHERE id = \(one.id) AND call = \(lease.row) FOR UPDATE
                """,
                locking, RunRow.selection(one.run, in: name, lock: true),
                ActivityRow.selection(ofRun: one.run, in: name),
                // A call is added by whoever holds the run.
                """
                SELECT EXISTS (SELECT 1 FROM \(identifier: name).playbook_call WHERE run = \(one.run)) AS busy, \
                EXISTS (SELECT 1 FROM \(identifier: name).playbook_definition WHERE id = \(version.definition) \
                AND state = \(literal: DefinitionState.retired)) AS retired
                """,
            ] + (isBack ? [] : [Self.ground(of: one.run, in: name)]))
        try lease.check(answers[0])
        guard let row = answers[1].first, let facts = answers[5].first else { return nil }
        self.row = try MigrationCaseRow(row)
        ground = try (isBack ? row : answers[6].first)?.optionalString(PlaybookColumn.ground)
        outcome = try row.optionalString(PlaybookColumn.outcome)
        (isRetired, isBusy) = (try facts.bool(Fact.retired), try facts.bool(Fact.busy))
        let parent = try answers[2].first.flatMap { try table?.record($0) }
        run = try answers[3].first.map { row in
            try RunWork(RunRow(row), answers[4].map(ActivityRow.init), over: parent, playbooks, context)
        }
    }

    /// The rows of a run and its activities as they are, for its undo.
    private static func ground(of run: String, in schema: String) -> SQL {
        """
        SELECT jsonb_build_object('run', (SELECT to_jsonb(r) FROM \(identifier: schema).playbook_run r WHERE r.id = \(run)), \
        'activities', (SELECT coalesce(jsonb_agg(CASE WHEN \(RunWork.neverBegan) THEN jsonb_build_object('id', id, \
        'position', position, 'lane', lane, 'applies', applies) ELSE jsonb_strip_nulls(to_jsonb(a)) END), '[]') \
        FROM \(identifier: schema).playbook_activity a WHERE a.run = \(run)))::text AS ground
        """
    }

    func carryOut(_ version: VersionRow, isBack: Bool) throws {
        guard var work = run, work.run.record == row.preview.record else { throw Self.groundMoved }
        guard !isBusy else { throw RunWork.making }
        try isBack ? takeBack(&work) : apply(&work, version)
    }

    private func apply(_ work: inout RunWork, _ version: VersionRow) throws {
        let known = row.preview
        guard work.run.state == .inProgress, work.parent?.hasEnded == false, work.run.number == known.fromVersion else {
            throw Self.groundMoved
        }
        guard !isRetired else { throw PlaybookMigrations.retired }
        (work.asked, work.isAllOrNothing) = (AskedOnce([known.record]), true)
        let migration = MigrationPlan(work, to: try playbooks.library.plan(of: version.id, tx))
        guard try work.steps(of: migration) == known.steps else { throw Self.groundMoved }
        let id = work.run.id
        let trace = try work.migrate(migration, to: version, as: known.steps)
        tx.send(
            """
            UPDATE \(schema).playbook_migration_case SET state = \(MigrationCaseRow.State.applied.rawValue), call = NULL, \
            applied_at = \(context.write.now.sqlValue), applied_by = \(context.write.caller.subject), undone_at = NULL, \
            undone_by = NULL, ground = \(ground.value)::jsonb, \
            outcome = jsonb_build_object('trace', \(try jsonText(trace))::jsonb, 'left_as', (SELECT coalesce(jsonb_agg( \
            jsonb_build_object('id', id, 'state', state, 'starts', starts, 'completions', completions, \(literal: PlaybookColumn.entered), entered)), '[]') \
            FROM \(schema).playbook_activity WHERE run = \(id) AND NOT (\(RunWork.neverBegan)))) \
            WHERE id = \(row.id)
            """, expecting: 1)
    }

    private func takeBack(_ work: inout RunWork) throws {
        guard let ground, let outcome else { throw Self.groundMoved }
        let trace = try MigrationTrace(ofOutcome: outcome)
        guard try !isBehindAnother(trace) else {
            throw RunWork.changedSince([Text(en: "a later migration of the case", ko: "이후의 버전 전환")])
        }
        try work.takeBack(.init(before: ground, after: outcome, trace: trace))
        tx.send(
            """
            UPDATE \(schema).playbook_migration_case SET state = \(MigrationCaseRow.State.undone.rawValue), call = NULL, \
            undone_at = \(context.write.now.sqlValue), undone_by = \(context.write.caller.subject) WHERE id = \(row.id)
            """, expecting: 1)
    }

    /// Whether another migration has moved the run since, and was not taken back: the last one goes first.
    private func isBehindAnother(_ trace: MigrationTrace) throws -> Bool {
        let moved = [MigrationCaseRow.State.applied, .undoing].map(\.rawValue)
        return try !tx.query(
            """
            SELECT 1 FROM \(schema).playbook_migration_case WHERE run = \(row.preview.run) AND id <> \(row.id) \
            AND state = ANY(\(moved)::text[]) AND coalesce((outcome -> 'trace' ->> 'revision')::bigint, 0) > \(trace.revision ?? 0) \
            LIMIT 1
            """
        ).isEmpty
    }

    private static let groundMoved = Problem(
        .failedPrecondition,
        Text(
            en: "Since the preview the case has moved on: look again at what would happen.",
            ko: "미리 본 뒤 케이스가 진행되었습니다. 변경 내용을 다시 확인하세요."), reason: "GROUND_MOVED")
}
