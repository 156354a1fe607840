/// Why the machine refused to move.
public enum FlowMachineError: Error, Sendable, Hashable {
    /// The input does not fit the flow's schema.
    case invalidInput([FlowViolation])
    /// The state belongs to another flow, another version, or another text of it.
    case otherFlow(FlowReference)
    /// The run is over.
    case over
    /// The result is for another step than the one the run waits for.
    case otherStep(expected: StepKey, given: StepKey)
    /// The stored state cannot be read.
    case unreadable(String)
}

extension FlowState {
    /// Version of the stored form.
    static let format = 1

    /// Reads the text of ``json``.
    public init(parsing bytes: [UInt8]) throws(FlowMachineError) {
        let limits = JSONLimits(bytes: 2 * FlowBounds.stateBytes, depth: 256, values: 1_000_000)
        let stored: JSONValue
        do throws(JSONError) {
            stored = try JSONValue(parsing: bytes, limits: limits)
        } catch {
            throw .unreadable(error.description)
        }
        try self.init(json: stored)
    }

    /// The state as it is stored.
    public var json: JSONValue {
        var members: [String: JSONValue] = [
            "format": .number(Double(Self.format)), "run": .string(run), "flow": flow.json, "digest": .string(digest),
            "startedAt": startedAt.json, "action": action.json, "steps": .number(Double(steps)),
            "retries": .number(Double(retries)), "input": input, "language": .string(language),
            "context": context, "frames": .array(frames.map(\.json)),
        ]
        members["deadline"] = deadline?.json
        return .object(members)
    }

    /// Reads a stored state.
    public init(json: JSONValue) throws(FlowMachineError) {
        let reader = StateReader(json)
        guard try reader.int("format") == Self.format else { throw .unreadable("format") }
        run = try reader.string("run")
        flow = try FlowReference(state: try reader.value("flow"))
        digest = try reader.string("digest")
        startedAt = FlowInstant(milliseconds: Int64(try reader.int("startedAt")))
        action = try FlowAction(state: try reader.value("action"))
        steps = try reader.int("steps")
        retries = try reader.int("retries")
        input = try reader.value("input")
        // A state from before runs had a language.
        language = json["language"]?.string ?? "en"
        context = try reader.value("context")
        deadline = json["deadline"]?.int.map { FlowInstant(milliseconds: Int64($0)) }
        for frame in try reader.array("frames") { frames.append(try Frame(state: frame, begun: startedAt)) }
    }
}

/// Members of a stored object, with an error that names the one that is wrong.
private struct StateReader {
    let json: JSONValue

    init(_ json: JSONValue) { self.json = json }

    func value(_ name: String) throws(FlowMachineError) -> JSONValue {
        guard let value = json[name] else { throw .unreadable(name) }
        return value
    }
    func string(_ name: String) throws(FlowMachineError) -> String {
        guard let text = json[name]?.string else { throw .unreadable(name) }
        return text
    }
    func int(_ name: String) throws(FlowMachineError) -> Int {
        guard let number = json[name]?.int else { throw .unreadable(name) }
        return number
    }
    func array(_ name: String) throws(FlowMachineError) -> [JSONValue] {
        guard let elements = json[name]?.array else { throw .unreadable(name) }
        return elements
    }
    func step() throws(FlowMachineError) -> StepKey {
        StepKey(path: try string("step"), attempt: try int("attempt"))
    }
}

extension FlowInstant {
    fileprivate var json: JSONValue { .number(Double(milliseconds)) }
}

extension FlowReference {
    fileprivate var json: JSONValue {
        ["namespace": .string(namespace), "name": .string(name), "version": .string(version)]
    }

    fileprivate init(state: JSONValue) throws(FlowMachineError) {
        let reader = StateReader(state)
        self.init(
            namespace: try reader.string("namespace"), name: try reader.string("name"),
            version: try reader.string("version"))
    }
}

extension FlowAction {
    fileprivate var json: JSONValue {
        var members: [String: JSONValue]
        switch self {
        case .call(_, let method, let request):
            members = ["kind": "call", "method": .string(method), "request": request]
        case .http(_, let request): members = ["kind": "http", "request": request.json]
        case .wait(_, let until): members = ["kind": "wait", "until": until.json]
        case .emit(_, let type, let event): members = ["kind": "emit", "type": .string(type), "event": event]
        case .listen(_, let types, let wants):
            members = ["kind": "listen", "types": .array(types.map(JSONValue.string)), "wants": .array(wants)]
        case .runSubflow(_, let flow, let input):
            members = ["kind": "run", "flow": flow.json, "input": input]
        case .completed(let output): members = ["kind": "completed", "output": output]
        case .failed(let error): members = ["kind": "failed", "error": error.json]
        }
        if let step {
            members["step"] = .string(step.path)
            members["attempt"] = .number(Double(step.attempt))
        }
        return .object(members)
    }

