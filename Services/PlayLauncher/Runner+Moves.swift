import Flows
import PlayLauncherWire
import Postgres
import RPC
import Records
import Roles
import Tenancy
import Wire
import Work

/// The moves of a run: each does what its present step asks for and stores what came of it.
extension Runner {
    /// Most flows inside each other.
    private static let depth = 4

    /// Makes one move. When somebody has canceled the run meanwhile the move is not stored, and the run is read anew: it ends.
    func goOn(_ execution: Execution, _ lease: Lease) async throws -> Execution? {
        do {
            return try await move(execution, lease)
        } catch {
            guard !execution.isCanceled, let canceled = try await canceled(lease) else { throw error }
            return canceled
        }
    }

    /// The run of a lease, when it is this runner's still and somebody has canceled it.
    private func canceled(_ lease: Lease) async throws -> Execution? {
        let found = try await asService(.root) { tx in try Execution.load(lease, in: tx) }
        return found?.isCanceled == true ? found : nil
    }

    /// Ends a run that somebody has canceled, with what came of the step that was under way.
    private func end(_ execution: Execution, with result: StepResult? = nil, _ lease: Lease) async throws -> Execution?
    {
        var progress = RunProgress(execution)
        if let result {
            progress.end(result, state: execution.machines[execution.machines.count - 1].state)
        }
        let outermost = execution.machines[0]
        progress.cancel(
            FlowMachine(try await flow(outermost.definition)).cancel(outermost.state, because: Telling.endedBySomebody))
        return try await store(progress, lease)
    }

    /// Makes one move and answers where the run then is; nil when it waits or is over: then it was let go.
    func move(_ execution: Execution, _ lease: Lease) async throws -> Execution? {
        if execution.isNoted {
            try await finish(execution, lease)
            return nil
        }
        if execution.isCanceled { return try await end(execution, lease) }
        if execution.isSkipped { return try await take(.succeeded(.null), execution, lease) }
        let now = FlowInstant(database.clock.now)
        if let place = execution.overdue(at: now) { return try await wake(execution, at: place, now, lease) }
        let state = execution.machines[execution.machines.count - 1].state
        switch state.action {
        case .call(let step, let method, let request):
            let answer = await call(method, request, requestID: step.requestID(run: state.run), execution)
            return try await take(answer, execution, lease)
        case .http(let step, let request):
            let answer = await hosts.answer(request, key: step.requestID(run: state.run))
            return try await take(answer, execution, lease)
        case .wait, .listen:
            if let due = state.wakes, due <= now {
                return try await wake(execution, at: execution.machines.count - 1, now, lease)
            }
            return try await listen(execution, lease)
        case .runSubflow(let step, let flow, let input):
            return try await beginSubflow(flow, run: "\(state.run)/\(step.path)", input, execution, lease)
        case .emit, .completed, .failed: return try await store(try await progress(RunProgress(execution)), lease)
        }
    }

    private func take(_ answer: Answer, _ execution: Execution, _ lease: Lease) async throws -> Execution? {
        switch answer {
        case .done(let result): return try await take(result, execution, lease)
        case .retry(let problem):
            guard let pause = StepRetry.pause(after: execution.failures + 1) else {
                return try await take(.failed(FlowError(problem, execution.language)), execution, lease)
            }
            try await retry(execution, problem, after: pause, lease)
        case .held: try await hold(execution, lease)
        }
        return nil
    }

    // MARK: Moves of the flow

    /// Has the flow at `place` go on because of the clock: a wait is over, or a timeout.
    private func wake(
        _ execution: Execution, at place: Int, _ now: FlowInstant, _ lease: Lease
    ) async throws -> Execution? {
        let machine = execution.machines[place]
        var progress = RunProgress(execution)
        progress.turn(
            try await turned(machine) { flow throws(FlowMachineError) in try flow.wake(machine.state, now: now) },
            at: place, isLate: execution.overdue(at: now) != nil)
        return try await store(try await self.progress(progress), lease)
    }

    /// Gives the flow what was heard since it listens; lets the run wait when that was nothing.
    private func listen(_ execution: Execution, _ lease: Lease) async throws -> Execution? {
        let run = execution.run
        guard !execution.listens.isEmpty else {
            try await letWait(execution, lease)
            return nil
        }
        let heard = try await asService(execution.domain) { tx in try Listening.heard(by: run, in: tx) }
        guard !heard.isEmpty else {
            let misses = try await asService(execution.domain) { tx in try Listening.hasMissed(run, in: tx) }
            if misses { return try await miss(execution, lease) }
            try await letWait(execution, lease)
            return nil
        }
        var progress = RunProgress(execution)
        let place = execution.machines.count - 1
        for (_, event) in heard {
            let machine = progress.next.machines[place]
            guard !machine.state.isOver, reads(event, execution.requester.caller) else { continue }
            let now = FlowInstant(database.clock.now)
            progress.turn(
                try await turned(machine) { flow throws(FlowMachineError) in
                    try flow.hear(event, machine.state, now: now)
                }, at: place)
        }
        progress.hear(heard.map(\.seq))
        return try await store(try await self.progress(progress), lease)
    }

