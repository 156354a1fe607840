import Foundation

/// Numbers as text, never with an exponent: the 15 significant digits that a workbook shows, without the noise behind
/// them that programs write. Whole numbers that are written out keep all their digits.
enum NumberText {
    /// Whether a text already is what `shortest` would write. Up to 15 digits survive a double unchanged.
    @inline(__always)
    static func isShortest(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        var index = 0
        if bytes.count > 0 && bytes[0] == UInt8(ascii: "-") { index = 1 }
        let first = index
        var digits = 0
        var point = -1
        while index < bytes.count {
            let byte = bytes[index]
            if byte >= 0x30 && byte <= 0x39 {
                digits += 1
            } else if byte == UInt8(ascii: ".") && point < 0 {
                point = index
            } else {
                return false
            }
            index += 1
        }
        guard digits > 0 && digits <= 15 && point != first else { return false }
        if point >= 0 && (point == bytes.count - 1 || bytes[bytes.count - 1] == 0x30) { return false }
        guard bytes[first] == 0x30 else { return true }
        return bytes.count == 1 || point == first + 1
    }

    /// The number that a workbook has written; nil when that is no finite number.
    static func value(_ written: String) -> Double? {
        // Swift reads more than workbooks write: "0x1p3", "infinity".
        let isDecimal = written.utf8.allSatisfy { (0x30...0x39).contains($0) || "+-.eE".utf8.contains($0) }
        guard isDecimal, let value = Double(written), value.isFinite else { return nil }
        return value
    }

    /// The text of what a workbook has written; nil when that is no finite number.
    static func plain(_ written: String) -> String? {
        var written = written
        if written.withUTF8(isShortest) { return written }
        guard let value = value(written) else { return nil }
        let digits = written.utf8.drop { $0 == UInt8(ascii: "-") }
        let isWhole = (16...38).contains(digits.count) && digits.allSatisfy { $0 >= 0x30 && $0 <= 0x39 }
        if isWhole && digits.first != 0x30 { return written }
        return shortest(rounded(value))
    }

    /// The number of 15 significant digits that is nearest.
    private static func rounded(_ value: Double) -> Double {
        // "%.14e" is the same in every locale that this product runs in: LC_NUMERIC is never set.
        let text = String(format: "%.14e", value)
        return Double(text) ?? value
    }

    /// "0.00001", "440", "783.82" for the double a program wrote as 783.8200000000001.
    private static func shortest(_ value: Double) -> String {
        if value == value.rounded() && abs(value) < 1e15 { return String(Int64(value)) }
        let text = value.description
        guard let mark = text.firstIndex(of: "e") else { return text.hasSuffix(".0") ? String(text.dropLast(2)) : text }
        let sign = text.hasPrefix("-") ? "-" : ""
        let mantissa = text[..<mark].drop { $0 == "-" }
        let exponent = Int(text[text.index(after: mark)...]) ?? 0
        let parts = mantissa.split(separator: ".", omittingEmptySubsequences: false)
        let fraction = parts.count > 1 && parts[1] != "0" ? String(parts[1]) : ""
        let digits = parts[0] + fraction
        let point = parts[0].count + exponent
        if point <= 0 { return "\(sign)0.\(String(repeating: "0", count: -point))\(digits)" }
        if point >= digits.count { return "\(sign)\(digits)\(String(repeating: "0", count: point - digits.count))" }
        return "\(sign)\(digits.prefix(point)).\(digits.dropFirst(point))"
    }
}
