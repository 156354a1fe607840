import Ground
import PlaybooksWire
import Postgres
import RPC
import Records
import Tenancy
import Wire
import Work

/// Carries migrations out, in any number of instances: durable work in the name of whoever asked, case by case, each in one
/// transaction with its state. Whoever takes the work over goes on with the cases that are left.
public struct MigrationCalls: Sendable {
    private let playbooks: Playbooks

    /// Those of a service's playbooks.
    public init(_ playbooks: Playbooks) { self.playbooks = playbooks }

    static let table = "playbook_migration_call"

    /// How often a case is tried that may go through later.
    private static let attempts = 10

    private var database: Database { playbooks.database }
    private var schema: SQL { "\(identifier: database.schema)" }

    /// A caller as the work keeps him.
    static func kept(_ caller: Caller) throws -> String { try KeptCaller(caller).text() }

    /// Works until the task is cancelled.
    public func run() async {
        await playbooks.migrationQueue.run { lease in
            guard let work = try await load(lease) else { return }
            for id in work.cases where !Task.isCancelled {
                guard try await move(id, work, lease) else { return }
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
        let cases: [String]
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
                "SELECT id FROM \(schema).playbook_migration_case WHERE call = \(lease.row) ORDER BY position")
            return Work(
                caller: try KeptCaller(text: row.string(PlaybookColumn.requester)).caller,
                isBack: try row.bool(PlaybookColumn.isBack), version: try VersionRow(row),
                cases: try cases.map { try $0.string(PlaybookColumn.id) },
                failures: try row.int(PlaybookColumn.failures))
        }
    }

    /// Moves one case, or notes why it stays; whether to go on with the next.
    private func move(_ id: String, _ work: Work, _ lease: Lease) async throws -> Bool {
        do throws(Problem) {
            try await database.transaction(as: work.caller) { tx in
                try lease.hold(in: tx)
                let context = RuleContext(
                    transaction: tx, write: WriteContext(caller: work.caller, now: database.clock.now),
                    database: database)
                guard let move = try MigrationMove(id, call: lease.row, playbooks, context) else { return }
                try move.carryOut(work.version, isBack: work.isBack)
            }
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

/// One case of a migration, locked.
private struct MigrationMove {
    private let playbooks: Playbooks
    private let context: RuleContext
    private let row: MigrationCaseRow
    /// What was kept for an undo.
    private let ground, outcome: String?

    private var tx: Transaction { context.transaction }
    private var schema: SQL { "\(identifier: playbooks.database.schema)" }

    /// Nil for one that was moved already.
    init?(_ id: String, call: String, _ playbooks: Playbooks, _ context: RuleContext) throws {
        (self.playbooks, self.context) = (playbooks, context)
        let rows = try context.transaction.query(
            """
            SELECT \(MigrationCaseRow.columns), ground::text AS ground, outcome::text AS outcome \
            FROM \(identifier: playbooks.database.schema).playbook_migration_case \
            WHERE id = \(id) AND call = \(call) FOR UPDATE
            """)
        guard let row = rows.first else { return nil }
        self.row = try MigrationCaseRow(row)
        ground = try row.optionalString(PlaybookColumn.ground)
        outcome = try row.optionalString(PlaybookColumn.outcome)
    }

    func carryOut(_ version: VersionRow, isBack: Bool) throws {
        guard var work = try RunWork(row.preview.run, playbooks, context) else { throw Self.groundMoved }
        try isBack ? takeBack(&work) : apply(&work, version)
    }

    private func apply(_ work: inout RunWork, _ version: VersionRow) throws {
        let known = row.preview
        guard work.run.state == .inProgress, work.parent?.hasEnded == false, work.run.number == known.fromVersion else {
            throw Self.groundMoved
        }
        guard try !isRetired(version) else { throw PlaybookMigrations.retired }
        try work.requireSettled()
        let migration = MigrationPlan(work, to: try playbooks.library.plan(of: version.id, tx))
        guard try work.steps(of: migration) == known.steps else { throw Self.groundMoved }
        let id = work.run.id
        tx.send(
            """
            UPDATE \(schema).playbook_migration_case SET ground = jsonb_build_object('run', \
            (SELECT to_jsonb(r) FROM \(schema).playbook_run r WHERE r.id = \(id)), 'activities', \
            (SELECT coalesce(jsonb_agg(jsonb_strip_nulls(to_jsonb(a))), '[]') FROM \(schema).playbook_activity a WHERE a.run = \(id))) \
            WHERE id = \(row.id)
            """, expecting: 1)
        let trace = try work.migrate(migration, to: version, as: known.steps)
        tx.send(
            """
            UPDATE \(schema).playbook_migration_case SET state = \(MigrationCaseRow.State.applied.rawValue), call = NULL, \
            applied_at = \(context.write.now.sqlValue), applied_by = \(context.write.caller.subject), undone_at = NULL, \
            undone_by = NULL, \
            outcome = jsonb_build_object('trace', \(try jsonText(trace))::jsonb, 'left_as', (SELECT coalesce(jsonb_agg( \
            jsonb_build_object('id', id, 'state', state, 'starts', starts, 'completions', completions, \(literal: PlaybookColumn.entered), entered)), '[]') \
            FROM \(schema).playbook_activity WHERE run = \(id))) \
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

    /// Whether the playbook was retired: nothing is brought to it any more.
    private func isRetired(_ version: VersionRow) throws -> Bool {
        try !tx.query(
            """
            SELECT 1 FROM \(schema).playbook_definition WHERE id = \(version.definition) \
            AND state = \(literal: DefinitionState.retired)
            """
        ).isEmpty
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
