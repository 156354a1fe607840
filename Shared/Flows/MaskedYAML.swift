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
    /// Where each line begins in the original.
    private let lines: [Int]

    /// Given to plain scalars without a tag, which have to be told from those with one.
    private static let untagged = Tag.Name(rawValue: "untagged")

    init(_ text: String) {
        original = Array(text.unicodeScalars)
        let used = Set(original)
        // The private characters of Unicode; a text that uses all 6,400 of them is not masked by one that is rare in it.
        // One that a quoted text names by its code is used as well.
        let lowercased = text.lowercased()
        let free = (0xE000...0xF8FF).lazy.compactMap(Unicode.Scalar.init).first {
            !used.contains($0) && !lowercased.contains(String($0.value, radix: 16))
        }
        mask = free ?? "\u{F8FF}"
        self.text = Self.replacing("&", with: mask, in: original)
        // What the parser takes for the end of a line.
        let scalars = original
        lines =
            [0]
            + scalars.indices.filter { index in
                switch scalars[index] {
                case "\n", "\u{85}", "\u{2028}", "\u{2029}": true
                case "\r": index + 1 == scalars.count || scalars[index + 1] != "\n"
                default: false
                }
            }.map { $0 + 1 }
    }

    /// The document; nil when there is none. An alias is refused here, as one without an anchor.
    func compose() throws(FlowProblem) -> Node? {
        do {
            return try read(text)
        } catch {
            let fault = YAMLFault(error)
            if fault.reason.contains("alias") { throw Self.anchor(line: fault.line, column: fault.column) }
            if let anchor = anchor(before: fault) { throw anchor }
            throw FlowProblem(
                line: fault.doubled.flatMap { second($0, below: fault) } ?? fault.line, column: fault.column, path: "",
                text: fault.text)
        }
    }

    /// The line on which a key stands the second time: below its first place, in the same column. Nil where the mapping is
    /// not written in lines.
    private func second(_ key: String, below first: YAMLFault) -> Int? {
        guard first.line < lines.count, first.column > 0 else { return nil }
        for line in first.line..<lines.count {
            let end = line + 1 < lines.count ? lines[line + 1] : original.count
            let scalars = original[lines[line]..<end]
            let indent = scalars.prefix { $0 == " " }.count
            let text = String(String.UnicodeScalarView(scalars.dropFirst(indent)))
            guard !text.allSatisfy(\.isWhitespace), !text.hasPrefix("#") else { continue }
            if indent < first.column - 1 { return nil }
            let isKey = [key, "'\(key)'", "\"\(key)\""].contains { written in
                text.hasPrefix(written) && text.dropFirst(written.count).drop { $0 == " " }.hasPrefix(":")
            }
            if indent == first.column - 1, isKey { return line + 1 }
        }
        return nil
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
        // The tag `!` alone asks for a text, which the parser does not do.
        guard node.tag == Tag(expected), scalar(line: line, column: column) != "!" else {
            throw FlowProblem(
                line: line, column: column, path: "",
                text: FlowText(
                    en: "Tags (!) are not allowed: put text in quotes, and leave numbers without.",
                    ko: "태그(!)는 사용할 수 없습니다. 텍스트는 따옴표로 묶고 숫자는 그대로 입력하세요."))
        }
    }

    private func scalar(line: Int, column: Int) -> Unicode.Scalar? {
        guard lines.indices.contains(line - 1) else { return nil }
        let index = lines[line - 1] + column - 1
        return original.indices.contains(index) ? original[index] : nil
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
    private func anchor(before place: YAMLFault) -> FlowProblem? {
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
            let next = YAMLFault(error)
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
}
