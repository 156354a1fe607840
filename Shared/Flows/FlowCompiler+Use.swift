import Korean

/// What a flow declares once under `use` and names in many places, and errors, retries and timeouts, which may stand
/// there.
extension FlowCompiler {
    /// Reads what is declared. Functions are compiled in their order, so that none can call itself.
    mutating func use(_ node: YAMLTree) throws(FlowProblem) {
        let parts = try node.members(["errors", "retries", "timeouts", "functions"], at: .use)
        errors = try declared(parts["errors"])
        retries = try declared(parts["retries"])
        timeouts = try declared(parts["timeouts"])
        isInBranch = true
        defer { isInBranch = false }
        guard let node = parts["functions"] else { return }
        guard case .mapping(let members) = node.value else {
            throw node.problem("A mapping is expected.", "매핑이 필요합니다.")
        }
        for member in members {
            guard member.key.isTaskName, !["rpc", "http"].contains(member.key),
                FlowFeature.missing(member.key, at: .call) == nil
            else {
                throw member.value.problem(
                    "A function's name has 1 to 63 letters, digits, '-' or '_', and is no kind of call.",
                    "함수 이름은 1~63자의 영문자, 숫자, '-', '_'이며 호출 종류의 이름일 수 없습니다.")
            }
            let list = YAMLTree(
                value: .sequence([
                    YAMLTree(
                        value: .mapping([member]), line: member.line, column: member.column, path: member.value.path)
                ]), line: member.line, column: member.column, path: node.path)
            try block(
                list, path: Self.path(ofFunction: member.key), pointer: "/use/functions", first: nil, depth: 1,
                scope: [])
            functions.insert(member.key)
        }
    }

    static func path(ofFunction name: String) -> String { "use/functions/\(name)" }

    private func declared(_ node: YAMLTree?) throws(FlowProblem) -> [String: YAMLTree] {
        guard let node else { return [:] }
        guard case .mapping(let members) = node.value else {
            throw node.problem("A mapping is expected.", "매핑이 필요합니다.")
        }
        return Dictionary(members.map { ($0.key, $0.value) }) { first, _ in first }
    }

    /// A node that stands in place, or what its text names among what is declared.
    private func resolved(
        _ node: YAMLTree, _ declared: [String: YAMLTree], _ kind: String
    ) throws(FlowProblem) -> YAMLTree {
        guard case .scalar(.string(let name)) = node.value else { return node }
        guard let found = declared[name] else {
            throw node.problem(
                "There is no '\(name.prefix(63))' in use.\(kind).", "'use.\(kind)'에 '\(name.prefix(63))' 항목이 없습니다.")
        }
        return found
    }

    mutating func raise(_ node: YAMLTree, _ variables: [String]) throws(FlowProblem) -> FlowTask.Kind {
        let named = try node.require("error", in: try node.members(["error"]))
        let error = try resolved(named, errors, "errors")
        let parts = try error.members(["type", "status", "title", "detail", "instance"])
        let status = try error.require("status", in: parts).integer(in: 400...599)
        let detail = try parts["detail"].map { node throws(FlowProblem) in
            try template(node, variables: variables)
        }
        let type = try error.require("type", in: parts)
        let title = try parts["title"].map { node throws(FlowProblem) in
            try template(node, variables: variables)
        }
        return .raise(
            type: try template(type, variables: variables), status: status, title: title ?? .literal(type.json),
            detail: detail ?? .literal(""))
    }

    /// `after`, in place or of `use.timeouts`.
    mutating func timeout(_ node: YAMLTree, variables: [String]) throws(FlowProblem) -> FlowDuration {
        let node = try resolved(node, timeouts, "timeouts")
        return try duration(try node.require("after", in: try node.members(["after"])), variables: variables)
    }

