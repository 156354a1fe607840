/// A section of a number format that shows dates or times, such as `dd.mm.yyyy hh:mm`, `[h]:mm:ss` or
/// `[$-412]AM/PM h:mm`.
struct DateSection: Sendable {
    private enum Item {
        case literal(String)
        /// y, m, d, h, s and the letters e and a of East Asia; n for minutes.
        case field(Character, Int)
        /// Hours, minutes or seconds that go on beyond a day.
        case elapsed(Character, Int)
        /// Digits of a second.
        case fraction(Int)
        /// AM or PM in the language of the section.
        case half
        /// A or P, in capitals or not.
        case letter(isSmall: Bool)
    }

    private var items: [Item] = []
    private var locale = FormatLocale()
    private var isFollowed = true

    /// Nil where the section has parts that are not known here.
    init?(_ code: String) {
        var rest = code[...]
        while let letter = rest.first, isFollowed { take(letter, &rest) }
        guard isFollowed else { return nil }
        markMinutes()
    }

    /// Whether a format is the date or time of the reader's own settings: its cells look different to each of them.
    static func isReaders(_ code: String) -> Bool {
        let code = code.lowercased()
        return ["[$-f800]", "[$-f400]", "[$-x-sysdate]", "[$-x-systime]"].contains(where: code.contains)
    }

    private mutating func take(_ letter: Character, _ rest: inout Substring) {
        let lowered = Character(letter.lowercased())
        switch lowered {
        case "y", "m", "d", "h", "s", "e":
            let width = rest.prefix { Character($0.lowercased()) == lowered }.count
            isFollowed = width <= (Self.widths[lowered] ?? 2)
            items.append(.field(lowered, width))
            rest = rest.dropFirst(width)
        case "a": takeHalf(&rest)
        case "0": takeFraction(&rest)
        case "\"":
            let inside = rest.dropFirst().prefix { $0 != "\"" }
            items.append(.literal(String(inside)))
            rest = rest.dropFirst(inside.count + 2)
        case "\\":
            items.append(.literal(String(rest.dropFirst().prefix(1))))
            rest = rest.dropFirst(2)
        case "_": rest = rest.dropFirst(2)
        case "*":
            isFollowed = rest.dropFirst().first == " "
            rest = rest.dropFirst(2)
        case "[":
            let inside = rest.dropFirst().prefix { $0 != "]" }
            rest = rest.dropFirst(inside.count + 2)
            bracket(inside)
        default:
            // Digits of numbers among dates, eras and calendars of other lands, halves of the day by other names.
            isFollowed =
                !(letter.isASCII && letter.isLetter || letter.isNumber || "#?@".contains(letter)
                || rest.hasPrefix("上午/下午") || rest.hasPrefix("오전/오후"))
            items.append(.literal(String(letter)))
            rest = rest.dropFirst()
        }
    }

    private static let widths: [Character: Int] = ["y": 4, "m": 5, "d": 4, "e": 4]

    private mutating func takeHalf(_ rest: inout Substring) {
        let width = rest.prefix { $0.lowercased() == "a" }.count
        if rest.lowercased().hasPrefix("am/pm") {
            items.append(.half)
            rest = rest.dropFirst(5)
        } else if rest.lowercased().hasPrefix("a/p") {
            items.append(.letter(isSmall: rest.first == "a"))
            rest = rest.dropFirst(3)
        } else {
            isFollowed = width == 3 || width == 4
            items.append(.field("a", width))
            rest = rest.dropFirst(width)
        }
    }

    /// Zeros behind the point of seconds.
    private mutating func takeFraction(_ rest: inout Substring) {
        let width = rest.prefix { $0 == "0" }.count
        rest = rest.dropFirst(width)
        guard items.count > 1, case .literal(".") = items[items.count - 1], width <= 3 else {
            isFollowed = false
            return
        }
        switch items[items.count - 2] {
        case .field("s", _), .elapsed("s", _): items.append(.fraction(width))
        default: isFollowed = false
        }
    }

    private mutating func bracket(_ inside: Substring) {
        if inside.hasPrefix("$-") {
            guard let said = FormatLocale(inside.dropFirst(2)) else {
                isFollowed = false
                return
            }
            locale = said
        } else if let unit = inside.first?.lowercased().first, "hms".contains(unit),
            inside.allSatisfy({ $0.lowercased() == String(unit) })
        {
            items.append(.elapsed(unit == "m" ? "n" : unit, inside.count))
        } else {
            isFollowed = NumberSection.isColour(inside) || "<>=".contains(inside.first ?? " ")
        }
    }

