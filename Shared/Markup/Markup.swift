/// Text that stands in HTML.
public enum Markup {
    /// The text as a value or an attribute of HTML. It escapes scalar by scalar: a quotation mark with a combining mark after
    /// it is one character to Swift, but still ends an attribute for a browser.
    public static func escaped(_ text: String) -> String {
        // Most texts have nothing to escape.
        guard text.utf8.contains(where: { mark($0) != nil }) else { return text }
        var bytes: [UInt8] = []
        append(text, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Writes the escaped text behind `page`, which is UTF-8. The bytes of what is escaped are parts of no other scalar.
    public static func append(_ text: String, to page: inout [UInt8]) {
        var text = text
        text.withUTF8 { bytes in
            var begin = 0
            for place in bytes.indices {
                guard let mark = mark(bytes[place]) else { continue }
                page += bytes[begin..<place]
                page += mark.utf8
                begin = place + 1
            }
            page += bytes[begin...]
        }
    }

    private static func mark(_ byte: UInt8) -> String? {
        switch byte {
        case UInt8(ascii: "<"): "&lt;"
        case UInt8(ascii: ">"): "&gt;"
        case UInt8(ascii: "&"): "&amp;"
        case UInt8(ascii: "\""): "&quot;"
        case UInt8(ascii: "'"): "&#39;"
        default: nil
        }
    }
}
