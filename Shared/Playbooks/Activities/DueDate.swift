import Ground
import PlaybooksWire
import Wire

/// Days that count as working days.
struct WorkCalendar: Sendable {
    /// The calendar that is always there.
    static let weekdaysKey = "weekdays"
    /// Monday to Friday, without holidays.
    static let weekdays = WorkCalendar(days: [1, 2, 3, 4, 5], holidays: [])

    private let days: Set<Int>
    private let holidays: Set<CivilDate>

    private init(days: Set<Int>, holidays: Set<CivilDate>) {
        self.days = days
        self.holidays = holidays
    }

    /// The calendar `key` of a playbook; ``weekdays`` when it has none of that name.
    init(_ key: String, in playbook: Playbook) {
        guard let said = playbook.calendars.first(where: { $0.key == key }), !said.workingDays.isEmpty else {
            self = .weekdays
            return
        }
        self.init(
            days: Set(said.workingDays.map(Int.init)).intersection(1...7),
            holidays: Set(said.holidays.compactMap(CivilDate.init)))
    }

    /// The day `count` working days behind `day`, or before it for a negative number.
    func day(_ count: Int, from day: CivilDate) -> CivilDate {
        let step = count < 0 ? -1 : 1
        var (left, at) = (abs(count), day)
        // Each week has a day that counts, unless a holiday takes it: a calendar without any leads nowhere.
        let horizon = 7 * (left + holidays.count)
        for _ in 0..<horizon where left > 0 {
            at = CivilDate(days: at.days + step)
            if isWorking(at) { left -= 1 }
        }
        return at
    }

    private func isWorking(_ day: CivilDate) -> Bool {
        // 1970-01-01 was a Thursday.
        let weekday = ((day.days + 3) % 7 + 7) % 7 + 1
        return days.contains(weekday) && !holidays.contains(day)
    }
}

extension ActivityDue {
    /// The day by which an activity that starts on `start` is due; nil while the date it is counted from is not known, and
    /// where that would be no day that can be written.
    func date(start: CivilDate, of record: (String) -> String, in playbook: Playbook) -> CivilDate? {
        let isBefore = base == .beforeField
        guard let origin = isBefore ? CivilDate(record(field)) : start else { return nil }
        let count = isBefore ? -Int(days) : Int(days)
        let day =
            workingDays
            ? WorkCalendar(calendar, in: playbook).day(count, from: origin) : CivilDate(days: origin.days + count)
        return CivilDate(day.description)
    }
}
