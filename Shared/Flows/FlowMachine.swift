/// Decides what a run does next. It does nothing itself: no calls, no clock, no storage, so that the service around it
/// can store each state before it acts, and so that every decision can be tested.
///
/// ```swift
/// var state = try machine.start(run: id, input: input, now: clock.now)
/// while !state.isOver {
///     store(state.json)                          // before acting
///     let result = await carryOut(state.action)
///     state = try machine.advance(state, step: state.action.step!, with: result, now: clock.now)
/// }
/// ```
public struct FlowMachine: Sendable {
    /// The flow this machine runs.
    public let flow: CompiledFlow

    /// A machine for one flow.
    public init(_ flow: CompiledFlow) { self.flow = flow }

    /// Begins a run. Tasks that need nothing from outside are carried out at once.
    ///
    /// - Parameters:
    ///   - run: identifier of the run, unique for ever: request ids are made from it.
    ///   - input: `{source: …, answers: …}` for plays; checked and filled in as ``CompiledFlow/validate(input:)`` does.
    ///   - language: of the person who begins it, `en` or `ko`: defaults and texts are taken in it.
    ///   - now: what `$runtime.now` shows until the next move.
    public func start(
        run: String, input: JSONValue, language: String = "en", now: FlowInstant
    ) throws(FlowMachineError) -> FlowState {
        let (filled, violations) = flow.validate(input: input, language: language)
        guard violations.isEmpty else { throw .invalidInput(violations) }
        let state = FlowState(
            run: run, flow: flow.reference, digest: flow.digest, startedAt: now, action: .completed(.null),
            input: filled, language: language)
        var move = FlowMove(flow: flow, state: state, now: now)
        move.begin()
        return move.state
    }

    /// Takes in what became of the step the run waits for, and goes on to the next.
    ///
    /// - Throws: when the state is of another flow, the run is over, or the result is for another step. A late second
    ///   result of a step that was taken in already is refused in this way too.
    public func advance(
        _ state: FlowState, step: StepKey, with result: StepResult, now: FlowInstant
    ) throws(FlowMachineError) -> FlowState {
        try check(state)
        guard let expected = state.action.step else { throw .over }
        guard expected == step else { throw .otherStep(expected: expected, given: step) }
        var move = FlowMove(flow: flow, state: state, now: now)
        move.take(step, result)
        return move.state
    }

    /// Where a run is after the clock or events have moved it on.
    public struct Turn: Sendable {
        /// The state then.
        public let state: FlowState
        /// The waits that are over and the events that were heard, with what came of them.
        public let done: [StepKey: JSONValue]

        /// Where a run is, and what is over by that.
        public init(state: FlowState, done: [StepKey: JSONValue] = [:]) { (self.state, self.done) = (state, done) }
    }

    /// Ends what is over by the clock: timeouts, which fail their tasks, and waits. Nothing, when it is too early.
    public func wake(_ state: FlowState, now: FlowInstant) throws(FlowMachineError) -> Turn {
        try check(state)
        var move = FlowMove(flow: flow, state: state, now: now)
        move.wake()
        return Turn(state: move.state, done: move.done)
    }

    /// Hands an event, in the shape of CloudEvents, to every `listen` of the run.
    public func hear(_ event: JSONValue, _ state: FlowState, now: FlowInstant) throws(FlowMachineError) -> Turn {
        try check(state)
        var move = FlowMove(flow: flow, state: state, now: now)
        move.hear(event)
        return Turn(state: move.state, done: move.done)
    }

    /// Fails a step that is under way for a reason from outside, be it in a branch.
    public func fail(
        _ step: StepKey, with error: FlowError, _ state: FlowState, now: FlowInstant
    ) throws(FlowMachineError) -> Turn {
        try check(state)
        var move = FlowMove(flow: flow, state: state, now: now)
        move.take(step, .failed(error))
        return Turn(state: move.state, done: move.done)
    }

    /// Refuses a state that is not one of this flow under way.
    private func check(_ state: FlowState) throws(FlowMachineError) {
        guard state.flow == flow.reference, state.digest == flow.digest else { throw .otherFlow(state.flow) }
        guard !state.isOver else { throw .over }
        guard fits(state.frames) else { throw .unreadable("frames") }
    }

    private func fits(_ frames: [FlowState.Frame]) -> Bool {
        frames.last?.active != nil
            && frames.allSatisfy { frame in
                flow.blocks[frame.block].map { frame.index >= 0 && frame.index < $0.tasks.count } ?? false
            }
            && (frames.last?.active?.branches ?? []).allSatisfy { $0.output != nil || fits($0.frames) }
    }

    /// Ends a run from outside, for example because it was canceled.
    public func cancel(_ state: FlowState, because detail: String) -> FlowState {
        guard !state.isOver else { return state }
        var canceled = state
        canceled.frames = []
        canceled.action = .failed(
            FlowError(type: FlowError.runtime, status: 499, title: "The run was canceled.", detail: detail))
        return canceled
    }
}
