import Ground
import Korean
import PlaybooksWire
import Postgres
import RPC
import Records
import Tenancy
import Wire

extension Playbooks {
    /// The endpoints of migrations, out of the methods that the service declares; ``MigrationCalls`` carries out what they
    /// leave behind.
    public func migrationEndpoints(_ api: [MethodInfo]) -> [Endpoint] {
        PlaybookMigrations(playbooks: self).endpoints(SharedMethods(api, of: database.service))
    }
}

/// Bringing open runs to another version of their playbook: first what would become of each, kept as it was told; then that or
/// nothing, case by case; then, if wanted, back.
struct PlaybookMigrations: Sendable {
    let playbooks: Playbooks

    /// Most runs that one migration looks at.
    static let limit = 1_000
    /// How many of their rows one statement inserts.
    private static let insertedTogether = 50

    private var schema: String { playbooks.database.schema }

    /// Answers the verbs of `playbook_migrations`.
    fileprivate func endpoints(_ methods: SharedMethods) -> [Endpoint] {
        [
            playbooks.writing(methods["playbook_migrations.preview"], \.requestID, preview),
            playbooks.reading(methods["playbook_migrations.get"], of: .migration, get),
            playbooks.reading(methods["playbook_migrations.list"], of: .migration, list),
            playbooks.reading(methods["playbook_migrations.list_cases"], of: .migration, cases),
            playbooks.reading(methods["playbook_migrations.get_case"], of: .migration, getCase),
            moving(methods["playbook_migrations.apply"]) { try move($0, isBack: false, $1) },
            moving(methods["playbook_migrations.undo"]) { try move($0, isBack: true, $1) },
        ].compactMap { $0 }
    }

    /// An endpoint that leaves work behind.
    private func moving(
        _ method: Method<MovePlaybookMigrationRequest, PlaybookMigration>?,
        _ body: @escaping @Sendable (MovePlaybookMigrationRequest, RuleContext) throws -> PlaybookMigration
    ) -> Endpoint? {
        guard let method else { return nil }
        let (database, wake) = (playbooks.database, playbooks.migrationQueue.wake)
        return Endpoint(method) { call, request async throws(Problem) in
            let answer = try await database.perform(call, method.name, request, requestID: request.requestID) {
                tx, context in
                try body(request, RuleContext(transaction: tx, write: context, database: database))
            }
            wake.notify()
            return answer
        }
    }

    // MARK: What would happen

    private func preview(
        _ request: PreviewPlaybookMigrationRequest, _ context: RuleContext
    ) throws -> PlaybookMigration {
        let caller = context.write.caller
        try playbooks.authorize(.create, .migration, caller)
        let definition = try PlaybookDefinitions(playbooks: playbooks).seen(request.definition, context)
        guard definition.state != .retired else { throw Self.retired }
        let version = try version(Int(request.version), of: definition, context)
        guard request.records.count <= Self.limit, request.records.allSatisfy(Validation.isUUID) else {
            throw Problem.invalid(
                field: PreviewPlaybookMigrationRequest.Field.records,
                Text(
                    en: "At most \(Self.limit) records, each by its id.",
                    ko: "레코드는 ID로 최대 \(grouped: Self.limit)개까지 지정할 수 있습니다."))
        }
        let runs = try runs(of: version, request.records, context)
        let id = RecordID.make(at: context.write.now)
        forgetOthers(of: definition.id, context)
        context.transaction.send(
            """
            INSERT INTO \(identifier: schema).playbook_migration \
            (id, domain, definition, version, cases, has_more, created_at, created_by) VALUES (\(id), \(caller.domain.path), \
            \(definition.id), \(version.id), 0, \(runs.count > Self.limit), \(context.write.now.sqlValue), \(caller.subject))
            """, expecting: 1)
        let cases = try previews(of: Array(runs.prefix(Self.limit)), to: version, migration: id, context)
        for first in stride(from: 0, to: cases.count, by: Self.insertedTogether) {
            let those = cases[first..<min(first + Self.insertedTogether, cases.count)]
            context.transaction.send(
                try MigrationCaseRow.insert(
                    those.map { ($0.preview, $0.refusal, $0.domain) }, from: first, in: schema))
        }
        context.transaction.send(
            "UPDATE \(identifier: schema).playbook_migration SET cases = \(cases.count) WHERE id = \(id)", expecting: 1)
        return try MigrationRow.find(id, in: schema, context.transaction).message
    }

    /// The refusal of a playbook that is not used any more.
    static let retired = Problem(
        .failedPrecondition,
        Text(
            en: "The playbook is retired: no case is brought to it. Activate it first.",
            ko: "사용 중지된 플레이북에는 케이스를 전환할 수 없습니다. 먼저 플레이북을 활성화하세요."),
        reason: "PLAYBOOK_RETIRED")

