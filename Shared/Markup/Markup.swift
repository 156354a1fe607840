/// Text that stands in HTML.
public enum Markup {
    /// The text as a value or an attribute of HTML. It escapes scalar by scalar: a quotation mark with a combining mark after
    /// it is one character to Swift, but still ends an attribute for a browser.
    public static func escaped(_ text: String) -> String {
        // Most texts have nothing to escape. The bytes of these marks are parts of no other scalar.
        guard text.utf8.contains(where: isMark) else { return text }
        var out = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar {
            case "<": out.append(contentsOf: "&lt;".unicodeScalars)
            case ">": out.append(contentsOf: "&gt;".unicodeScalars)
            case "&": out.append(contentsOf: "&amp;".unicodeScalars)
            case "\"": out.append(contentsOf: "&quot;".unicodeScalars)
            case "'": out.append(contentsOf: "&#39;".unicodeScalars)
            default: out.append(scalar)
            }
        }
        return String(out)
    }

    private static func isMark(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "&"), UInt8(ascii: "\""), UInt8(ascii: "'"): true
        default: false
        }
    }
}
