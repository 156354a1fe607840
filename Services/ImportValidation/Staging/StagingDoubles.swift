import ImportValidationWire
import Postgres
import Records
import Wire

/// Rows of one task that would become one record. Each needs attention and names another: which of them is meant only a
/// person knows.
enum StagingDoubles {
    /// Keys that are looked for one by one; where there are more, all rows are compared.
    static let mostKeys = 10_000

    /// Where doubles are looked for.
    enum Among: Sendable {
        /// All rows of the task.
        case all
        /// Rows of the keys that may have come to have one.
        case keys(Set<Int64>)
        /// Rows of the upload by their numbers, unless more than so many other runs of the task have begun by now.
        case rows([Int], begun: Int64)
    }

    /// Tells every checked row that has a double. Counts those of `upload` that were ready, or of all when it is nil.
    static func mark(
        _ target: ImportTarget, upload: String?, among: Among, _ context: RunTools, _ tx: Transaction
    ) throws -> Int {
        let task = context.claim.task
        // Runs of one task that end at the same time tell the same rows.
        tx.send("SELECT pg_advisory_xact_lock(hashtextextended(\("import_validation.doubles/" + task), 0))")
        var all: SQL = "import_task = \(task) AND status = ANY(\(waiting)::text[]) AND natural_key IS NOT NULL"
        var rows: [Int]?
        if case .rows(let own, let begun) = among, try begunBeside(context.claim.run, of: task, tx) == begun {
            rows = own
        }
        if let rows {
            if rows.isEmpty { return 0 }
            all += " AND upload = \(upload) AND row_number = ANY(\(rows.map(String.init))::int4[])"
        } else {
            if case .keys(let keys) = among { all += isAmong(keys) }
            // Keys that are there twice first, since of a million rows only theirs are to be put into order.
            let twice = try tx.query(
                """
                SELECT natural_key FROM import_validation.staging_row WHERE \(all) \
                GROUP BY natural_key HAVING count(*) > 1 LIMIT \(mostKeys + 1)
                """
            ).map { try $0.int64(StagingColumn.naturalKey) }
            if twice.isEmpty { return 0 }
            if twice.count <= mostKeys { all += isAmong(twice) }
        }
        return try tell(all, target, upload, context, tx)
    }

    /// Statuses of rows that are not published yet.
    private static let waiting = [RowStatus.yetToValidate, .needsAttention, .readyToPublish].map(\.rawValue)

    private static func isAmong(_ keys: some Collection<Int64>) -> SQL {
        " AND natural_key = ANY(\(keys.sorted().map(String.init))::int8[])"
    }

    /// How many other runs of a task have begun.
    static func begunBeside(_ run: String, of task: String, _ tx: Transaction) throws -> Int64 {
        try tx.query(
            """
            SELECT count(*) FROM import_validation.import_run \
            WHERE import_task = \(task) AND id <> \(run) AND state <> \(ImportRun.State.queued)
            """
        ).first?.int64(UnnamedColumn.count) ?? 0
    }

    /// Whether no row of a task waits and no other run of it is under way.
    static func isAlone(_ run: String, in task: String, _ tx: Transaction) throws -> Bool {
        try tx.query(
            """
            SELECT 1 WHERE EXISTS (SELECT FROM import_validation.staging_row \
            WHERE import_task = \(task) AND status = ANY(\(waiting)::text[])) \
            OR EXISTS (SELECT FROM import_validation.import_run \
            WHERE import_task = \(task) AND id <> \(run) AND state = \(ImportRun.State.running))
            """
        ).isEmpty
    }

