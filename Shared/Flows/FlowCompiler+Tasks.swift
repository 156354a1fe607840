import Korean

/// Tasks and their lists.
extension FlowCompiler {
    private static let kinds = ["call", "set", "switch", "for", "raise", "try", "wait", "run", "emit", "do"]
    private static let common = ["if", "input", "output", "export", "then", "metadata"]

    /// Compiles a list of tasks and stores it under its path. `scope`: names of the variables of enclosing tasks.
    mutating func block(_ node: YAMLTree, path: String, depth: Int, scope: [String]) throws(FlowProblem) {
        guard case .sequence(let nodes) = node.value, !nodes.isEmpty else {
            throw node.problem("A list of tasks is expected.", "작업 목록이 필요합니다.")
        }
        guard depth <= FlowBounds.nesting else {
            throw node.problem(
                "Tasks are nested deeper than \(FlowBounds.nesting).",
                "작업이 \(grouped: FlowBounds.nesting)단계보다 깊게 중첩되었습니다.")
        }
        var named: [(name: String, node: YAMLTree)] = []
        for entry in nodes {
            guard case .mapping(let members) = entry.value, members.count == 1, let member = members.first else {
                throw entry.problem("A task is written '- name: …'.", "작업은 '- 작업이름: …' 형식으로 작성합니다.")
            }
            guard member.key.isTaskName, !["continue", "exit", "end"].contains(member.key) else {
                throw entry.problem(
                    "A task's name has 1 to 63 letters, digits, '-' or '_'.", "작업 이름은 1~63자의 영문자, 숫자, '-', '_'입니다.")
            }
            guard !named.contains(where: { $0.name == member.key }) else {
                throw entry.problem("The task '\(member.key)' is there twice.", "'\(member.key)' 작업이 중복되었습니다.")
            }
            named.append((member.key, member.value))
            taskCount += 1
            guard taskCount <= FlowBounds.tasks else {
                throw entry.problem(
                    "A flow has at most \(FlowBounds.tasks) tasks.", "플로우의 작업은 최대 \(grouped: FlowBounds.tasks)개입니다.")
            }
        }
        let names = named.map(\.name)
        var tasks: [FlowTask] = []
        for (name, node) in named {
            tasks.append(
                try task(name, node, siblings: names, path: "\(path)/\(name)", depth: depth, scope: scope))
        }
        blocks[path] = FlowBlock(path: path, tasks: tasks)
    }

    private mutating func task(
        _ name: String, _ node: YAMLTree, siblings: [String], path: String, depth: Int, scope: [String]
    ) throws(FlowProblem) -> FlowTask {
        guard case .mapping(let all) = node.value else { throw node.problem("A mapping is expected.", "매핑이 필요합니다.") }
        // `for` has `do` and `while` beside it, so it is looked for before `do`.
        guard let kind = Self.kinds.first(where: { kind in all.contains { $0.key == kind } }) else {
            throw node.problem(
                "A task is one of \(Self.kinds.joined(separator: ", ")).",
                "작업은 \(Self.kinds.joined(separator: ", ")) 중 하나입니다.")
        }
        let beside = ["call": ["with"], "for": ["while", "do"], "try": ["catch"]][kind] ?? []
        let members = try node.members([kind] + beside + Self.common)
        let variables = Self.taskVariables + scope
        let condition = try members["if"].map { node throws(FlowProblem) in
            try expression(node, variables: variables)
        }
        let from = try part(members["input"], "from", variables)
        let definition = try self.kind(
            kind, node, members, siblings: siblings, path: path, depth: depth, scope: scope)
        return FlowTask(
            name: name, condition: condition, inputFrom: from,
            outputAs: try part(members["output"], "as", variables + ["output"]),
            exportAs: try part(members["export"], "as", variables + ["output"]),
            then: try members["then"].map { node throws(FlowProblem) in
                try directive(node, siblings: siblings)
            } ?? .next,
            kind: definition)
    }

