import Flows
import PlayLauncherWire
import Postgres
import Records
import Wire

/// A move of a run on its way to the database: what became of steps, the events they emit, and where the run then is.
struct RunProgress: Sendable {
    private enum Entry {
        case begun(Execution)
        case ended(String, StepResult)
        case emitted(String, JSONValue)
    }

    /// Most entries of one move. A flow that goes on emitting makes several moves.
    private static let limit = 100

    /// Where the run is after the move.
    private(set) var next: Execution
    /// Whether the run was waiting before.
    let wasWaiting: Bool
    /// Whether people were told that the run stands at its step.
    let wasStanding: Bool
    private var entries: [Entry] = []
    /// The flows before the result that was taken in last.
    private var stood: [Execution.Machine] = []
    /// Whether that result comes from a flow inside, which is over.
    private var isClosing = false

    /// Begins where a run is; `wasWaiting` when that is not what its present step says.
    init(_ execution: Execution, wasWaiting: Bool? = nil) {
        next = execution
        next.failures = 0
        next.isSkipped = false
        wasStanding = execution.failures >= StepRetry.told
        if case .wait = execution.action { self.wasWaiting = wasWaiting ?? true } else { self.wasWaiting = false }
    }

    /// The present step is done, and its flow is in this state.
    mutating func end(_ result: StepResult, state: FlowState, skips: Bool = false) {
        // Of a step that is skipped it stands recorded who did that.
        if let key = next.key, !skips { entries.append(.ended(key, result)) }
        // A flow inside has ended with a result: the run stood at its step. An event is not sent again.
        if case .emit = next.action { stood = [] } else if !isClosing { stood = next.machines }
        isClosing = false
        if case .emit(_, let type, let data) = next.action { entries.append(.emitted(type, data)) }
        next.machines[next.machines.count - 1].state = state
    }

    /// Begins the step that is to be done next. Answers what becomes of it when nothing outside has to be asked for that;
    /// nil when something has to, and when the run is over.
    mutating func follows() -> StepResult? {
        switch next.action {
        case .completed(let output): return close(.succeeded(output))
        case .failed(let error): return close(.failed(error))
        case .emit:
            entries.append(.begun(next))
            return entries.count < Self.limit ? .succeeded(.null) : nil
        case .call, .wait, .runSubflow:
            entries.append(.begun(next))
            return nil
        }
    }

    /// A flow is over: the flow around it goes on, or the run is to be told about.
    private mutating func close(_ result: StepResult) -> StepResult? {
        guard next.machines.count == 1 else {
            next.machines.removeLast()
            isClosing = true
            return result
        }
        next.isNoted = true
        if case .failed = result { next.stood = stood }
        entries.append(.begun(next))
        return nil
    }

    /// Has the run end where it is, since somebody has canceled it: no step is begun any more.
    mutating func cancel(_ state: FlowState) {
        next.machines = [Execution.Machine(definition: next.machines[0].definition, state: state)]
        next.isNoted = true
        entries.append(.begun(next))
    }

    /// Records steps and events, in their order.
    func record(_ database: Database, now: Timestamp, in tx: Transaction) throws {
        for entry in entries {
            switch entry {
            case .begun(let execution): execution.beginStep(now: now, in: tx)
            case .ended(let key, let result): FlowStep.end(key, result, run: next.run, now: now, in: tx)
            case .emitted(let type, let data):
                try FlowEvent.insert(type, data, next, database, now: now, in: tx)
            }
        }
    }
}
