import Postgres
import RPC
import Records
import Wire

/// Checks the rows of a task that are yet to validate, and those that other checks than those in force have judged.
struct ValidateRun {
    let tools: RunTools

    /// Checks page after page. Rows that are edited meanwhile stay yet to validate. A run that was interrupted goes on with
    /// what it has counted.
    func run() async throws -> RunQueue.Ending {
        let (task, target) = try await tools.task()
        let checker = try await tools.checker(task, target)
        try await tools.sendBack([.readyToPublish, .needsAttention], judgedBy: checker.plan.version)
        var sweep = ValidationSweep(tools: tools, checker: checker, target: target)
        let before = try await tools.counts()
        let open = try await tools.rows(.yetToValidate)
        var progress = Progress(tools.claim, total: before.done + open, connection: tools.connection)
        progress.add(done: Int(before.done), failed: Int(before.failed))
        let (run, total) = (tools.claim.run, progress.total)
        var counted = ValidationSweep.Count(rows: before.done, failed: before.failed)
        while let page = try await sweep.next(
            from: counted,
            { count, tx in
                tx.send(
                    """
                    UPDATE import_validation.import_run SET done_rows = \(count.rows), failed_rows = \(count.failed), \
                    total_rows = \(max(total, count.rows)) WHERE id = \(run)
                    """)
            })
        {
            progress.add(done: Int(page.rows - counted.rows), failed: Int(page.failed - counted.failed))
            counted = page
        }
        // Doubles may be rows that were checked before; the run counts no more than its own.
        let doubles = try await sweep.markDoubles()
        progress.add(done: 0, failed: min(doubles, Int(progress.done - progress.failed)))
        progress.tell()
        let others = try await tools.rows(.needsAttention) - progress.failed
        return .init(
            total: progress.done, done: progress.done, failed: progress.failed,
            says: [RunMessages.validated(progress.done, failed: progress.failed, others: others)])
    }
}

/// The rows of a task that are yet to validate, checked page after page.
struct ValidationSweep {
    private static let batch = 2_000

    /// How many rows were checked, and how many of them need attention.
    struct Count: Sendable {
        var rows: Int64 = 0
        var failed: Int64 = 0
    }

    let tools: RunTools
    let checker: RowChecker
    let target: ImportTarget
    private var last: HeldRow?
    /// Keys of the rows that were checked; nil when there are too many of them, or when some were checked before the run
    /// was interrupted.
    private var keys: Set<Int64>?

    init(tools: RunTools, checker: RowChecker, target: ImportTarget) {
        (self.tools, self.checker, self.target) = (tools, checker, target)
        keys = tools.claim.isUninterrupted ? [] : nil
    }

    /// Checks the next page and adds it to what was counted `before`; `also` is part of its transaction. Nil when no row is
    /// left.
    mutating func next(
        from before: Count = Count(), _ also: @escaping @Sendable (Count, Transaction) -> Void = { _, _ in }
    ) async throws -> Count? {
        let (tools, after) = (tools, last)
        let page = try await tools.database.transaction(as: tools.service, readOnly: true) { tx in
            try StagingStore.page(
                tools.claim.task, status: .yetToValidate, after: after, limit: Self.batch, tx)
        }
        guard let end = page.last else { return nil }
        last = end
        let rows = try await NativeDates.rewritten(page, by: checker.plan, tools)
        let verdicts = try await checker.check(rows.map(\.cells), faults: rows.map(\.faults))
        keys?.formUnion(verdicts.compactMap(\.key))
        if (keys?.count ?? 0) > StagingDoubles.mostKeys { keys = nil }
        let (claim, writing, version) = (tools.claim, tools.writing, checker.plan.version.number)
        return try await tools.database.transaction(as: tools.service, deadline: .after(.seconds(60))) { tx in
            try tools.hold(in: tx)
            // Rows that were changed meanwhile are judged, and counted, by whoever comes next.
            let judged = try StagingStore.judge(
                rows, verdicts, by: version, of: claim.task, in: claim.domain, writing, tx)
            let failed = zip(rows, verdicts).count { judged.contains($0.id) && !$1.errors.isEmpty }
            let count = Count(rows: before.rows + Int64(judged.count), failed: before.failed + Int64(failed))
            also(count, tx)
            return count
        }
    }

    /// Marks the doubles of what was checked; how many rows are not ready any more.
    func markDoubles() async throws -> Int {
        try await tools.markDoubles(of: nil, among: keys.map(StagingDoubles.Among.keys) ?? .all, target)
    }
}

extension RunTools {
    /// How many rows of the task have a status.
    func rows(_ status: RowStatus) async throws -> Int64 {
        let task = claim.task
        return try await database.transaction(as: service, readOnly: true) { tx in
            try tx.query(
                """
                SELECT count(*) FROM import_validation.staging_row \
                WHERE import_task = \(task) AND status = \(status.rawValue)
                """
            ).first?.int64(UnnamedColumn.count) ?? 0
        }
    }
}
