import ImportValidationWire
import Postgres
import RPC
import Records
import Tenancy
import Wire

/// What can be done with a run beside reading it.
struct RunEndpoints: Sendable {
    let database: Database
    let queue: RunQueue
    let access: TaskAccess

    var endpoints: [Endpoint] {
        [
            Endpoint(ImportValidationAPI.cancelImportRun) { call, request async throws(Problem) in
                let method = ImportValidationAPI.cancelImportRun.name
                let run = try await database.perform(call, method, request, requestID: request.requestID) {
                    tx, context in try cancel(request, call, context, tx)
                }
                queue.wake.notify()
                return run
            }
        ]
    }

    /// A run that nobody has begun is canceled at once; one under way is asked to end, and its worker does so between two
    /// batches. Whoever may have asked for a run may cancel it, also when the task is closed by now.
    private func cancel(
        _ request: CancelImportRunRequest, _ call: Call, _ context: WriteContext, _ tx: Transaction
    ) throws -> ImportRun {
        let store = Store<ImportRun>(database)
        guard let seen = try store.find(request.id, in: tx) else { throw unknown(request.id) }
        let task = try found(seen, call.caller, tx)
        // Locked in the order in which its worker does: the task, what is queued, the run.
        let isWithdrawn = try queue.withdraw(seen.id, in: tx)
        guard let run = try store.find(seen.id, lock: .update, in: tx) else { throw unknown(request.id) }
        if run.state == ImportRun.State.canceled || run.cancelRequestedAt != nil {
            return TaskAccess.shown(run, to: call.caller)
        }
        guard run.state == ImportRun.State.queued || run.state == ImportRun.State.running else {
            throw Self.ended(run)
        }
        let canceled = try store.change(run.id, context.asSystem, in: tx) { run in
            run.cancelRequestedAt = context.now
            guard isWithdrawn else { return }
            run.state = ImportRun.State.canceled
            run.completedAt = context.now
            run.tell([RunMessages.canceledUnbegun], call.language)
        }
        if isWithdrawn {
            tx.send("UPDATE import_validation.staging_row SET publish_run = NULL WHERE publish_run = \(run.id)")
            try DataImportState.refresh(task.id, database, context, tx)
        }
        return TaskAccess.shown(canceled, to: call.caller)
    }

    /// The task of a run, locked, if the caller might have asked for the run: of a load whoever may import its file, of
    /// all others whoever works on the task. A task that he may not know hides its runs.
    private func found(_ run: ImportRun, _ caller: Caller, _ tx: Transaction) throws -> ImportTask {
        do {
            guard run.kind == ImportRun.Kind.load else {
                return try access.worked(run.importTask ?? "", by: caller, in: tx)
            }
            let task = try access.uploaded(run.importTask ?? "", by: caller, lock: .update, in: tx)
            if caller.kind == .customer {
                let upload = try Store<Upload>(database).find(run.upload ?? "", in: tx)
                guard upload?.createdBy == caller.subject else { throw unknown(run.id) }
            }
            return task
        } catch let problem as Problem where problem.code == .notFound {
            throw unknown(run.id)
        }
    }

    private func unknown(_ id: String) -> Problem { .notFound(ImportRun.schema.label, id: id) }

    private static func ended(_ run: ImportRun) -> Problem {
        let state = ImportRun.schema.fields[ImportRun.index(.state)].label(ofChoice: run.state ?? "")
        return Problem(
            .failedPrecondition,
            Text(
                en: "The run has ended (\(state.en)) and cannot be canceled any more.",
                ko: "실행이 이미 끝나(‘\(state.ko)’) 취소할 수 없습니다."),
            reason: "RUN_ENDED")
    }
}
