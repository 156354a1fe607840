import Korean

/// Tasks and their lists.
extension FlowCompiler {
    private static let kinds = [
        "call", "set", "switch", "for", "raise", "try", "wait", "run", "emit", "fork", "listen", "do",
    ]
    private static let common = ["if", "input", "output", "export", "timeout", "then", "metadata"]

    /// Compiles a list of tasks and stores it under its path. `scope`: names of the variables of enclosing tasks.
    mutating func block(
        _ node: YAMLTree, path: String, pointer: String, first: Int? = 0, depth: Int, scope: [String]
    ) throws(FlowProblem) {
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
        var tasks: [FlowTask] = []
        for (index, (name, node)) in named.enumerated() {
            let place = Place(
                path: "\(path)/\(name)", pointer: pointer + (first.map { "/\($0 + index)" } ?? "") + "/\(name)",
                depth: depth, scope: scope,
                siblings: named.map(\.name))
            tasks.append(try task(name, node, place))
        }
        blocks[path] = FlowBlock(path: path, pointer: pointer, first: first, tasks: tasks)
    }

    /// Where a task stands.
    struct Place {
        let path: String
        let pointer: String
        let depth: Int
        /// Names of the variables of enclosing tasks.
        let scope: [String]
        /// The tasks of its list, to which it may lead on.
        let siblings: [String]

        var variables: [String] { FlowCompiler.taskVariables + scope }
    }

    /// Compiles a list inside a task.
    mutating func block(_ node: YAMLTree, _ key: String, in place: Place, scope: [String]? = nil) throws(FlowProblem) {
        try block(
            node, path: "\(place.path)/\(key)", pointer: "\(place.pointer)/\(key)", depth: place.depth + 1,
            scope: scope ?? place.scope)
    }

    mutating func task(_ name: String, _ node: YAMLTree, _ place: Place) throws(FlowProblem) -> FlowTask {
        guard case .mapping(let all) = node.value else { throw node.problem("A mapping is expected.", "매핑이 필요합니다.") }
        // `for` has `do` and `while` beside it, so it is looked for before `do`.
        guard let kind = Self.kinds.first(where: { kind in all.contains { $0.key == kind } }) else {
            throw node.problem(
                "A task is one of \(Self.kinds.joined(separator: ", ")).",
                "작업은 \(Self.kinds.joined(separator: ", ")) 중 하나입니다.")
        }
        let beside = ["call": ["with"], "for": ["while", "do"], "try": ["catch"]][kind] ?? []
        let known = [kind] + beside + Self.common
        let members = try kind == "listen" ? node.members(known, at: .listen) : node.members(known)
        let variables = place.variables
        let condition = try members["if"].map { node throws(FlowProblem) in
            try expression(node, variables: variables)
        }
        var schemas = FlowTask.Schemas()
        let from = try part(members["input"], "from", variables, &schemas.input)
        let definition = try self.kind(kind, node, members, place)
        return FlowTask(
            name: name, condition: condition, inputFrom: from,
            outputAs: try part(members["output"], "as", variables + ["output"], &schemas.output),
            exportAs: try part(members["export"], "as", variables + ["output"], &schemas.export), schemas: schemas,
            timeout: try members["timeout"].map { node throws(FlowProblem) in
                try timeout(node, variables: variables)
            },
            then: try members["then"].map { node throws(FlowProblem) in
                try directive(node, siblings: place.siblings)
            } ?? .next,
            definition: node.json, kind: definition)
    }

    /// What makes a value of another, and the schema it has to fit.
    private mutating func part(
        _ node: YAMLTree?, _ key: String, _ variables: [String], _ schema: inout FlowSchema?
    ) throws(FlowProblem) -> FlowTemplate? {
        guard let node else { return nil }
        let parts = try node.members([key, "schema"])
        schema = try parts["schema"].map { node throws(FlowProblem) in try FlowSchema.compile(any: node) }
        if schema == nil { _ = try node.require(key, in: parts) }
        return try parts[key].map { node throws(FlowProblem) in
            try template(node, variables: variables, isWhole: true)
        }
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
        _ kind: String, _ task: YAMLTree, _ members: [String: YAMLTree], _ place: Place
    ) throws(FlowProblem) -> FlowTask.Kind {
        let node = try task.require(kind, in: members)
        let variables = place.variables
        switch kind {
        case "call": return try call(task, members, variables)
        case "set":
            if case .scalar(.string) = node.value {
                return .set(try template(node, variables: variables, isWhole: true))
            }
            return .set(try template(node, variables: variables))
        case "switch": return .choose(try cases(node, place))
        case "for": return try loop(task, node, members, place)
        case "raise": return try raise(node, variables)
        case "try":
            try block(node, "try", in: place)
            return .attempt(body: place.path + "/try", handler: try handler(task.require("catch", in: members), place))
        case "wait": return .wait(try duration(node, variables: variables))
        case "run": return try run(node, variables)
        case "emit": return try emit(node, variables)
        case "fork": return try fork(node, place)
        case "listen": return .listen(try listen(node, variables))
        default:
            try block(node, "do", in: place)
            return .list(block: place.path + "/do")
        }
    }