    fileprivate init(state: JSONValue) throws(FlowMachineError) {
        let reader = StateReader(state)
        switch try reader.string("kind") {
        case "call":
            self = .call(
                step: try reader.step(), method: try reader.string("method"), request: try reader.value("request"))
        case "http":
            guard let request = FlowHTTPRequest(json: try reader.value("request")) else { throw .unreadable("request") }
            self = .http(step: try reader.step(), request: request)
        case "wait":
            self = .wait(
                step: try reader.step(), until: FlowInstant(milliseconds: Int64(try reader.int("until"))))
        case "emit":
            // A state from before events had attributes has their data alone.
            let event = state["event"] ?? ["data": state["data"] ?? .null]
            self = .emit(step: try reader.step(), type: try reader.string("type"), event: event)
        case "listen":
            // A state of a version that did not say what it wants of events takes all of their types.
            let types = try reader.array("types").compactMap(\.string)
            let wants = (try? reader.array("wants")) ?? types.map { ["type": .string($0)] }
            self = .listen(step: try reader.step(), types: types, wants: wants)
        case "run":
            self = .runSubflow(
                step: try reader.step(), flow: try FlowReference(state: try reader.value("flow")),
                input: try reader.value("input"))
        case "completed": self = .completed(try reader.value("output"))
        case "failed":
            guard let error = FlowError(json: try reader.value("error")) else { throw .unreadable("error") }
            self = .failed(error)
        default: throw .unreadable("kind")
        }
    }
}

extension FlowState.Frame {
    fileprivate var json: JSONValue {
        var members: [String: JSONValue] = [
            "block": .string(block), "key": .string(key), "index": .number(Double(index)), "data": data,
            "variables": .object(variables),
            "visits": .object(
                Dictionary(visits.map { ("\($0.key)", .number(Double($0.value))) }) { first, _ in first }),
        ]
        if let active { members["active"] = active.json }
        return .object(members)
    }

    fileprivate init(state: JSONValue, begun: FlowInstant) throws(FlowMachineError) {
        let reader = StateReader(state)
        block = try reader.string("block")
        key = try reader.string("key")
        index = try reader.int("index")
        data = try reader.value("data")
        variables = try reader.value("variables").object ?? [:]
        for (name, count) in try reader.value("visits").object ?? [:] {
            guard let index = Int(name), let count = count.int else { throw .unreadable("visits") }
            visits[index] = count
        }
        if let active = state["active"] { self.active = try FlowState.Active(state: active, begun: begun) }
    }
}

extension FlowState.Active {
    fileprivate var json: JSONValue {
        var members: [String: JSONValue] = [
            "phase": .string(phase.rawValue), "input": input, "items": .array(items),
            "position": .number(Double(position)), "attempt": .number(Double(attempt)), "begun": begun.json,
        ]
        members["deadline"] = deadline?.json
        if !branches.isEmpty { members["branches"] = .array(branches.map(\.json)) }
        if !heard.isEmpty {
            members["heard"] = .array(heard.map { ["filter": .number(Double($0.filter)), "event": $0.event] })
        }
        return .object(members)
    }

    /// `begun`: of a state from before tasks had a beginning.
    fileprivate init(state: JSONValue, begun: FlowInstant) throws(FlowMachineError) {
        let reader = StateReader(state)
        guard let phase = Phase(rawValue: try reader.string("phase")) else { throw .unreadable("phase") }
        self.phase = phase
        input = try reader.value("input")
        items = try reader.array("items")
        position = try reader.int("position")
        attempt = try reader.int("attempt")
        self.begun = state["begun"]?.int.map { FlowInstant(milliseconds: Int64($0)) } ?? begun
        deadline = state["deadline"]?.int.map { FlowInstant(milliseconds: Int64($0)) }
        for branch in state["branches"]?.array ?? [] {
            branches.append(try FlowState.Branch(state: branch, begun: begun))
        }
        for one in state["heard"]?.array ?? [] {
            let reader = StateReader(one)
            heard.append(FlowState.Heard(filter: try reader.int("filter"), event: try reader.value("event")))
        }
    }
}

extension FlowState.Branch {
    fileprivate var json: JSONValue {
        guard let output else { return ["frames": .array(frames.map(\.json)), "action": action.json] }
        return ["output": output]
    }

    fileprivate init(state: JSONValue, begun: FlowInstant) throws(FlowMachineError) {
        if let output = state["output"] {
            self.init(frames: [], output: output)
            return
        }
        let reader = StateReader(state)
        var frames: [FlowState.Frame] = []
        for frame in try reader.array("frames") { frames.append(try FlowState.Frame(state: frame, begun: begun)) }
        self.init(frames: frames, action: try FlowAction(state: try reader.value("action")))
    }
}
