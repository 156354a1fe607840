import Korean

/// Turns a YAML tree into a ``CompiledFlow``, refusing what it does not know with its place.
struct FlowCompiler {
    /// The expressions met so far, each with its place for the message when libjq refuses it.
    private var sources: [(expression: JQExpression, node: YAMLTree)] = []
    var blocks: [String: FlowBlock] = [:]
    var taskCount = 0
    var methods: Set<String> = []
    var subflows: [FlowReference] = []
    var hosts: Set<String> = []
    var eventTypes: Set<String> = []
    /// What `use` declares, by its name.
    var errors: [String: YAMLTree] = [:]
    var retries: [String: YAMLTree] = [:]
    var timeouts: [String: YAMLTree] = [:]
    var functions: Set<String> = []
    /// Whether the task that is read lies in a branch of a `fork`, or in a function, which may be called there.
    var isInBranch = false

    /// Variables that every expression of a task may read.
    static let taskVariables = ["context", "input", "task", "workflow", "runtime"]

    mutating func flow(_ root: YAMLTree, digest: String) throws(FlowProblem) -> CompiledFlow {
        let members = try root.members(["document", "input", "use", "schedule", "do", "timeout", "output"], at: .flow)
        let document = try document(try root.require("document", in: members))
        var schema: FlowSchema?
        var inputFrom: FlowTemplate?
        if let input = members["input"] {
            let parts = try input.members(["schema", "from"])
            if let node = parts["schema"] { schema = try FlowSchema.compile(input: node) }
            inputFrom = try parts["from"].map { node throws(FlowProblem) in
                try template(node, variables: ["workflow", "runtime"], isWhole: true)
            }
        }
        if let node = members["use"] { try use(node) }
        let timeout = try members["timeout"].map { node throws(FlowProblem) in
            try self.timeout(node, variables: ["context", "workflow", "runtime"])
        }
        let schedule = try members["schedule"].map { node throws(FlowProblem) in try self.schedule(node) }
        try block(try root.require("do", in: members), path: "do", pointer: "/do", depth: 1, scope: [])
        var outputAs: FlowTemplate?
        var outputSchema: FlowSchema?
        if let output = try members["output"]?.members(["as", "schema"]) {
            outputSchema = try output["schema"].map { node throws(FlowProblem) in try FlowSchema.compile(any: node) }
            outputAs = try output["as"].map { node throws(FlowProblem) in
                try template(node, variables: ["context", "workflow", "runtime"], isWhole: true)
            }
        }
        let expressions = try compileExpressions()
        return CompiledFlow(
            reference: document.reference, title: document.title, summary: document.summary,
            metadata: document.metadata, input: schema ?? Self.standard(schedule), digest: digest,
            methods: methods.sorted(), subflows: subflows,
            hosts: hosts.sorted(), eventTypes: eventTypes.sorted(), schedule: schedule, inputFrom: inputFrom,
            outputAs: outputAs, outputSchema: outputSchema, timeout: timeout, definition: root.json, blocks: blocks,
            expressions: expressions)
    }

    /// What a run of a flow is given that does not say so: an object, or where it begins by events whatever has it begin makes of
    /// them.
    private static func standard(_ schedule: FlowSchedule?) -> FlowSchema {
        if case .events? = schedule?.kind { FlowSchema(kind: .any) } else { FlowSchema(kind: .object) }
    }

    private func compileExpressions() throws(FlowProblem) -> JQ {
        let program: JQ
        do throws(JQError) {
            program = try JQ(
                sources.map(\.expression),
                limits: JSONLimits(bytes: FlowBounds.valueBytes, depth: 64, values: 50_000))
        } catch {
            guard case .refused(let index, let reason) = error else {
                throw FlowProblem(
                    line: 1, column: 1, path: "", text: FlowText(en: "\(error)", ko: "표현식을 컴파일할 수 없습니다."))
            }
            throw sources[index].node.problem(
                "The expression is refused: \(reason).", "표현식을 사용할 수 없습니다. 문법과 허용되는 함수를 확인하세요.")
        }
        try tryClocks(program)
        return program
    }

    /// Dates that are reckoned from the clock of the run alone are tried: what fails now would fail in every run.
    private func tryClocks(_ program: JQ) throws(FlowProblem) {
        let runtime = FlowInstant(milliseconds: 1_795_293_660_123).runtime
        for (index, source) in sources.enumerated() where JQClock.readsAlone(source.expression.source) {
            do throws(JQError) {
                _ = try program.evaluate(index, input: .null, variables: ["runtime": runtime])
            } catch {
                let reason = if case .failed(let reason) = error { reason } else { "\(error)" }
                throw source.node.problem(
                    "The expression would fail in every run: \(reason.prefix(200)). A date is read by fromdate, and written by todate or strftime.",
                    "이 표현식은 실행할 때마다 실패합니다. 날짜는 'fromdate'로 읽고 'todate' 또는 'strftime'으로 변환하세요.")
            }
        }
    }