    /// Fails the step by which a run listens, when all that was kept of the events is taken in and it still does.
    private func miss(_ execution: Execution, _ lease: Lease) async throws -> Execution? {
        var progress = RunProgress(execution)
        progress.hasMissed = true
        let place = execution.machines.count - 1
        let machine = execution.machines[place]
        let listening = machine.state.pending.first { if case .listen = $0 { true } else { false } }
        guard let step = listening?.step else { return nil }
        progress.turn(
            try await turned(machine) { flow throws(FlowMachineError) in
                try flow.fail(step, with: Listening.missed, machine.state, now: FlowInstant(database.clock.now))
            }, at: place)
        return try await store(try await self.progress(progress), lease)
    }

    /// Has a run listen that was let go. Its row of the queue is locked by this transaction, which has just changed it: an
    /// event that comes meanwhile wakes the run behind it, and what came before is taken in at once.
    private func begin(_ execution: Execution, in tx: Transaction) throws {
        Listening.begin(execution, in: tx)
        if try Listening.hasHeard(execution, in: tx) { hasten(execution.run, in: tx) }
    }

    /// Whether the person that the run acts for may read the records that the event is about.
    private func reads(_ event: JSONValue, _ caller: Caller) -> Bool {
        guard let (_, table) = Listening.record(ofType: event["type"]?.string ?? "") else { return true }
        return Access.allows(caller.roles, .read, on: table)
    }

    private func turned(
        _ machine: Execution.Machine,
        _ move: (FlowMachine) throws(FlowMachineError) -> FlowMachine.Turn
    ) async throws -> FlowMachine.Turn {
        let flow = FlowMachine(try await flow(machine.definition))
        do throws(FlowMachineError) {
            return try move(flow)
        } catch {
            return FlowMachine.Turn(state: broken(machine, error, flow))
        }
    }

    /// A state that this program cannot go on with ends its run instead of being tried for ever.
    private func broken(_ machine: Execution.Machine, _ error: FlowMachineError, _ flow: FlowMachine) -> FlowState {
        database.log.error("a flow cannot go on", metadata: ["run": "\(machine.state.run)", "cause": "\(error)"])
        return flow.cancel(machine.state, because: "The stored state cannot be carried on.")
    }

    /// Gives the flow what became of its step and stores where it then is.
    private func take(_ result: StepResult, _ execution: Execution, _ lease: Lease) async throws -> Execution? {
        do {
            return try await store(
                try await progress(RunProgress(execution), with: result, skips: execution.isSkipped), lease)
        } catch {
            guard !execution.isCanceled, let canceled = try await canceled(lease) else { throw error }
            // It stands at another step when the move was stored after all.
            return try await end(canceled, with: canceled.key == execution.key ? result : nil, lease)
        }
    }

    /// Goes on with what became of the present step until something outside has to be done. Events that the flow emits on
    /// the way, and the ends of subflows, are part of the same move.
    private func progress(
        _ begun: RunProgress, with result: StepResult? = nil, skips: Bool = false
    ) async throws -> RunProgress {
        var progress = begun
        var skips = skips
        var result = result ?? progress.follows()
        while let known = result {
            let machine = progress.next.machines[progress.next.machines.count - 1]
            progress.end(known, state: try await advanced(machine, with: known), skips: skips)
            skips = false
            result = progress.follows()
        }
        return progress
    }

    private func advanced(_ machine: Execution.Machine, with result: StepResult) async throws -> FlowState {
        let flow = try await flow(machine.definition)
        guard let step = machine.state.action.step else { return machine.state }
        do throws(FlowMachineError) {
            return try FlowMachine(flow).advance(
                machine.state, step: step, with: result, now: FlowInstant(database.clock.now))
        } catch {
            return broken(machine, error, FlowMachine(flow))
        }
    }