    private mutating func part(
        _ node: YAMLTree?, _ key: String, _ variables: [String]
    ) throws(FlowProblem) -> FlowTemplate? {
        guard let node else { return nil }
        let inner = try node.require(key, in: try node.members([key]))
        return try template(inner, variables: variables, isWhole: true)
    }

    private func directive(_ node: YAMLTree, siblings: [String]) throws(FlowProblem) -> FlowDirective {
        switch try node.text() {
        case "continue": return .next
        case "exit": return .exit
        case "end": return .end
        case let name:
            guard let index = siblings.firstIndex(of: name) else {
                throw node.problem(
                    "There is no task '\(name.prefix(63))' in this list.", "이 목록에 '\(name.prefix(63))' 작업이 없습니다.")
            }
            return .task(index)
        }
    }

    private mutating func kind(
        _ kind: String, _ task: YAMLTree, _ members: [String: YAMLTree], siblings: [String], path: String, depth: Int,
        scope: [String]
    ) throws(FlowProblem) -> FlowTask.Kind {
        let node = try task.require(kind, in: members)
        let variables = Self.taskVariables + scope
        switch kind {
        case "call": return try call(task, members, variables)
        case "set":
            if case .scalar(.string) = node.value {
                return .set(try template(node, variables: variables, isWhole: true))
            }
            return .set(try template(node, variables: variables))
        case "switch": return .choose(try cases(node, siblings: siblings, variables))
        case "for": return try loop(task, node, members, path: path, depth: depth, scope: scope)
        case "raise": return try raise(node, variables)
        case "try":
            try block(node, path: path + "/try", depth: depth + 1, scope: scope)
            let handler = try handler(
                try task.require("catch", in: members), path: path, depth: depth, scope: scope)
            return .attempt(body: path + "/try", handler: handler)
        case "wait": return .wait(milliseconds: try duration(node))
        case "run": return try run(node, variables)
        case "emit": return try emit(node, variables)
        default:
            try block(node, path: path + "/do", depth: depth + 1, scope: scope)
            return .list(block: path + "/do")
        }
    }

    private mutating func call(
        _ task: YAMLTree, _ members: [String: YAMLTree], _ variables: [String]
    ) throws(FlowProblem) -> FlowTask.Kind {
        let function = try task.require("call", in: members)
        guard try function.text() == "rpc" else {
            throw function.problem("Only 'call: rpc' is available.", "'call: rpc'만 사용할 수 있습니다.")
        }
        let with = try task.require("with", in: members)
        let arguments = try with.members(["method", "request"])
        let method = try with.require("method", in: arguments)
        let name = try method.text(maximum: 120)
        // Written out, so that everything a flow may reach can be read before it is published.
        guard name.isMethodName else {
            throw method.problem(
                "A method is written 'service.records.verb', without expressions.",
                "메서드는 표현식 없이 'service.records.verb' 형식으로 작성합니다.")
        }
        methods.insert(name)
        let request = try arguments["request"].map { node throws(FlowProblem) in
            try template(node, variables: variables)
        }
        return .call(method: name, request: request ?? .literal(.object([:])))
    }

    private mutating func cases(
        _ node: YAMLTree, siblings: [String], _ variables: [String]
    ) throws(FlowProblem) -> [FlowTask.Case] {
        guard case .sequence(let entries) = node.value, !entries.isEmpty else {
            throw node.problem("A list of cases is expected.", "조건 목록이 필요합니다.")
        }
        var cases: [FlowTask.Case] = []
        for (index, entry) in entries.enumerated() {
            guard case .mapping(let members) = entry.value, members.count == 1, let member = members.first else {
                throw entry.problem("A case is written '- name: …'.", "조건은 '- 이름: …' 형식으로 작성합니다.")
            }
            let parts = try member.value.members(["when", "then"])
            let condition = try parts["when"].map { node throws(FlowProblem) in
                try expression(node, variables: variables)
            }
            guard condition != nil || index == entries.count - 1 else {
                throw member.value.problem(
                    "Only the last case may be without 'when'.", "'when'이 없는 조건은 마지막에만 올 수 있습니다.")
            }
            let then = try directive(try member.value.require("then", in: parts), siblings: siblings)
            cases.append(FlowTask.Case(condition: condition, then: then))
        }
        return cases
    }