    // MARK: Document

    private struct Document {
        let reference: FlowReference
        let title: FlowText
        let summary: FlowText
        let metadata: JSONValue
    }

    private func document(_ node: YAMLTree) throws(FlowProblem) -> Document {
        let members = try node.members(["dsl", "namespace", "name", "version", "title", "summary", "tags", "metadata"])
        let dsl = try node.require("dsl", in: members)
        guard ["1.0.0", "1.0.1", "1.0.2", "1.0.3"].contains(dsl.json) else {
            throw dsl.problem("dsl must be '1.0.0', in quotation marks.", "'dsl'은 따옴표로 묶은 '1.0.0'이어야 합니다.")
        }
        let reference = try reference(node, members)
        let metadata = members["metadata"]?.json ?? .object([:])
        if let given = members["metadata"], metadata.object == nil {
            throw given.problem("metadata must be a mapping.", "'metadata'는 매핑이어야 합니다.")
        }
        let title = try members["title"]?.text(maximum: 200) ?? reference.name
        let summary = try members["summary"]?.text(maximum: 2_000) ?? ""
        return Document(
            reference: reference, title: FlowText(en: title, ko: metadata["titleKo"]?.string ?? title),
            summary: FlowText(en: summary, ko: metadata["summaryKo"]?.string ?? summary), metadata: metadata)
    }

    /// Namespace, name and version of a mapping, each checked.
    func reference(_ node: YAMLTree, _ members: [String: YAMLTree]) throws(FlowProblem) -> FlowReference {
        let namespace = try node.require("namespace", in: members)
        let name = try node.require("name", in: members)
        let version = try node.require("version", in: members)
        for part in [namespace, name] {
            let text = try part.text(maximum: 63)
            guard text.isHostLabel else {
                throw part.problem(
                    "Only lower-case letters, digits and hyphens are allowed.", "소문자, 숫자, 하이픈만 사용할 수 있습니다.")
            }
        }
        let numbers = try version.text(maximum: 32).split(separator: ".", omittingEmptySubsequences: false)
        guard numbers.count == 3,
            numbers.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy { (0x30...0x39).contains($0) } })
        else {
            throw version.problem("A version looks like '1.0.0'.", "버전은 '1.0.0' 형식이어야 합니다.")
        }
        return FlowReference(
            namespace: try namespace.text(), name: try name.text(), version: try version.text())
    }

    // MARK: Expressions

    /// A key whose value is always an expression, with or without `${ }`.
    mutating func expression(_ node: YAMLTree, variables: [String]) throws(FlowProblem) -> Int {
        let text = try node.text()
        return try add(try node.expression(text) ?? text, node, variables)
    }

    /// A value with expressions in it. `isWhole`: a text that is the whole value is an expression even without `${ }`.
    mutating func template(
        _ node: YAMLTree, variables: [String], isWhole: Bool = false
    ) throws(FlowProblem) -> FlowTemplate {
        switch node.value {
        case .scalar(.string(let text)):
            if let source = try node.expression(text) { return .expression(try add(source, node, variables)) }
            return isWhole ? .expression(try add(text, node, variables)) : .literal(.string(text))
        case .scalar(let value): return .literal(value)
        case .sequence(let nodes):
            var elements: [FlowTemplate] = []
            for child in nodes { elements.append(try template(child, variables: variables)) }
            return .array(elements)
        case .mapping(let children):
            var members: [(name: String, value: FlowTemplate)] = []
            for child in children where !child.key.isKoreanKey {
                if let korean = children.first(where: { $0.key == "x-\(child.key)-ko" }) {
                    members.append((child.key, try text(child.value, korean.value)))
                } else {
                    members.append((child.key, try template(child.value, variables: variables)))
                }
            }
            for child in children where child.key.isKoreanKey {
                guard children.contains(where: { "x-\($0.key)-ko" == child.key }) else {
                    throw child.value.problem("The English text is missing.", "영어 텍스트가 없습니다.")
                }
            }
            return .object(members)
        }
    }

    /// A member with another beside it that says the same in Korean: `subject` and `x-subject-ko`. Both are plain texts.
    private func text(_ english: YAMLTree, _ korean: YAMLTree) throws(FlowProblem) -> FlowTemplate {
        for node in [english, korean] where try node.expression(node.text()) != nil {
            throw node.problem("Plain text is expected.", "표현식이 아닌 텍스트가 필요합니다.")
        }
        return .text(FlowText(en: try english.text(), ko: try korean.text()))
    }

    private mutating func add(_ source: String, _ node: YAMLTree, _ variables: [String]) throws(FlowProblem) -> Int {
        guard sources.count < 2_000 else { throw node.problem("Too many expressions.", "표현식이 너무 많습니다.") }
        guard source.contains(where: { !$0.isWhitespace }) else {
            throw node.problem("The expression is empty.", "표현식이 비어 있습니다.")
        }
        for name in ["secrets", "authorization"] where source.names(variable: name) {
            try node.refuse(name, at: .variable)
        }
        // A variable costs something each time, whether it is read or not.
        let named = variables.filter { source.names(variable: $0) }
        sources.append((JQExpression(source, variables: named), node))
        return sources.count - 1
    }
}

