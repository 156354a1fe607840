/// A decimal number as its digits, to be shifted and rounded without loss.
struct DecimalDigits: Sendable {
    let isNegative: Bool
    /// Digits before the point without zeros in front; "0" for none.
    private(set) var whole: String
    /// Digits behind the point.
    private(set) var fraction: String

    /// A number in plain form such as "-12.5"; nil for anything else.
    init?(_ text: String) {
        let isNegative = text.hasPrefix("-")
        let parts = (isNegative ? text.dropFirst() : text[...]).split(separator: ".", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), parts.allSatisfy({ $0.utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 } })
        else { return nil }
        self.init(isNegative, String(parts[0]), parts.count > 1 ? String(parts[1]) : "")
    }

    private init(_ isNegative: Bool, _ whole: String, _ fraction: String) {
        self.isNegative = isNegative
        let stripped = whole.drop { $0 == "0" }
        self.whole = stripped.isEmpty ? "0" : String(stripped)
        self.fraction = fraction
    }

    var isZero: Bool { whole == "0" && fraction.allSatisfy { $0 == "0" } }

    var value: Double { Double("\(isNegative ? "-" : "")\(whole).\(fraction.isEmpty ? "0" : fraction)") ?? 0 }

    /// Ten to the `power` times the number.
    func shifted(by power: Int) -> DecimalDigits {
        guard power != 0 else { return self }
        if power > 0 {
            let padded = fraction + String(repeating: "0", count: max(0, power - fraction.count))
            return DecimalDigits(isNegative, whole + padded.prefix(power), String(padded.dropFirst(power)))
        }
        let padded = String(repeating: "0", count: max(0, -power - whole.count)) + whole
        return DecimalDigits(isNegative, String(padded.dropLast(-power)), padded.suffix(-power) + fraction)
    }

    /// Rounded to so many digits behind the point, halves away from zero.
    func rounded(to places: Int) -> DecimalDigits {
        guard fraction.count > places else { return self }
        var digits = Array((whole + fraction.prefix(places)).utf8)
        let isUp = fraction.utf8.dropFirst(places).first.map { $0 >= UInt8(ascii: "5") } ?? false
        var index = digits.count
        var carries = isUp
        while carries && index > 0 {
            index -= 1
            carries = digits[index] == UInt8(ascii: "9")
            digits[index] = carries ? UInt8(ascii: "0") : digits[index] + 1
        }
        if carries { digits.insert(UInt8(ascii: "1"), at: 0) }
        let text = String(decoding: digits, as: UTF8.self)
        return DecimalDigits(isNegative, String(text.dropLast(places)), String(text.suffix(places)))
    }

    /// The number as so many whole digits, rounded to so many behind the point, and a power of ten, which is a multiple of
    /// the first count.
    func scientific(wholeDigits: Int, places: Int) -> (DecimalDigits, exponent: Int) {
        let (digits, exponent) = normalized(wholeDigits: wholeDigits)
        let rounded = digits.rounded(to: places)
        // 9.996 is rounded to one digit more.
        guard rounded.whole.count > wholeDigits else { return (rounded, exponent) }
        let (again, more) = rounded.normalized(wholeDigits: wholeDigits)
        return (again.rounded(to: places), exponent + more)
    }

    private func normalized(wholeDigits: Int) -> (DecimalDigits, exponent: Int) {
        guard !isZero else { return (self, 0) }
        let magnitude = whole != "0" ? whole.count - 1 : -(fraction.prefix { $0 == "0" }.count + 1)
        let step = wholeDigits
        let exponent = step == 1 ? magnitude : Int((Double(magnitude) / Double(step)).rounded(.down)) * step
        return (shifted(by: -exponent), exponent)
    }
}
