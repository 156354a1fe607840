import Flows
import PlayLauncherWire
import Postgres
import RPC
import Records
import Tenancy
import Wire
import Work

/// The moves of a run: each does what its present step asks for and stores what came of it.
extension Runner {
    /// Most flows inside each other.
    private static let depth = 4

    /// Makes one move. False when the run waits or is over: then it was let go.
    func move(_ execution: Execution, _ lease: Lease) async throws -> Bool {
        if execution.isNoted { return try await finish(execution, lease) }
        let state = execution.machines[execution.machines.count - 1].state
        switch state.action {
        case .call(let step, let method, let request):
            let requestID = step.requestID(run: state.run)
            switch await call(method, request, requestID: requestID, execution) {
            case .done(let result): return try await take(result, execution, lease)
            case .retry(let problem): return try await retry(execution, problem, lease)
            case .held: return try await hold(execution, lease)
            }
        case .wait(_, let until):
            let isOver = FlowInstant(database.clock.now) >= until
            return isOver
                ? try await take(.succeeded(.null), execution, lease) : try await letWait(execution, until, lease)
        case .emit: return try await take(.succeeded(.null), execution, lease)
        case .runSubflow(let step, let flow, let input):
            return try await beginSubflow(flow, run: "\(state.run)/\(step.path)", input, execution, lease)
        case .completed(let output): return try await end(.succeeded(output), execution, lease)
        case .failed(let error): return try await end(.failed(error), execution, lease)
        }
    }

    // MARK: Moves of the flow

    /// Gives the flow what became of its step and stores where it then is.
    private func take(_ result: StepResult, _ execution: Execution, _ lease: Lease) async throws -> Bool {
        var next = execution
        let place = next.machines.count - 1
        next.machines[place].state = try await advanced(execution.machines[place], with: result)
        return try await store(next, after: execution, result, lease)
    }

    private func advanced(_ machine: Execution.Machine, with result: StepResult) async throws -> FlowState {
        let flow = try await flow(machine.definition)
        guard let step = machine.state.action.step else { return machine.state }
        do throws(FlowMachineError) {
            return try FlowMachine(flow).advance(
                machine.state, step: step, with: result, now: FlowInstant(database.clock.now))
        } catch {
            // A state that this program cannot go on with ends its run instead of being tried for ever.
            database.log.error(
                "a flow cannot go on", metadata: ["run": "\(machine.state.run)", "cause": "\(error)"])
            return FlowMachine(flow).cancel(machine.state, because: "The stored state cannot be carried on.")
        }
    }

    private func store(
        _ next: Execution, after old: Execution, _ result: StepResult?, _ lease: Lease
    ) async throws -> Bool {
        let database = database
        let now = database.clock.now
        var due: Timestamp?
        if case .wait(_, let until) = next.action { due = Timestamp(microseconds: until.milliseconds * 1_000) }
        let wasWaiting: Bool
        if case .wait = old.action { wasWaiting = true } else { wasWaiting = false }
        let wake = due
        try await asService(next.domain) { tx in
            if let key = old.key, let result { FlowStep.end(key, result, run: old.run, now: now, in: tx) }
            if case .emit(_, let type, let data) = old.action {
                try FlowEvent.insert(type, data, old, database, now: now, in: tx)
            }
            next.store(lease, in: tx)
            // A run that has to wait is let go, so that any runner may take it up when its time has come.
            if let wake { lease.retry(notBefore: wake, in: tx) }
            next.beginStep(now: now, in: tx)
            if wake != nil || wasWaiting {
                try Store<FlowRun>(database).change(next.run, next.context(database, now), in: tx) {
                    $0.state = wake == nil ? FlowRun.State.inProgress : FlowRun.State.waiting
                }
            }
        }
        return due == nil
    }

    /// A run found waiting too early, because clocks differ, is let go until its time.
    private func letWait(_ execution: Execution, _ until: FlowInstant, _ lease: Lease) async throws -> Bool {
        let due = Timestamp(microseconds: until.milliseconds * 1_000)
        try await asService(execution.domain) { tx in
            // By the clock of the database the time may have come already: not at once again.
            lease.retry(after: .seconds(1), notBefore: due, in: tx)
        }
        return false
    }

