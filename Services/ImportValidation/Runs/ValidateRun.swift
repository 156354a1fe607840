import Postgres
import RPC
import Records
import Wire

/// Checks the rows of a task that are yet to validate.
struct ValidateRun {
    private static let batch = 2_000

    let tools: RunTools

    /// Checks page after page. Rows that are edited meanwhile stay yet to validate.
    func run() async throws -> RunQueue.Ending {
        let (task, target) = try await tools.task()
        let checker = try await tools.checker(task, target)
        let claim = tools.claim
        let service = tools.service
        let database = tools.database
        var progress = Progress(
            claim, total: try await count(.yetToValidate), connection: tools.connection)
        var last: HeldRow?
        var keys: Set<Int64>? = []
        while true {
            let after = last
            let rows = try await database.transaction(as: service, readOnly: true) { tx in
                try StagingStore.page(
                    claim.task, status: RowStatus.yetToValidate.rawValue, after: after, limit: Self.batch, tx)
            }
            guard let end = rows.last else { break }
            last = end
            let verdicts = try await checker.check(rows.map(\.cells), faults: rows.map(\.faults))
            keys?.formUnion(verdicts.compactMap(\.key))
            if (keys?.count ?? 0) > StagingDoubles.mostKeys { keys = nil }
            let writing = tools.writing
            let done = progress.done + Int64(rows.count)
            try await database.transaction(as: service, deadline: .after(.seconds(60))) { tx in
                try claim.lease.hold(in: tx)
                StagingStore.judge(rows, verdicts, writing, tx)
                tx.send("UPDATE import_validation.import_run SET done_rows = \(done) WHERE id = \(claim.run)")
            }
            progress.add(done: rows.count, failed: verdicts.count { !$0.errors.isEmpty })
        }
        // Doubles may be rows that were checked before; the run counts no more than its own.
        let doubles = try await tools.markDoubles(of: nil, among: keys.map(StagingDoubles.Among.keys) ?? .all, target)
        progress.add(done: 0, failed: min(doubles, Int(progress.done - progress.failed)))
        progress.tell()
        let others = try await count(.needsAttention) - progress.failed
        return .init(
            total: progress.done, done: progress.done, failed: progress.failed,
            message: RunMessages.validated(progress.done, failed: progress.failed, others: others)(tools.language))
    }

    /// How many rows of the task have a status.
    private func count(_ status: RowStatus) async throws -> Int64 {
        let task = tools.claim.task
        return try await tools.database.transaction(as: tools.service, readOnly: true) { tx in
            try tx.query(
                """
                SELECT count(*) FROM import_validation.staging_row \
                WHERE import_task = \(task) AND status = \(status.rawValue)
                """
            ).first?.int64(UnnamedColumn.count) ?? 0
        }
    }
}
