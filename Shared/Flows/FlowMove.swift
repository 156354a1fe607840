/// One move of a run: from a state and a result to the next state that needs something from outside.
///
/// The frames are a stack of task lists. `run` carries out tasks until one sets `state.action`; a task with a list of its
/// own (`do`, `for`, `try`) stays active in its frame while the list runs in a frame above it.
struct FlowMove {
    let flow: CompiledFlow
    var state: FlowState
    let now: FlowInstant
    /// Whether the move has reached a step or the end.
    var isDone = false
    /// Whether this is the move of a branch, whose end is not that of the run.
    var isBranch = false
    var ending: Ending?
    /// Waits that are over and events that were heard in this move, with what came of them.
    var done: [StepKey: JSONValue] = [:]

    init(flow: CompiledFlow, state: FlowState, now: FlowInstant) {
        self.flow = flow
        self.state = state
        self.now = now
    }

    // MARK: Entry points

    mutating func begin() {
        do throws(FlowError) {
            var data = state.input
            if let template = flow.inputFrom { data = try fill(template, on: data, with: flowVariables) }
            if let timeout = flow.timeout {
                state.deadline = now.adding(milliseconds: try milliseconds(timeout, on: data, with: flowVariables))
            }
            state.frames = [FlowState.Frame(block: "do", key: "do", data: data, variables: [:])]
        } catch {
            return end(.failed(error))
        }
        run()
    }

    mutating func resume(with result: StepResult) {
        switch result {
        case .succeeded(let output):
            guard output.text.utf8.count <= FlowBounds.valueBytes else {
                fail(FlowError(type: FlowError.runtime, status: 413, title: "The answer of the step is too large."))
                break
            }
            finishStep(output)
        case .failed(let error): fail(error)
        }
        run()
    }

    /// The step of the innermost active task is done.
    private mutating func finishStep(_ output: JSONValue) {
        guard let active = top.active else { return }
        switch task.kind {
        case .attempt(let body, _):
            // The pause before another attempt is over.
            top.active?.phase = .running
            push(body, key: "try", data: active.input)
        case .wait: complete(active.input)
        // The event that went out, as it was asked for.
        case .emit: if case .emit(_, _, let event) = state.action { complete(event) }
        default: complete(output)
        }
    }

    // MARK: The loop

    mutating func run() {
        while !isDone {
            guard !state.frames.isEmpty else { return }
            if top.index >= block.tasks.count {
                listDone(exited: false)
            } else {
                startTask()
            }
        }
    }

    private mutating func startTask() {
        state.steps += 1
        guard state.steps <= FlowBounds.steps else {
            // Not catchable: a loop that catches its own end would never end.
            return end(
                .failed(
                    FlowError(
                        type: FlowError.runtime, status: 508, title: "The run has too many steps.",
                        detail: "More than \(FlowBounds.steps) tasks were carried out.", instance: pointer)),
                stops: true)
        }
        do throws(FlowError) {
            if let condition = task.condition, try !truth(condition, on: top.data, output: nil) {
                top.index += 1
                return
            }
            var input = top.data
            try check(input, task.schemas.input, "input")
            if let from = task.inputFrom { input = try fill(from, on: input, with: variables(input: input)) }
            top.visits[top.index, default: 0] += 1
            var active = FlowState.Active(input: input, begun: now)
            if let timeout = task.timeout {
                let span = try milliseconds(timeout, on: input, with: variables(input: input))
                active.deadline = now.adding(milliseconds: span)
            }
            top.active = active
            try carryOut(input)
        } catch {
            fail(error)
        }
    }