    private mutating func call(
        _ task: YAMLTree, _ members: [String: YAMLTree], _ variables: [String]
    ) throws(FlowProblem) -> FlowTask.Kind {
        let function = try task.require("call", in: members)
        let named = try function.text()
        if functions.contains(named) {
            let arguments = try members["with"].map { node throws(FlowProblem) in
                try template(node, variables: variables, isWhole: true)
            }
            return .function(block: Self.path(ofFunction: named), arguments: arguments ?? .literal(.object([:])))
        }
        if named == "http" { return try http(task, members, variables) }
        try function.refuse(named, at: .call)
        guard named == "rpc" else {
            throw function.problem(
                "There is no function '\(named.prefix(63))': 'call' names 'rpc', 'http', or a function above this one in 'use'.",
                "'\(named.prefix(63))' 함수가 없습니다. 'rpc', 'http' 또는 'use'에서 앞에 정의된 함수를 지정하세요.")
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
        _ node: YAMLTree, _ place: Place
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
                try expression(node, variables: place.variables)
            }
            guard condition != nil || index == entries.count - 1 else {
                throw member.value.problem(
                    "Only the last case may be without 'when'.", "'when'이 없는 조건은 마지막에만 올 수 있습니다.")
            }
            let then = try directive(try member.value.require("then", in: parts), siblings: place.siblings)
            cases.append(FlowTask.Case(condition: condition, then: then))
        }
        return cases
    }

    private mutating func loop(
        _ task: YAMLTree, _ node: YAMLTree, _ members: [String: YAMLTree], _ place: Place
    ) throws(FlowProblem) -> FlowTask.Kind {
        let parts = try node.members(["each", "in", "at"])
        let each = try variable(parts["each"], default: "item")
        let at = try variable(parts["at"], default: "index")
        let items = try expression(try node.require("in", in: parts), variables: place.variables)
        let inner = place.scope.filter { $0 != each && $0 != at } + [each, at]
        let condition = try members["while"].map { node throws(FlowProblem) in
            try expression(node, variables: Self.taskVariables + inner)
        }
        try block(try task.require("do", in: members), "do", in: place, scope: inner)
        return .loop(
            FlowTask.Loop(each: each, at: at, items: items, condition: condition, body: place.path + "/do"))
    }

    func variable(_ node: YAMLTree?, default name: String) throws(FlowProblem) -> String {
        guard let node else { return name }
        let text = try node.text(maximum: 40)
        guard text.isVariableName, !(Self.taskVariables + ["output", "secrets", "authorization"]).contains(text) else {
            throw node.problem("This is not a free variable name.", "사용할 수 있는 변수 이름이 아닙니다.")
        }
        return text
    }

    private mutating func fork(_ node: YAMLTree, _ place: Place) throws(FlowProblem) -> FlowTask.Kind {
        let parts = try node.members(["branches", "compete"])
        let branches = try node.require("branches", in: parts)
        guard case .sequence(let nodes) = branches.value, (1...FlowBounds.branches).contains(nodes.count) else {
            throw branches.problem(
                "A list of 1 to \(FlowBounds.branches) branches is expected.",
                "1~\(grouped: FlowBounds.branches)개의 분기 목록이 필요합니다.")
        }
        var competes = false
        if let given = parts["compete"] {
            guard case .scalar(.bool(let flag)) = given.value else {
                throw given.problem("true or false is expected.", "true 또는 false가 필요합니다.")
            }
            competes = flag
        }
        let wasInBranch = isInBranch
        defer { isInBranch = wasInBranch }
        isInBranch = true
        var names: [String] = []
        for (index, entry) in nodes.enumerated() {
            // Each branch is a list of its own with one task, so that none leads on to another.
            let single = YAMLTree(value: .sequence([entry]), line: entry.line, column: entry.column, path: entry.path)
            let path = "\(place.path)/fork/\(index)"
            try block(
                single, path: path, pointer: "\(place.pointer)/fork/branches", first: index, depth: place.depth + 1,
                scope: place.scope)
            let name = blocks[path]?.tasks.first?.name ?? ""
            guard !names.contains(name) else {
                throw entry.problem("The task '\(name)' is there twice.", "'\(name)' 작업이 중복되었습니다.")
            }
            names.append(name)
        }
        return .fork(nodes.indices.map { "\(place.path)/fork/\($0)" }, competes: competes)
    }

    private mutating func run(_ node: YAMLTree, _ variables: [String]) throws(FlowProblem) -> FlowTask.Kind {
        let workflow = try node.require("workflow", in: try node.members(["workflow"], at: .run))
        guard !isInBranch else {
            throw node.problem(
                "'run' is not available in flows inside 'fork' and 'use.functions'.",
                "플로우에서는 'fork'와 'use.functions' 안에서 'run' 기능을 사용할 수 없습니다.")
        }
        let parts = try workflow.members(["namespace", "name", "version", "input"])
        let reference = try reference(workflow, parts)
        if !subflows.contains(reference) { subflows.append(reference) }
        let input = try parts["input"].map { node throws(FlowProblem) in
            try template(node, variables: variables, isWhole: true)
        }
        return .run(reference, input: input)
    }
}

extension String {
    var isTaskName: Bool {
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
    var isEventToken: Bool {
        !isEmpty
            && utf8.allSatisfy {
                (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D || $0 == 0x5F
            }
    }
}
