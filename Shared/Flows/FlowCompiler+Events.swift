import Korean

/// Events: those a flow emits and those it listens to.
extension FlowCompiler {
    /// Attributes of CloudEvents that texts stand for.
    private static let attributes = ["id", "source", "subject", "time", "datacontenttype", "dataschema"]

    mutating func emit(_ node: YAMLTree, _ variables: [String]) throws(FlowProblem) -> FlowTask.Kind {
        let event = try node.require("event", in: try node.members(["event"]))
        let with = try event.require("with", in: try event.members(["with"]))
        let parts = try with.members(Self.attributes + ["type", "data"])
        let type = try eventType(with, parts)
        var members: [(name: String, value: FlowTemplate)] = [("data", .literal(.object([:])))]
        for (name, node) in parts.sorted(by: { $0.key < $1.key }) where name != "type" {
            if name == "data" { members.removeFirst() }
            members.append((name, try template(node, variables: variables)))
        }
        return .emit(type: type, event: .object(members))
    }

    /// Written out, so that everything a flow emits or hears can be read before it is published.
    private func eventType(_ node: YAMLTree, _ parts: [String: YAMLTree]) throws(FlowProblem) -> String {
        let type = try node.require("type", in: parts)
        let name = try type.text(maximum: 120)
        guard name.split(separator: ".", omittingEmptySubsequences: false).allSatisfy(\.isEventToken) else {
            throw type.problem(
                "An event type has lower-case words joined by dots.", "이벤트 유형은 점으로 연결한 소문자 단어입니다.")
        }
        return name
    }

    mutating func listen(_ node: YAMLTree, _ variables: [String]) throws(FlowProblem) -> FlowTask.Listen {
        let parts = try node.members(["to", "read"])
        let read = try parts["read"]?.text() ?? "data"
        guard ["data", "envelope"].contains(read) else {
            throw parts["read", default: node].problem(
                "'read' is one of data, envelope.", "'read'는 'data', 'envelope' 중 하나입니다.")
        }
        let listen = try consumption(
            try node.require("to", in: parts), variables, readsEnvelope: read == "envelope")
        eventTypes.formUnion(listen.types)
        return listen
    }

    /// Which events are waited for: by `to` of a `listen`, or by `on` of a schedule.
    mutating func consumption(
        _ to: YAMLTree, _ variables: [String], readsEnvelope: Bool
    ) throws(FlowProblem) -> FlowTask.Listen {
        let strategies = try to.members(["one", "any", "all", "until"])
        let given = ["one", "any", "all"].filter { strategies[$0] != nil }
        guard given.count == 1, let kind = given.first, let filters = strategies[kind] else {
            throw to.problem("It has to be one of one, any, all.", "'one', 'any', 'all' 중 하나를 지정하세요.")
        }
        var until: Int?
        if let condition = strategies["until"] {
            guard kind == "any" else {
                throw condition.problem("Only 'any' has an 'until'.", "'until'은 'any'에만 지정할 수 있습니다.")
            }
            if case .mapping = condition.value { _ = try condition.members([], at: .until) }
            until = try expression(condition, variables: variables)
        }
        var compiled: [FlowTask.Filter] = []
        if kind == "one" {
            compiled = [try filter(filters, variables)]
        } else {
            guard case .sequence(let nodes) = filters.value, (1...FlowBounds.branches).contains(nodes.count) else {
                throw filters.problem(
                    "A list of 1 to \(FlowBounds.branches) filters is expected.",
                    "1~\(grouped: FlowBounds.branches)개의 필터 목록이 필요합니다.")
            }
            for node in nodes { compiled.append(try filter(node, variables)) }
        }
        return FlowTask.Listen(
            strategy: kind == "one" ? .one : kind == "any" ? .any : .all, filters: compiled, until: until,
            readsEnvelope: readsEnvelope)
    }

    private mutating func filter(_ node: YAMLTree, _ variables: [String]) throws(FlowProblem) -> FlowTask.Filter {
        let parts = try node.members(["with", "correlate"])
        let with = try node.require("with", in: parts)
        let attributes = try with.members(Self.attributes + ["type", "data"])
        let type = try eventType(with, attributes)
        var values: [(name: String, value: FlowTemplate)] = []
        for (name, node) in attributes.sorted(by: { $0.key < $1.key }) where name != "type" {
            values.append((name, try template(node, variables: variables)))
        }
        var correlate: [FlowTask.Correlation] = []
        if let node = parts["correlate"] {
            guard case .mapping(let members) = node.value else {
                throw node.problem("A mapping is expected.", "매핑이 필요합니다.")
            }
            for member in members {
                let ends = try member.value.members(["from", "expect"])
                correlate.append(
                    FlowTask.Correlation(
                        name: member.key,
                        from: try expression(try member.value.require("from", in: ends), variables: variables),
                        expect: try ends["expect"].map { node throws(FlowProblem) in
                            try template(node, variables: variables)
                        }))
            }
        }
        return FlowTask.Filter(type: type, with: values, correlate: correlate)
    }
}
