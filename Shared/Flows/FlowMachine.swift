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
        guard state.flow == flow.reference, state.digest == flow.digest else { throw .otherFlow(state.flow) }
        guard let expected = state.action.step else { throw .over }
        guard expected == step else { throw .otherStep(expected: expected, given: step) }
        guard
            state.frames.allSatisfy({ frame in
                flow.blocks[frame.block].map { frame.index >= 0 && frame.index < $0.tasks.count } ?? false
            }), state.frames.last?.active != nil
        else { throw .unreadable("frames") }
        var move = FlowMove(flow: flow, state: state, now: now)
        move.resume(with: result)
        return move.state
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
