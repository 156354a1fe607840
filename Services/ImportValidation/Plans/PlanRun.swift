import ImportValidationWire
import OnboardingWire
import Postgres
import RPC
import Records
import Wire

/// Makes a plan: asks the owner of the target table, on behalf of the person who wants to know, what publishing the rows
/// would do, and keeps the answer row by row.
struct PlanRun {
    let tools: RunTools

    /// Plans batch after batch; one that was interrupted goes on behind the last row that it has kept.
    func run() async throws -> RunQueue.Ending {
        let claim = tools.claim
        let publisher = try await RowPublisher(tools)
        try await tools.tellOvertaken()
        try await tools.sendBack(judgedBy: publisher.plan.version)
        let (plan, place, total) = try await begin()
        var last = place?.row
        var number = place?.number ?? 0
        let before = try await tools.counts()
        var progress = Progress(claim, total: max(total, before.done), connection: tools.connection)
        progress.add(done: Int(before.done), failed: Int(before.failed))
        while true {
            let (database, after) = (tools.database, last)
            let page = try await database.transaction(as: tools.service, readOnly: true) { tx in
                if let task = try Store<ImportTask>(database).find(claim.task, in: tx) {
                    try TaskAccess.requireOpen(task, tx)
                    // Rows that were judged by other checks do not belong into one plan.
                    try plan.requireFresh(task, tx)
                }
                return try plan.rowsToPlan(after: after, limit: RowPublisher.batch, tx)
            }
            let rows = RowPublisher.fitting(page)
            if rows.isEmpty { break }
            let results = try await publisher.wouldDo(rows)
            let told = Array(rows.prefix(results.count))
            let left = try await keep(told, results, of: plan, from: number, progress)
            progress.add(done: told.count, failed: left)
            number += Int64(told.count)
            last = told.last
            try await tools.refuseCanceled()
        }
        progress.total = progress.done
        progress.tell()
        let counts = try await counts(plan)
        return .init(
            total: progress.done, done: progress.done, failed: progress.failed,
            says: [RunMessages.planned(counts)] + (try await tools.leftOut(plan.asked)))
    }

    private func begin() async throws -> (ImportPlan, (row: HeldRow, number: Int64)?, Int64) {
        let claim = tools.claim
        return try await tools.database.transaction(as: tools.service, readOnly: true) { tx in
            guard let plan = try ImportPlan.find(claim.run, tx) else {
                throw Problem.internalError(cause: "plan \(claim.run) has not begun")
            }
            return (plan, try plan.last(tx), try plan.count(tx))
        }
    }

    private func keep(
        _ rows: [HeldRow], _ results: [PublishResult], of plan: ImportPlan, from number: Int64, _ progress: Progress
    ) async throws -> Int {
        let claim = tools.claim
        let (done, failed, total) = (progress.done + Int64(rows.count), progress.failed, progress.total)
        return try await tools.database.transaction(as: tools.service, deadline: .after(.seconds(60))) { tx in
            try claim.lease.hold(in: tx)
            let left = try plan.add(rows, results, from: number, domain: claim.domain.path, tx)
            tx.send(
                """
                UPDATE import_validation.import_run SET done_rows = \(done), failed_rows = \(failed + Int64(left)), \
                total_rows = \(total) WHERE id = \(claim.run)
                """)
            return left
        }
    }

    private func counts(_ plan: ImportPlan) async throws -> PlanCounts {
        try await tools.database.transaction(as: tools.service, readOnly: true) { tx in try plan.counts(tx) }
    }
}

extension ImportPlan {
    /// The rows of the plan by outcome and by result.
    func counts(_ tx: Transaction) throws -> PlanCounts {
        let rows = try tx.query(
            """
            SELECT outcome, result, count(*) FROM import_validation.import_plan_row \
            WHERE plan = \(id) GROUP BY outcome, result
            """)
        var counts = PlanCounts()
        for row in rows {
            let count = try row.int64(Column.count)
            switch try row.string(Column.outcome) {
            case PlanRow.Outcome.insert: counts.inserts += count
            case PlanRow.Outcome.update: counts.updates += count
            case PlanRow.Outcome.unchanged: counts.unchanged += count
            case PlanRow.Outcome.double: counts.doubles += count
            default: counts.conflicts += count
            }
            switch try row.optionalString(Column.result) {
            case PlanRow.Result.published: counts.published += count
            case PlanRow.Result.failed: counts.failed += count
            case PlanRow.Result.moved: counts.moved += count
            default: break
            }
        }
        return counts
    }
}

extension RunMessages {
    /// What a plan says at its end.
    static func planned(_ counts: PlanCounts) -> Text {
        Text(
            en:
                "\(counts.inserts) records would be inserted, \(counts.updates) updated, \(counts.unchanged) are unchanged; \(counts.conflicts) rows are conflicts, \(counts.doubles) doubles.",
            ko:
                "레코드: 생성 \(grouped: counts.inserts)개, 수정 \(grouped: counts.updates)개, 변경 없음 \(grouped: counts.unchanged)개. 행: 충돌 \(grouped: counts.conflicts)개, 중복 \(grouped: counts.doubles)개입니다."
        )
    }

    /// What a publication by a plan says of rows that were not as it had seen them.
    static func moved(_ rows: Int64) -> Text {
        Text(
            en: "\(rows) rows were not as the plan has seen them and stay as they are.",
            ko: "계획과 달라진 \(grouped: rows)개 행은 게시하지 않았습니다.")
    }

    /// What an undo says at its end.
    static func undone(_ rows: Int64, kept: Int64) -> Text {
        if rows == 0 { return Text(en: "There was nothing to undo.", ko: "실행 취소할 게시가 없습니다.") }
        if kept == 0 {
            return Text(
                en: "All \(rows) rows were undone.",
                ko: "\(grouped: rows)개 행의 게시를 모두 실행 취소했습니다.")
        }
        return Text(
            en: "\(rows - kept) of \(rows) rows were undone; \(kept) were kept, with the reasons.",
            ko:
                "\(grouped: rows)개 행 중 \(grouped: rows - kept)개의 게시를 실행 취소했습니다. \(grouped: kept)개는 유지되었으며 이유를 확인할 수 있습니다."
        )
    }
}
