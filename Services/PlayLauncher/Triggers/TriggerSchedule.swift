import Flows
import Wire

/// When something is due, in UTC, as the five fields of cron say.
struct TriggerSchedule: Sendable {
    /// How far ahead a next time is looked for: the 29th of February comes within eight years.
    private static let horizon = 366 * 8

    private let fields: CronFields

    init(_ fields: CronFields) { self.fields = fields }

    /// Reads a schedule; nil for what is none, and for one that is not due for years.
    init?(_ text: String) {
        guard let fields = CronFields(text) else { return nil }
        self.init(fields)
        guard next(after: Timestamp(seconds: 0)) != nil else { return nil }
    }

    private func isDue(on day: CivilDate) -> Bool {
        let (_, month, date) = day.components
        // 1970-01-01 was a Thursday.
        return fields.isDue(month: month, date: date, weekday: ((day.days + 4) % 7 + 7) % 7)
    }

    /// The times of a day on which it is due, in their order.
    private func times(of day: CivilDate) -> LazyMapSequence<[Int], Timestamp> {
        let midnight = Timestamp.midnight(of: day).seconds
        return fields.minutes.lazy.map { Timestamp(seconds: midnight + Int64($0 * 60)) }
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

    /// The times behind `first` up to `last`, the newest first, of which there are the newest `most` at most.
    func times(after first: Timestamp, through last: Timestamp, atMost most: Int) -> [Timestamp] {
        var times: [Timestamp] = []
        var day = last.day
        while day >= first.day, times.count < most {
            if isDue(on: day) {
                let due = self.times(of: day).reversed().lazy.filter { $0 > first && $0 <= last }
                times += due.prefix(most - times.count)
            }
            day = day.adding(days: -1)
        }
        return times
    }
}

/// The times at which a trigger launches.
enum TriggerClock: Sendable {
    case cron(TriggerSchedule)
    /// Each time that so many microseconds have passed since it was turned on.
    case every(Int64, since: Timestamp)

    /// The last time behind `first` up to `end`; nil when there is none.
    func last(after first: Timestamp, through end: Timestamp) -> Timestamp? {
        switch self {
        case .cron(let schedule): return schedule.last(after: first, through: end)
        case .every: return times(after: first, through: end, atMost: 1).first
        }
    }

    /// The times behind `first` up to `last`, the newest first, of which there are the newest `most` at most.
    func times(after first: Timestamp, through last: Timestamp, atMost most: Int) -> [Timestamp] {
        switch self {
        case .cron(let schedule): return schedule.times(after: first, through: last, atMost: most)
        case .every(let span, let since):
            let passed = (last.microseconds - since.microseconds) / span
            let times = stride(from: passed, to: max(0, passed - Int64(most)), by: -1).lazy.map {
                Timestamp(microseconds: since.microseconds + $0 * span)
            }
            return Array(times.prefix { $0 > first })
        }
    }
}
