import ImportValidationWire
import OnboardingWire
import Postgres
import RPC
import Records
import Wire

/// Moves rows that are ready into their target table (G-55, G-56), on behalf of the person who
/// asked for it.
struct PublishRun {
    private static let batch = 500
    private static let bytesPerBatch = 600 << 10

    let tools: RunTools

    /// Publishes batch after batch. Each is sent under a request id that follows from its rows and their revisions: after
    /// a crash the same batch gets the same answer again, and nothing is published twice.
    func run() async throws -> RunQueue.Ending {
        let (task, target) = try await tools.task()
        let stagingTable = task.sourceTable ?? target.stagingTable
        let assists = try await tools.database.transaction(as: tools.service, readOnly: true) { tx in
            return try DataValidationAssist.active(for: stagingTable, tx)
        }
        let plan = CheckPlan(target, assists)
        let claim = tools.claim
        let before = try await alreadyDone()
        var progress = Progress(claim, total: try await waiting() + before.done, connection: tools.connection)
        progress.add(done: Int(before.done), failed: Int(before.failed))
        while true {
            let database = tools.database
            let page = try await database.transaction(as: tools.service, readOnly: true) { tx in
                // Looked at anew before each batch: the case may end while a large file is being published.
                if let task = try Store<ImportTask>(database).find(claim.task, in: tx) {
                    try TaskAccess.requireOpen(task, tx)
                }
                return try StagingStore.page(
                    claim.task, status: RowStatus.readyToPublish.rawValue, after: nil, limit: Self.batch,
                    chosenFor: claim.allReady ? nil : claim.run, unchosen: claim.allReady, tx)
            }
            let rows = Self.fitting(page)
            if rows.isEmpty { break }
            let outcomes = try await publish(rows, task, plan)
            progress.add(done: rows.count, failed: outcomes.count { !$0.errors.isEmpty })
            try await settle(rows, outcomes, progress)
            try await tools.refuseCanceled()
        }
        progress.tell()
        return .init(
            total: progress.done, done: progress.done, failed: progress.failed,
            message: RunMessages.published(progress.done, failed: progress.failed)(tools.language))
    }

    /// What this run had done before it was interrupted.
    private func alreadyDone() async throws -> (done: Int64, failed: Int64) {
        let database = tools.database
        let id = tools.claim.run
        let run = try await database.transaction(as: tools.service, readOnly: true) { tx in
            try Store<ImportRun>(database).find(id, in: tx)
        }
        return (run?.doneRows ?? 0, run?.failedRows ?? 0)
    }

    private func waiting() async throws -> Int64 {
        let claim = tools.claim
        var statement: SQL = """
            SELECT count(*) FROM import_validation.staging_row \
            WHERE import_task = \(claim.task) AND status = \(RowStatus.readyToPublish.sql)
            """
        if claim.allReady {
            statement += " AND publish_run IS NULL"
        } else {
            statement += " AND publish_run = \(claim.run)"
        }
        let counting = statement
        return try await tools.database.transaction(as: tools.service, readOnly: true) { tx in
            try tx.query(counting).first?.int64(UnnamedColumn.count) ?? 0
        }
    }

    /// As many rows from the start as one request carries; at least one.
    private static func fitting(_ rows: [HeldRow]) -> [HeldRow] {
        var bytes = 0
        var count = 0
        for row in rows {
            bytes += row.cells.reduce(64) { $0 + $1.utf8.count + 4 }
            if count > 0 && bytes > bytesPerBatch { break }
            count += 1
        }
        return Array(rows.prefix(count))
    }

    private func publish(_ rows: [HeldRow], _ task: ImportTask, _ plan: CheckPlan) async throws -> [PublishOutcome] {
        var request = PublishRowsRequest()
        request.targetTable = plan.target.table
        request.account = task.account ?? ""
        request.columns = plan.target.fields.map(\.name)
        let named = plan.referenceFields
        if named.contains(where: { !$0.isEmpty }) { request.referenceFields = named }
        request.rows = rows.map { row in
            var sent = PublishRow()
            sent.rowID = row.id
            sent.values = plan.stored(row.cells)
            return sent
        }
        let name = rows.map { "\($0.id):\($0.revision)" }.joined(separator: ",")
        request.requestID = RecordID.derived(from: "\(tools.claim.run)/\(name)")
        let answer = try await tools.client.call(
            OnboardingAPI.publishRows, request, as: credential(), deadline: .seconds(60),
            requestID: request.requestID, retry: .exponential(attempts: 6))
        let results = Dictionary(answer.results.map { ($0.rowID, $0) }) { first, _ in first }
        return rows.map { row in
            let errors = Self.errors(results[row.id])
            return PublishOutcome(
                record: results[row.id]?.targetRecord ?? "", errors: errors,
                comment: errors.comment(row.cells, plan.target, tools.language))
        }
    }

    /// Why a row was not published, cell by cell; nothing when it was.
    private static func errors(_ result: PublishResult?) -> [RowError] {
        guard let result else {
            let text = Text(en: "There was no answer for this row.", ko: "이 행의 게시 결과를 확인하지 못했습니다. 다시 게시하세요.")
            return [RowError(.publication, [text.en, text.ko])]
        }
        guard result.outcome == PublishResult.Outcome.failed else { return [] }
        guard result.faults.isEmpty else {
            return result.faults.map { fault in
                RowError(
                    .publication, field: fault.field.isEmpty ? nil : fault.field, [fault.message, fault.messageKo])
            }
        }
        let refused = Text(en: "The row could not be published.", ko: "행을 게시하지 못했습니다.")
        return [RowError(.publication, result.message.isEmpty ? [refused.en, refused.ko] : [result.message])]
    }

    /// The requester's own rights decide in the target table.
    private func credential() -> Credential? {
        guard let issuer = tools.issuer, tools.claim.requester.caller.kind != .service else { return nil }
        return tools.claim.requester.credential(issuer, by: tools.database.service)
    }

    private func settle(_ rows: [HeldRow], _ outcomes: [PublishOutcome], _ progress: Progress) async throws {
        let claim = tools.claim
        let writing = tools.writing
        let (done, failed, total) = (progress.done, progress.failed, progress.total)
        try await tools.database.transaction(as: tools.service, deadline: .after(.seconds(60))) { tx in
            try claim.lease.hold(in: tx)
            StagingStore.settle(rows, outcomes, writing, tx)
            tx.send(
                """
                UPDATE import_validation.import_run SET done_rows = \(done), failed_rows = \(failed), \
                total_rows = \(total) WHERE id = \(claim.run)
                """)
        }
    }
}
