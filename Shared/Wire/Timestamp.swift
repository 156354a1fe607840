/// `google.protobuf.Timestamp`: an instant from 0001-01-01 to 9999-12-31 in UTC, to the nanosecond.
public struct Timestamp: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// Whole seconds since 1970-01-01T00:00:00Z, negative before.
    public var seconds: Int64
    /// Nanoseconds after `seconds`, 0 to 999,999,999, also before 1970.
    public var nanos: Int32

    /// The first second of the year 1.
    public static let earliestSeconds: Int64 = -62_135_596_800
    /// The last second of the year 9999.
    public static let latestSeconds: Int64 = 253_402_300_799

    /// An instant; nothing is checked, see `isValid`.
    public init(seconds: Int64 = 0, nanos: Int32 = 0) {
        self.seconds = seconds
        self.nanos = nanos
    }

    /// An instant from microseconds since 1970, the resolution of Postgres.
    public init(microseconds: Int64) {
        let (whole, rest) = microseconds.quotientAndRemainder(dividingBy: 1_000_000)
        seconds = rest < 0 ? whole - 1 : whole
        nanos = Int32(rest < 0 ? rest + 1_000_000 : rest) * 1_000
    }

    /// Microseconds since 1970; what is finer is cut off, towards the past.
    public var microseconds: Int64 { seconds &* 1_000_000 &+ Int64(nanos) / 1_000 }

    /// Whether the instant is in the range the proto type allows.
    public var isValid: Bool {
        seconds >= Self.earliestSeconds && seconds <= Self.latestSeconds && nanos >= 0 && nanos < 1_000_000_000
    }

    /// Earlier first.
    public static func < (left: Timestamp, right: Timestamp) -> Bool {
        (left.seconds, left.nanos) < (right.seconds, right.nanos)
    }

    /// RFC 3339 in UTC with 0, 3, 6 or 9 digits of a second, as protobuf-JSON writes it: `2026-05-04T09:30:00Z`.
    public var rfc3339: String { String(decoding: rfc3339Bytes, as: UTF8.self) }

    /// The same as `rfc3339`.
    public var description: String { rfc3339 }

    /// The UTF-8 of `rfc3339`; an instant out of range is written as its nearest bound.
    var rfc3339Bytes: [UInt8] {
        let clamped = min(max(seconds, Self.earliestSeconds), Self.latestSeconds)
        let secondOfDay = ((clamped % 86_400) + 86_400) % 86_400
        let (year, month, day) = CivilDate(days: Int(clamped - secondOfDay) / 86_400).components
        var out: [UInt8] = []
        out.reserveCapacity(30)
        Self.append(Int64(year), digits: 4, to: &out)
        out.append(UInt8(ascii: "-"))
        Self.append(Int64(month), digits: 2, to: &out)
        out.append(UInt8(ascii: "-"))
        Self.append(Int64(day), digits: 2, to: &out)
        out.append(UInt8(ascii: "T"))
        Self.append(secondOfDay / 3_600, digits: 2, to: &out)
        out.append(UInt8(ascii: ":"))
        Self.append(secondOfDay / 60 % 60, digits: 2, to: &out)
        out.append(UInt8(ascii: ":"))
        Self.append(secondOfDay % 60, digits: 2, to: &out)
        let fraction = Int64(min(max(nanos, 0), 999_999_999))
        if fraction != 0 {
            out.append(UInt8(ascii: "."))
            if fraction % 1_000_000 == 0 {
                Self.append(fraction / 1_000_000, digits: 3, to: &out)
            } else if fraction % 1_000 == 0 {
                Self.append(fraction / 1_000, digits: 6, to: &out)
            } else {
                Self.append(fraction, digits: 9, to: &out)
            }
        }
        out.append(UInt8(ascii: "Z"))
        return out
    }

    /// Reads RFC 3339 with `Z` or an offset and up to nine digits of a second. Nil when malformed, not a day of the
    /// calendar, a leap second, or out of range.
    public init?(rfc3339 text: String) {
        var text = text
        let parsed = text.withUTF8 { Self.parse($0) }
        guard let parsed else { return nil }
        self = parsed
    }

    /// The parser behind `init(rfc3339:)`, over UTF-8.
    static func parse(_ bytes: UnsafeBufferPointer<UInt8>) -> Timestamp? {
        guard bytes.count >= 20, bytes.count <= 40,
            bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"), bytes[10] == UInt8(ascii: "T"),
            bytes[13] == UInt8(ascii: ":"), bytes[16] == UInt8(ascii: ":"),
            let year = number(bytes, 0, 4), let month = number(bytes, 5, 2), let day = number(bytes, 8, 2),
            let hour = number(bytes, 11, 2), let minute = number(bytes, 14, 2), let second = number(bytes, 17, 2),
            year >= 1, month >= 1, month <= 12, day >= 1, day <= CivilDate.length(of: Int(month), in: Int(year)),
            hour < 24, minute < 60,
            second < 60
        else { return nil }
        var position = 19
        var nanos: Int64 = 0
        if bytes[position] == UInt8(ascii: ".") {
            position += 1
            let start = position
            var unit: Int64 = 100_000_000
            while position < bytes.count, let digit = number(bytes, position, 1) {
                if position - start == 9 { return nil }
                nanos += digit * unit
                unit /= 10
                position += 1
            }
            if position == start { return nil }
        }
        guard let offset = offset(bytes, position) else { return nil }
        let days = CivilDate(year: Int(year), month: Int(month), day: Int(day)).days
        let seconds = Int64(days) * 86_400 + hour * 3_600 + minute * 60 + second - offset
        let result = Timestamp(seconds: seconds, nanos: Int32(nanos))
        return result.isValid ? result : nil
    }

    /// The offset from UTC in seconds that fills the rest of `bytes`: `Z`, `+09:00`, `-03:30`.
    private static func offset(_ bytes: UnsafeBufferPointer<UInt8>, _ start: Int) -> Int64? {
        guard start < bytes.count else { return nil }
        if bytes[start] == UInt8(ascii: "Z") { return start + 1 == bytes.count ? 0 : nil }
        guard start + 6 == bytes.count, bytes[start] == UInt8(ascii: "+") || bytes[start] == UInt8(ascii: "-"),
            bytes[start + 3] == UInt8(ascii: ":"), let hours = number(bytes, start + 1, 2),
            let minutes = number(bytes, start + 4, 2), hours < 24, minutes < 60
        else { return nil }
        let size = hours * 3_600 + minutes * 60
        return bytes[start] == UInt8(ascii: "-") ? -size : size
    }

    private static func number(_ bytes: UnsafeBufferPointer<UInt8>, _ start: Int, _ count: Int) -> Int64? {
        var value: Int64 = 0
        for index in start..<(start + count) {
            guard bytes[index] >= UInt8(ascii: "0"), bytes[index] <= UInt8(ascii: "9") else { return nil }
            value = value * 10 + Int64(bytes[index] - UInt8(ascii: "0"))
        }
        return value
    }

    private static func append(_ value: Int64, digits: Int, to out: inout [UInt8]) {
        var unit: Int64 = 1
        for _ in 1..<digits { unit *= 10 }
        while unit > 0 {
            out.append(UInt8(ascii: "0") + UInt8(value / unit % 10))
            unit /= 10
        }
    }
}
