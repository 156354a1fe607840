import Postgres
import Records
import Wire

/// Rows of one task that would become one record. Each needs attention and names another: which of them is meant only a
/// person knows.
enum StagingDoubles {
    /// Keys that are looked for one by one; where there are more, all rows are compared.
    static let mostKeys = 10_000

    /// Tells every checked row that has a double. Counts those of `upload` that were ready, or of all when it is nil.
    /// `keys` are those that may have come to have one; nil for all.
    static func mark(
        _ target: ImportTarget, upload: String?, keys: Set<Int64>?, _ context: RunTools, _ tx: Transaction
    ) throws -> Int {
        let task = context.claim.task
        // Runs of one task that end at the same time tell the same rows.
        tx.send("SELECT pg_advisory_xact_lock(hashtextextended(\("import_validation.doubles/" + task), 0))")
        let all: SQL = """
            import_task = \(task) AND status <> \(RowStatus.published.sql) AND natural_key IS NOT NULL \(among(keys))
            """
        // Keys that are there twice first, since of a million rows only theirs are to be put into order.
        let twice = try tx.query(
            """
            SELECT natural_key FROM import_validation.staging_row WHERE \(all) \
            GROUP BY natural_key HAVING count(*) > 1 LIMIT \(mostKeys + 1)
            """
        ).map { try $0.int64(StagingColumn.naturalKey) }
        if twice.isEmpty { return 0 }
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
                WHERE \(all) \(among(twice.count > mostKeys ? [Int64]?.none : twice))
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
        return Int(try rows.first?.int64(Computed.count) ?? 0)
    }

    private static func among(_ keys: (some Collection<Int64>)?) -> SQL {
        keys.map { "AND natural_key = ANY(\($0.sorted().map(String.init))::int8[])" } ?? ""
    }

    /// Rows that were told of a double of this one are to be checked again when it is corrected.
    static func release(_ row: String, of task: String, _ tx: Transaction) {
        tx.send(
            """
            UPDATE import_validation.staging_row s SET revision = s.revision + 1, status = \(RowStatus.yetToValidate.sql), comment = NULL, \
            errors = NULL \
            FROM import_validation.staging_row corrected WHERE corrected.id = \(row) AND s.import_task = \(task) \
            AND s.status = \(RowStatus.needsAttention.sql) AND s.natural_key = corrected.natural_key AND s.id <> corrected.id
            """)
    }

    /// The sentence about a double, with the place of the row's number and of the file's name.
    private static func pattern(_ target: ImportTarget, _ language: String) -> String {
        RowError(.double, ["%1$s", "%2$s"]).text([], target)(language)
    }
}

extension RunTools {
    /// Marks the doubles among the rows of the task; how many rows of the upload are not ready any more.
    func markDoubles(of upload: String?, keys: Set<Int64>? = nil, _ target: ImportTarget) async throws -> Int {
        let context = self
        return try await database.transaction(as: service, deadline: .after(.seconds(120))) { tx in
            try context.claim.lease.hold(in: tx)
            return try StagingDoubles.mark(target, upload: upload, keys: keys, context, tx)
        }
    }
}