    private mutating func loop(
        _ task: YAMLTree, _ node: YAMLTree, _ members: [String: YAMLTree], path: String, depth: Int, scope: [String]
    ) throws(FlowProblem) -> FlowTask.Kind {
        let parts = try node.members(["each", "in", "at"])
        let each = try variable(parts["each"], default: "item", scope: scope)
        let at = try variable(parts["at"], default: "index", scope: scope)
        let items = try expression(
            try node.require("in", in: parts), variables: Self.taskVariables + scope)
        let inner = scope.filter { $0 != each && $0 != at } + [each, at]
        let condition = try members["while"].map { node throws(FlowProblem) in
            try expression(node, variables: Self.taskVariables + inner)
        }
        try block(try task.require("do", in: members), path: path + "/do", depth: depth + 1, scope: inner)
        return .loop(
            FlowTask.Loop(each: each, at: at, items: items, condition: condition, body: path + "/do"))
    }

    func variable(_ node: YAMLTree?, default name: String, scope: [String]) throws(FlowProblem) -> String {
        guard let node else { return name }
        let text = try node.text(maximum: 40)
        guard text.isVariableName, !(Self.taskVariables + ["output"]).contains(text) else {
            throw node.problem("This is not a free variable name.", "사용할 수 있는 변수 이름이 아닙니다.")
        }
        return text
    }

    private mutating func raise(_ node: YAMLTree, _ variables: [String]) throws(FlowProblem) -> FlowTask.Kind {
        let error = try node.require("error", in: try node.members(["error"]))
        let parts = try error.members(["type", "status", "title", "detail"])
        let status = try error.require("status", in: parts).integer(in: 400...599)
        let detail = try parts["detail"].map { node throws(FlowProblem) in
            try template(node, variables: variables)
        }
        return .raise(
            type: try template(try error.require("type", in: parts), variables: variables), status: status,
            title: try template(try error.require("title", in: parts), variables: variables),
            detail: detail ?? .literal(""))
    }

    private mutating func run(_ node: YAMLTree, _ variables: [String]) throws(FlowProblem) -> FlowTask.Kind {
        let workflow = try node.require("workflow", in: try node.members(["workflow"]))
        let parts = try workflow.members(["namespace", "name", "version", "input"])
        let reference = try reference(workflow, parts)
        if !subflows.contains(reference) { subflows.append(reference) }
        let input = try parts["input"].map { node throws(FlowProblem) in
            try template(node, variables: variables, isWhole: true)
        }
        return .run(reference, input: input)
    }

    private mutating func emit(_ node: YAMLTree, _ variables: [String]) throws(FlowProblem) -> FlowTask.Kind {
        let event = try node.require("event", in: try node.members(["event"]))
        let with = try event.require("with", in: try event.members(["with"]))
        let parts = try with.members(["type", "data"])
        let type = try with.require("type", in: parts)
        let name = try type.text(maximum: 120)
        guard name.split(separator: ".", omittingEmptySubsequences: false).allSatisfy({ $0.isEventToken }) else {
            throw type.problem(
                "An event type has lower-case words joined by dots.", "이벤트 유형은 점으로 연결한 소문자 단어입니다.")
        }
        let data = try parts["data"].map { node throws(FlowProblem) in
            try template(node, variables: variables)
        }
        return .emit(type: name, data: data ?? .literal(.object([:])))
    }
}

extension String {
    fileprivate var isTaskName: Bool {
        (1...63).contains(utf8.count)
            && utf8.allSatisfy {
                (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D
                    || $0 == 0x5F
            }
    }

    fileprivate var isMethodName: Bool {
        let tokens = split(separator: ".", omittingEmptySubsequences: false)
        return tokens.count == 3 && tokens.allSatisfy(\.isEventToken)
    }
}

extension Substring {
    /// A NATS token of the system: lower-case letters, digits, `-` and `_`.
    fileprivate var isEventToken: Bool {
        !isEmpty
            && utf8.allSatisfy {
                (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D || $0 == 0x5F
            }
    }
}
