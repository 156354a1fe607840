import Postgres
import Records
import Wire

/// Rows of one task that would become one record. Each needs attention and names another: which of them is meant only a
/// person knows.
enum StagingDoubles {
    /// Tells every checked row that has a double. Counts those of `upload` that were ready, or of all when it is nil.
    static func mark(_ target: ImportTarget, upload: String?, _ context: RunTools, _ tx: Transaction) throws -> Int {
        let task = context.claim.task
        // Runs of one task that end at the same time tell the same rows.
        tx.send("SELECT pg_advisory_xact_lock(hashtextextended(\("import_validation.doubles/" + task), 0))")
        let rows = try tx.query(
            """
            WITH alike AS (
                SELECT natural_key FROM import_validation.staging_row
                WHERE import_task = \(task) AND status <> 'published' AND natural_key IS NOT NULL
                GROUP BY natural_key HAVING count(*) > 1),
            placed AS (
                SELECT s.id, s.status, s.upload,
                    first_value(s.id) OVER w AS first, first_value(s.row_number) OVER w AS first_row,
                    first_value(s.source_file) OVER w AS first_file, nth_value(s.row_number, 2) OVER w AS second_row,
                    nth_value(s.source_file, 2) OVER w AS second_file
                FROM import_validation.staging_row s JOIN alike USING (natural_key)
                WHERE s.import_task = \(task) AND s.status <> 'published'
                WINDOW w AS (PARTITION BY natural_key ORDER BY s.upload, s.row_number, s.id
                    ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)),
            told AS (
                SELECT id, status, upload, format(\(pattern(target, context.language)),
                    CASE WHEN id = first THEN second_row ELSE first_row END,
                    CASE WHEN id = first THEN second_file ELSE first_file END) AS text
                FROM placed WHERE status IN ('ready_to_publish', 'needs_attention')),
            changed AS (
                UPDATE import_validation.staging_row s SET revision = s.revision + 1, status = 'needs_attention',
                    comment = concat_ws(E'\\n', s.comment, told.text), updated_at = \(context.writing.now.sqlValue)
                FROM told WHERE s.id = told.id AND position(told.text IN coalesce(s.comment, '')) = 0
                RETURNING told.status = 'ready_to_publish' AND coalesce(told.upload = \(upload)::uuid, true) AS counts)
            SELECT count(*) FROM changed WHERE counts
            """)
        return Int(try rows.first?.int64(at: 0) ?? 0)
    }

    /// Rows that were told of a double of this one are to be checked again when it is corrected.
    static func release(_ row: String, of task: String, _ tx: Transaction) {
        tx.send(
            """
            UPDATE import_validation.staging_row s SET revision = s.revision + 1, status = 'yet_to_validate', comment = NULL \
            FROM import_validation.staging_row corrected WHERE corrected.id = \(row) AND s.import_task = \(task) \
            AND s.status = 'needs_attention' AND s.natural_key = corrected.natural_key AND s.id <> corrected.id
            """)
    }

    /// With the place of the row's number and of the file's name.
    private static func pattern(_ target: ImportTarget, _ language: String) -> String {
        let labels = target.key.map(\.label)
        let key = Text(
            en: labels.map(\.en).joined(separator: ", "), ko: labels.map(\.ko).joined(separator: ", "))
        return Text(
            en: "\(key.en): row %1$s of %2$s is the same record. Correct one of the two.",
            ko: "\(key.ko): %2$s 파일의 %1$s행과 같은 레코드입니다. 둘 중 하나를 수정하세요.")(language)
    }
}

extension RunTools {
    /// Marks the doubles among the rows of the task; how many rows of the upload are not ready any more.
    func markDoubles(of upload: String?, _ target: ImportTarget) async throws -> Int {
        let context = self
        return try await database.transaction(as: service, deadline: .after(.seconds(120))) { tx in
            try context.claim.lease.hold(in: tx)
            return try StagingDoubles.mark(target, upload: upload, context, tx)
        }
    }
}
