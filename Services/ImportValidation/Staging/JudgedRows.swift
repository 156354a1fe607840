import ImportValidationWire
import Korean
import Postgres
import Records
import Tenancy
import Wire

/// Rows that were judged by other checks than those in force: what they were found to be holds no longer (ADR 0037).
enum JudgedRows {
    /// Rows that go back at once.
    static let batch = 20_000

    /// Notes that rows of a task are judged anew by the checks of `version`, with the rows. Of rows that are taken in the
    /// database notes it by itself.
    static func note(_ version: Int64, of task: String, in domain: DomainPath, _ tx: Transaction) {
        tx.send(
            """
            INSERT INTO import_validation.judging_version (import_task, check_version, domain) \
            VALUES (\(task), \(version), \(domain.path)) ON CONFLICT DO NOTHING
            """)
    }

    /// Has the next rows of a task that have one of these statuses by other checks than `version` be yet to validate; how
    /// many. Where no other checks have ever judged rows of the task, none is looked at.
    static func sendBack(
        _ statuses: [RowStatus], of task: String, judgedBy version: Int64, now: Timestamp, _ tx: Transaction
    ) throws -> Int {
        let others = try tx.query(
            """
            SELECT 1 FROM import_validation.judging_version \
            WHERE import_task = \(task) AND check_version <> \(version)::int8 LIMIT 1
            """)
        guard !others.isEmpty else { return 0 }
        // A file that is still being loaded has more to say of its rows, and finds them as it has left them.
        let loaded = StagingStore.isLoaded(task)
        var found: SQL = ""
        for (index, status) in statuses.enumerated() {
            if index > 0 { found += " UNION ALL " }
            found += """
                (SELECT id FROM import_validation.staging_row WHERE import_task = \(task) AND status = \(status.sql) \
                AND check_version <> \(version)::int8 AND \(loaded) LIMIT \(batch))
                """
        }
        return try tx.walking {
            try tx.query(
                """
                UPDATE import_validation.staging_row SET revision = revision + 1, status = \(RowStatus.yetToValidate.sql), \
                comment = NULL, errors = NULL, publish_run = NULL, updated_at = \(now.sqlValue) WHERE id IN (\(found))
                """
            ).affected
        }
    }
}

extension RunTools {
    /// Has rows of the task that other checks than `version` have judged be judged again, before anything is done with rows
    /// that are called ready. How many is noted with the run, whose end tells it.
    func sendBack(_ statuses: [RowStatus] = [.readyToPublish], judgedBy version: CheckVersion) async throws {
        let (claim, now) = (claim, writing.now)
        var goesOn = true
        while goesOn {
            goesOn = try await database.transaction(as: service, deadline: .after(.seconds(60))) { tx in
                try hold(in: tx)
                let rows = try JudgedRows.sendBack(
                    statuses, of: claim.task, judgedBy: version.number, now: now, tx)
                guard rows > 0 else { return false }
                tx.send(
                    "UPDATE import_validation.import_run_work SET sent_back = sent_back + \(rows) WHERE \(claim.lease.held)",
                    expecting: 1)
                return true
            }
        }
    }
}

extension RunMessages {
    /// What the end of a run says of rows that it has sent back; nil when there were none.
    static func sentBack(_ rows: Int64, _ kind: String) -> Text? {
        guard rows > 0 else { return nil }
        guard kind != ImportRun.Kind.validate else {
            return Text(
                en: "\(rows) rows were judged again, because the checks have changed.",
                ko: "검증이 변경되어 \(grouped: rows)개 행을 다시 검증했습니다.")
        }
        return Text(
            en:
                "\(rows) rows were left out, because the checks have changed since they were judged. Validate them again.",
            ko: "검증이 변경되어 \(grouped: rows)개 행을 제외했습니다. 다시 검증하세요.")
    }
}
