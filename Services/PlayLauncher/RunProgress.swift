import Flows
import PlayLauncherWire
import Postgres
import Records
import Wire

/// A move of a run on its way to the database: what became of steps, the events they emit, and where the run then is.
struct RunProgress: Sendable {
    private enum Entry {
        case begun(String, FlowAction, Execution)
        case ended(String, StepResult)
        /// Nothing more comes of a step: something else came first.
        case dropped(String)
        case emitted(JSONValue)
        case told(Execution)
    }

    /// Most entries of one move. A flow that goes on emitting makes several moves.
    private static let limit = 100

    /// Where the run is after the move.
    private(set) var next: Execution
    /// Whether the run was waiting before.
    let wasWaiting: Bool
    /// Whether people were told that the run stands at its step.
    let wasStanding: Bool
    /// Whether it was listening.
    let wasListening: Bool
    /// The events that were heard.
    private(set) var heard: [Int64] = []
    /// Whether all of it may be done once more and comes out the same: calls that went through, which their services answer from
    /// what they have stored under the request id, and nothing that anybody was told.
    private(set) var isRepeatable = true
    private var entries: [Entry] = []
    /// The keys of the steps that were recorded before or are recorded by this move.
    private var known: Set<String>
    /// The flows before the result that was taken in last.
    private var stood: [Execution.Machine] = []
    /// Whether that result comes from a flow inside, which is over.
    private var isClosing = false

    /// Begins where a run is.
    /// - Parameter flow: a flow that has just begun inside it, none of whose steps was recorded.
    init(_ execution: Execution, beginning flow: Execution.Machine? = nil) {
        next = execution
        next.failures = 0
        next.isSkipped = false
        wasStanding = execution.failures >= StepRetry.told
        wasWaiting = execution.action.isIdle
        wasListening = !execution.listens.isEmpty
        if execution.isSkipped || wasStanding || wasWaiting || wasListening || flow != nil { isRepeatable = false }
        known = Set(execution.steps.map(\.key))
        if let flow { next.machines.append(flow) }
    }

    /// The present step is done, and its flow is in this state.
    mutating func end(_ result: StepResult, state: FlowState, skips: Bool = false) {
        let key = next.key
        if !Self.isRepeatable(next.action, result) { isRepeatable = false }
        // Of a step that is skipped it stands recorded who did that.
        if let key, !skips { entries.append(.ended(key, result)) }
        // A flow inside has ended with a result: the run stood at its step. An event is not sent again.
        if case .emit = next.action { stood = [] } else if !isClosing { stood = next.machines }
        isClosing = false
        if case .emit(_, _, let event) = next.action { entries.append(.emitted(event)) }
        let before = next.steps
        next.machines[next.machines.count - 1].state = state
        drop(before, but: key)
    }

    private static func isRepeatable(_ action: FlowAction, _ result: StepResult) -> Bool {
        guard case .call(_, let method, _) = action, case .succeeded = result else { return false }
        return FlowMethod.info(method)?.takesRequestID == true
    }

    /// The clock or an event has moved the flow at `place` on; the flows inside it are over by that. `isLate`: by a timeout,
    /// behind which a run is not taken up again, since its time would be over still.
    mutating func turn(_ turn: FlowMachine.Turn, at place: Int, isLate: Bool = false) {
        isRepeatable = false
        let before = next.steps
        stood = isLate ? [] : next.machines
        next.machines.removeLast(next.machines.count - place - 1)
        next.machines[place].state = turn.state
        let left = Set(next.steps.map(\.key))
        for (key, action) in before where !left.contains(key) {
            if let step = action.step, let output = turn.done[step] { entries.append(.ended(key, .succeeded(output))) }
        }
        drop(before.filter { step in step.action.step.map { turn.done[$0] == nil } ?? true }, but: nil)
    }

    /// Whether the run was told that it has missed events: it listens anew.
    var hasMissed = false

    /// These events were looked at.
    mutating func hear(_ events: [Int64]) { heard = events }

    private mutating func drop(_ before: [(key: String, action: FlowAction)], but ended: String?) {
        let left = Set(next.steps.map(\.key))
        for (key, _) in before where key != ended && !left.contains(key) { entries.append(.dropped(key)) }
    }

    /// Begins the steps that are to be done next. Answers what becomes of the first when nothing outside has to be asked
    /// for that; nil when something has to, and when the run is over.
    mutating func follows() -> StepResult? {
        switch next.action {
        case .completed(let output): return close(.succeeded(output))
        case .failed(let error): return close(.failed(error))
        default: break
        }
        for (key, action) in next.steps where known.insert(key).inserted { entries.append(.begun(key, action, next)) }
        guard case .emit = next.action, entries.count < Self.limit else { return nil }
        return .succeeded(.null)
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
        entries.append(.told(next))
        return nil
    }

    /// Has the run end where it is, since somebody has canceled it: no step is begun any more.
    mutating func cancel(_ state: FlowState) {
        isRepeatable = false
        next.machines = [Execution.Machine(definition: next.machines[0].definition, state: state)]
        next.isNoted = true
        entries.append(.told(next))
    }

    /// Records steps and events, in their order.
    func record(_ database: Database, now: Timestamp, in tx: Transaction) throws {
        for entry in entries {
            switch entry {
            case .begun(let key, let action, let execution):
                FlowStep.begin(key, action, of: execution, now: now, in: tx)
            case .ended(let key, let result): FlowStep.end(key, result, run: next.run, now: now, in: tx)
            case .dropped(let key): FlowStep.cancel(key, run: next.run, now: now, in: tx)
            case .emitted(let event): try FlowEvent.insert(event, next, database, now: now, in: tx)
            case .told(let execution):
                FlowStep.begin(execution.telling, "call", nil, nil, of: execution, now: now, in: tx)
            }
        }
    }
}
