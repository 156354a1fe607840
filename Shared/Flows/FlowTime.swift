/// An instant in UTC, in whole milliseconds: what a run's clock shows and what a wait ends at.
public struct FlowInstant: Sendable, Hashable, Comparable {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    public let milliseconds: Int64

    /// An instant by its milliseconds since 1970.
    public init(milliseconds: Int64) { self.milliseconds = milliseconds }

    public static func < (one: FlowInstant, other: FlowInstant) -> Bool { one.milliseconds < other.milliseconds }

    /// This instant and a number of milliseconds.
    public func adding(milliseconds more: Int64) -> FlowInstant {
        FlowInstant(milliseconds: milliseconds.addingReportingOverflow(more).partialValue)
    }

    /// RFC 3339 in UTC with milliseconds: `2026-11-21T20:41:00.000Z`.
    public var text: String {
        let day = Int64((Double(milliseconds) / 86_400_000).rounded(.down))
        let (year, month, date) = Self.civil(day: day)
        let rest = milliseconds - day * 86_400_000
        func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let fraction = rest % 1000
        let thousandths = String(repeating: "0", count: 3 - "\(fraction)".count) + "\(fraction)"
        let years = String(repeating: "0", count: max(0, 4 - "\(year)".count)) + "\(year)"
        return "\(years)-\(two(month))-\(two(date))T\(two(rest / 3_600_000)):\(two(rest / 60_000 % 60)):"
            + "\(two(rest / 1000 % 60)).\(thousandths)Z"
    }

    /// Year, month and day of a day number counted from 1970-01-01 (proleptic Gregorian calendar).
    private static func civil(day: Int64) -> (Int64, Int64, Int64) {
        let shifted = day + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }
}

/// Reading of durations and dates in flow definitions and answers.
enum FlowTime {
    /// Longest wait a flow may ask for: 366 days.
    static let longestWait: Int64 = 366 * 86_400_000

    /// The units of a duration that is written as a mapping, with their milliseconds.
    static let units: [(name: String, milliseconds: Int64)] = [
        ("days", 86_400_000), ("hours", 3_600_000), ("minutes", 60_000), ("seconds", 1000), ("milliseconds", 1),
    ]

    /// Milliseconds of a duration in either form; nil for anything else, and for more than the longest wait.
    static func milliseconds(of value: JSONValue) -> Int64? {
        if let text = value.string { return milliseconds(iso8601: text) }
        guard let members = value.object, !members.isEmpty else { return nil }
        var total: Int64 = 0
        for (name, amount) in members {
            guard let unit = units.first(where: { $0.name == name }), let amount = amount.int,
                (0...31_622_400_000).contains(amount)
            else { return nil }
            total += Int64(amount) * unit.milliseconds
            guard total <= longestWait else { return nil }
        }
        return total
    }

    /// Milliseconds of an ISO 8601 duration of weeks, days, hours, minutes and seconds (`P1DT2H`, `PT0.5S`). Years and
    /// months are not durations of fixed length and give `nil`, as does anything else.
    static func milliseconds(iso8601 text: String) -> Int64? {
        guard text.first == "P", text.count > 2, text.count < 40 else { return nil }
        var inTime = false
        var digits = ""
        var total = 0.0
        var last = 0
        // Each unit's place in the order of the standard, and its milliseconds.
        let dateUnits: [Character: (Int, Double)] = ["W": (1, 604_800_000), "D": (2, 86_400_000)]
        let timeUnits: [Character: (Int, Double)] = ["H": (3, 3_600_000), "M": (4, 60_000), "S": (5, 1000)]
        for character in text.dropFirst() {
            if character == "T" {
                guard !inTime, digits.isEmpty else { return nil }
                inTime = true
            } else if character.isASCII, character.isNumber || character == "." {
                digits.append(character)
            } else {
                guard let (place, unit) = (inTime ? timeUnits : dateUnits)[character], let amount = Double(digits),
                    digits.first != ".", digits.last != ".", character == "S" || !digits.contains("."), place > last
                else { return nil }
                total += amount * unit
                last = place
                digits = ""
            }
        }
        guard digits.isEmpty, last > 0, text.last != "T", total <= Double(longestWait) else { return nil }
        return Int64(total.rounded())
    }

    /// Whether a text is a date of the calendar written `YYYY-MM-DD`.
    static func isDate(_ text: String) -> Bool {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard text.utf8.count == 10, parts.count == 3, parts[0].count == 4, parts[1].count == 2, parts[2].count == 2,
            text.utf8.allSatisfy({ (0x30...0x39).contains($0) || $0 == 0x2D }),
            let year = Int(parts[0]), let month = Int(parts[1]), let day = Int(parts[2]), (1...12).contains(month)
        else { return false }
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let days = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        return (1...days[month - 1]).contains(day)
    }
}
