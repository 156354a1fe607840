/// `catch`, retries and durations.
extension FlowCompiler {
    mutating func handler(
        _ node: YAMLTree, path: String, depth: Int, scope: [String]
    ) throws(FlowProblem) -> FlowTask.Handler {
        let parts = try node.members(["errors", "as", "when", "exceptWhen", "retry", "do"])
        var type: String?
        var status: Int?
        if let errors = parts["errors"] {
            let with = try errors.require("with", in: try errors.members(["with"])).members(["type", "status"])
            type = try with["type"]?.text(maximum: 300)
            status = try with["status"]?.integer(in: 400...599)
        }
        let variable = try variable(parts["as"], default: "error", scope: scope)
        let inner = scope.filter { $0 != variable } + [variable]
        let variables = Self.taskVariables + inner
        let when = try parts["when"].map { node throws(FlowProblem) in
            try expression(node, variables: variables)
        }
        let exceptWhen = try parts["exceptWhen"].map { node throws(FlowProblem) in
            try expression(node, variables: variables)
        }
        let retry = try parts["retry"].map { node throws(FlowProblem) in try self.retry(node) }
        if let body = parts["do"] { try block(body, path: path + "/catch", depth: depth + 1, scope: inner) }
        return FlowTask.Handler(
            type: type, status: status, variable: variable, when: when, exceptWhen: exceptWhen, retry: retry,
            body: parts["do"] == nil ? nil : path + "/catch")
    }

    private func retry(_ node: YAMLTree) throws(FlowProblem) -> FlowTask.Retry {
        let parts = try node.members(["delay", "backoff", "limit"])
        let limit = try node.require("limit", in: parts)
        let attempt = try limit.require("attempt", in: try limit.members(["attempt"]))
        let count = try attempt.require("count", in: try attempt.members(["count"]))
            .integer(in: 1...FlowBounds.attempts)
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
        let delay = try parts["delay"].map { node throws(FlowProblem) in try duration(node) } ?? 0
        return FlowTask.Retry(attempts: count, delay: delay, backoff: backoff)
    }

    /// Milliseconds of an ISO 8601 duration or of a mapping of days, hours, minutes, seconds and milliseconds.
    func duration(_ node: YAMLTree) throws(FlowProblem) -> Int64 {
        let units: [(String, Int64)] = [
            ("days", 86_400_000), ("hours", 3_600_000), ("minutes", 60_000), ("seconds", 1000), ("milliseconds", 1),
        ]
        let wrong = node.problem(
            "A duration up to 366 days is expected, such as PT1H or {minutes: 5}.",
            "'PT1H' 또는 '{minutes: 5}'와 같이 366일 이하의 기간이 필요합니다.")
        if case .scalar(.string(let text)) = node.value {
            guard let milliseconds = FlowTime.milliseconds(iso8601: text) else { throw wrong }
            return milliseconds
        }
        guard case .mapping(let given) = node.value, !given.isEmpty else { throw wrong }
        let members = try node.members(units.map(\.0))
        var total: Int64 = 0
        for (name, unit) in units {
            guard let part = members[name] else { continue }
            total += Int64(try part.integer(in: 0...31_622_400_000)) * unit
            guard total <= FlowTime.longestWait else { throw wrong }
        }
        return total
    }
}
