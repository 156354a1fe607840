import Wire

/// What a number format makes of a number.
enum DateStyle: UInt8, Sendable {
    case none, date, dateTime
    /// A time of day.
    case time
    /// Hours, minutes or seconds that go on beyond a day: `[h]:mm:ss`.
    case elapsed

    /// What the format without any form is called, in small letters: programs of other languages write its name of there.
    static let plain: Set<String> = ["general", "standard", "g/표준", "g/標準", "g/通用格式"]

    /// The style of a number format that every workbook knows without stating it. The numbers 27–36 and 50–58 are
    /// the dates of East Asian editions.
    init(builtIn id: Int) {
        switch id {
        case 14...17, 27...31, 36, 50...54, 57, 58: self = .date
        case 22: self = .dateTime
        case 46: self = .elapsed
        case 18...21, 32...35, 45, 47, 55, 56: self = .time
        default: self = .none
        }
    }

    /// The style of a format code such as `yyyy"년" m"월" d"일"`: what counts are date and time letters of the first
    /// section that are neither quoted nor escaped nor part of a condition, colour or locale in brackets.
    init(formatCode: String) {
        var (date, time, month, elapsed) = (false, false, false, false)
        let lowercased = formatCode.lowercased()
        var letters = Self.plain.contains(lowercased) ? "" : lowercased[...]
        while let letter = letters.popFirst() {
            switch letter {
            case "\"": letters = letters.drop { $0 != "\"" }.dropFirst()
            case "\\", "_", "*": letters = letters.dropFirst()
            case "[":
                let inside = letters.prefix { $0 != "]" }
                if let unit = inside.first, "hms".contains(unit), inside.allSatisfy({ $0 == unit }) { elapsed = true }
                letters = letters.dropFirst(inside.count + 1)
            case ";": letters = ""
            case "g" where letters.hasPrefix("eneral"): letters = letters.dropFirst(6)
            case "d", "y": date = true
            case "h", "s": time = true
            case "m": month = true
            case "a" where letters.hasPrefix("m/pm"): letters = letters.dropFirst(4)
            default: break
            }
        }
        if elapsed && !date {
            self = .elapsed
        } else if date || (month && !time) {
            self = time ? .dateTime : .date
        } else {
            self = time ? .time : .none
        }
    }
}

/// Serial numbers of days, as workbooks hold dates.
enum ExcelDates {
    static let secondsPerDay: Int64 = 86_400
    /// The day after 9999-12-31 in the 1900 system.
    static let end: Double = 2_958_466
    /// Days between the beginnings of the two systems.
    static let shift1904 = 1_462
    /// 1970-01-01.
    private static let epoch = 25_569

    /// The text of a serial number, and whether it is a date, a date and time, or a time.
    /// Nil when no date stands for it: the cell is then a number.
    static func text(_ serial: Double, style: DateStyle, from1904: Bool) -> (kind: SheetRow.Kind, text: String)? {
        guard serial >= 0, serial < end else { return nil }
        let exact = serial * Double(secondsPerDay)
        // A date is shown without its time, which does not carry it on to the next day.
        var seconds = Int64(style == .date ? floor(exact) : exact.rounded())
        if style == .elapsed { return (.time, clock(seconds)) }
        // Before its first day the 1900 system has a time of day alone.
        if serial < 1, style == .time || style == .dateTime && serial > 0 && !from1904 {
            return (.time, clock(seconds))
        }
        if from1904 { seconds += Int64(shift1904) * secondsPerDay }
        let (day, second) = seconds.quotientAndRemainder(dividingBy: secondsPerDay)
        guard day >= 1, Double(day) < end else { return nil }
        // A time stays visible even where the format hides it only when the format shows times at all.
        let date = text(calendarDay(Int(day), from1904: from1904))
        // Formats 34, 35, 55 and 56 are of times in Chinese editions, and of dates in Korean and Japanese ones.
        let isDay = style == .date || style == .time && second == 0
        return isDay ? (.date, date) : (.dateTime, "\(date) \(clock(second))")
    }

    /// The serial number of a date, a date and time, or a time as cells hold them.
    static func serial(_ kind: SheetRow.Kind, _ text: String, from1904: Bool) -> Double {
        let halves = text.split(separator: " ")
        let clock = halves.last?.split(separator: ":").compactMap { Int($0) } ?? []
        let fraction =
            clock.count == 3 ? Double(clock[0] * 3_600 + clock[1] * 60 + clock[2]) / Double(secondsPerDay) : 0
        guard kind != .time, let date = halves.first.flatMap({ DateParts(canonical: String($0)) }) else {
            return fraction
        }
        let day = CivilDate(year: date.year, month: date.month, day: date.day).days + epoch
        return Double(from1904 ? day - shift1904 : day <= 60 ? day - 1 : day) + fraction
    }

    /// The whole seconds in a time; what a program has lost in the last digits does not take one away.
    static func floor(_ seconds: Double) -> Double { (seconds + 0.0001).rounded(.down) }

    /// The 1900 system has a 29 February 1900 that never was, day 60; the days before it are one off.
    static func calendarDay(_ day: Int, from1904: Bool) -> (year: Int, month: Int, day: Int) {
        if day == 60 && !from1904 { return (1_900, 2, 29) }
        return CivilDate(days: day - (day < 60 && !from1904 ? epoch - 1 : epoch)).components
    }

    /// "2024-02-29".
    static func text(_ date: (year: Int, month: Int, day: Int)) -> String {
        String(unsafeUninitializedCapacity: 10) { digits in
            func write(_ number: Int, _ places: Range<Int>) {
                var rest = number
                for place in places.reversed() {
                    digits[place] = UInt8(ascii: "0") + UInt8(rest % 10)
                    rest /= 10
                }
            }
            write(date.year, 0..<4)
            write(date.month, 5..<7)
            write(date.day, 8..<10)
            (digits[4], digits[7]) = (UInt8(ascii: "-"), UInt8(ascii: "-"))
            return 10
        }
    }

    /// "06:00:00", "33:45:22".
    static func clock(_ seconds: Int64) -> String {
        "\(padded(Int(seconds / 3_600), 2)):\(padded(Int(seconds / 60 % 60), 2)):\(padded(Int(seconds % 60), 2))"
    }

    static func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
