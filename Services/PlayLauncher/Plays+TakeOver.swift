import Flows
import PlayLauncherWire
import Postgres
import RPC
import Records
import Roles
import Tenancy
import Wire

extension Plays {
    /// Goes on with a held run for the caller, who is from now on the person it runs for. The journal says who did so.
    func takeOver(_ request: TakeOverFlowRunRequest, _ call: Call) async throws(Problem) -> FlowRun {
        try authorize(call.caller)
        // Held it waits for somebody; refused at its step it would have failed for good.
        if let flow = try await heldFlow(of: request.id, call) {
            try await PlayRights(database: database, library: library).check(flow, call)
        }
        let database = database
        let run = try await database.perform(
            call, PlayLauncherAPI.takeOverFlowRun.name, request, requestID: request.requestID
        ) { tx, context in
            let store = Store<FlowRun>(database)
            let caller = call.caller
            // Whoever launched it and may act again goes on as well.
            let known = try Self.own(request.id, caller, database, lock: .update, in: tx)
            guard known.state == FlowRun.State.held else {
                throw Problem.failedPrecondition(
                    rule: "RUN_NOT_HELD",
                    Text(en: "Only a held run can be taken over.", ko: "보류된 실행만 이어받을 수 있습니다."),
                    field: TakeOverFlowRunRequest.Field.id)
            }
            let run = try store.change(known.id, context.asSystem, in: tx) { run in
                run.requestedBy = caller.subject
                run.goOn()
            }
            try Execution.resume(run.id, for: caller, in: tx)
            return store.projected(run, for: caller)
        }
        runner.wake.notify()
        return run
    }

    /// The run, for the person it runs for and for who administers runs (D-71); others may only look at it.
    static func own(
        _ id: String, _ caller: Caller, _ database: Database, lock: Store<FlowRun>.Lock = .none, in tx: Transaction
    ) throws -> FlowRun {
        guard let run = try Store<FlowRun>(database).find(id, lock: lock, in: tx) else {
            throw Problem.notFound(FlowRun.schema.label, id: id)
        }
        guard run.requestedBy == caller.subject || Access.allows(caller.roles, .write, on: FlowRun.schema.table) else {
            throw Problem.permissionDenied()
        }
        return run
    }

    /// The flow of a held run; nil when there is no such run for the caller, or it is not held.
    private func heldFlow(of run: String, _ call: Call) async throws(Problem) -> CompiledFlow? {
        let database = database
        let isHeld = try await database.transaction(as: call.caller, deadline: call.deadline, readOnly: true) { tx in
            try Store<FlowRun>(database).find(run, in: tx)?.state == FlowRun.State.held
        }
        guard isHeld else { return nil }
        let service = Caller.service(database.service, domain: .root)
        let found = try await database.transaction(as: service, deadline: call.deadline, readOnly: true) { tx in
            try Execution.definition(of: run, in: tx).flatMap { try Store<FlowDefinition>(database).find($0, in: tx) }
        }
        guard let found else { throw .internalError(cause: "the flow of run \(run) is gone") }
        return try library.compiled(found)
    }
}
