/// What single texts say, wherever one is read: in a cell, a file, a check. No locale, no time zone: the same answer
/// everywhere.
public enum CellText {
    /// "true" or "false" in any case (G-60), or 예 and 아니요.
    public static func bool(_ text: String) -> Bool? {
        switch text.lowercased() {
        case "true", "예": true
        case "false", "아니요", "아니오": false
        default: nil
        }
    }

    /// A whole number: digits with an optional sign, within 64 bits (G-61).
    public static func integer(_ text: String) -> Int64? {
        let digits = text.utf8.drop { $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "+") }
        guard text.utf8.count - digits.count <= 1, !digits.isEmpty, digits.allSatisfy(isDigit) else { return nil }
        return Int64(text)
    }

    /// A whole or decimal number with a point and no grouping (G-61), in its plain form: "+007.50" gives "7.50".
    /// At most 38 digits.
    public static func decimal(_ text: String) -> String? {
        var rest = text.utf8[...]
        let negative = rest.first == UInt8(ascii: "-")
        if negative || rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
        let whole = rest.prefix(while: isDigit)
        rest = rest.dropFirst(whole.count)
        guard !whole.isEmpty else { return nil }
        var fraction = ""[...].utf8
        if rest.first == UInt8(ascii: ".") {
            fraction = rest.dropFirst().prefix(while: isDigit)
            guard !fraction.isEmpty else { return nil }
            rest = rest.dropFirst(fraction.count + 1)
        }
        guard rest.isEmpty, whole.count + fraction.count <= 38 else { return nil }
        // Most are in their plain form already.
        if !negative, whole.count == 1 || whole.first != 0x30, text.utf8.first != UInt8(ascii: "+") { return text }
        let digits = String(decoding: whole.drop { $0 == 0x30 }, as: UTF8.self)
        let plain =
            (digits.isEmpty ? "0" : digits) + (fraction.isEmpty ? "" : "." + String(decoding: fraction, as: UTF8.self))
        let isZero = !plain.utf8.contains { $0 >= 0x31 && $0 <= 0x39 }
        return negative && !isZero ? "-" + plain : plain
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }
}
