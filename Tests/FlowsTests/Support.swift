import Foundation
import Testing

@testable import Flows

/// A definition around a list of tasks, indented by two spaces.
func definition(_ tasks: String, input: String = "", tail: String = "") -> String {
    """
    document:
      dsl: '1.0.0'
      namespace: test
      name: sample
      version: '1.0.0'
    \(input)do:
    \(tasks)
    \(tail)
    """
}

func compiled(_ tasks: String, input: String = "", tail: String = "") throws -> CompiledFlow {
    try FlowSource.compile(yaml: definition(tasks, input: input, tail: tail))
}

/// Runs a flow to its end, storing and reading back the state at every step. `answer` says what becomes of each action.
struct Runner {
    let machine: FlowMachine
    var now = FlowInstant(milliseconds: 1_800_000_000_000)
    var actions: [FlowAction] = []
    var storesEveryState = true

    init(_ flow: CompiledFlow) { machine = FlowMachine(flow) }

    mutating func run(
        _ input: JSONValue = [:], answer: (FlowAction, Int) -> StepResult = { _, _ in .succeeded(.null) }
    ) throws -> FlowAction {
        var state = try machine.start(run: "run-1", input: input, now: now)
        while let step = state.action.step {
            actions.append(state.action)
            try #require(actions.count < 5_000)
            if case .wait(_, let until) = state.action { now = max(now, until) }
            now = now.adding(milliseconds: 10)
            if storesEveryState {
                let read = try FlowState(parsing: Array(state.json.text.utf8))
                #expect(read == state)
                state = read
            }
            state = try machine.advance(state, step: step, with: answer(state.action, actions.count - 1), now: now)
        }
        return state.action
    }
}

/// Runs a flow to its end by its clock: calls are answered at once, and waits end when they are due. Each state is stored
/// and read back.
struct TimedRunner {
    let machine: FlowMachine
    var now = FlowInstant(milliseconds: 1_800_000_000_000)
    var actions: [FlowAction] = []

    init(_ flow: CompiledFlow) { machine = FlowMachine(flow) }

    mutating func run(_ input: JSONValue, answer: (FlowAction, Int) -> StepResult) throws -> FlowAction {
        var state = try machine.start(run: "run-1", input: input, now: now)
        while let step = state.action.step {
            actions.append(state.action)
            try #require(actions.count < 1_000)
            let read = try FlowState(parsing: Array(state.json.text.utf8))
            #expect(read == state)
            if state.action.isIdle {
                now = max(now, try #require(state.wakes))
                state = try machine.wake(read, now: now).state
            } else {
                state = try machine.advance(read, step: step, with: answer(state.action, actions.count - 1), now: now)
            }
        }
        return state.action
    }
}

/// The problem of a definition that must not compile.
func problem(_ yaml: String) throws -> FlowProblem {
    do throws(FlowProblem) {
        _ = try FlowSource.compile(yaml: yaml)
    } catch {
        return error
    }
    Issue.record("it compiled")
    throw CancellationError()
}

func failure(type: String = FlowError.communication, status: Int) -> StepResult {
    .failed(FlowError(type: type, status: status, title: "NOT_FOUND", detail: "no such record"))
}

/// The flows that play-launcher ships.
let flowsFolder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("Services/PlayLauncher/Flows")
