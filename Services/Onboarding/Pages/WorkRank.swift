import OnboardingWire
import Postgres
import RPC
import Records
import Tenancy
import Wire

/// The place of a record in the lists of work: by priority, then by go-live or due date, then by last update, those that
/// have waited longest in front (G-125). What has none of these comes last, what has ended behind all that is open.
struct WorkRank: Comparable, Sendable {
    let priority: Int64
    /// Days since 1970-01-01; ``noDate`` for none.
    let day: Int64
    /// Microseconds since 1970-01-01 UTC.
    let updated: Int64
    let id: String

    /// Stands for no date, behind all dates.
    static let noDate = Int64.max
    /// What a date may be: from the year 1 to the year 9999.
    static let days =
        Int64(CivilDate(year: 1, month: 1, day: 1).days)...Int64(CivilDate(year: 9_999, month: 12, day: 31).days)
    /// What an instant may be: in those years.
    private static let instants = Timestamp.earliestSeconds * 1_000_000...(Timestamp.latestSeconds + 1) * 1_000_000 - 1

    /// The place of `item`.
    init(_ item: WorkItem) {
        priority = item.hasEnded ? WorkOrder.ended : item.priority.map(Int64.init) ?? WorkOrder.noPriority
        day = item.date.flatMap { CivilDate($0) }.map { Int64($0.days) } ?? Self.noDate
        updated = item.updatedAt?.microseconds ?? 0
        id = item.id
    }

    /// The place that a page token names; nil for the first page.
    init?(_ token: String, in list: PageToken.Binding) throws(Problem) {
        guard let place = try PageToken.place(token, in: list, .number, .number, .number, .id) else { return nil }
        let numbers = place.compactMap { Int64($0) }
        // Tokens come from outside: what no list has given is no place.
        guard (0...WorkOrder.ended).contains(numbers[0]),
            numbers[1] == Self.noDate || Self.days.contains(numbers[1]), Self.instants.contains(numbers[2])
        else { throw .damagedPageToken }
        (priority, day, updated, id) = (numbers[0], numbers[1], numbers[2], place[3])
    }

    /// The token of the page behind it.
    func token(in list: PageToken.Binding) -> String {
        PageToken(position: [String(priority), String(day), String(updated), id]).text(for: list)
    }

    static func < (one: WorkRank, other: WorkRank) -> Bool {
        (one.priority, one.day, one.updated, one.id) < (other.priority, other.day, other.updated, other.id)
    }

    /// What a list of `R` is ordered by, as indexes have it; `date` is the field of the go-live or due date.
    static func order<R: RecordMessage>(
        _ type: R.Type, by date: R.Field, endedBehind: Bool = false, for caller: Caller
    ) -> SQL {
        WorkOrder.sql(R.self, date: date.rawValue, endedBehind: endedBehind, for: caller)
    }

    /// What comes behind this place in a list of that order.
    func behind(_ order: SQL) -> SQL {
        let text = day == Self.noDate ? "infinity" : CivilDate(days: Int(clamping: day)).description
        return """
            (\(order)) > \
            (\(priority)::integer, \(text)::date, \(Timestamp(microseconds: updated).sqlValue), \(id)::uuid)
            """
    }
}

extension WorkItem {
    /// Where records of different types keep what lists show.
    static let fields = WorkItemFields(
        numbers: [OnboardingCase.Field.number, CustomerAccount.Field.accountNumber],
        titles: [OnboardingCase.Field.shortDescription, CustomerAccount.Field.name],
        accounts: [OnboardingCase.Field.account, LifecycleTask.Field.company],
        parents: [LifecycleTask.Field.parent, CaseTeamMember.Field.onboardingCase],
        dates: [OnboardingCase.Field.goLiveDate, LifecycleTask.Field.dueDate])

    /// Whether it is closed or canceled.
    var hasEnded: Bool { [OnboardingCase.State.closed, OnboardingCase.State.canceled].contains(state) }

    /// A line of a list. `record` holds what the reader may see of it, and no more.
    init<R: RecordMessage>(_ record: R, today: CivilDate) { self.init(record, Self.fields, today: today) }

    /// An account, which is nobody's task and has no case above it.
    init(_ account: CustomerAccount, today: CivilDate) {
        self.init(account, Self.fields, today: today)
        self.account = account.id
        accountName = title
        parent = ""
    }
}
