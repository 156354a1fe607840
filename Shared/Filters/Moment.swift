import Wire

extension CivilDate {
    /// The days that a filter may name: of the years 1 to 9999.
    private static let known = -719_162...2_932_896

    /// This day and a number of days; nil outside the years 1 to 9999.
    func moved(days count: Int) -> CivilDate? {
        Self.known.contains(days + count) ? adding(days: count) : nil
    }

    /// The UTC day of an instant, clamped to the years 1 to 9999.
    init(microseconds: Int64) {
        let days = floorDivide(Int(microseconds), Moment.microsecondsPerDay)
        self.init(days: min(max(days, Self.known.lowerBound), Self.known.upperBound))
    }
}

/// RFC 3339 texts and microseconds since 1970 UTC.
enum Moment {
    static let microsecondsPerDay = 86_400_000_000

    /// Reads `2024-05-01T11:30:00.123456+09:00`. Digits of the fraction beyond microseconds are dropped, a leap second
    /// is refused. Nil when the form is another.
    static func microseconds(_ text: String) -> Int64? {
        let bytes = Array(text.utf8)
        guard bytes.count >= 20, bytes.count <= 40, bytes[10] | 0x20 == UInt8(ascii: "t"),
            let date = CivilDate(String(text.prefix(10))), bytes[13] == UInt8(ascii: ":"),
            bytes[16] == UInt8(ascii: ":"),
            let hour = digits(bytes[11..<13]), let minute = digits(bytes[14..<16]), let second = digits(bytes[17..<19]),
            hour < 24, minute < 60, second < 60
        else { return nil }
        var rest = bytes[19...]
        var fraction = 0
        if rest.first == UInt8(ascii: ".") {
            let decimals = rest.dropFirst().prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            guard (1...9).contains(decimals.count) else { return nil }
            rest = rest.dropFirst(1 + decimals.count)
            for place in 0..<6 {
                fraction =
                    fraction * 10 + (place < decimals.count ? Int(decimals[decimals.startIndex + place] - 48) : 0)
            }
        }
        guard let offset = offsetMinutes(rest) else { return nil }
        let seconds = date.days * 86_400 + hour * 3_600 + (minute - offset) * 60 + second
        return Int64(seconds * 1_000_000 + fraction)
    }

    static func text(microseconds: Int64) -> String {
        let days = floorDivide(Int(microseconds), microsecondsPerDay)
        let within = Int(microseconds) - days * microsecondsPerDay
        let seconds = within / 1_000_000
        let time = "\(padded(seconds / 3_600, 2)):\(padded(seconds / 60 % 60, 2)):\(padded(seconds % 60, 2))"
        return "\(CivilDate(microseconds: microseconds))T\(time).\(padded(within % 1_000_000, 6))Z"
    }

    private static func offsetMinutes(_ bytes: ArraySlice<UInt8>) -> Int? {
        guard let sign = bytes.first else { return nil }
        if sign | 0x20 == UInt8(ascii: "z") { return bytes.count == 1 ? 0 : nil }
        let rest = Array(bytes.dropFirst())
        guard sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-"), rest.count == 5, rest[2] == UInt8(ascii: ":"),
            let hours = digits(rest[0..<2]), let minutes = digits(rest[3..<5]), hours < 24, minutes < 60
        else { return nil }
        return (sign == UInt8(ascii: "-") ? -1 : 1) * (hours * 60 + minutes)
    }
}

private func digits(_ bytes: ArraySlice<UInt8>) -> Int? {
    var number = 0
    for byte in bytes {
        guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
        number = number * 10 + Int(byte - UInt8(ascii: "0"))
    }
    return number
}

private func padded(_ number: Int, _ width: Int) -> String {
    let text = String(number)
    return String(repeating: "0", count: max(0, width - text.utf8.count)) + text
}

private func floorDivide(_ dividend: Int, _ divisor: Int) -> Int {
    dividend >= 0 ? dividend / divisor : -((divisor - 1 - dividend) / divisor)
}