    private func version(_ number: Int, of row: DefinitionRow, _ context: RuleContext) throws -> VersionRow {
        let rows = try context.transaction.query(
            """
            SELECT v.id, v.definition, v.number, d.parent_table, v.playbook \
            FROM \(identifier: schema).playbook_version v \
            JOIN \(identifier: schema).playbook_definition d ON d.id = v.definition \
            WHERE v.definition = \(row.id) AND v.number = \(number == 0 ? row.version : number)
            """)
        guard let version = try rows.first.map(VersionRow.init) else {
            throw Problem.notFound(Text(en: "The playbook has no such version.", ko: "플레이북에 이러한 버전이 없습니다."))
        }
        return version
    }

    /// The open runs of other versions, the oldest first, one more than a migration looks at.
    private func runs(of version: VersionRow, _ records: [String], _ context: RuleContext) throws -> [RunRow] {
        let those: SQL = records.isEmpty ? "record IS NOT NULL" : "record = ANY(\(records)::uuid[])"
        return try context.transaction.query(
            """
            SELECT \(RunRow.columns) FROM \(identifier: schema).playbook_run WHERE definition = \(version.definition) \
            AND state = \(literal: RunState.inProgress) AND version <> \(version.id) AND \(those) \
            ORDER BY id LIMIT \(Self.limit + 1)
            """
        ).map(RunRow.init)
    }

    /// Previews of the caller that nothing was made of.
    private func forgetOthers(of definition: String, _ context: RuleContext) {
        context.transaction.send(
            """
            DELETE FROM \(identifier: schema).playbook_migration m WHERE definition = \(definition) \
            AND created_by = \(context.write.caller.subject) AND NOT EXISTS ( \
            SELECT 1 FROM \(identifier: schema).playbook_migration_case c WHERE c.migration = m.id \
            AND (c.state NOT IN (\(literal: MigrationCaseRow.State.previewed), \(literal: MigrationCaseRow.State.refused)) OR c.ground IS NOT NULL OR c.call IS NOT NULL))
            """)
    }

    private typealias Preview = (preview: PlaybookMigrationCase, refusal: Text?, domain: String)

