import Yams

/// A YAML text in which no anchor can be defined, so that no alias can make it enormous while it is read.
///
/// Whether an `&` defines an anchor or is a character of a text or a comment only a parser knows, and the parser at hand
/// does not tell. So each `&` is replaced by a character that the text does not have and that means nothing in YAML: where
/// an anchor was, a plain text now begins with it (or the text is no longer YAML); everywhere else it is put back.
struct MaskedYAML {
    private let original: [Unicode.Scalar]
    private let mask: Unicode.Scalar
    private let text: String

    /// Given to plain scalars without a tag, which have to be told from those with one.
    private static let untagged = Tag.Name(rawValue: "untagged")

    init(_ text: String) {
        original = Array(text.unicodeScalars)
        let used = Set(original)
        // The private characters of Unicode; a text that uses all 6,400 of them is not masked by one that is rare in it.
        let free = (0xE000...0xF8FF).lazy.compactMap(Unicode.Scalar.init).first { !used.contains($0) }
        mask = free ?? "\u{F8FF}"
        self.text = Self.replacing("&", with: mask, in: original)
    }

    /// The document; nil when there is none. An alias is refused here, as one without an anchor.
    func compose() throws(FlowProblem) -> Node? {
        do {
            return try read(text)
        } catch {
            let place = Self.place(error)
            if place.reason.contains("alias") { throw Self.anchor(line: place.line, column: place.column) }
            if let anchor = anchor(before: place) { throw anchor }
            throw FlowProblem(
                line: place.line, column: place.column, path: "",
                text: FlowText(
                    en: "Not valid YAML: \(place.reason).", ko: "올바른 YAML이 아닙니다. 해당 위치의 문법을 확인하세요."))
        }
    }

    private func read(_ text: String) throws -> Node? {
        let resolver = Resolver.basic.appending(try Resolver.Rule(Self.untagged, "[\\s\\S]*"))
        return try Parser(yaml: text, resolver: resolver).singleRoot()
    }

    /// Refuses a node that has an anchor or a tag.
    func check(_ node: Node) throws(FlowProblem) {
        let line = node.mark?.line ?? 1
        let column = node.mark?.column ?? 1
        let expected: Tag.Name
        switch node {
        case .scalar(let scalar):
            let isPlain = scalar.style == .plain
            if isPlain, scalar.string.unicodeScalars.first == mask { throw Self.anchor(line: line, column: column) }
            expected = isPlain ? Self.untagged : .str
        case .mapping: expected = .map
        case .sequence: expected = .seq
        case .alias: throw Self.anchor(line: line, column: column)
        }
        guard node.tag == Tag(expected) else {
            throw FlowProblem(
                line: line, column: column, path: "",
                text: FlowText(
                    en: "Tags (!) are not allowed: put text in quotes, and leave numbers without.",
                    ko: "태그(!)는 사용할 수 없습니다. 텍스트는 따옴표로 묶고 숫자는 그대로 입력하세요."))
        }
    }

    /// The text of a scalar as it was written.
    func unmasked(_ text: String) -> String {
        text.unicodeScalars.contains(mask) ? Self.replacing(mask, with: "&", in: Array(text.unicodeScalars)) : text
    }

    static func anchor(line: Int, column: Int) -> FlowProblem {
        FlowProblem(
            line: line, column: column, path: "",
            text: FlowText(en: "Anchors and aliases are not allowed.", ko: "앵커와 별칭은 사용할 수 없습니다."))
    }

    /// The anchor to blame when the text cannot be read: the nearest `&` before the place, if the text without it, and
    /// without the name that follows, can be read further.
    private func anchor(before place: Place) -> FlowProblem? {
        var line = 1
        var column = 1
        var found: (index: Int, line: Int, column: Int)?
        for (index, scalar) in original.enumerated() {
            guard (line, column) <= (place.line, place.column) else { break }
            if scalar == "&" { found = (index, line, column) }
            (line, column) = scalar == "\n" ? (line + 1, 1) : (line, column + 1)
        }
        guard let found else { return nil }
        var without = Array(text.unicodeScalars)
        var index = found.index
        while index < without.count, !without[index].properties.isWhitespace,
            !",[]{}".unicodeScalars.contains(without[index])
        {
            without[index] = " "
            index += 1
        }
        do {
            _ = try read(String(String.UnicodeScalarView(without)))
        } catch {
            let next = Self.place(error)
            guard next.reason.contains("alias") || (next.line, next.column) > (place.line, place.column) else {
                return nil
            }
        }
        return Self.anchor(line: found.line, column: found.column)
    }

    private static func replacing(_ old: Unicode.Scalar, with new: Unicode.Scalar, in text: [Unicode.Scalar]) -> String
    {
        var out = String.UnicodeScalarView()
        for scalar in text { out.append(scalar == old ? new : scalar) }
        return String(out)
    }

    private struct Place {
        var line = 1
        var column = 1
        var reason = "the text cannot be read"
    }

    /// Place and reason of what Yams refused.
    private static func place(_ error: any Error) -> Place {
        guard let error = error as? YamlError else { return Place() }
        switch error {
        case .scanner(_, let problem, let place, _), .parser(_, let problem, let place, _),
            .composer(_, let problem, let place, _):
            return Place(line: place.line, column: place.column, reason: problem)
        case .duplicatedKeysInMapping(let keys, let context):
            return Place(
                line: context.mark.line, column: context.mark.column,
                reason: "the key '\(keys.first ?? "")' is given twice")
        case .reader(let problem, _, _, _): return Place(reason: problem)
        default: return Place()
        }
    }
}
