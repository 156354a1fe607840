import ImportValidationWire
import Postgres
import RPC
import Records
import Tenancy
import Wire
import Work

extension StagingBackup: Record {
    /// The one of the nearest domain says whether the tasks of a domain are backed up each day.
    public static let storage = Storage<StagingBackup>(
        visibility: .definition, domain: .caller,
        constraints: [
            DatabaseRule(
                "G-80", constraint: "staging_backup_once", field: .name,
                Text(en: "The domain has its backup job already.", ko: "이 도메인에는 스테이징 데이터 백업 작업이 이미 있습니다."))
        ])

    /// Adds the provider's, once; it is not active (imports, section 7).
    static func seed(_ database: Database) async throws(Problem) {
        guard let domain = DomainPath("/provider/") else { return }
        try await Seeding.run(database, in: domain) { seeding in
            try seeding.once("staging-backup") {
                _ = try Store<StagingBackup>(database).create(StagingBackup(), seeding.context, in: seeding.tx)
            }
        }
    }

    /// Whether the tasks of a domain, which is an expression of the statement, are backed up each day.
    static func isActive(in domain: SQL) -> SQL {
        """
        coalesce((SELECT job.active FROM import_validation.staging_backup job WHERE \(domain) ^@ job.domain \
        ORDER BY length(job.domain) DESC LIMIT 1), false)
        """
    }
}

/// Says which import tasks are to be backed up (imports, section 7): those that are neither closed nor canceled (G-70) and
/// have staged rows.
struct BackupJob: Sendable {
    let database: Database
    let queue: BackupQueue

    /// Each day where it is active; asked for, whether or not it is.
    var daily: DailyJob {
        DailyJob(
            "staging-backup",
            asked: { domain async throws(Problem) in try await enqueue(in: domain, isAsked: true) },
            { domain async throws(Problem) in try await enqueue(in: domain, isAsked: false) })
    }

    /// Queues today's backup of the tasks in `domain` and below, and answers of how many. One that is still being made goes
    /// on.
    func enqueue(in domain: DomainPath, isAsked: Bool) async throws(Problem) -> Int {
        let today = database.clock.today.description
        let service = Caller.service(database.service, domain: domain)
        let queued = try await database.transaction(as: service, deadline: .after(.seconds(60))) { tx in
            try tx.query(
                """
                INSERT INTO import_validation.staging_backup_work (id, domain, import_task, day, created_before) \
                SELECT gen_random_uuid(), task.domain, task.id, \(today)::date, \
                (\(today)::date - \(BackupPeriod.days(of: "task.domain")) + 1)::timestamp AT TIME ZONE 'UTC' \
                FROM import_validation.import_task task \
                WHERE task.\(ImportTask.isOpen) AND (\(isAsked) OR \(StagingBackup.isActive(in: "task.domain"))) \
                AND EXISTS (SELECT 1 FROM import_validation.staging_row staged WHERE staged.import_task = task.id) \
                ON CONFLICT (import_task, day) DO NOTHING
                """
            ).affected
        }
        queue.wake.notify()
        return queued
    }
}
