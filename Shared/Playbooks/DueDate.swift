import Ground
import PlaybooksWire

/// Days that count as working days.
struct WorkCalendar: Sendable {
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

    /// Most days that are looked at for one that counts: a calendar of holidays alone leads nowhere.
    private static let horizon = 4_000

    /// The day `count` working days behind `day`, or before it for a negative number.
    func day(_ count: Int, from day: CivilDate) -> CivilDate {
        let step = count < 0 ? -1 : 1
        var (left, at) = (abs(count), day)
        for _ in 0..<Self.horizon where left > 0 {
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
    /// The day by which an activity that starts on `start` is due; nil while the date it is counted from is not known.
    func date(start: CivilDate, of record: (String) -> String, in playbook: Playbook) -> CivilDate? {
        let isBefore = from == "before_field"
        guard let origin = isBefore ? CivilDate(record(field)) : start else { return nil }
        let count = isBefore ? -Int(days) : Int(days)
        guard workingDays else { return CivilDate(days: origin.days + count) }
        return WorkCalendar(calendar, in: playbook).day(count, from: origin)
    }
}
