/// An exact decimal number read from text: compared by value, so `1.50` equals `1.5` and `-0` equals `0`.
public struct DecimalText: Sendable, Hashable {
    /// The largest number of digits before or after the point that is read; Postgres `numeric` holds far more.
    static let maximumDigits = 100

    private let isNegative: Bool
    /// Digits before the point without leading zeros.
    private let whole: [UInt8]
    /// Digits after the point without trailing zeros.
    private let fraction: [UInt8]

    /// Reads `[-+]digits[.digits][e[-+]digits]`; nil for anything else.
    public init?(_ text: String) {
        var bytes = Array(text.utf8)[...]
        guard bytes.count <= 2 * DecimalText.maximumDigits else { return nil }
        var isNegative = false
        if let sign = bytes.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
            isNegative = sign == UInt8(ascii: "-")
            bytes = bytes.dropFirst()
        }
        var whole = Array(bytes.prefix(while: DecimalText.isDigit))
        bytes = bytes.dropFirst(whole.count)
        var fraction: [UInt8] = []
        if bytes.first == UInt8(ascii: ".") {
            fraction = Array(bytes.dropFirst().prefix(while: DecimalText.isDigit))
            guard !fraction.isEmpty else { return nil }
            bytes = bytes.dropFirst(1 + fraction.count)
        }
        guard !whole.isEmpty else { return nil }
        if let letter = bytes.first {
            guard letter | 0x20 == UInt8(ascii: "e"), bytes.count <= 4,
                let exponent = Int(String(decoding: bytes.dropFirst(), as: UTF8.self)),
                abs(exponent) <= DecimalText.maximumDigits
            else { return nil }
            DecimalText.shift(&whole, &fraction, by: exponent)
        }
        self.whole = Array(whole.drop { $0 == UInt8(ascii: "0") })
        while fraction.last == UInt8(ascii: "0") { fraction.removeLast() }
        self.fraction = fraction
        self.isNegative = isNegative && !(self.whole.isEmpty && fraction.isEmpty)
        guard self.whole.count <= DecimalText.maximumDigits, fraction.count <= DecimalText.maximumDigits else {
            return nil
        }
    }

    /// Plain notation, without zeros that mean nothing.
    public var text: String {
        let number = (whole.isEmpty ? "0" : String(decoding: whole, as: UTF8.self))
        return (isNegative ? "-" : "") + number
            + (fraction.isEmpty ? "" : "." + String(decoding: fraction, as: UTF8.self))
    }

    /// Negative, zero or positive as `self` is less than, equal to or greater than `other`.
    public func compare(_ other: DecimalText) -> Int {
        if isNegative != other.isNegative { return isNegative ? -1 : 1 }
        let magnitude: Int
        if whole.count != other.whole.count {
            magnitude = whole.count < other.whole.count ? -1 : 1
        } else {
            magnitude = compareBytes(whole + fraction, other.whole + other.fraction)
        }
        return isNegative ? -magnitude : magnitude
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    private static func shift(_ whole: inout [UInt8], _ fraction: inout [UInt8], by exponent: Int) {
        for _ in 0..<abs(exponent) {
            if exponent > 0 {
                whole.append(fraction.isEmpty ? UInt8(ascii: "0") : fraction.removeFirst())
            } else {
                fraction.insert(whole.popLast() ?? UInt8(ascii: "0"), at: 0)
            }
        }
    }
}

/// Order of bytes, shorter first when one begins the other: the order of Postgres' collation "C" on UTF-8.
func compareBytes(_ left: some Collection<UInt8>, _ right: some Collection<UInt8>) -> Int {
    if left.elementsEqual(right) { return 0 }
    return left.lexicographicallyPrecedes(right) ? -1 : 1
}