    mutating func handler(_ node: YAMLTree, _ place: Place) throws(FlowProblem) -> FlowTask.Handler {
        let parts = try node.members(["errors", "as", "when", "exceptWhen", "retry", "do"])
        var with: [String: JSONValue] = [:]
        if let errors = parts["errors"] {
            let filter = try errors.require("with", in: try errors.members(["with"]))
            let members = try filter.members(["type", "status", "instance", "title", "detail"])
            for (name, node) in members {
                with[name] =
                    name == "status"
                    ? .number(Double(try node.integer(in: 400...599))) : .string(try node.text(maximum: 300))
            }
        }
        let variable = try variable(parts["as"], default: "error")
        let inner = place.scope.filter { $0 != variable } + [variable]
        let variables = Self.taskVariables + inner
        let when = try condition(parts["when"], variables)
        let exceptWhen = try condition(parts["exceptWhen"], variables)
        let retry = try parts["retry"].map { node throws(FlowProblem) in
            try self.retry(try resolved(node, retries, "retries"), variables)
        }
        if let body = parts["do"] {
            try block(
                body, path: place.path + "/catch", pointer: place.pointer + "/catch/do", depth: place.depth + 1,
                scope: inner)
        }
        return FlowTask.Handler(
            with: with, variable: variable, when: when, exceptWhen: exceptWhen, retry: retry,
            body: parts["do"] == nil ? nil : place.path + "/catch")
    }

    private mutating func condition(_ node: YAMLTree?, _ variables: [String]) throws(FlowProblem) -> Int? {
        try node.map { node throws(FlowProblem) in try expression(node, variables: variables) }
    }

    private mutating func retry(_ node: YAMLTree, _ variables: [String]) throws(FlowProblem) -> FlowTask.Retry {
        let parts = try node.members(["when", "exceptWhen", "delay", "backoff", "jitter", "limit"])
        let limit = try node.require("limit", in: parts)
        let limits = try limit.members(["attempt", "duration"])
        var count = FlowBounds.attempts
        if let attempt = limits["attempt"] {
            count = try attempt.require("count", in: try attempt.members(["count"], at: .attempt))
                .integer(in: 1...FlowBounds.attempts)
        }
        let within = try limits["duration"].map { node throws(FlowProblem) in try written(node) }
        if within == nil { _ = try limit.require("attempt", in: limits) }
        var backoff = FlowTask.Retry.Backoff.constant
        if let node = parts["backoff"] {
            guard case .mapping(let members) = node.value, members.count == 1, let kind = members.first else {
                throw node.problem(
                    "backoff is one of constant, linear, exponential.",
                    "'backoff'는 'constant', 'linear', 'exponential' 중 하나입니다.")
            }
            _ = try node.members(["constant", "linear", "exponential"])
            _ = try kind.value.members([])
            backoff = kind.key == "linear" ? .linear : kind.key == "exponential" ? .exponential : .constant
        }
        var jitter: ClosedRange<Int64> = 0...0
        if let node = parts["jitter"] {
            let ends = try node.members(["from", "to"])
            let from = try written(try node.require("from", in: ends))
            let to = try written(try node.require("to", in: ends))
            guard from <= to else {
                throw node.problem("'from' is longer than 'to'.", "'from'이 'to'보다 깁니다.")
            }
            jitter = from...to
        }
        return FlowTask.Retry(
            when: try condition(parts["when"], variables), exceptWhen: try condition(parts["exceptWhen"], variables),
            attempts: count, within: within,
            delay: try parts["delay"].map { node throws(FlowProblem) in try written(node) } ?? 0, backoff: backoff,
            jitter: jitter)
    }

    /// A duration that is written out.
    func written(_ node: YAMLTree) throws(FlowProblem) -> Int64 {
        if case .mapping(let given) = node.value, !given.isEmpty {
            let members = try node.members(FlowTime.units.map(\.name))
            for part in members.values { _ = try part.integer(in: 0...31_622_400_000) }
        }
        guard let milliseconds = FlowTime.milliseconds(of: node.json) else {
            throw node.problem(
                "A duration up to 366 days is expected, such as PT1H or {minutes: 5}.",
                "'PT1H' 또는 '{minutes: 5}'와 같이 366일 이하의 기간이 필요합니다.")
        }
        return milliseconds
    }

    /// A duration, written out or with expressions in it.
    mutating func duration(_ node: YAMLTree, variables: [String]) throws(FlowProblem) -> FlowDuration {
        var parts = [node]
        if case .mapping(let members) = node.value {
            _ = try node.members(FlowTime.units.map(\.name))
            parts = members.map(\.value)
        }
        for part in parts {
            guard case .scalar(.string(let text)) = part.value, try part.expression(text) != nil else { continue }
            return .computed(try template(node, variables: variables))
        }
        return .fixed(try written(node))
    }
}
