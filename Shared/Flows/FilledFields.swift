/// Where the answers of the wizard go.
extension CompiledFlow {
    /// The fields of requests that take an answer as it was given, each with the method of its request.
    public func fields(filledBy answer: String) -> [(method: String, field: String)] {
        let source = "$workflow.input.answers.\(answer)"
        return blocks.values.sorted { $0.path < $1.path }.flatMap(\.tasks).flatMap { task in
            guard case .call(let method, let request) = task.kind else { return [(method: String, field: String)]() }
            return members(of: request, equalTo: source).map { (method, $0) }
        }
    }

    private func members(of template: FlowTemplate, equalTo source: String) -> [String] {
        switch template {
        case .object(let members):
            members.flatMap { name, value in
                if case .expression(let index) = value, expressions.source(of: index) == source { return [name] }
                return self.members(of: value, equalTo: source)
            }
        case .array(let elements): elements.flatMap { members(of: $0, equalTo: source) }
        case .literal, .text, .expression: []
        }
    }
}
