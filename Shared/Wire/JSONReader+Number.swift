extension JSONReader {
    /// An `int32`, as a number or a text.
    package mutating func int32() throws(WireError) -> Int32 { try integer() }
    /// A `uint32`, as a number or a text.
    package mutating func uint32() throws(WireError) -> UInt32 { try integer() }
    /// An `int64`, as a number or a text.
    package mutating func int64() throws(WireError) -> Int64 { try integer() }
    /// A `uint64`, as a number or a text.
    package mutating func uint64() throws(WireError) -> UInt64 { try integer() }

    /// A `double`, as a number or a text; `"NaN"`, `"Infinity"` and `"-Infinity"` as texts.
    package mutating func double() throws(WireError) -> Double {
        let quoted = try openNumber()
        if quoted {
            for (word, value) in Self.words where consume(word) {
                try closeQuote()
                return value
            }
        }
        let value = try Self.floating(try numberToken())
        if quoted { try closeQuote() }
        return value
    }

    private static let words: [(StaticString, Double)] = [
        ("NaN", .nan), ("Infinity", .infinity), ("-Infinity", -.infinity),
    ]

    /// A `float`; what is too large for it is refused, what is too fine is rounded.
    package mutating func float() throws(WireError) -> Float {
        let wide = try double()
        let value = Float(wide)
        if value.isInfinite, wide.isFinite { throw WireError(.outOfRange) }
        return value
    }

    /// A decimal, which is kept as text: a text as it is, or a number with its very digits, since a `Double` would not
    /// keep them. An exponent only moves the point.
    package mutating func decimal() throws(WireError) -> String {
        if try peek() == UInt8(ascii: "\"") { return try string() }
        guard try !openNumber() else { return "" }
        let token = try numberToken()
        guard let mark = token.firstIndex(where: { $0 | 0x20 == UInt8(ascii: "e") }) else {
            return String(decoding: token, as: UTF8.self)
        }
        guard let exponent = Int(String(decoding: token[(mark + 1)...], as: UTF8.self)),
            exponent.magnitude <= Self.maximumExponent
        else { throw WireError(.outOfRange) }
        return Self.plain(String(decoding: token[..<mark], as: UTF8.self), timesTenTo: exponent)
    }

    /// Far beyond what any decimal of a record holds.
    private static let maximumExponent = 64

    /// `12.5` times ten to the −3 is `0.0125`.
    private static func plain(_ number: String, timesTenTo exponent: Int) -> String {
        let sign = number.hasPrefix("-") ? "-" : ""
        let parts = number.dropFirst(sign.count).split(separator: ".")
        var digits = parts.joined()
        var point = parts[0].count + exponent
        if point <= 0 {
            digits = String(repeating: "0", count: 1 - point) + digits
            point = 1
        } else if point > digits.count {
            digits += String(repeating: "0", count: point - digits.count)
        }
        let whole = digits.prefix(point).drop { $0 == "0" }
        let fraction = digits.dropFirst(point)
        return sign + (whole.isEmpty ? "0" : whole) + (fraction.isEmpty ? "" : "." + fraction)
    }

    private mutating func integer<Value: FixedWidthInteger>() throws(WireError) -> Value {
        let quoted = try openNumber()
        let token = try numberToken()
        let value: Value = try Self.integer(token)
        if quoted { try closeQuote() }
        return value
    }

    /// Moves to the first byte of a number; says whether it is inside quotes.
    private mutating func openNumber() throws(WireError) -> Bool {
        switch try peek() {
        case UInt8(ascii: "\""):
            position += 1
            return true
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return false
        default: throw wrongType("a number")
        }
    }

    private mutating func closeQuote() throws(WireError) {
        if position == end { throw WireError(.truncated) }
        if position[0] != UInt8(ascii: "\"") { throw WireError(.wrongType(expected: "a number")) }
        position += 1
    }

    /// The bytes of a number after JSON's grammar: no leading zero or plus, digits on both sides of the point.
    private mutating func numberToken() throws(WireError) -> UnsafeBufferPointer<UInt8> {
        let start = position
        if position < end, position[0] == UInt8(ascii: "-") { position += 1 }
        let firstDigit = position
        try digits()
        if firstDigit[0] == UInt8(ascii: "0"), position - firstDigit > 1 {
            throw WireError(.malformed("a number begins with 0"))
        }
        if position < end, position[0] == UInt8(ascii: ".") {
            position += 1
            try digits()
        }
        if position < end, position[0] | 0x20 == UInt8(ascii: "e") {
            position += 1
            if position < end, position[0] == UInt8(ascii: "+") || position[0] == UInt8(ascii: "-") { position += 1 }
            try digits()
        }
        // Longer than any number a program prints; the bound keeps the conversion cheap.
        if position - start > 1_024 { throw WireError(.malformed("a number is too long")) }
        return UnsafeBufferPointer(start: start, count: position - start)
    }

    private mutating func digits() throws(WireError) {
        let start = position
        while position < end, position[0] >= UInt8(ascii: "0"), position[0] <= UInt8(ascii: "9") { position += 1 }
        if position > start { return }
        if position == end { throw WireError(.truncated) }
        throw WireError(.wrongType(expected: "a number"))
    }

    private static func floating(_ token: UnsafeBufferPointer<UInt8>) throws(WireError) -> Double {
        guard let value = Double(String(decoding: token, as: UTF8.self)) else {
            throw WireError(.malformed("not a number"))
        }
        if value.isInfinite { throw WireError(.outOfRange) }
        return value
    }

    private static func integer<Value: FixedWidthInteger>(
        _ token: UnsafeBufferPointer<UInt8>
    ) throws(WireError) -> Value {
        let negative = token.first == UInt8(ascii: "-")
        var magnitude: UInt64 = 0
        for byte in token.dropFirst(negative ? 1 : 0) {
            guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return try wholeFloating(token) }
            let (shifted, overflow) = magnitude.multipliedReportingOverflow(by: 10)
            let (sum, carry) = shifted.addingReportingOverflow(UInt64(byte - UInt8(ascii: "0")))
            // Digits may still be followed by a point or exponent, but then the number is even larger.
            if overflow || carry { throw WireError(.outOfRange) }
            magnitude = sum
        }
        if !negative {
            guard let value = Value(exactly: magnitude) else { throw WireError(.outOfRange) }
            return value
        }
        if magnitude > UInt64(Int64.max) + 1 { throw WireError(.outOfRange) }
        guard let value = Value(exactly: Int64(truncatingIfNeeded: 0 &- magnitude)) else {
            throw WireError(.outOfRange)
        }
        return value
    }

    /// `1.0` and `1e3` are integers too, as long as a `Double` holds them exactly.
    private static func wholeFloating<Value: FixedWidthInteger>(
        _ token: UnsafeBufferPointer<UInt8>
    ) throws(WireError) -> Value {
        let value = try floating(token)
        guard value.rounded(.towardZero) == value else { throw WireError(.wrongType(expected: "a whole number")) }
        guard value.magnitude <= 9_007_199_254_740_992, let whole = Value(exactly: value) else {
            throw WireError(.outOfRange)
        }
        return whole
    }
}
