import ImportValidationWire
import OnboardingWire
import Postgres
import RPC
import Records
import Wire

/// A stored plan: what publishing rows would do, row by row, and what became of it. It bears the id of the run that has made
/// it (G-56).
struct ImportPlan: Sendable {
    /// The columns of `import_plan` and `import_plan_row`.
    enum Column: String {
        case id, plan, number, revision, outcome, etag, content, fields, reasons, result, state, count
        case isForAll = "is_for_all"
        case importTask = "import_task"
        case checkVersion = "check_version"
        case stagingRow = "staging_row"
        case targetRecord = "target_record"
        case rowNumber = "row_number"
        case sourceFile = "source_file"
        case sourceSheet = "source_sheet"
    }

    /// What people call it.
    static let label = Text(en: "Import plan", ko: "가져오기 계획")
    /// Outcomes of rows that a plan publishes.
    private static let isPublishable: SQL = """
        outcome IN (\(literal: PlanRow.Outcome.insert), \(literal: PlanRow.Outcome.update), \
        \(literal: PlanRow.Outcome.unchanged))
        """

    let id: String
    let task: String
    let checkVersion: String
    /// Whether it is for every row that is ready, and not for chosen ones.
    let isForAll: Bool

    /// Keeps the beginning of a plan, in the transaction that queues its run.
    static func begin(_ run: ImportRun, of task: ImportTask, chosen: [String]?, _ tx: Transaction) throws {
        let version = try CheckVersion.current(for: task, tx)
        let rows: SQL = chosen.map { "\($0)::uuid[]" } ?? "NULL"
        tx.send(
            """
            INSERT INTO import_validation.import_plan (id, domain, import_task, chosen, check_version) \
            VALUES (\(run.id), \(task.domain), \(task.id), \(rows), \(version.name))
            """)
    }

    /// The plan `id`; nil when there is none in the scope of the transaction.
    static func find(_ id: String, _ tx: Transaction) throws -> ImportPlan? {
        guard Validation.isUUID(id) else { return nil }
        let rows = try tx.query(
            """
            SELECT id, import_task, check_version, chosen IS NULL AS is_for_all \
            FROM import_validation.import_plan WHERE id = \(id)
            """)
        return try rows.first.map { row in
            ImportPlan(
                id: try row.string(Column.id), task: try row.string(Column.importTask),
                checkVersion: try row.string(Column.checkVersion), isForAll: try row.bool(Column.isForAll))
        }
    }

    /// The plan of a task that is complete and still holds, for a publication. Of another task's nothing is told.
    static func publishable(_ id: String, of task: ImportTask, _ tx: Transaction) throws -> ImportPlan {
        guard let plan = try find(id, tx), plan.task == task.id else { throw Problem.notFound(label, id: id) }
        let runs = try tx.query("SELECT state FROM import_validation.import_run WHERE id = \(plan.id)")
        guard try runs.first?.optionalString(Column.state) == ImportRun.State.completed else {
            throw Problem(
                .failedPrecondition,
                Text(en: "The plan is not complete.", ko: "계획이 아직 완성되지 않았습니다."), reason: "PLAN_UNFINISHED")
        }
        try plan.requireFresh(task, tx)
        return plan
    }

    /// Whether the checks are those that the plan was made with.
    func isFresh(_ task: ImportTask, _ tx: Transaction) throws -> Bool {
        try CheckVersion.current(for: task, tx).name == checkVersion
    }

    /// Refuses a plan that was made with other checks.
    func requireFresh(_ task: ImportTask, _ tx: Transaction) throws {
        guard try !isFresh(task, tx) else { return }
        throw Problem(
            .failedPrecondition,
            Text(
                en: "The checks have changed since the plan was made. Validate the rows and make a new plan.",
                ko: "계획을 만든 뒤 검증이 변경되었습니다. 행을 다시 검증한 후 새 계획을 만드세요."),
            reason: "PLAN_STALE")
    }

    // MARK: Making

    /// The rows that it is for, ready or not.
    var asked: SQL {
        guard !isForAll else { return "true" }
        return "id = ANY ((SELECT chosen FROM import_validation.import_plan WHERE id = \(id))::uuid[])"
    }

