/// What the HTML of a mail that people write may hold: elements that show something, closed in their order. Scripts, forms
/// and whatever else runs or is fetched by itself are what mail programs distrust, and what nobody means.
public enum MailHTML {
    /// Why a text is refused.
    public enum Fault: Error, Sendable, Equatable {
        /// An element that a mail does not have.
        case element(String)
        /// An attribute that runs something, or whose value stands without quotes.
        case attribute(String)
        /// An address that is no web or mail address.
        case address(String)
        /// An element that is not closed, or closed where it is not open.
        case unbalanced(String)
        /// A `<` or a tag that goes nowhere.
        case malformed(String)
    }

    private static let elements: Set<String> = [
        "html", "head", "meta", "title", "body", "div", "span", "p", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6",
        "a", "img",
        "b", "strong", "i", "em", "u", "s", "small", "sub", "sup", "ul", "ol", "li", "table", "caption", "colgroup",
        "col",
        "thead", "tbody", "tfoot", "tr", "th", "td", "blockquote", "pre", "code", "center", "font",
    ]
    /// Those that have no end.
    private static let empty: Set<String> = ["meta", "br", "hr", "img", "col"]
    /// Attributes that hold addresses, and how these may begin.
    private static let addresses: Set<String> = ["href", "src", "background"]
    private static let schemes = ["https://", "http://", "mailto:", "tel:", "cid:", "#", "{{url}}"]

    /// Refuses a text that is not such HTML.
    public static func check(_ text: String) throws(Fault) {
        var open: [String] = []
        var rest = text[...]
        while let start = rest.firstIndex(of: "<") {
            let inside = rest[rest.index(after: start)...]
            if inside.hasPrefix("!--") {
                guard let end = inside.firstRange(of: "-->") else { throw .malformed(shown(inside)) }
                rest = inside[end.upperBound...]
                continue
            }
            var tag = MailTag(inside)
            guard let name = try tag.read() else { throw .malformed(shown(inside)) }
            rest = tag.rest
            guard name != "!doctype" else { continue }
            guard elements.contains(name) else { throw .element(name) }
            for (attribute, value) in tag.attributes { try check(attribute, value) }
            if tag.isEnd {
                guard open.popLast() == name else { throw .unbalanced(name) }
            } else if !empty.contains(name) {
                open.append(name)
            }
        }
        if let name = open.last { throw .unbalanced(name) }
    }

    private static func check(_ attribute: String, _ value: String) throws(Fault) {
        let isName = attribute.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == ":") }
        guard isName, !attribute.hasPrefix("on"), attribute != "srcdoc", attribute != "http-equiv" else {
            throw .attribute(attribute)
        }
        let address = value.drop { $0.isWhitespace }.lowercased()
        guard !addresses.contains(attribute) || schemes.contains(where: { address.hasPrefix($0) }) else {
            throw .address(String(value.prefix(40)))
        }
    }

    private static func shown(_ text: Substring) -> String { "<" + String(text.prefix(40)) }
}

/// A tag behind its `<`.
private struct MailTag {
    private(set) var rest: Substring
    private(set) var isEnd = false
    private(set) var attributes: [(name: String, value: String)] = []

    init(_ text: Substring) { rest = text }

    /// Reads the tag up to its `>`; its name in small letters, nil for what is no tag.
    mutating func read() throws(MailHTML.Fault) -> String? {
        if rest.first == "/" {
            isEnd = true
            rest.removeFirst()
        }
        let name = word().lowercased()
        guard let first = name.first, first.isLetter || first == "!" else { return nil }
        while true {
            rest = rest.drop { $0.isWhitespace }
            guard let next = rest.first else { return nil }
            if next == ">" {
                rest.removeFirst()
                return name
            }
            if next == "/" {
                rest.removeFirst()
                continue
            }
            let attribute = word().lowercased()
            guard !attribute.isEmpty else { return nil }
            attributes.append((attribute, try value(of: attribute)))
        }
    }

    private mutating func word() -> String {
        let word = rest.prefix { !$0.isWhitespace && !"<>/=\"'".contains($0) }
        rest = rest[word.endIndex...]
        return String(word)
    }

    private mutating func value(of attribute: String) throws(MailHTML.Fault) -> String {
        rest = rest.drop { $0.isWhitespace }
        guard rest.first == "=" else { return "" }
        rest = rest.dropFirst().drop { $0.isWhitespace }
        // A placeholder without quotes around it could become a second attribute.
        guard let quote = rest.first, quote == "\"" || quote == "'" else { throw .attribute(attribute) }
        let inside = rest.dropFirst()
        guard let end = inside.firstIndex(of: quote) else { throw .malformed("<" + String(rest.prefix(40))) }
        rest = inside[inside.index(after: end)...]
        return String(inside[..<end])
    }
}