    /// The letter m behind hours or before seconds means minutes.
    private mutating func markMinutes() {
        var last: Character = " "
        for index in items.indices {
            guard let letter = Self.unit(items[index]) else { continue }
            let next = items[(index + 1)...].lazy.compactMap(Self.unit).first
            if case .field("m", 1...2) = items[index], last == "h" || next == "s" {
                if case .field(_, let width) = items[index] { items[index] = .field("n", width) }
            }
            last = letter
        }
    }

    private static func unit(_ item: Item) -> Character? {
        switch item {
        case .field(let letter, _), .elapsed(let letter, _): letter
        default: nil
        }
    }

    // MARK: Writing

    /// A serial number as it is shown; nil where no date or time stands for it, or names are of a language that is not
    /// known here.
    func write(_ serial: Double, from1904: Bool) -> String? {
        guard let moment = ExcelMoment(serial, fractionDigits: fractionDigits, from1904: from1904) else { return nil }
        var text = ""
        for item in items {
            guard let piece = piece(item, moment) else { return nil }
            text += piece
        }
        return text
    }

    /// The digits of a second that are shown, which is rounded to them; nil where no seconds are, and the rest is cut.
    private var fractionDigits: Int? {
        for case .fraction(let width) in items { return width }
        return items.contains { Self.unit($0) == "s" } ? 0 : nil
    }

    private var isHalved: Bool {
        items.contains {
            switch $0 {
            case .half, .letter: true
            default: false
            }
        }
    }

    private func piece(_ item: Item, _ moment: ExcelMoment) -> String? {
        switch item {
        case .literal(let literal): return literal
        case .fraction(let width): return ExcelDates.padded(moment.fraction, width)
        case .half: return DateNames(locale.language)?.half(isMorning: moment.hour < 12)
        case .letter(let isSmall): return moment.hour < 12 ? (isSmall ? "a" : "A") : isSmall ? "p" : "P"
        case .elapsed(let unit, let width):
            return ExcelDates.padded(
                Int(unit == "h" ? moment.seconds / 3_600 : unit == "n" ? moment.seconds / 60 : moment.seconds), width)
        case .field("h", let width):
            return ExcelDates.padded(isHalved ? (moment.hour + 11) % 12 + 1 : moment.hour, width)
        case .field("n", let width): return ExcelDates.padded(Int(moment.seconds / 60 % 60), width)
        case .field("s", let width): return ExcelDates.padded(Int(moment.seconds % 60), width)
        case .field(let letter, let width): return day(letter, width, moment)
        }
    }

    private func day(_ letter: Character, _ width: Int, _ moment: ExcelMoment) -> String? {
        guard let (year, month, day) = moment.date else { return nil }
        let names = DateNames(locale.language)
        switch (letter, width) {
        case ("y", 1...2): return ExcelDates.padded(year % 100, 2)
        case ("y", _): return ExcelDates.padded(year, 4)
        // Years of an era in Japan and Taiwan, of ours elsewhere.
        case ("e", _): return names == nil ? nil : ExcelDates.padded(year, 4)
        case ("m", 1...2): return ExcelDates.padded(month, width)
        case ("m", _): return names?.month(month, width: width)
        case ("d", 1...2): return ExcelDates.padded(day, width)
        case ("d", _): return names?.weekday(moment.weekday, width: width)
        default: return names?.eastAsianWeekday(moment.weekday, width: width)
        }
    }
}

/// The moment or length of time that a serial number stands for, as far as a format shows it.
private struct ExcelMoment {
    /// Seconds from the beginning of day 0, and the digits behind them.
    let seconds: Int64
    let fraction: Int
    private let from1904: Bool

    /// Rounded to so many digits of a second; cut to the second when that is nil. Nil for what Excel fills with hashes.
    init?(_ serial: Double, fractionDigits: Int?, from1904: Bool) {
        guard serial >= 0, serial < ExcelDates.end else { return nil }
        let units: Int64 = (0..<(fractionDigits ?? 0)).reduce(1) { units, _ in units * 10 }
        let exact = serial * Double(ExcelDates.secondsPerDay * units)
        let whole = Int64(fractionDigits == nil ? ExcelDates.floor(exact) : exact.rounded())
        seconds = whole / units
        fraction = Int(whole % units)
        self.from1904 = from1904
    }

    var hour: Int { Int(seconds / 3_600 % 24) }

    private var number: Int { Int(seconds / ExcelDates.secondsPerDay) + (from1904 ? ExcelDates.shift1904 : 0) }

    /// The date; nil for day 0 of the system that begins in 1900.
    var date: (year: Int, month: Int, day: Int)? {
        number >= 1 && Double(number) < ExcelDates.end ? ExcelDates.calendarDay(number, from1904: from1904) : nil
    }

    /// As Excel counts: its first day, 1 January 1900, is a Sunday.
    var weekday: Int { (number + 6) % 7 }
}
