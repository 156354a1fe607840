/// The five fields of cron: minute, hour, day of the month, month and day of the week (0 or 7 is Sunday). Each is `*`,
/// numbers, ranges `1-5`, and steps `*/15`, joined by commas. As cron has it, a day that is named in both ways is due when
/// either says so.
public struct CronFields: Sendable, Hashable {
    private static let bounds: [ClosedRange<Int>] = [0...59, 0...23, 1...31, 1...12, 0...7]
    /// The longest that months ever are.
    private static let longest = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

    /// The minutes of a day at which it is due, in their order.
    public let minutes: [Int]
    private let daysOfMonth: Set<Int>
    private let months: Set<Int>
    private let daysOfWeek: Set<Int>
    private let namesDay: Bool

    /// Reads a schedule; nil for what is none, and for one that is never due.
    public init?(_ text: String) {
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
        namesDay = !fields[2].hasPrefix("*") && !fields[4].hasPrefix("*")
        let (first, named) = (daysOfMonth.min() ?? 1, months)
        guard namesDay || named.contains(where: { first <= Self.longest[$0 - 1] }) else { return nil }
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

    /// Whether it is due on a day: its month, from 1, its date, and its weekday, from 0 for Sunday.
    public func isDue(month: Int, date: Int, weekday: Int) -> Bool {
        guard months.contains(month) else { return false }
        let (ofMonth, ofWeek) = (daysOfMonth.contains(date), daysOfWeek.contains(weekday))
        return namesDay ? ofMonth || ofWeek : ofMonth && ofWeek
    }
}
