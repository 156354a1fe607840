/// What a run wants done next.
public enum FlowAction: Sendable, Hashable {
    /// Call an RPC with protobuf-JSON. Null members have been left out of `request`.
    case call(step: StepKey, method: String, request: JSONValue)
    /// Ask a server of others.
    case http(step: StepKey, request: FlowHTTPRequest)
    /// Carry on when this instant has come.
    case wait(step: StepKey, until: FlowInstant)
    /// Publish an event of this type; `event` has its attributes and its data.
    case emit(step: StepKey, type: String, event: JSONValue)
    /// Carry on when events of these types were heard that the flow takes. Of each filter `wants` has the attributes, its type
    /// among them, that an event must have for it, as far as they are written out.
    case listen(step: StepKey, types: [String], wants: [JSONValue])
    /// Run another flow to its end.
    case runSubflow(step: StepKey, flow: FlowReference, input: JSONValue)
    /// Nothing more: the run has this output.
    case completed(JSONValue)
    /// Nothing more: the run failed.
    case failed(FlowError)

    /// The step the run waits for; `nil` when the run is over.
    public var step: StepKey? {
        switch self {
        case .call(let step, _, _), .http(let step, _), .wait(let step, _), .emit(let step, _, _),
            .listen(let step, _, _),
            .runSubflow(let step, _, _):
            step
        case .completed, .failed: nil
        }
    }

    /// Whether there is nothing to do but to wait, for a time or for an event.
    public var isIdle: Bool {
        switch self {
        case .wait, .listen: true
        default: false
        }
    }
}

/// What became of a step.
public enum StepResult: Sendable, Hashable {
    /// Done, with the answer of the call or the output of the subflow; `null` for waits and events.
    case succeeded(JSONValue)
    /// Not done. A `try` around the task may catch it.
    case failed(FlowError)
}

/// Everything there is to know about a run. Store ``json`` after each move of the machine, before carrying out
/// ``action``: a run taken up from a stored state asks for exactly the same step with exactly the same content.
public struct FlowState: Sendable, Hashable {
    /// Identifier of the run.
    public let run: String
    /// The flow, in the version the run was begun with.
    public let flow: FlowReference
    /// Digest of the definition; the machine refuses a state of another text.
    public let digest: String
    /// When the run was begun.
    public let startedAt: FlowInstant
    /// What is to be done next, or how the run ended.
    public internal(set) var action: FlowAction
    /// Tasks carried out so far.
    public internal(set) var steps = 0
    /// Retries so far.
    public internal(set) var retries = 0

    /// The input of the run, defaults filled in.
    let input: JSONValue
    /// The language of the person who began the run, `en` or `ko`: that of the texts it writes.
    let language: String
    /// `$context`.
    var context: JSONValue = .object([:])
    /// From the outermost list of tasks to the innermost.
    var frames: [Frame] = []
    /// When the whole run has to be over.
    var deadline: FlowInstant?

    /// Whether the run has ended.
    public var isOver: Bool { action.step == nil }

    /// One list of tasks being carried out.
    struct Frame: Sendable, Hashable {
        /// Path of the list in the definition.
        let block: String
        /// The same with iterations and visits: the beginning of step keys.
        let key: String
        var index = 0
        /// Input of the task at `index`, before `input.from`.
        var data: JSONValue
        let variables: [String: JSONValue]
        /// How often tasks were begun more than once, by index.
        var visits: [Int: Int] = [:]
        /// The task at `index`, once begun.
        var active: Active?
    }

    /// A task that has begun.
    struct Active: Sendable, Hashable {
        enum Phase: String, Sendable { case running, pausing, catching }
        var phase = Phase.running
        /// Input after `input.from`.
        let input: JSONValue
        /// Elements and place of a `for`.
        var items: [JSONValue] = []
        var position = 0
        /// Attempt of a `try`, from 1.
        var attempt = 1
        /// When the task began.
        var begun: FlowInstant
        /// When it has to be over.
        var deadline: FlowInstant?
        /// The branches of a `fork`.
        var branches: [Branch] = []
        /// The events a `listen` has taken, by the place of their filter.
        var heard: [Heard] = []
    }

    struct Heard: Sendable, Hashable {
        let filter: Int
        let event: JSONValue
    }

    /// A branch of a `fork`: a run of its own inside the run.
    struct Branch: Sendable, Hashable {
        var frames: [Frame]
        /// What it asks for.
        var action = FlowAction.completed(.null)
        /// What it gave, once it is over.
        var output: JSONValue?
    }
}
