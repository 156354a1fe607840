import Ground
import PlaybooksWire
import Wire

/// Days that count as working days.
public struct WorkCalendar: Sendable {
    /// The calendar that is always there.
    static let weekdaysKey = "weekdays"
    /// Monday to Friday.
    private static let weekdays: Set<Int> = [1, 2, 3, 4, 5]

    private let days: Set<Int>
    /// Those that would count otherwise, as days since 1970-01-01, in their order.
    private let holidays: [Int]

    private init(days: Set<Int>, holidays: [CivilDate]) {
        self.days = days
        self.holidays = Set(holidays.map(\.days)).filter { days.contains(Self.weekday($0)) }.sorted()
    }

    /// Monday to Friday without these holidays.
    public init(holidays: [CivilDate] = []) { self.init(days: Self.weekdays, holidays: holidays) }

    /// The calendar `key` of a playbook, Monday to Friday when it has none of that name, without `holidays` besides.
    init(_ key: String, in playbook: Playbook, holidays: [CivilDate] = []) {
        guard let said = playbook.calendars.first(where: { $0.key == key }), !said.workingDays.isEmpty else {
            self.init(holidays: holidays)
            return
        }
        self.init(
            days: Set(said.workingDays.map(Int.init)).intersection(1...7),
            holidays: said.holidays.compactMap(CivilDate.init) + holidays)
    }

    /// The day `count` working days behind `day`, or before it for a negative number.
    public func day(_ count: Int, from day: CivilDate) -> CivilDate {
        guard count != 0, !days.isEmpty else { return day }
        // Each week has a day that counts, unless a holiday takes it.
        var (near, far) = (0, 7 * (abs(count) + holidays.count + 1))
        let step = count < 0 ? -1 : 1
        // The nearest day between which and `day` as many days count.
        while far - near > 1 {
            let middle = (near + far) / 2
            if abs(distance(from: day, to: CivilDate(days: day.days + step * middle))) < abs(count) {
                near = middle
            } else {
                far = middle
            }
        }
        return CivilDate(days: day.days + step * far)
    }

    /// Whether a day counts.
    public func counts(_ day: CivilDate) -> Bool { distance(from: CivilDate(days: day.days - 1), to: day) == 1 }

    /// How many working days behind `start` a day lies, itself counted; negative when it lies before.
    public func distance(from start: CivilDate, to end: CivilDate) -> Int {
        end.days >= start.days
            ? counted(upTo: end.days) - counted(upTo: start.days)
            : counted(upTo: end.days - 1) - counted(upTo: start.days - 1)
    }

    /// The working days up to a day, since one Monday for all.
    private func counted(upTo day: Int) -> Int {
        // 1970-01-05 was a Monday.
        let since = day - 4
        let weeks = since >= 0 ? since / 7 : (since - 6) / 7
        let begun = (1...(since - 7 * weeks + 1)).count(where: days.contains)
        return weeks * days.count + begun - holidaysUpTo(day)
    }

    private func holidaysUpTo(_ day: Int) -> Int {
        var (low, high) = (0, holidays.count)
        while low < high {
            let middle = (low + high) / 2
            if holidays[middle] <= day { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// 1 Monday … 7 Sunday; 1970-01-01 was a Thursday.
    private static func weekday(_ day: Int) -> Int { ((day + 3) % 7 + 7) % 7 + 1 }
}