    private mutating func carryOut(_ input: JSONValue) throws(FlowError) {
        let variables = variables(input: input)
        switch task.kind {
        case .call(let method, let request):
            let body = try fill(request, on: input, with: variables).withoutNulls
            act(.call(step: stepKey, method: method, request: body))
        case .http(let http): act(.http(step: stepKey, request: try request(http, input)))
        case .set(let template): complete(try fill(template, on: input, with: variables))
        case .choose(let cases):
            for option in cases {
                guard
                    try option.condition.map({ condition throws(FlowError) in
                        try truth(condition, on: input, output: nil)
                    }) ?? true
                else { continue }
                return complete(input, then: option.then)
            }
            complete(input)
        case .loop(let loop): try startLoop(loop, input)
        case .raise(let type, let status, let title, let detail):
            throw FlowError(
                type: try text(type, input), status: status, title: try text(title, input),
                detail: try text(detail, input), instance: pointer)
        case .attempt(let body, _): push(body, key: "try", data: input)
        case .wait(let span):
            let pause = try milliseconds(span, on: input, with: variables)
            act(.wait(step: stepKey, until: now.adding(milliseconds: pause)))
        case .run(let reference, let template):
            var given = input
            if let template { given = try fill(template, on: input, with: variables) }
            act(.runSubflow(step: stepKey, flow: reference, input: given))
        case .emit(let type, let template):
            let event = try fill(template, on: input, with: variables)
            act(.emit(step: stepKey, type: type, event: self.event(type, event)))
        case .list(let block): push(block, key: "do", data: input)
        case .function(let block, let arguments):
            push(block, key: "do", data: try fill(arguments, on: input, with: variables), variables: [:])
        case .fork(let branches, let competes): startFork(branches, competes: competes, input)
        case .listen(let listen): act(.listen(step: stepKey, types: listen.types, wants: listen.filters.map(\.wanted)))
        }
    }

    // MARK: Loops

    private mutating func startLoop(_ loop: FlowTask.Loop, _ input: JSONValue) throws(FlowError) {
        let items = try evaluate(loop.items, on: input, with: variables(input: input))
        guard let items = items.array else {
            throw FlowError(
                type: FlowError.validation, status: 400, title: "A loop needs a list.",
                detail: "'in' gave a value of the kind \(items.kind).")
        }
        guard items.count <= FlowBounds.iterations else {
            throw FlowError(
                type: FlowError.runtime, status: 413, title: "A loop has too many elements.",
                detail: "\(items.count) elements; at most \(FlowBounds.iterations) are allowed.")
        }
        top.active?.items = items
        try iterate(loop, data: input)
    }

    /// Begins the iteration at the position of the active loop, or completes the loop.
    private mutating func iterate(_ loop: FlowTask.Loop, data: JSONValue) throws(FlowError) {
        guard let active = top.active, active.position < active.items.count else { return complete(data) }
        var inner = top.variables
        inner[loop.each] = active.items[active.position]
        inner[loop.at] = .number(Double(active.position))
        if let condition = loop.condition {
            let variables = variables(input: active.input).merging(inner) { $1 }
            guard try evaluate(condition, on: data, with: variables).isTrue else { return complete(data) }
        }
        push(loop.body, key: "do", data: data, variables: inner)
    }

    // MARK: Ends of tasks and lists

    /// Completes the active task of the top frame with its raw output.
    mutating func complete(_ output: JSONValue, then directive: FlowDirective? = nil) {
        do throws(FlowError) {
            guard let active = top.active else { return }
            var output = output
            if let template = task.outputAs {
                output = try fill(template, on: output, with: variables(input: active.input, output: output))
            }
            try check(output, task.schemas.output, "output")
            if let template = task.exportAs {
                let context = try fill(template, on: output, with: variables(input: active.input, output: output))
                try check(context, task.schemas.export, "export")
                state.context = context
            }
            let then = directive ?? task.then
            top.active = nil
            top.data = output
            switch then == .next ? task.then : then {
            case .next: top.index += 1
            case .task(let index): top.index = index
            case .exit: listDone(exited: true)
            case .end: endRun(output)
            }
        } catch {
            // A `try` catches what happens inside it, not what goes wrong with its own output.
            top.active?.phase = .catching
            fail(error)
        }
    }

    /// The list of the top frame is done: the task it belongs to goes on. `exited`: by `then: exit`, which in a loop
    /// ends the loop.
    private mutating func listDone(exited: Bool) {
        let output = top.data
        state.frames.removeLast()
        guard !state.frames.isEmpty else {
            guard isBranch else { return endRun(output) }
            (ending, isDone) = (.finished(output), true)
            return
        }
        guard case .loop(let loop) = task.kind, !exited else { return complete(output) }
        top.active?.position += 1
        do throws(FlowError) {
            try iterate(loop, data: output)
        } catch {
            fail(error)
        }
    }

