import Wire

/// Dates, times and durations that workbooks hold as text of ISO 8601 in cells of the type `d`.
enum ISODate {
    /// The value as a cell holds it, after the style of the cell: "2024-02-29", "2024-02-29T13:45:00.5+09:00",
    /// "10:10:10", "PT24H0M0.000S". Fractions are rounded to the second; an offset is not counted in, for the cell shows
    /// the time as it is written. Nil when the text is none of these.
    static func value(_ text: String, style: DateStyle) -> (SheetRow.Kind, String)? {
        var bytes = Array(text.utf8)[...]
        if bytes.first == UInt8(ascii: "P") { return duration(&bytes).map { (.time, ExcelDates.clock($0)) } }
        guard let first = digits(&bytes, 2...4) else { return nil }
        if bytes.first == UInt8(ascii: ":") {
            guard let seconds = clock(first, &bytes, rounds: true), bytes.isEmpty else { return nil }
            return (.time, ExcelDates.clock(seconds))
        }
        guard first >= 1, let date = day(first, &bytes) else { return nil }
        var seconds: Int64?
        if let mark = bytes.first {
            guard mark == UInt8(ascii: "T") || mark == 0x20 else { return nil }
            bytes = bytes.dropFirst()
            guard let hour = digits(&bytes, 2...2),
                let read = clock(hour, &bytes, rounds: style != .date), bytes.isEmpty
            else { return nil }
            seconds = read
        }
        return written(date, seconds, style)
    }

    private static func written(_ day: Int, _ seconds: Int64?, _ style: DateStyle) -> (SheetRow.Kind, String)? {
        let days = day + Int((seconds ?? 0) / 86_400)
        guard days < CivilDate(year: 10_000, month: 1, day: 1).days else { return nil }
        let date = ExcelDates.text(CivilDate(days: days).components)
        let clock = ExcelDates.clock((seconds ?? 0) % 86_400)
        switch style {
        case .date: return (.date, date)
        case .dateTime: return (.dateTime, "\(date) \(clock)")
        default: return seconds == nil ? (.date, date) : (.dateTime, "\(date) \(clock)")
        }
    }

    /// "-02-29" behind the year: days since 1970.
    private static func day(_ year: Int, _ bytes: inout ArraySlice<UInt8>) -> Int? {
        guard bytes.popFirst() == UInt8(ascii: "-"), let month = digits(&bytes, 2...2),
            bytes.popFirst() == UInt8(ascii: "-"), let day = digits(&bytes, 2...2)
        else { return nil }
        var parts = DateParts()
        (parts.year, parts.month, parts.day) = (year, month, day)
        return parts.isReal ? CivilDate(year: year, month: month, day: day).days : nil
    }

    /// ":45:00.5+09:00" behind the hour: seconds of the day. A date is shown without its time, which does not carry it on
    /// to the next day: its seconds are not rounded.
    private static func clock(_ hour: Int, _ bytes: inout ArraySlice<UInt8>, rounds: Bool) -> Int64? {
        guard bytes.popFirst() == UInt8(ascii: ":"), let minute = digits(&bytes, 2...2), hour <= 24, minute < 60 else {
            return nil
        }
        var seconds = Int64(hour * 3_600 + minute * 60)
        if bytes.first == UInt8(ascii: ":") {
            bytes = bytes.dropFirst()
            guard let second = digits(&bytes, 2...2), second < 60 else { return nil }
            seconds += Int64(second) + (roundsUp(&bytes) && rounds ? 1 : 0)
        }
        if bytes.first == UInt8(ascii: "Z") {
            bytes = bytes.dropFirst()
        } else if let sign = bytes.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") {
            bytes = bytes.dropFirst()
            guard digits(&bytes, 2...4) != nil else { return nil }
            if bytes.popFirst() == UInt8(ascii: ":"), digits(&bytes, 2...2) == nil { return nil }
        }
        return seconds <= 86_400 ? seconds : nil
    }

    /// Reads a fraction, and whether it is half or more.
    private static func roundsUp(_ bytes: inout ArraySlice<UInt8>) -> Bool {
        guard bytes.first == UInt8(ascii: ".") || bytes.first == UInt8(ascii: ",") else { return false }
        bytes = bytes.dropFirst()
        let isUp = (bytes.first ?? 0) >= UInt8(ascii: "5") && (bytes.first ?? 0) <= UInt8(ascii: "9")
        bytes = bytes.drop { $0 >= 0x30 && $0 <= 0x39 }
        return isUp
    }

    /// "PT24H0M0.000S", "P1DT2H": seconds, which alone may have a fraction.
    private static func duration(_ bytes: inout ArraySlice<UInt8>) -> Int64? {
        bytes = bytes.dropFirst()
        var total: Int64 = 0
        var (inTime, hasPart) = (false, false)
        while let byte = bytes.first {
            if byte == UInt8(ascii: "T") {
                inTime = true
                bytes = bytes.dropFirst()
                continue
            }
            guard let number = digits(&bytes, 1...9) else { return nil }
            let whole = bytes.startIndex
            let isUp = roundsUp(&bytes)
            guard bytes.startIndex == whole || bytes.first == UInt8(ascii: "S") else { return nil }
            switch (bytes.popFirst(), inTime) {
            case (UInt8(ascii: "D"), false): total += Int64(number) * 86_400
            case (UInt8(ascii: "H"), true): total += Int64(number) * 3_600
            case (UInt8(ascii: "M"), true): total += Int64(number) * 60
            case (UInt8(ascii: "S"), true): total += Int64(number) + (isUp ? 1 : 0)
            default: return nil
            }
            hasPart = true
        }
        return hasPart ? total : nil
    }

    private static func digits(_ bytes: inout ArraySlice<UInt8>, _ counts: ClosedRange<Int>) -> Int? {
        var number = 0
        var count = 0
        while count < counts.upperBound, let byte = bytes.first, byte >= 0x30, byte <= 0x39 {
            number = number * 10 + Int(byte) - 0x30
            bytes = bytes.dropFirst()
            count += 1
        }
        return counts.contains(count) ? number : nil
    }
}
