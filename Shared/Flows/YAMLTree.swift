import Yams

/// A YAML document with the place of every node, read by the rules of YAML 1.2's core schema (so that `on` and `yes` are
/// plain text). Anchors, aliases, tags and keys that are no text are refused: definitions have no use for them, and an
/// alias can make a small text enormous. What the text itself may hold, ``MaskedYAML`` sees to.
package struct YAMLTree {
    package enum Value {
        /// A scalar: null, a boolean, a number or a string.
        case scalar(JSONValue)
        case sequence([YAMLTree])
        case mapping([Member])
    }

    package struct Member {
        package let key: String
        package let line: Int
        let column: Int
        package let value: YAMLTree
    }

    package let value: Value
    package let line: Int
    let column: Int
    /// Keys and indexes from the root, joined by `/`.
    let path: String

    /// Most nodes of a document, and its deepest nesting.
    static let maximumNodes = 20_000
    static let maximumDepth = 48

    /// Reads a document.
    package static func read(_ text: String) throws(FlowProblem) -> YAMLTree {
        let text = try printable(text)
        let masked = MaskedYAML(text)
        guard let root = try masked.compose() else {
            throw FlowProblem(line: 1, column: 1, path: "", text: FlowText(en: "The text is empty.", ko: "내용이 없습니다."))
        }
        var count = 0
        return try convert(root, masked, path: "", depth: 0, count: &count)
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

    /// The text without a byte order mark before it, which many editors write. NUL, which ends a text for half of all
    /// programs, is refused.
    private static func printable(_ text: String) throws(FlowProblem) -> String {
        let isMarked = text.unicodeScalars.first == "\u{FEFF}"
        let content = isMarked ? String(text.unicodeScalars.dropFirst()) : text
        guard let place = content.utf8.firstIndex(of: 0) else { return content }
        throw nul(line: content.utf8[..<place].count { $0 == UInt8(ascii: "\n") } + 1, column: 1)
    }

    private static func nul(line: Int, column: Int) -> FlowProblem {
        FlowProblem(
            line: line, column: column, path: "",
            text: FlowText(en: "The text has a NUL character.", ko: "NUL 문자는 사용할 수 없습니다."))
    }

    /// What a scalar says. One in double quotes may name a NUL by its code.
    private static func string(_ scalar: Node.Scalar, _ text: MaskedYAML) throws(FlowProblem) -> String {
        let said = text.unmasked(scalar.string)
        guard !said.utf8.contains(0) else {
            throw nul(line: scalar.mark?.line ?? 1, column: scalar.mark?.column ?? 1)
        }
        return said
    }

    private static func convert(
        _ node: Node, _ text: MaskedYAML, path: String, depth: Int, count: inout Int
    ) throws(FlowProblem) -> YAMLTree {
        let line = node.mark?.line ?? 1
        let column = node.mark?.column ?? 1
        func tree(_ value: Value) -> YAMLTree { YAMLTree(value: value, line: line, column: column, path: path) }
        count += 1
        guard count <= maximumNodes else { throw tree(.scalar(.null)).problem("The text is too large.", "내용이 너무 큽니다.") }
        guard depth <= maximumDepth else {
            throw tree(.scalar(.null)).problem("Nested too deeply.", "중첩이 너무 깊습니다.")
        }
        try text.check(node)
        switch node {
        case .scalar(let scalar):
            return tree(.scalar(resolve(try string(scalar, text), isPlain: scalar.style == .plain)))
        case .sequence(let sequence):
            var nodes: [YAMLTree] = []
            for (index, child) in sequence.enumerated() {
                nodes.append(try convert(child, text, path: join(path, "\(index)"), depth: depth + 1, count: &count))
            }
            return tree(.sequence(nodes))
        case .mapping(let mapping):
            var members: [Member] = []
            for (keyNode, child) in mapping {
                guard case .scalar(let key) = keyNode else {
                    throw tree(.scalar(.null)).problem("A key must be text.", "키는 텍스트여야 합니다.")
                }
                try text.check(keyNode)
                let name = try string(key, text)
                members.append(
                    Member(
                        key: name, line: key.mark?.line ?? line, column: key.mark?.column ?? column,
                        value: try convert(child, text, path: join(path, name), depth: depth + 1, count: &count)))
            }
            return tree(.mapping(members))
        case .alias: throw MaskedYAML.anchor(line: line, column: column)
        }
    }

    static func join(_ path: String, _ part: String) -> String { path.isEmpty ? part : path + "/" + part }

    /// Core schema of YAML 1.2, for plain scalars only.
    private static func resolve(_ text: String, isPlain: Bool) -> JSONValue {
        guard isPlain else { return .string(text) }
        switch text {
        case "", "~", "null", "Null", "NULL": return .null
        case "true", "True", "TRUE": return .bool(true)
        case "false", "False", "FALSE": return .bool(false)
        default: break
        }
        guard let first = text.utf8.first, (0x30...0x39).contains(first) || first == 0x2D || first == 0x2E,
            text.utf8.allSatisfy({ (0x30...0x39).contains($0) || "+-.eE".utf8.contains($0) }),
            let number = Double(text), number.isFinite
        else { return .string(text) }
        return .number(number)
    }
}