    mutating func endRun(_ output: JSONValue) {
        if isBranch {
            (ending, isDone, state.frames) = (.ended(output), true, [])
            return
        }
        do throws(FlowError) {
            var output = output
            if let template = flow.outputAs { output = try fill(template, on: output, with: flowVariables) }
            try check(output, flow.outputSchema, "output")
            end(.completed(output))
        } catch {
            end(.failed(error))
        }
    }

    /// Ends the run. `stops`: by a bound, in a branch as well.
    mutating func end(_ action: FlowAction, stops: Bool = false) {
        state.frames = []
        if isBranch, case .failed(let error) = action {
            (ending, isDone) = (stops ? .stopped(error) : .failed(error), true)
            return
        }
        act(action)
    }

    /// The move ends with this action, unless the state has grown beyond its bound.
    mutating func act(_ action: FlowAction) {
        isDone = true
        state.action = action
        guard !isBranch, state.json.text.utf8.count > FlowBounds.stateBytes else { return }
        state.frames = []
        state.context = .null
        state.action = .failed(
            FlowError(type: FlowError.runtime, status: 413, title: "The state of the run has grown too large."))
    }

    // MARK: Errors

    /// Looks for the innermost `try` whose `catch` takes the error; the run fails when there is none.
    mutating func fail(_ error: FlowError) {
        var error = error
        if error.instance.isEmpty, !state.frames.isEmpty { error.instance = pointer }
        while !state.frames.isEmpty {
            if case .attempt(_, let handler) = task.kind, let active = top.active, active.phase == .running {
                do throws(FlowError) {
                    if try takes(handler, error, active) { return try handle(error, handler, active) }
                } catch let second {
                    // The condition itself failed: that is the error from here on.
                    error = second
                }
            }
            state.frames.removeLast()
        }
        end(.failed(error))
    }

    private func takes(
        _ handler: FlowTask.Handler, _ error: FlowError, _ active: FlowState.Active
    ) throws(FlowError) -> Bool {
        let known = error.json
        guard handler.with.allSatisfy({ known[$0.key] == $0.value }) else { return false }
        guard try holds(handler.when, handler.exceptWhen, error, handler, active) else { return false }
        // When nothing is to be retried and nothing is said about what to do then, the error goes on outward.
        if handler.retry != nil, handler.body == nil { return try retries(error, handler, active) }
        return true
    }

    /// Whether a condition is true of the error, and its opposite is not.
    private func holds(
        _ when: Int?, _ except: Int?, _ error: FlowError, _ handler: FlowTask.Handler, _ active: FlowState.Active
    ) throws(FlowError) -> Bool {
        var variables = variables(input: active.input)
        variables[handler.variable] = error.json
        if let when, try !evaluate(when, on: active.input, with: variables).isTrue { return false }
        if let except, try evaluate(except, on: active.input, with: variables).isTrue { return false }
        return true
    }

    private func retries(
        _ error: FlowError, _ handler: FlowTask.Handler, _ active: FlowState.Active
    ) throws(FlowError) -> Bool {
        guard let retry = handler.retry, active.attempt < retry.attempts else { return false }
        if let within = retry.within, active.begun.adding(milliseconds: within) <= now { return false }
        return try holds(retry.when, retry.exceptWhen, error, handler, active)
    }

    private mutating func handle(
        _ error: FlowError, _ handler: FlowTask.Handler, _ active: FlowState.Active
    ) throws(FlowError) {
        if let retry = handler.retry, try retries(error, handler, active) {
            let key = taskKey + "/retry[\(active.attempt)]"
            let pause = retry.pause(after: active.attempt, key: "\(state.run)\n\(key)")
            top.active?.attempt += 1
            top.active?.phase = .pausing
            state.retries += 1
            return act(
                .wait(step: StepKey(path: key, attempt: state.retries + 1), until: now.adding(milliseconds: pause)))
        }
        top.active?.phase = .catching
        guard let body = handler.body else { return complete(active.input) }
        var inner = top.variables
        inner[handler.variable] = error.json
        push(body, key: "catch", data: active.input, variables: inner)
    }
}
