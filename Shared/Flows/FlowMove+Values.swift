/// Where the move stands, and the values expressions see there.
extension FlowMove {
    /// The innermost frame. Only asked for while there is one.
    var top: FlowState.Frame {
        get { state.frames[state.frames.count - 1] }
        set { state.frames[state.frames.count - 1] = newValue }
    }

    var block: FlowBlock { flow.blocks[top.block] ?? FlowBlock(path: top.block, pointer: "", first: 0, tasks: []) }

    var task: FlowTask { block.tasks[top.index] }

    /// Path of the current task with iterations and visits.
    var taskKey: String {
        guard top.index < block.tasks.count else { return top.key }
        let visit = top.visits[top.index] ?? 1
        return "\(top.key)/\(task.name)" + (visit > 1 ? "~\(visit)" : "")
    }

    /// The JSON pointer of the current task in the definition, by which errors and `$task` name it.
    var pointer: String {
        top.index < block.tasks.count ? block.pointer(of: top.index) : block.pointer
    }

    var stepKey: StepKey { StepKey(path: taskKey, attempt: state.retries + 1) }

    /// Puts a list of the active task on the stack.
    mutating func push(
        _ body: String, key: String, data: JSONValue, variables: [String: JSONValue]? = nil
    ) {
        var prefix = taskKey
        if case .loop = task.kind, let active = top.active { prefix += "[\(active.position)]" }
        state.frames.append(
            FlowState.Frame(block: body, key: "\(prefix)/\(key)", data: data, variables: variables ?? top.variables))
    }

    var flowVariables: [String: JSONValue] {
        [
            "context": state.context,
            "workflow": [
                "id": .string(state.run), "input": state.input, "startedAt": state.startedAt.described,
                "definition": flow.definition,
            ],
            "runtime": now.runtime,
        ]
    }

    func variables(input: JSONValue, output: JSONValue? = nil) -> [String: JSONValue] {
        var variables = flowVariables.merging(top.variables) { $1 }
        variables["input"] = input
        variables["output"] = output
        variables["task"] = [
            "name": .string(task.name), "reference": .string(pointer), "definition": task.definition, "input": top.data,
            "output": output ?? .null, "startedAt": (top.active?.begun ?? now).described,
        ]
        return variables
    }

    func truth(_ expression: Int, on input: JSONValue, output: JSONValue?) throws(FlowError) -> Bool {
        try evaluate(expression, on: input, with: variables(input: input, output: output)).isTrue
    }

    func evaluate(
        _ expression: Int, on input: JSONValue, with variables: [String: JSONValue]
    ) throws(FlowError) -> JSONValue {
        do throws(JQError) {
            return try flow.expressions.evaluate(expression, input: input, variables: variables)
        } catch {
            let detail: String
            switch error {
            case .refused(_, let reason), .failed(let reason), .unfit(let reason): detail = reason
            }
            throw FlowError(
                type: FlowError.expression, status: 400, title: "An expression failed.", detail: detail)
        }
    }

    func fill(
        _ template: FlowTemplate, on input: JSONValue, with variables: [String: JSONValue]
    ) throws(FlowError) -> JSONValue {
        switch template {
        case .literal(let value): return value
        case .text(let text): return .string(text.wording(state.language))
        case .expression(let index): return try evaluate(index, on: input, with: variables)
        case .array(let elements):
            var values: [JSONValue] = []
            for element in elements { values.append(try fill(element, on: input, with: variables)) }
            return .array(values)
        case .object(let members):
            var values: [String: JSONValue] = [:]
            for member in members { values[member.name] = try fill(member.value, on: input, with: variables) }
            return .object(values)
        }
    }

    /// Milliseconds of a span of time, at most the longest wait.
    func milliseconds(
        _ span: FlowDuration, on input: JSONValue, with variables: [String: JSONValue]
    ) throws(FlowError) -> Int64 {
        switch span {
        case .fixed(let milliseconds): return milliseconds
        case .computed(let template):
            let value = try fill(template, on: input, with: variables)
            guard let milliseconds = FlowTime.milliseconds(of: value) else {
                throw FlowError(
                    type: FlowError.validation, status: 400, title: "A duration is expected.",
                    detail: "\(value.text.prefix(100)) is no duration of at most 366 days.")
            }
            return milliseconds
        }
    }

    /// Refuses a value that does not fit the schema.
    func check(_ value: JSONValue, _ schema: FlowSchema?, _ what: String) throws(FlowError) {
        guard let schema else { return }
        var violations: [FlowViolation] = []
        _ = schema.check(value, at: "", into: &violations)
        guard let first = violations.first else { return }
        throw FlowError(
            type: FlowError.validation, status: 400, title: "The \(what) of the task does not fit its schema.",
            detail: first.field.isEmpty ? first.text.en : "\(first.field): \(first.text.en)")
    }

    /// The event of an `emit`, with what it does not say itself: the same whenever the step is repeated.
    func event(_ type: String, _ given: JSONValue) -> JSONValue {
        var members: [String: JSONValue] = [
            "specversion": "1.0", "id": .string(stepKey.requestID(run: state.run)), "time": .string(now.text),
            "source": .string("\(flow.reference.namespace)/\(flow.reference.name)"),
        ]
        members.merge(given.object ?? [:]) { $1 }
        members["type"] = .string(type)
        return .object(members)
    }

    /// A text made from a template: strings as they are, other values as JSON.
    func text(_ template: FlowTemplate, _ input: JSONValue) throws(FlowError) -> String {
        let value = try fill(template, on: input, with: variables(input: input))
        return value.string ?? value.text
    }
}

extension JSONValue {
    /// Truth as in jq: everything but false and null.
    var isTrue: Bool { self != .null && self != .bool(false) }
}

extension FlowInstant {
    /// What `$runtime` shows at this instant.
    var runtime: JSONValue {
        ["name": "account-lifecycle", "version": "1.0.0", "metadata": [:], "now": .string(text)]
    }

    /// An instant as the DSL describes it.
    var described: JSONValue {
        [
            "iso8601": .string(text),
            "epoch": [
                "seconds": .number((Double(milliseconds) / 1000).rounded(.down)),
                "milliseconds": .number(Double(milliseconds)),
            ],
        ]
    }
}
