/// What may stand in the texts of a mail that people write: placeholders of that mail, and sections for those that may be
/// empty. The rest of Mustache is for files that come with the product.
public enum MailPlaceholders {
    /// Why a text is refused.
    public enum Fault: Error, Sendable, Equatable {
        /// Nobody fills the placeholder in.
        case unknown(String)
        /// Braces, or a tag, of another kind.
        case notAllowed(String)
        /// A section that is not closed, not opened, or within another.
        case section(String)
    }

    /// Refuses a text that holds anything but `{{name}}`, `{{#name}}…{{/name}}`, `{{^name}}…{{/name}}` and, within a
    /// section, `{{.}}` for names out of `known`.
    public static func check(_ text: String, known: Set<String>) throws(Fault) {
        var open: String?
        var rest = text[...]
        while let start = rest.firstRange(of: "{{") {
            let inside = rest[start.upperBound...]
            guard let end = inside.firstRange(of: "}}") else { throw .notAllowed(shown(inside)) }
            let tag = inside[..<end.lowerBound]
            rest = inside[end.upperBound...]
            let sign = tag.first.flatMap { "#^/".contains($0) ? $0 : nil }
            let name = String(tag.dropFirst(sign == nil ? 0 : 1)).trimmingBlanks
            if name == ".", sign == nil, open != nil { continue }
            guard !name.isEmpty, name.allSatisfy({ $0.isASCII && ($0.isLetter || $0 == "_") }) else {
                throw .notAllowed(shown(tag))
            }
            guard known.contains(name) else { throw .unknown(name) }
            switch sign {
            case "/":
                guard open == name else { throw .section(name) }
                open = nil
            case .some:
                guard open == nil else { throw .section(name) }
                open = name
            case nil: break
            }
        }
        if let open { throw .section(open) }
    }

    private static func shown(_ tag: Substring) -> String { String(tag.prefix(40)) }
}

extension String {
    fileprivate var trimmingBlanks: String {
        String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
}
