import Yams

/// A YAML document with the place of every node, read by the rules of YAML 1.2's core schema (so that `on` and `yes` are
/// plain text). Anchors, aliases, tags and keys that are no text are refused: definitions have no use for them, and an
/// alias can make a small text enormous.
struct YAMLTree {
    enum Value {
        /// A scalar: null, a boolean, a number or a string.
        case scalar(JSONValue)
        case sequence([YAMLTree])
        case mapping([Member])
    }

    struct Member {
        let key: String
        let line: Int
        let column: Int
        let value: YAMLTree
    }

    let value: Value
    let line: Int
    let column: Int
    /// Keys and indexes from the root, joined by `/`.
    let path: String

    /// Most nodes of a document, and its deepest nesting.
    static let maximumNodes = 20_000
    static let maximumDepth = 48

    /// Reads a document.
    static func read(_ text: String) throws(FlowProblem) -> YAMLTree {
        if let place = anchor(in: text) {
            throw FlowProblem(
                line: place.line, column: place.column, path: "",
                text: FlowText(
                    en: "Anchors and aliases are not allowed.", ko: "앵커와 별칭은 사용할 수 없습니다."))
        }
        let root: Node?
        do {
            root = try compose(yaml: text)
        } catch {
            throw problem(error)
        }
        guard let root else {
            throw FlowProblem(line: 1, column: 1, path: "", text: FlowText(en: "The text is empty.", ko: "내용이 없습니다."))
        }
        var count = 0
        return try convert(root, path: "", depth: 0, count: &count)
    }

    func problem(_ en: String, _ ko: String) -> FlowProblem {
        FlowProblem(line: line, column: column, path: path, text: FlowText(en: en, ko: ko))
    }

    /// The whole node as a plain value.
    var json: JSONValue {
        switch value {
        case .scalar(let scalar): scalar
        case .sequence(let nodes): .array(nodes.map(\.json))
        case .mapping(let members): .object(Dictionary(members.map { ($0.key, $0.value.json) }) { first, _ in first })
        }
    }

    // MARK: Reading

    /// Where an anchor is defined: an `&name` where a value may begin. An alias cannot exist without one.
    private static func anchor(in text: String) -> (line: Int, column: Int)? {
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let scalars = Array(line.unicodeScalars)
            for (column, scalar) in scalars.enumerated() where scalar == "&" {
                guard column + 1 < scalars.count, !scalars[column + 1].properties.isWhitespace else { continue }
                var before = scalars[..<column]
                while let last = before.last, last.properties.isWhitespace { before.removeLast() }
                let isTagged = before.split(whereSeparator: \.properties.isWhitespace).last?.first == "!"
                guard isTagged || before.last.map({ "[{,:-?".unicodeScalars.contains($0) }) ?? true else { continue }
                return (index + 1, column + 1)
            }
        }
        return nil
    }

    private static func convert(
        _ node: Node, path: String, depth: Int, count: inout Int
    ) throws(FlowProblem) -> YAMLTree {
        let line = node.mark?.line ?? 1
        let column = node.mark?.column ?? 1
        func tree(_ value: Value) -> YAMLTree { YAMLTree(value: value, line: line, column: column, path: path) }
        count += 1
        guard count <= maximumNodes else { throw tree(.scalar(.null)).problem("The text is too large.", "내용이 너무 큽니다.") }
        guard depth <= maximumDepth else {
            throw tree(.scalar(.null)).problem("Nested too deeply.", "중첩이 너무 깊습니다.")
        }
        switch node {
        case .scalar(let scalar): return tree(.scalar(resolve(scalar)))
        case .sequence(let sequence):
            var nodes: [YAMLTree] = []
            for (index, child) in sequence.enumerated() {
                nodes.append(try convert(child, path: join(path, "\(index)"), depth: depth + 1, count: &count))
            }
            return tree(.sequence(nodes))
        case .mapping(let mapping):
            var members: [Member] = []
            for (keyNode, child) in mapping {
                guard case .scalar(let key) = keyNode else {
                    throw tree(.scalar(.null)).problem("A key must be text.", "키는 텍스트여야 합니다.")
                }
                members.append(
                    Member(
                        key: key.string, line: key.mark?.line ?? line, column: key.mark?.column ?? column,
                        value: try convert(child, path: join(path, key.string), depth: depth + 1, count: &count)))
            }
            return tree(.mapping(members))
        case .alias:
            throw tree(.scalar(.null)).problem("Anchors and aliases are not allowed.", "앵커와 별칭은 사용할 수 없습니다.")
        }
    }

    static func join(_ path: String, _ part: String) -> String { path.isEmpty ? part : path + "/" + part }

    /// Core schema of YAML 1.2, for plain scalars only.
    private static func resolve(_ scalar: Node.Scalar) -> JSONValue {
        guard scalar.style == .plain else { return .string(scalar.string) }
        switch scalar.string {
        case "", "~", "null", "Null", "NULL": return .null
        case "true", "True", "TRUE": return .bool(true)
        case "false", "False", "FALSE": return .bool(false)
        default: break
        }
        guard let first = scalar.string.utf8.first, (0x30...0x39).contains(first) || first == 0x2D || first == 0x2E,
            scalar.string.utf8.allSatisfy({ (0x30...0x39).contains($0) || "+-.eE".utf8.contains($0) }),
            let number = Double(scalar.string), number.isFinite
        else { return .string(scalar.string) }
        return .number(number)
    }

    /// Place and reason of what Yams refused.
    private static func problem(_ error: any Error) -> FlowProblem {
        var line = 1
        var column = 1
        var reason = "the text cannot be read"
        if let error = error as? YamlError {
            switch error {
            case .scanner(_, let problem, let place, _), .parser(_, let problem, let place, _),
                .composer(_, let problem, let place, _):
                (line, column, reason) = (place.line, place.column, problem)
            case .duplicatedKeysInMapping(let keys, let context):
                (line, column) = (context.mark.line, context.mark.column)
                reason = "the key '\(keys.first ?? "")' is given twice"
            case .reader(let problem, _, _, _): reason = problem
            default: break
            }
        }
        return FlowProblem(
            line: line, column: column, path: "",
            text: FlowText(en: "Not valid YAML: \(reason).", ko: "올바른 YAML이 아닙니다: \(reason)."))
    }
}
