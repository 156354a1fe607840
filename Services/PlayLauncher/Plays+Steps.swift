import Flows
import PlayLauncherWire
import Postgres
import RPC
import Records
import Roles
import Tenancy
import Wire

/// What people do with a run that does not go on as it should: retry or skip the step it failed at, or cancel it. The run
/// goes on in the name of the person it runs for; the journal says who had it go on.
extension Plays {
    /// Longest reason that is kept.
    private static let reasonLimit = 1_000

    /// Has a failed run go on at the step it failed at, under the same request id as before.
    func retry(_ request: RetryFlowRunRequest, _ call: Call) async throws(Problem) -> FlowRun {
        try await goOn(request.id, call)
        let database = database
        let run = try await database.perform(
            call, PlayLauncherAPI.retryFlowRun.name, request, requestID: request.requestID
        ) { tx, context in
            let steps = try Self.failedSteps(request.id, call.caller, database, in: tx)
            FlowStep.reopen(steps, run: request.id, now: context.now, in: tx)
            return try Self.again(request.id, skips: false, database, call, context, in: tx)
        }
        runner.wake.notify()
        return run
    }

    /// Has a failed run go on without the step it failed at; what that would have answered is null.
    func skip(_ request: SkipFlowStepRequest, _ call: Call) async throws(Problem) -> FlowRun {
        try authorize(call.caller)
        let reason = try Self.reason(request.reason, SkipFlowStepRequest.Field.reason)
        try await goOn(request.id, call)
        let database = database
        let run = try await database.perform(
            call, PlayLauncherAPI.skipFlowStep.name, request, requestID: request.requestID
        ) { tx, context in
            let steps = try Self.failedSteps(request.id, call.caller, database, in: tx)
            guard steps.last == request.step,
                try FlowStep.skip(
                    request.step, run: request.id, by: call.caller.subject, reason, now: context.now, in: tx)
            else {
                throw Problem.failedPrecondition(
                    rule: "STEP_NOT_FAILED",
                    Text(
                        en: "The run did not fail at this step. Look at it again.", ko: "이 단계에서 실패한 것이 아닙니다. 다시 확인하세요."),
                    field: SkipFlowStepRequest.Field.step)
            }
            FlowStep.reopen(steps.dropLast(), run: request.id, now: context.now, in: tx)
            return try Self.again(request.id, skips: true, database, call, context, in: tx)
        }
        runner.wake.notify()
        return run
    }

    /// Has a run end. One that is being carried out ends when what is under way has come back; the runner tells the end.
    func cancel(_ request: CancelFlowRunRequest, _ call: Call) async throws(Problem) -> FlowRun {
        try authorize(call.caller)
        let reason = try Self.reason(request.reason, CancelFlowRunRequest.Field.reason)
        let (database, runner) = (database, runner)
        let run = try await database.perform(
            call, PlayLauncherAPI.cancelFlowRun.name, request, requestID: request.requestID
        ) { tx, context in
            _ = try Self.own(request.id, call.caller, database, in: tx)
            // Before the run itself, in the order of the runner.
            let ends = try Execution.cancel(request.id, in: tx)
            let store = Store<FlowRun>(database)
            let run = try store.change(request.id, context.asSystem, in: tx) { run in
                guard ends || run.state == FlowRun.State.started else {
                    throw Problem.failedPrecondition(
                        rule: "RUN_OVER",
                        Text(en: "The run is over: there is nothing to cancel.", ko: "이미 끝난 실행이어서 취소할 수 없습니다."),
                        field: CancelFlowRunRequest.Field.id)
                }
                // Who was first stays.
                if run.canceledBy == nil { (run.canceledBy, run.cancelReason) = (call.caller.subject, reason) }
                // A play that nobody launched has no more to it.
                if !ends { (run.state, run.completedAt) = (FlowRun.State.canceled, context.now) }
            }
            if ends { runner.hasten(run.id, in: tx) }
            return store.projected(run, for: call.caller)
        }
        runner.wake.notify()
        return run
    }

    /// Refuses what goes on where nothing may begin: the caller may not launch, or the record has ended (G-128).
    private func goOn(_ id: String, _ call: Call) async throws(Problem) {
        try authorize(call.caller)
        let database = database
        let run = try await database.transaction(as: call.caller, deadline: call.deadline, readOnly: true) { tx in
            try Self.own(id, call.caller, database, in: tx)
        }
        guard run.state == FlowRun.State.failed else { return }
        _ = try await PlaySource.read(run.sourceTable ?? "", run.sourceRecord ?? "", client)
    }

    /// The steps that a run of the caller's failed at, outermost flow first.
    private static func failedSteps(
        _ id: String, _ caller: Caller, _ database: Database, in tx: Transaction
    ) throws -> [String] {
        let run = try own(id, caller, database, in: tx)
        let steps = try Execution.failedSteps(of: id, in: tx)
        guard run.state == FlowRun.State.failed, !steps.isEmpty else {
            throw Problem.failedPrecondition(
                rule: "RUN_NOT_FAILED",
                Text(en: "Only a run that failed at a step goes on.", ko: "단계에서 실패한 실행만 계속할 수 있습니다."),
                field: RetryFlowRunRequest.Field.id)
        }
        return steps
    }

    private static func again(
        _ id: String, skips: Bool, _ database: Database, _ call: Call, _ context: WriteContext, in tx: Transaction
    ) throws -> FlowRun {
        Execution.again(id, skips: skips, in: tx)
        let store = Store<FlowRun>(database)
        let run = try store.change(id, context.asSystem, in: tx) { run in
            run.goOn()
            run.attempt = (run.attempt ?? 1) + 1
            (run.completedAt, run.createdRecords) = (nil, nil)
        }
        return store.projected(run, for: call.caller)
    }

    private static func reason(_ text: String, _ field: some RequestField) throws(Problem) -> String {
        let reason = text.trimmed
        guard !reason.isEmpty, reason.count <= reasonLimit else {
            throw .invalid(
                field: field,
                Text(
                    en: "Give a reason of at most \(grouped: reasonLimit) characters.",
                    ko: "\(grouped: reasonLimit)자 이내로 사유를 입력하세요."))
        }
        return reason
    }
}