    private func beginSubflow(
        _ reference: FlowReference, run: String, _ input: JSONValue, _ execution: Execution, _ lease: Lease
    ) async throws -> Bool {
        let database = database
        let found = try await asService(execution.domain) { tx in
            try FlowLibrary.find(reference, database, in: tx)
        }
        guard let definition = found, execution.machines.count < Self.depth else {
            return try await take(
                .failed(FlowError(type: FlowError.runtime, status: 404, title: "The flow \(reference) cannot be run.")),
                execution, lease)
        }
        let flow = try library.compiled(definition)
        let state: FlowState
        do throws(FlowMachineError) {
            state = try FlowMachine(flow).start(
                run: run, input: input, language: execution.requester.caller.locale,
                now: FlowInstant(database.clock.now))
        } catch {
            let error = FlowError(
                type: FlowError.validation, status: 400, title: "The input does not fit the flow \(reference).",
                detail: "\(error)")
            return try await take(.failed(error), execution, lease)
        }
        var next = execution
        next.machines.append(.init(definition: definition.id, state: state))
        return try await store(next, after: execution, nil, lease)
    }

    /// A flow is over: the flow around it goes on, or the run is told about.
    private func end(_ result: StepResult, _ execution: Execution, _ lease: Lease) async throws -> Bool {
        var next = execution
        guard execution.machines.count == 1 else {
            next.machines.removeLast()
            return try await take(result, next, lease)
        }
        next.isNoted = true
        let now = database.clock.now
        let noted = next
        try await asService(execution.domain) { tx in
            noted.store(lease, in: tx)
            FlowStep.begin(Telling.step, "call", nil, of: noted, now: now, in: tx)
        }
        return true
    }

    /// Lets the run go for a while, since its step may go through later; when it never does, the step has failed.
    func retry(_ execution: Execution, _ problem: Problem, _ lease: Lease) async throws -> Bool {
        let failures = execution.failures + 1
        if let skew = problem.skew(from: database.clock.now) {
            database.log.error(
                "clocks differ: a token made here was refused for its times",
                metadata: ["run": "\(execution.run)", "skew_seconds": "\(skew)", "failures": "\(failures)"])
        }
        guard let pause = StepRetry.pause(after: failures) else {
            return try await take(.failed(FlowError(problem, execution.language)), execution, lease)
        }
        let now = database.clock.now
        try await asService(execution.domain) { tx in
            if let key = execution.isNoted ? Telling.step : execution.key {
                FlowStep.retry(
                    key, problem.ofStep.text(execution.language), run: execution.run, now: now, in: tx)
            }
            tx.send(
                "UPDATE play_launcher.flow_execution SET failures = \(failures) WHERE \(lease.held)", expecting: 1)
            lease.retry(after: pause, in: tx)
        }
        return false
    }

    /// Lets the run go until somebody takes it over, at the very step that was refused.
    private func hold(_ execution: Execution, _ lease: Lease) async throws -> Bool {
        let database = database
        let now = database.clock.now
        let message = Telling.held(execution.title)(execution.language)
        try await asService(execution.domain) { tx in
            if let key = execution.key { FlowStep.retry(key, message, run: execution.run, now: now, in: tx) }
            Execution.stop("held", lease, in: tx)
            try Store<FlowRun>(database).change(execution.run, execution.context(database, now), in: tx) { run in
                run.state = FlowRun.State.held
                run.message = message
            }
        }
        database.log.warning("run is held", metadata: ["run": "\(execution.run)"])
        return false
    }

    /// The compiled flow of a definition.
    private func flow(_ definition: String) async throws -> CompiledFlow {
        let database = database
        let found = try await asService(.root) { tx in try Store<FlowDefinition>(database).find(definition, in: tx) }
        guard let found else { throw Problem.internalError(cause: "flow definition \(definition) is gone") }
        return try library.compiled(found)
    }
}

/// How often and how long a step that may go through later is retried.
enum StepRetry {
    /// Failures in a row after which a step has failed: some twenty-five minutes.
    static let limit = 60

    /// The pause after so many failures in a row; nil when it is enough.
    static func pause(after failures: Int) -> Duration? {
        guard failures < limit else { return nil }
        return min(.milliseconds(200 * (1 << min(failures - 1, 10))), .seconds(30))
    }
}

extension Execution {
    /// What the runner writes as.
    func context(_ database: Database, _ now: Timestamp) -> WriteContext {
        .system(database.service, domain: domain, now: now, trace: trace)
    }
}