    /// Stores a move: the steps it has done, the events they emit and where the run is, in one transaction, which other
    /// runs may share. The disk is waited for by what has to be there after a crash of the database (ADR 0073).
    private func store(_ progress: RunProgress, _ lease: Lease) async throws -> Execution? {
        let database = database
        let now = database.clock.now
        let next = progress.next
        let wake = next.wake
        let isLasting = wake != nil || !progress.isRepeatable
        let ending = try await shared.run(in: next.domain, lasting: isLasting) { tx -> Execution.Ending? in
            next.store(lease, in: tx)
            // A run that has to wait is let go, so that any runner may take it up when its time has come.
            if let wake { lease.retry(notBefore: wake, in: tx) }
            func change(to state: String, at step: Text? = nil) throws {
                try Store<FlowRun>(database).change(next.run, next.context(database, now), in: tx) { run in
                    run.state = state
                    run.stand(at: step)
                }
            }
            // In the order of what happened: it goes on, emits events, and waits again.
            if progress.wasWaiting || progress.wasStanding, wake == nil, !next.isNoted || progress.wasWaiting {
                try change(to: FlowRun.State.inProgress)
            }
            try progress.record(database, now: now, in: tx)
            if wake != nil { try change(to: FlowRun.State.waiting, at: next.stepTitle) }
            Listening.forget(progress.heard, of: next.run, in: tx)
            if progress.wasListening, next.listens.isEmpty || progress.hasMissed { Listening.end(next.run, in: tx) }
            try begin(next, in: tx)
            return next.isNoted ? try Execution.Ending.load(next.run, database, in: tx) : nil
        }
        guard wake == nil else { return nil }
        var stored = next
        stored.ending = ending
        return stored
    }

    /// A run that waits from its first step on, or was found waiting too early, because clocks differ, is let go until its
    /// time.
    private func letWait(_ execution: Execution, _ lease: Lease) async throws {
        let (database, due) = (database, execution.wake)
        let now = database.clock.now
        try await asService(execution.domain) { tx in
            // By the clock of the database the time may have come already: not at once again.
            lease.retry(after: .seconds(1), notBefore: due, in: tx)
            try Store<FlowRun>(database).change(execution.run, execution.context(database, now), in: tx) { run in
                run.state = FlowRun.State.waiting
                run.stand(at: execution.stepTitle)
            }
            try begin(execution, in: tx)
        }
    }

    private func beginSubflow(
        _ reference: FlowReference, run: String, _ input: JSONValue, _ execution: Execution, _ lease: Lease
    ) async throws -> Execution? {
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
        let begun = RunProgress(execution, beginning: .init(definition: definition.id, state: state))
        return try await store(try await progress(begun), lease)
    }

    /// Lets the run go for a while, since its step may go through later.
    func retry(_ execution: Execution, _ problem: Problem, after pause: Duration, _ lease: Lease) async throws {
        let failures = execution.failures + 1
        if let skew = problem.skew(from: database.clock.now) {
            database.log.error(
                "clocks differ: a token made here was refused for its times",
                metadata: ["run": "\(execution.run)", "skew_seconds": "\(skew)", "failures": "\(failures)"])
        }
        let now = database.clock.now
        let database = database
        try await asService(execution.domain) { tx in
            if let key = execution.isNoted ? execution.telling : execution.key {
                FlowStep.retry(
                    key, problem.ofStep.text(execution.language), run: execution.run, now: now, in: tx)
            }
            execution.store(failures: failures, lease, in: tx)
            lease.retry(after: pause, in: tx)
            guard failures == StepRetry.told, !execution.isNoted else { return }
            try Store<FlowRun>(database).change(execution.run, execution.context(database, now), in: tx) { run in
                run.stand(at: execution.stepTitle)
            }
        }
    }

    /// Lets the run go until somebody takes it over, at the very step that was refused.
    private func hold(_ execution: Execution, _ lease: Lease) async throws {
        let database = database
        let now = database.clock.now
        let message = Telling.held(execution.title)
        try await asService(execution.domain) { tx in
            if let key = execution.key {
                FlowStep.retry(key, message(execution.language), run: execution.run, now: now, in: tx)
            }
            execution.stop(.held, lease, in: tx)
            try Store<FlowRun>(database).change(execution.run, execution.context(database, now), in: tx) { run in
                run.state = FlowRun.State.held
                run.stand(at: execution.stepTitle)
                run.tell(message, execution.language)
            }
        }
        database.log.warning("run is held", metadata: ["run": "\(execution.run)"])
    }

    /// The compiled flow of a definition, which never changes: it is looked up once.
    private func flow(_ definition: String) async throws -> CompiledFlow {
        if let known = library.known(definition) { return known }
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
    /// Failures in a row after which people are told that the run stands at the step: some six seconds.
    static let told = 5

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
