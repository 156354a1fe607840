/// Conversions of cell text for checks. No locale, no time zone: the same answer everywhere.
public enum CellText {
    /// Whether a text is a date or time in a format of the letters `yyyy yy MM M dd d HH H mm m ss s` and, in Korean
    /// or English, `a` for the half of the day with `hh` or `h`; anything else in the format stands for itself, quoted
    /// in apostrophes if it is a letter. Gives the date as "YYYY-MM-DD", or "YYYY-MM-DD HH:MM:SS" when the format has hours.
    /// Two-digit years are of 1970 to 2069. Nil when the text is not exactly of the format or names no real date.
    public static func date(_ text: String, format: String) -> String? {
        DateFormat(format)?.parse(text)
    }

    /// Writes a date "YYYY-MM-DD" or "YYYY-MM-DD HH:MM:SS" in a format of `date(_:format:)`; nil when either is wrong.
    /// This is how native dates of a workbook get into the format a check asks for (G-60).
    public static func format(_ date: String, as format: String) -> String? {
        guard let parts = DateParts(canonical: date) else { return nil }
        return DateFormat(format)?.write(parts)
    }

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
        let digits = String(decoding: whole.drop { $0 == 0x30 }, as: UTF8.self)
        let plain =
            (digits.isEmpty ? "0" : digits) + (fraction.isEmpty ? "" : "." + String(decoding: fraction, as: UTF8.self))
        let isZero = !plain.utf8.contains { $0 >= 0x31 && $0 <= 0x39 }
        return negative && !isZero ? "-" + plain : plain
    }

    /// Whether a text has at most so many characters, as people count them.
    public static func fits(_ text: String, maximum: Int) -> Bool {
        text.utf8.count <= maximum || text.count <= maximum
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }
}
