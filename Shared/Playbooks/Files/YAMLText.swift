/// YAML as it is written: blocks, with texts plain where no reader could take them for something else.
indirect enum YAMLText: Sendable {
    /// A text for people or programs.
    case text(String)
    /// A number or a truth value.
    case plain(String)
    case sequence([YAMLText])
    case mapping([(String, YAMLText)])

    /// The whole text.
    var document: String { lines(0).joined(separator: "\n") + "\n" }

    private func lines(_ depth: Int) -> [String] {
        let indent = String(repeating: "  ", count: depth)
        switch self {
        case .text, .plain: return [indent + scalar]
        case .mapping(let members) where members.isEmpty: return [indent + "{}"]
        case .mapping(let members):
            return members.flatMap { name, value -> [String] in
                if value.isShort { return ["\(indent)\(name): \(value.short)"] }
                return ["\(indent)\(name):"] + value.lines(depth + 1)
            }
        case .sequence(let elements):
            return elements.flatMap { element -> [String] in
                if element.isShort { return ["\(indent)- \(element.short)"] }
                // The first line of the element stands behind the dash.
                let inner = element.lines(depth + 1)
                return ["\(indent)- \(inner[0].dropFirst(indent.count + 2))"] + inner.dropFirst()
            }
        }
    }

    /// Whether it is written in one line.
    private var isShort: Bool {
        switch self {
        case .text, .plain: true
        case .sequence(let elements): elements.allSatisfy(\.isScalar)
        case .mapping(let members): members.count <= 3 && members.allSatisfy { $0.1.isScalar } && short.count <= 100
        }
    }

    private var isScalar: Bool {
        switch self {
        case .text, .plain: true
        case .sequence, .mapping: false
        }
    }

    private var short: String {
        switch self {
        case .text, .plain: scalar
        case .sequence(let elements): "[" + elements.map(\.short).joined(separator: ", ") + "]"
        case .mapping(let members): "{" + members.map { "\($0.0): \($0.1.short)" }.joined(separator: ", ") + "}"
        }
    }

    private var scalar: String {
        switch self {
        case .plain(let text): text
        case .text(let text): Self.isPlain(text) ? text : Self.quoted(text)
        case .sequence, .mapping: ""
        }
    }

    /// Whether every reader of YAML takes a text without quotes for the same text.
    private static func isPlain(_ text: String) -> Bool {
        guard let first = text.unicodeScalars.first, isLetter(first), text.last != " ",
            !["true", "false", "null", "yes", "no", "on", "off", "y", "n"].contains(text.lowercased())
        else { return false }
        return text.unicodeScalars.allSatisfy {
            isLetter($0) || (0x30...0x39).contains($0.value) || " _./()-".unicodeScalars.contains($0)
        }
    }

    private static func isLetter(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x41...0x5A, 0x61...0x7A, 0xAC00...0xD7A3: true
        default: false
        }
    }

    /// A text between double quotes, whose escapes are those of JSON.
    private static func quoted(_ text: String) -> String {
        var out = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": out += "\\\""
            case "\\": out += "\\\\"
            case "\n": out += "\\n"
            case "\t": out += "\\t"
            case "\r": out += "\\r"
            default:
                // Controls, line separators and what YAML calls not printable.
                let isWritten =
                    switch scalar.value {
                    case 0x20...0x7E, 0xA0...0x2027, 0x202A...0xD7FF, 0xE000...0xFEFE, 0xFF00...0xFFFD,
                        0x10000...0x10FFFF:
                        true
                    default: false
                    }
                if isWritten {
                    out.unicodeScalars.append(scalar)
                } else {
                    let code = String(scalar.value, radix: 16, uppercase: true)
                    out += "\\u" + String(repeating: "0", count: 4 - code.count) + code
                }
            }
        }
        return out + "\""
    }
}
