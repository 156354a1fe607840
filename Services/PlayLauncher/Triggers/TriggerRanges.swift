import Filters
import Synchronization
import Wire

/// Conditions that ask for a bound ('health_score < 50', 'renewal_date <= days_from_now(90)'), so arranged that a change finds those
/// whose answer it may change. What time moves is arranged anew for each day.
final class TriggerRanges: Sendable {
    private struct Key: Hashable {
        let field: String
        let isBelow: Bool
    }

    /// The bounds of a field: of conditions that ask for nothing else, and of the others.
    private struct Bounds: Sendable {
        let alone: FilterRanges
        let others: FilterRanges
    }

    private struct Day: Sendable {
        let bounds: [Key: Bounds]
        /// Conditions without a bound.
        let rest: [Int]
    }

    /// Most days that are kept arranged: events come in the order of their days, or nearly so.
    private static let most = 4

    private let conditions: [(place: Int, condition: TriggerCondition)]
    private let isTimed: Bool
    private let days = Mutex<[CivilDate: Day]>([:])

    init(_ conditions: [(place: Int, condition: TriggerCondition)]) {
        self.conditions = conditions
        isTimed = conditions.contains { $0.condition.isTimed }
    }

    /// The places of the conditions whose answer may be another before and after a change; of a record that begins or ends by
    /// it, of those that may be met by what it holds.
    func candidates(
        on day: CivilDate, isWhole: Bool, changes: (String) -> Bool, before: (String) -> FilterValue,
        after: (String) -> FilterValue
    ) -> [Int] {
        guard !conditions.isEmpty else { return [] }
        let arranged = arranged(on: isTimed ? day : CivilDate(days: 0))
        var places = arranged.rest
        for (key, bounds) in arranged.bounds {
            let value = after(key.field)
            guard !isWhole, changes(key.field) else {
                if isWhole { places += bounds.alone.keeping(value) }
                places += bounds.others.keeping(value)
                continue
            }
            let old = before(key.field)
            places += bounds.alone.between(old, value)
            let (was, isNow) = (bounds.others.keeping(old), bounds.others.keeping(value))
            places += was.count > isNow.count ? was : isNow
        }
        return places
    }

    private func arranged(on day: CivilDate) -> Day {
        if let known = days.withLock({ $0[day] }) { return known }
        var (ranges, rest) = ([Key: [(range: FilterRange, number: Int)]](), [Int]())
        for (place, condition) in conditions {
            guard let range = condition.range(on: day) else {
                rest.append(place)
                continue
            }
            ranges[Key(field: range.field, isBelow: range.isBelow), default: []].append((range, place))
        }
        let made = Day(
            bounds: ranges.mapValues { ranges in
                Bounds(
                    alone: FilterRanges(ranges.filter(\.range.isAll)),
                    others: FilterRanges(ranges.filter { !$0.range.isAll }))
            }, rest: rest)
        days.withLock { days in
            if days.count >= Self.most { days = [:] }
            days[day] = made
        }
        return made
    }
}