    /// The rows that it is for, as far as they are ready by its checks and their files loaded.
    private var meant: SQL {
        let ready: SQL = "import_task = \(task) AND status = \(RowStatus.readyToPublish.sql) AND "
        let judged: SQL = " AND check_version = \(CheckVersion.number(of: checkVersion))::int8 AND "
        return ready + asked + judged + StagingStore.isLoaded(task)
    }

    /// The next rows that the plan is for and does not have yet.
    func rowsToPlan(after last: HeldRow?, limit: Int, _ tx: Transaction) throws -> [HeldRow] {
        try StagingStore.page("WHERE " + meant, after: last, limit: limit, walks: isForAll, tx)
    }

    /// How many rows it is for.
    func count(_ tx: Transaction) throws -> Int64 {
        try tx.query("SELECT count(*) FROM import_validation.staging_row WHERE " + meant).first?
            .int64(UnnamedColumn.count) ?? 0
    }

    /// The row that was planned last, from which an interrupted run goes on; nil for none.
    func last(_ tx: Transaction) throws -> (row: HeldRow, number: Int64)? {
        let rows = try tx.query(
            """
            SELECT staging_row, row_number, number, outcome FROM import_validation.import_plan_row \
            WHERE plan = \(id) ORDER BY number DESC LIMIT 1
            """)
        return try rows.first.map { row in
            let held = HeldRow(
                id: try row.string(Column.stagingRow), revision: 0, number: try row.int64(Column.rowNumber),
                status: RowStatus.readyToPublish.rawValue, cells: [], key: nil, doubles: [])
            return (held, try row.int64(Column.number))
        }
    }

    /// Adds what the owner has said of rows, from `number` on. A row that becomes the same record as an earlier one is a
    /// double. Says how many of the rows will not be published.
    func add(
        _ rows: [HeldRow], _ results: [PublishResult], from number: Int64, domain: String, _ tx: Transaction
    ) throws -> Int {
        var keys: Set<String> = []
        let double = [RowError(.publication, [Self.double.en, Self.double.ko])]
        let outcomes = results.map { result in
            guard let outcome = result.written else { return PlanRow.Outcome.conflict }
            return keys.insert(result.key).inserted ? outcome : PlanRow.Outcome.double
        }
        let added = try tx.walking {
            try tx.query(
                """
                INSERT INTO import_validation.import_plan_row (plan, number, domain, staging_row, revision, row_number, \
                source_file, source_sheet, outcome, target_record, etag, key, content, fields, reasons) \
                SELECT \(id)::uuid, \(number)::int8 + u.place, \(domain), s.id, u.revision, s.row_number, s.source_file, \
                s.source_sheet, d.outcome, nullif(u.record, '')::uuid, u.etag, nullif(u.key, '')::uuid, u.content, \
                CASE WHEN d.outcome <> \(literal: PlanRow.Outcome.double) THEN nullif(u.fields, '')::jsonb END, \
                CASE d.outcome WHEN \(literal: PlanRow.Outcome.double) THEN \(RowError.json(double))::jsonb \
                ELSE nullif(u.reasons, '')::jsonb END \
                FROM unnest(\(rows.map(\.id))::uuid[], \(rows.map(\.revision))::int8[], \(outcomes)::text[], \
                \(results.map(\.targetRecord))::text[], \(results.map(\.etag))::text[], \(results.map(\.key))::text[], \
                \(results.map(\.content))::text[], \(results.map { KeptChange.json($0.fields) })::text[], \
                \(results.map { RowError.json($0.errors) })::text[]) WITH ORDINALITY \
                AS u (id, revision, outcome, record, etag, key, content, fields, reasons, place) \
                CROSS JOIN LATERAL (SELECT * FROM import_validation.staging_row WHERE id = u.id OFFSET 0) AS s \
                LEFT JOIN LATERAL (\
                SELECT 1 FROM import_validation.import_plan_row AS e WHERE e.plan = \(id) AND e.key BETWEEN nullif(u.key, '')::uuid \
                AND nullif(u.key, '')::uuid AND e.\(Self.isPublishable) ORDER BY e.key LIMIT 1) AS e (found) ON true, \
                LATERAL (SELECT CASE WHEN u.\(Self.isPublishable) AND e.found IS NOT NULL \
                THEN \(literal: PlanRow.Outcome.double) ELSE u.outcome END) AS d (outcome) \
                RETURNING outcome
                """)
        }
        let left = [PlanRow.Outcome.conflict, PlanRow.Outcome.double]
        return try added.count { try left.contains($0.string(Column.outcome)) }
    }

