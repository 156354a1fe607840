import ImportValidationWire
import Postgres
import RPC
import Records
import Wire

/// Starting over: every unpublished row of a task goes; published ones and their records stay (G-64). Many rows go batch
/// after batch, each in a transaction of its own, so that nobody waits behind a million of them; a request that does not
/// get to the end says so, and the next one goes on where it stopped.
struct StartOver: Sendable {
    let database: Database
    let access: TaskAccess
    /// Rows that go at once.
    var batch = 10_000
    /// Time that is kept back for the last transaction.
    var reserve: Duration = .seconds(1)

    func answer(_ call: Call, _ request: StartOverRequest) async throws(Problem) -> StartOverResponse {
        guard request.confirm else {
            throw .invalid(
                field: StartOverRequest.Field.confirm,
                Text(
                    en: "Every unpublished row of the task will be removed: confirm must be true.",
                    ko: "이 작업에서 아직 게시하지 않은 행이 모두 삭제됩니다. 계속하려면 삭제를 확인하세요('confirm=true')."), rule: "G-64")
        }
        let method = ImportValidationAPI.startOver.name
        // A request that comes again must not remove what was loaded since.
        if let answer: StartOverResponse = try await database.answered(
            call, method, request, requestID: request.requestID)
        {
            return answer
        }
        let removed = try await removeBatches(call, request)
        return try await database.perform(call, method, request, requestID: request.requestID) { tx, context in
            let task = try begin(request, call, tx)
            let last = try tx.query(
                "DELETE FROM import_validation.staging_row WHERE import_task = \(task.id) AND status <> \(RowStatus.published.sql)"
            )
            try reopenUploads(of: task, context, tx)
            try DataImportState.refresh(task.id, database, context, tx)
            var response = StartOverResponse()
            response.removedRows = Int64(removed + last.affected)
            return response
        }
    }

    /// Removes rows until no more than one batch is left; how many went.
    private func removeBatches(_ call: Call, _ request: StartOverRequest) async throws(Problem) -> Int {
        var sweep = StagingStore.Sweep()
        while true {
            let before = sweep
            sweep = try await database.transaction(as: call.caller, deadline: call.deadline) { tx in
                let task = try begin(request, call, tx)
                return try StagingStore.removeBatch(of: task.id, batch, before, tx)
            }
            guard sweep.goesOn else { return sweep.removed }
            guard call.deadline.remaining > reserve else { throw Self.unfinished(sweep.removed) }
        }
    }

    /// The task, locked, if it may be started over now.
    private func begin(_ request: StartOverRequest, _ call: Call, _ tx: Transaction) throws -> ImportTask {
        let task = try access.worked(request.id, by: call.caller, in: tx)
        try TaskAccess.requireOpen(task, tx)
        let busy = try tx.query(
            "SELECT 1 FROM import_validation.import_run_work WHERE import_task = \(task.id) LIMIT 1")
        guard busy.isEmpty else {
            throw Problem(
                .failedPrecondition,
                Text(
                    en: "Wait until the runs of this task have ended, or cancel them.",
                    ko: "이 작업의 실행이 끝날 때까지 기다리거나 실행을 취소하세요."),
                reason: "RUN_IN_PROGRESS")
        }
        return task
    }

    /// The files are still there and may be loaded again.
    private func reopenUploads(of task: ImportTask, _ context: WriteContext, _ tx: Transaction) throws {
        let loaded = try tx.query(
            """
            SELECT id FROM import_validation.upload \
            WHERE import_task = \(task.id) AND state = \(literal: Upload.State.loaded)
            """)
        for row in loaded {
            try Store<Upload>(database).change(row.string(Upload.Field.id), context.asSystem, in: tx) {
                $0.state = Upload.State.complete
            }
        }
    }

    private static func unfinished(_ removed: Int) -> Problem {
        Problem(
            .deadlineExceeded,
            Text(
                en: "\(removed) rows were removed; ask again to remove the rest.",
                ko: "\(grouped: removed)개 행을 삭제했습니다. 나머지를 삭제하려면 다시 요청하세요."),
            reason: "START_OVER_UNFINISHED")
    }
}
