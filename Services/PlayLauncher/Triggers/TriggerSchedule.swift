import Wire

/// When something is due, in UTC, as the five fields of cron say: minute, hour, day of the month, month and day of the week
/// (0 or 7 is Sunday). Each is `*`, numbers, ranges `1-5`, and steps `*/15`, joined by commas. As cron has it, a day that is
/// named in both ways is due when either says so.
struct TriggerSchedule: Sendable {
    private static let bounds: [ClosedRange<Int>] = [0...59, 0...23, 1...31, 1...12, 0...7]
    /// How far ahead a next time is looked for: the 29th of February comes within eight years.
    private static let horizon = 366 * 8

    /// The minutes of a day at which it is due, in their order.
    private let minutes: [Int]
    private let daysOfMonth: Set<Int>
    private let months: Set<Int>
    private let daysOfWeek: Set<Int>
    private let namesDay: (month: Bool, week: Bool)

    /// Reads a schedule; nil for what is none, and for one that is never due.
    init?(_ text: String) {
        let fields = text.split(separator: " ").map(String.init)
        guard fields.count == 5 else { return nil }
        var values: [Set<Int>] = []
        for (field, range) in zip(fields, Self.bounds) {
            guard let set = Self.values(field, range) else { return nil }
            values.append(set)
        }
        minutes = values[1].sorted().flatMap { hour in values[0].sorted().map { hour * 60 + $0 } }
        (daysOfMonth, months) = (values[2], values[3])
        daysOfWeek = Set(values[4].map { $0 % 7 })
        namesDay = (!fields[2].hasPrefix("*"), !fields[4].hasPrefix("*"))
        guard next(after: Timestamp(seconds: 0)) != nil else { return nil }
    }

    private static func values(_ field: String, _ range: ClosedRange<Int>) -> Set<Int>? {
        var values: Set<Int> = []
        for part in field.split(separator: ",", omittingEmptySubsequences: false) {
            let pieces = part.split(separator: "/", omittingEmptySubsequences: false)
            guard (1...2).contains(pieces.count) else { return nil }
            var step = 1
            if pieces.count == 2 {
                guard let given = Int(pieces[1]), given > 0, given <= range.upperBound else { return nil }
                step = given
            }
            var span = range
            if pieces[0] != "*" {
                let ends = pieces[0].split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
                guard (1...2).contains(ends.count), let first = ends[0], let last = ends[ends.count - 1], first <= last,
                    range.contains(first), range.contains(last)
                else { return nil }
                span = first...(ends.count == 1 && pieces.count == 2 ? range.upperBound : last)
            }
            values.formUnion(stride(from: span.lowerBound, through: span.upperBound, by: step))
        }
        return values
    }

    private func isDue(on day: CivilDate) -> Bool {
        let (_, month, date) = day.components
        guard months.contains(month) else { return false }
        // 1970-01-01 was a Thursday.
        let weekday = ((day.days + 4) % 7 + 7) % 7
        let (ofMonth, ofWeek) = (daysOfMonth.contains(date), daysOfWeek.contains(weekday))
        return namesDay.month && namesDay.week ? ofMonth || ofWeek : ofMonth && ofWeek
    }

    /// The times of a day on which it is due, in their order.
    private func times(of day: CivilDate) -> LazyMapSequence<[Int], Timestamp> {
        let midnight = Timestamp.midnight(of: day).seconds
        return minutes.lazy.map { Timestamp(seconds: midnight + Int64($0 * 60)) }
    }

    /// The first time behind `instant`; nil when there is none for years.
    func next(after instant: Timestamp) -> Timestamp? {
        let today = instant.day
        for ahead in 0..<Self.horizon {
            let day = today.adding(days: ahead)
            guard isDue(on: day) else { continue }
            if let time = times(of: day).first(where: { $0 > instant }) { return time }
        }
        return nil
    }

    /// The last time behind `first` up to `end`; nil when there is none.
    func last(after first: Timestamp, through end: Timestamp) -> Timestamp? {
        var day = end.day
        while day >= first.day {
            if isDue(on: day), let time = times(of: day).last(where: { $0 <= end }) { return time > first ? time : nil }
            day = day.adding(days: -1)
        }
        return nil
    }

    /// The times behind `first` up to `last`, `most` at most, the oldest first.
    func times(after first: Timestamp, through last: Timestamp, atMost most: Int) -> [Timestamp] {
        var times: [Timestamp] = []
        var place = first
        while times.count < most, let next = next(after: place), next <= last {
            times.append(next)
            place = next
        }
        return times
    }
}