    private static func tell(
        _ which: SQL, _ target: ImportTarget, _ upload: String?, _ context: RunTools, _ tx: Transaction
    ) throws -> Int {
        // In one pass over the rows: joined with themselves they are compared each with each where nothing is known of the
        // table yet.
        let rows = try tx.query(
            """
            WITH placed AS (
                SELECT id, status, upload, count(*) OVER w AS alike,
                    first_value(id) OVER w AS first, first_value(row_number) OVER w AS first_row,
                    first_value(source_file) OVER w AS first_file, nth_value(row_number, 2) OVER w AS second_row,
                    nth_value(source_file, 2) OVER w AS second_file
                FROM import_validation.staging_row
                WHERE \(which)
                WINDOW w AS (PARTITION BY natural_key ORDER BY upload, row_number, id
                    ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)),
            told AS (
                SELECT id, status, upload, other_row, other_file,
                    jsonb_build_array(jsonb_build_object('c', \(RowError.Check.double.rawValue)::text,
                        'd', jsonb_build_array(other_row::text, other_file))) AS error
                FROM placed, LATERAL (SELECT CASE WHEN id = first THEN second_row ELSE first_row END AS other_row,
                    CASE WHEN id = first THEN second_file ELSE first_file END AS other_file) AS other
                WHERE alike > 1 AND status IN (\(RowStatus.readyToPublish.sql), \(RowStatus.needsAttention.sql))),
            changed AS (
                UPDATE import_validation.staging_row s SET revision = s.revision + 1, status = \(RowStatus.needsAttention.sql),
                    errors = coalesce(s.errors, '[]') || told.error,
                    comment = concat_ws(E'\\n', s.comment, format(\(pattern(target, context.language)),
                        told.other_row, told.other_file)),
                    updated_at = \(context.writing.now.sqlValue)
                FROM told WHERE s.id = told.id AND NOT coalesce(s.errors, '[]') @> told.error
                RETURNING told.status = \(RowStatus.readyToPublish.sql) AND coalesce(told.upload = \(upload)::uuid, true) AS counts)
            SELECT count(*) FROM changed WHERE counts
            """)
        return Int(try rows.first?.int64(UnnamedColumn.count) ?? 0)
    }

    /// Rows that were told of a double of one of these are to be checked again when it is corrected.
    static func release(_ rows: [String], of task: String, _ tx: Transaction) {
        tx.send(
            """
            UPDATE import_validation.staging_row s SET revision = s.revision + 1, status = \(RowStatus.yetToValidate.sql), comment = NULL, \
            errors = NULL \
            FROM import_validation.staging_row corrected WHERE corrected.id = ANY(\(rows)::uuid[]) \
            AND s.import_task = \(task) AND s.status = \(RowStatus.needsAttention.sql) \
            AND s.natural_key = corrected.natural_key AND s.id <> corrected.id
            """)
    }

    /// Takes back what rows of other files were told of rows of an upload that are about to go. A row that has no other
    /// double, and of which nothing else was said, is as ready as it was; any other is to be checked again.
    static func withdraw(_ upload: String, of task: String, _ now: Timestamp, _ tx: Transaction) {
        let double = RowError.Check.double.rawValue
        tx.send(
            """
            UPDATE import_validation.staging_row s SET revision = s.revision + 1, errors = NULL, comment = NULL, \
            updated_at = \(now.sqlValue), status = CASE WHEN others.rows = 1 AND NOT EXISTS ( \
            SELECT FROM jsonb_array_elements(s.errors) error WHERE error ->> 'c' <> \(double)) \
            THEN \(RowStatus.readyToPublish.sql) ELSE \(RowStatus.yetToValidate.sql) END \
            FROM (SELECT natural_key, count(*) AS rows FROM import_validation.staging_row \
            WHERE import_task = \(task) AND upload <> \(upload) AND status = ANY(\(waiting)::text[]) \
            AND natural_key IN (SELECT natural_key FROM import_validation.staging_row \
            WHERE import_task = \(task) AND upload = \(upload) AND natural_key IS NOT NULL) \
            GROUP BY natural_key) others \
            WHERE s.import_task = \(task) AND s.upload <> \(upload) AND s.status = \(RowStatus.needsAttention.sql) \
            AND s.natural_key = others.natural_key \
            AND s.errors @> jsonb_build_array(jsonb_build_object('c', \(double)::text))
            """)
    }

    /// The sentence about a double, with the place of the row's number and of the file's name.
    private static func pattern(_ target: ImportTarget, _ language: String) -> String {
        RowError(.double, ["%1$s", "%2$s"]).text([], target)(language)
    }
}

extension RunTools {
    /// Marks the doubles among the rows of the task; how many rows of the upload are not ready any more.
    func markDoubles(
        of upload: String?, among: StagingDoubles.Among, _ target: ImportTarget
    ) async throws -> Int {
        let context = self
        return try await database.transaction(as: service, deadline: .after(.seconds(120))) { tx in
            try context.claim.lease.hold(in: tx)
            return try StagingDoubles.mark(target, upload: upload, among: among, context, tx)
        }
    }
}
