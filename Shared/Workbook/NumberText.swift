/// Numbers as text: the shortest digits that give the same double again, never with an exponent.
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

    /// "0.00001", "440", "783.82" for the double a program wrote as 783.8200000000001.
    static func shortest(_ value: Double) -> String {
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
