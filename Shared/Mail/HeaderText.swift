import Foundation

/// Text in headers: checks, folding and RFC 2047.
enum HeaderText {
    /// Refuses what could end a header early or hide in it.
    static func check(_ text: String, part: String, maximum: Int) throws(MailError) {
        guard text.utf8.count <= maximum else {
            throw .invalid(part: part, reason: "longer than \(maximum) bytes")
        }
        // U+0085, U+2028 and U+2029 break lines too, for readers that know Unicode.
        let isSafe = text.unicodeScalars.allSatisfy { scalar in
            scalar.value >= 0x20 && scalar.value != 0x7F && !(0x80...0x9F).contains(scalar.value)
                && scalar.value != 0x2028 && scalar.value != 0x2029
        }
        guard isSafe else { throw .invalid(part: part, reason: "line break or control character") }
    }

    /// The text cut to `maximum` bytes, behind a whole character and with a mark that something is missing.
    static func shortened(_ text: String, to maximum: Int) -> String {
        guard text.utf8.count > maximum else { return text }
        let mark = "…"
        var kept = ""
        var room = maximum - mark.utf8.count
        for character in text {
            room -= character.utf8.count
            guard room >= 0 else { break }
            kept.append(character)
        }
        return kept + mark
    }

    /// Unstructured text (subjects): as it is when short and plain, else in encoded words.
    static func unstructured(_ text: String, firstLineUsed: Int) -> String {
        let isPlain = text.utf8.allSatisfy { (0x20...0x7E).contains($0) } && !text.contains("=?")
        if isPlain, firstLineUsed + text.utf8.count <= 76, text.first != " ", text.last != " " { return text }
        return encodedWords(text, firstLineUsed: firstLineUsed)
    }

    /// RFC 2047 encoded words in base64, each line at most 76 characters, no character torn apart.
    static func encodedWords(_ text: String, firstLineUsed: Int) -> String {
        var words: [String] = []
        var bytes: [UInt8] = []
        func room() -> Int {
            // "=?UTF-8?B?" and "?=" take 12; base64 turns 3 bytes into 4 characters.
            let line = words.isEmpty ? max(20, 76 - firstLineUsed) : 75
            return min(75, line) - 12
        }
        func flush() {
            words.append("=?UTF-8?B?" + Data(bytes).base64EncodedString() + "?=")
            bytes = []
        }
        for character in text.unicodeScalars {
            let encoded = Array(String(character).utf8)
            if (bytes.count + encoded.count + 2) / 3 * 4 > room(), !bytes.isEmpty { flush() }
            bytes += encoded
        }
        if !bytes.isEmpty || words.isEmpty { flush() }
        return words.joined(separator: "\r\n ")
    }
}