    private static let double = Text(
        en: "An earlier row of the plan becomes the same record.", ko: "계획의 앞선 행이 같은 레코드가 됩니다.")

    // MARK: Applying

    /// Rows of a plan on their way to the owner.
    struct Page: Sendable {
        var rows: [HeldRow] = []
        /// What the plan has seen, and the place in it, by row.
        var planned: [String: (number: Int64, seen: PlannedRow)] = [:]
        /// Places of rows that are not as they were planned any more: corrected, removed, or published otherwise.
        var moved: [Int64] = []
    }

    /// The next rows that have not been published by the plan, from a place of the publication on.
    func page(from place: PublicationPlace, limit: Int, _ tx: Transaction) throws -> Page {
        let (open, held) = try tx.walking {
            let open = try tx.query(
                """
                SELECT number, staging_row, revision, target_record, etag, content FROM import_validation.import_plan_row \
                WHERE plan = \(id) AND number > \(place.number) AND number <> ALL(\(place.sentNumbers)::int8[]) \
                AND result IS NULL AND \(Self.isPublishable) ORDER BY number LIMIT \(limit)
                """)
            let ids = try open.map { try $0.string(Column.stagingRow) }
            return (
                open,
                try StagingStore.page(
                    "WHERE id = ANY(\(ids)::uuid[]) AND status = \(RowStatus.readyToPublish.sql)", after: nil,
                    limit: limit, tx)
            )
        }
        let known = Dictionary(held.map { ($0.id, $0) }) { first, _ in first }
        var page = Page()
        for row in open {
            let (number, staged) = (try row.int64(Column.number), try row.string(Column.stagingRow))
            guard let now = known[staged], now.revision == (try row.int64(Column.revision)) else {
                page.moved.append(number)
                continue
            }
            var seen = PlannedRow()
            seen.targetRecord = try row.optionalString(Column.targetRecord) ?? ""
            seen.etag = try row.optionalString(Column.etag) ?? ""
            seen.content = try row.optionalString(Column.content) ?? ""
            page.planned[staged] = (number, seen)
            page.rows.append(now)
        }
        return page
    }

    /// How many rows are left to publish.
    func open(_ tx: Transaction) throws -> Int64 {
        try tx.query(
            """
            SELECT count(*) FROM import_validation.import_plan_row \
            WHERE plan = \(id) AND result IS NULL AND \(Self.isPublishable)
            """
        ).first?.int64(UnnamedColumn.count) ?? 0
    }

    /// What became of a row when it was published by the plan.
    struct Result: Sendable {
        let number: Int64
        let result: String
        var reasons: [RowError] = []

        /// Of a row that is not as it was planned any more.
        static func moved(_ number: Int64) -> Result {
            Result(
                number: number, result: PlanRow.Result.moved,
                reasons: [RowError(.publication, [changed.en, changed.ko])])
        }
    }

    /// Keeps what became of rows.
    func settle(_ results: [Result], _ tx: Transaction) {
        guard !results.isEmpty else { return }
        tx.joiningByHash {
            tx.send(
                """
                UPDATE import_validation.import_plan_row AS p SET result = u.result, \
                reasons = coalesce(nullif(u.reasons, '')::jsonb, p.reasons) \
                FROM unnest(\(results.map(\.number))::int8[], \(results.map(\.result))::text[], \
                \(results.map { RowError.json($0.reasons) })::text[]) AS u (number, result, reasons) \
                WHERE p.plan = \(id) AND p.number = u.number AND p.number = ANY(\(results.map(\.number))::int8[]) \
                AND p.result IS NULL
                """)
        }
    }

    /// Why a row that is not as it was planned is not published.
    private static let changed = Text(
        en: "The row has been corrected, removed or published since the plan was made.",
        ko: "계획을 만든 뒤 행이 수정, 삭제 또는 게시되었습니다.")
}