    /// What would become of runs: read together, and worked out one by one.
    private func previews(
        of runs: [RunRow], to version: VersionRow, migration: String, _ context: RuleContext
    ) throws -> [Preview] {
        guard let table = playbooks.tables[version.table] else { return [] }
        let (ids, tx) = (runs.map(\.id), context.transaction)
        let answers = try tx.queryAll([
            """
            SELECT run, \(ActivityRow.columns) FROM \(identifier: schema).playbook_activity \
            WHERE run = ANY(\(ids)::uuid[]) ORDER BY run, position
            """,
            "SELECT DISTINCT run FROM \(identifier: schema).playbook_call WHERE run = ANY(\(ids)::uuid[])",
        ])
        let activities = try Dictionary(
            grouping: answers[0].map { (run: try $0.string(PlaybookColumn.run), row: try ActivityRow($0)) },
            by: { $0.run })
        let busy = Set(try answers[1].map { try $0.string(PlaybookColumn.run) })
        let records = try Dictionary(
            table.findAll(runs.compactMap(\.record), tx).map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        let plan = try playbooks.library.plan(of: version.id, tx)
        let asked = AskedOnce(runs.compactMap(\.record))
        let all = try runs.compactMap { run -> Preview? in
            guard let record = run.record.flatMap({ records[$0] }), !record.hasEnded else { return nil }
            var work = try RunWork(run, activities[run.id]?.map { $0.row } ?? [], over: record, playbooks, context)
            work.asked = asked
            let steps = try work.steps(of: MigrationPlan(work, to: plan))
            let number = record.text(.number)
            return (
                PlaybookMigrationCase(
                    work, steps, number: number.isEmpty ? record.id : number, migration: migration),
                busy.contains(run.id) ? RunWork.making.text : nil, run.domain
            )
        }
        return all.sorted { ($0.preview.number, $0.preview.run) < ($1.preview.number, $1.preview.run) }
    }

    // MARK: Looking

    private func get(_ request: GetRequest, _ context: RuleContext) throws -> PlaybookMigration {
        try MigrationRow.find(request.id, in: schema, context.transaction).message
    }

    private func list(
        _ request: ListPlaybookMigrationsRequest, _ context: RuleContext
    ) throws -> ListPlaybookMigrationsResponse {
        let size = try PageSize.of(request.pageSize, maximum: 100)
        guard Validation.isUUID(request.definition) else { return ListPlaybookMigrationsResponse() }
        let place = try NewestFirst(
            "playbook_migrations.list", of: request.definition, by: .createdAt, request.pageToken, context)
        let rows = try context.transaction.query(
            MigrationRow.query(
                where: """
                    m.definition = \(request.definition) AND \(place.condition(of: "m.")) \
                    ORDER BY \(place.order(of: "m.")) LIMIT \(size + 1)
                    """, in: schema))
        var answer = ListPlaybookMigrationsResponse()
        answer.migrations = try rows.prefix(size).map { try MigrationRow($0).message }
        if rows.count > size, let last = answer.migrations.last, let at = last.createdAt {
            answer.nextPageToken = place.token(at, last.id)
        }
        return answer
    }

    private func cases(
        _ request: ListPlaybookMigrationCasesRequest, _ context: RuleContext
    ) throws -> ListPlaybookMigrationCasesResponse {
        let size = try PageSize.of(request.pageSize, maximum: Self.limit)
        let migration = try MigrationRow.find(request.migration, in: schema, context.transaction)
        let binding = PageToken.Binding(
            method: "playbook_migrations.list_cases", filter: migration.message.id,
            order: PlaybookColumn.position.rawValue, domain: context.write.caller.domain.path)
        let last = try PageToken.place(request.pageToken, in: binding, .number).flatMap { Int($0[0]) } ?? -1
        let rows = try context.transaction.query(
            """
            SELECT position, \(MigrationCaseRow.columns) FROM \(identifier: schema).playbook_migration_case \
            WHERE migration = \(migration.message.id) AND position > \(last) ORDER BY position LIMIT \(size + 1)
            """)
        var answer = ListPlaybookMigrationCasesResponse()
        answer.cases = try rows.prefix(size).map {
            try MigrationCaseRow($0).message(for: context.write.caller, withSteps: false)
        }
        if rows.count > size, let row = rows.prefix(size).last {
            answer.nextPageToken = PageToken(position: [String(try row.int(PlaybookColumn.position))]).text(
                for: binding)
        }
        return answer
    }

    private func getCase(_ request: GetRequest, _ context: RuleContext) throws -> PlaybookMigrationCase {
        guard Validation.isUUID(request.id),
            let row = try context.transaction.query(
                """
                SELECT migration, \(MigrationCaseRow.columns) FROM \(identifier: schema).playbook_migration_case \
                WHERE id = \(request.id)
                """
            ).first
        else { throw Problem.notFound(MigrationCaseRow.label, id: request.id) }
        var answer = try MigrationCaseRow(row).message(for: context.write.caller, withSteps: true)
        let migration = try MigrationRow.find(
            row.string(PlaybookColumn.migration), in: schema, context.transaction)
        try hideDates(of: &answer, migration, context)
        return answer
    }

    /// A due date that is counted from a field tells that field (G-24).
    private func hideDates(
        of answer: inout PlaybookMigrationCase, _ migration: MigrationRow, _ context: RuleContext
    ) throws {
        let plan = try playbooks.library.plan(of: migration.version, context.transaction)
        for index in answer.steps.indices
        where !answer.steps[index].dueAfter.isEmpty || !answer.steps[index].dueBefore.isEmpty {
            guard let place = plan.place(of: answer.steps[index].activity),
                let field = plan.steps[place].plan.due?.field,
                !playbooks.mayRead(field, of: plan.playbook.table, context.write.caller)
            else { continue }
            (answer.steps[index].dueBefore, answer.steps[index].dueAfter) = ("", "")
        }
    }

    // MARK: Doing it, and taking it back

    private func move(
        _ request: MovePlaybookMigrationRequest, isBack: Bool, _ context: RuleContext
    ) throws -> PlaybookMigration {
        try playbooks.authorize(.write, .migration, context.write.caller)
        let tx = context.transaction
        let migration = try MigrationRow.find(request.id, isLocked: true, in: schema, tx)
        guard request.cases.allSatisfy(Validation.isUUID) else { throw Self.notSo(isBack) }
        let (from, to): (MigrationCaseRow.State, MigrationCaseRow.State) =
            isBack ? (.applied, .undoing) : (.previewed, .applying)
        let id = RecordID.make(at: context.write.now)
        let those: SQL = request.cases.isEmpty ? "TRUE" : "id = ANY(\(request.cases)::uuid[])"
        let count = try tx.query(
            """
            UPDATE \(identifier: schema).playbook_migration_case SET state = \(to.rawValue), call = \(id), refusal = NULL, \
            refusal_ko = NULL WHERE migration = \(migration.message.id) AND state = \(from.rawValue) AND \(those)
            """
        ).affected
        guard count > 0, request.cases.isEmpty || count == Set(request.cases).count else { throw Self.notSo(isBack) }
        tx.send(
            """
            INSERT INTO \(identifier: schema).playbook_migration_call (id, domain, migration, requester, is_back) VALUES \
            (\(id), \(context.write.caller.domain.path), \(migration.message.id), \
            \(try MigrationCalls.kept(context.write.caller)), \(isBack))
            """, expecting: 1)
        return try MigrationRow.find(request.id, in: schema, tx).message
    }

    private static func notSo(_ isBack: Bool) -> Problem {
        Problem(
            .failedPrecondition,
            isBack
                ? Text(en: "Only cases that were applied can be taken back.", ko: "적용된 케이스만 실행 취소할 수 있습니다.")
                : Text(
                    en: "Only cases that were previewed, and not applied yet, can be applied.",
                    ko: "미리 본 후 아직 적용하지 않은 케이스만 적용할 수 있습니다."),
            reason: "MIGRATION_STATE")
    }
}