extension YAMLTree {
    /// The members of a mapping, refusing any key that is not listed.
    func members(_ known: [String]) throws(FlowProblem) -> [String: YAMLTree] {
        guard case .mapping(let members) = value else { throw problem("A mapping is expected.", "매핑이 필요합니다.") }
        var result: [String: YAMLTree] = [:]
        for member in members {
            guard known.contains(member.key) else {
                throw FlowProblem(
                    line: member.line, column: member.column, path: Self.join(path, member.key),
                    text: FlowText(
                        en: "Unknown key '\(member.key.prefix(60))'; known here: \(known.joined(separator: ", ")).",
                        ko: "알 수 없는 키 '\(member.key.prefix(60))'. 사용 가능: \(known.joined(separator: ", "))."))
            }
            result[member.key] = member.value
        }
        return result
    }

    func require(_ key: String, in members: [String: YAMLTree]) throws(FlowProblem) -> YAMLTree {
        guard let node = members[key] else { throw problem("The key '\(key)' is missing.", "'\(key)' 키가 없습니다.") }
        return node
    }

    /// The text of a scalar string.
    func text(maximum: Int = 10_000) throws(FlowProblem) -> String {
        guard case .scalar(.string(let text)) = value else { throw problem("Text is expected.", "텍스트가 필요합니다.") }
        guard !text.isEmpty, text.unicodeScalars.count <= maximum else {
            throw problem("Text of 1 to \(maximum) characters is expected.", "1~\(grouped: maximum)자의 텍스트가 필요합니다.")
        }
        return text
    }

    /// A whole number within a range.
    func integer(in range: ClosedRange<Int>) throws(FlowProblem) -> Int {
        guard case .scalar(let scalar) = value, let number = scalar.int, range.contains(number) else {
            throw problem(
                "A whole number from \(range.lowerBound) to \(range.upperBound) is expected.",
                "\(grouped: range.lowerBound)에서 \(grouped: range.upperBound) 사이의 정수가 필요합니다.")
        }
        return number
    }

    /// The source of a `${ … }` text; `nil` for plain text. Text that merely contains one is refused, since it would
    /// otherwise be taken literally without anybody noticing.
    func expression(_ text: String) throws(FlowProblem) -> String? {
        let trimmed = text.trimmed
        if trimmed.hasPrefix("${"), trimmed.hasSuffix("}") { return String(trimmed.dropFirst(2).dropLast()) }
        guard !text.contains("${") else {
            throw problem(
                "An expression must be the whole text; join texts inside it.",
                "표현식은 텍스트 전체여야 합니다. 텍스트 결합은 표현식 안에서 하세요.")
        }
        return nil
    }
}

extension String {
    /// Whether `$name` stands in an expression; in doubt it does.
    func names(variable name: String) -> Bool {
        ranges(of: "$" + name).contains { found in
            found.upperBound == endIndex
                || !(self[found.upperBound].isLetter || self[found.upperBound].isNumber)
                    && self[found.upperBound] != "_"
        }
    }

    /// Without spaces and line breaks at both ends.
    var trimmed: String {
        var text = self[...]
        while let first = text.first, first.isWhitespace { text.removeFirst() }
        while let last = text.last, last.isWhitespace { text.removeLast() }
        return String(text)
    }

    /// The key of a text in Korean, `x-subject-ko`.
    var isKoreanKey: Bool { hasPrefix("x-") && hasSuffix("-ko") }

    /// Lower-case letters, digits and inner hyphens only.
    var isHostLabel: Bool {
        !isEmpty && first != "-" && last != "-"
            && utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D }
    }

    /// A name that can be a jq variable: a letter or `_`, then letters, digits and `_`.
    var isVariableName: Bool {
        utf8.count <= 40 && !hasPrefix("__")
            && utf8.first.map { (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) || $0 == 0x5F } ?? false
            && utf8.allSatisfy {
                (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5F
            }
    }
}
