import Wire

/// Writes separated values: UTF-8, commas, CRLF, quotes where needed (RFC 4180).
public struct CSVWriter: Sendable {
    /// What has been written since `take()` was last called.
    public private(set) var bytes: [UInt8] = []

    /// Starts with a byte order mark, by which Excel knows UTF-8, unless told otherwise.
    public init(byteOrderMark: Bool = true) {
        if byteOrderMark { bytes = [0xEF, 0xBB, 0xBF] }
    }

    /// Adds a row; nil is an empty field. A text that a spreadsheet would take for a formula gets an apostrophe before
    /// it: one that begins with = + - @ (also of full width, as East Asian keyboards write them), tab, CR or LF and is not
    /// a plain number. So does one with apostrophes of its own
    /// before such a character: whoever takes one apostrophe away from before it has every text as it was.
    public mutating func append(_ fields: some Sequence<String?>) {
        var first = true
        for field in fields {
            if !first { bytes.append(UInt8(ascii: ",")) }
            first = false
            if let field { append(field) }
        }
        bytes.append(contentsOf: [0x0D, 0x0A])
    }

    /// Hands over what has been written, so that a long file can go out in pieces.
    public mutating func take() -> [UInt8] {
        defer { bytes.removeAll(keepingCapacity: true) }
        return bytes
    }

    private mutating func append(_ field: String) {
        let text = Self.neutral(field)
        let mustQuote = text.utf8.contains { $0 == 0x22 || $0 == 0x2C || $0 == 0x0A || $0 == 0x0D || $0 == 0x09 }
        guard mustQuote || text.first == " " || text.last == " " else {
            bytes.append(contentsOf: text.utf8)
            return
        }
        bytes.append(0x22)
        for byte in text.utf8 {
            if byte == 0x22 { bytes.append(0x22) }
            bytes.append(byte)
        }
        bytes.append(0x22)
    }

    static func neutral(_ text: String) -> String {
        guard isGuarded(text.utf8) else { return text }
        return text.utf8.first != UInt8(ascii: "'") && CellText.decimal(text) != nil ? text : "'" + text
    }

    /// Whether a field begins as a formula does, apostrophes before it not counted: what a guard stands before.
    static func isGuarded(_ bytes: some Collection<UInt8>) -> Bool {
        let rest = bytes.drop { $0 == UInt8(ascii: "'") }
        guard let first = rest.first else { return false }
        return "=+-@\t\r\n".utf8.contains(first) || first == 0xEF && fullWidth.contains { rest.starts(with: $0) }
    }

    private static let fullWidth = ["＝", "＋", "－", "＠"].map { Array($0.utf8) }
}
