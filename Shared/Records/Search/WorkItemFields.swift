import Ground
import Postgres
import Roles
import Tenancy
import Wire

/// Where the records of a service keep what lists of work show of them (``WorkItem``): of each kind the first field that a
/// record has and that holds something.
public struct WorkItemFields: Sendable {
    let numbers: [any FieldKey]
    let titles: [any FieldKey]
    let koreanTitles: [any FieldKey]
    let accounts: [any FieldKey]
    let parents: [any FieldKey]
    let states: [any FieldKey]
    let dates: [any FieldKey]
    let people: [any FieldKey]

    /// The fields of each kind; `koreanTitles` go before `titles` for who reads Korean.
    public init(
        numbers: [any FieldKey] = [], titles: [any FieldKey], koreanTitles: [any FieldKey] = [],
        accounts: [any FieldKey] = [], parents: [any FieldKey] = [], states: [any FieldKey] = [],
        dates: [any FieldKey] = [], people: [any FieldKey] = []
    ) {
        self.numbers = numbers
        self.titles = titles
        self.koreanTitles = koreanTitles
        self.accounts = accounts
        self.parents = parents
        self.states = states
        self.dates = dates
        self.people = people
    }

    /// What a list of `R` is ordered by for `caller`: see ``WorkOrder``.
    func order<R: RecordMessage>(of type: R.Type, for caller: Caller) -> SQL {
        let date = dates.lazy.compactMap { R.schema.index(like: $0) }.first.map { R.schema.fields[$0].name }
        return WorkOrder.sql(R.self, date: date, for: caller)
    }
}

/// The order of lists of work (G-125): by priority, then by go-live or due date, then by last update, those that have waited
/// longest in front. What has none of these comes last.
public enum WorkOrder {
    /// The place of what has no priority.
    public static let noPriority: Int64 = 9
    /// That of what has ended, in lists that show it behind what is open.
    public static let ended: Int64 = 10

    /// What a list of `R` is ordered by, as indexes have it; `date` is the field of the go-live or due date. By what the
    /// caller may not read nothing is ordered: it would tell of it.
    public static func sql<R: RecordMessage>(
        _ type: R.Type, date: String?, endedBehind: Bool = false, for caller: Caller
    ) -> SQL {
        func isReadable(_ field: String) -> Bool {
            guard let schema = R.schema.field(field) else { return false }
            guard caller.kind != .service else { return true }
            return Access.mayRead(caller.roles, field: field, of: R.schema.table)
                ?? (caller.kind != .customer || schema.customerVisible)
        }
        let isOrdered = isReadable(KnownField.priority.rawValue)
        let priority: SQL =
            switch (endedBehind, isOrdered) {
            case (false, true): "CASE WHEN priority IS NULL THEN 9 ELSE priority END"
            case (false, false): "(9 + 0)"
            case (true, true): "CASE WHEN active IS NOT TRUE THEN 10 WHEN priority IS NULL THEN 9 ELSE priority END"
            case (true, false): "CASE WHEN active IS NOT TRUE THEN 10 ELSE 9 END"
            }
        let day: SQL =
            date.map(isReadable) == true
            ? "CASE WHEN \(identifier: date ?? "") IS NULL THEN 'infinity'::date ELSE \(identifier: date ?? "") END"
            : "'infinity'::date"
        return "\(priority), \(day), updated_at, id"
    }

    /// The place of a line in that order.
    static func place(_ item: WorkItem) -> (Int64, String, Int64, String) {
        // Dates of the years 1 to 9999 are ordered as texts are.
        (item.priority.map(Int64.init) ?? noPriority, item.date ?? "~", item.updatedAt?.microseconds ?? 0, item.id)
    }
}

extension WorkItem {
    /// A line of a list. `record` holds what the reader may see of it, and no more.
    public init<R: RecordMessage>(
        _ record: R, _ fields: WorkItemFields, today: CivilDate, language: String = Language.en.rawValue
    ) {
        self.init()
        func text(_ keys: [any FieldKey]) -> String? {
            keys.lazy.compactMap { R.schema.index(like: $0) }.compactMap { record[fieldAt: $0].string }
                .first { !$0.isEmpty }
        }
        func value(_ field: KnownField) -> FieldValue? { R.schema.index(of: field).map { record[fieldAt: $0] } }
        service = R.schema.service
        table = R.schema.table
        id = record.id
        number = text(fields.numbers) ?? value(.number)?.string ?? ""
        let isKorean = Language(tag: language) == .ko
        title = (isKorean ? text(fields.koreanTitles) : nil) ?? text(fields.titles) ?? ""
        account = text(fields.accounts) ?? ""
        parent = text(fields.parents) ?? ""
        priority = value(.priority)?.int.map(Int32.init)
        state = value(.state)?.string ?? text(fields.states) ?? ""
        stage = value(.stage)?.string ?? ""
        progress = value(.progress)?.string ?? ""
        date = text(fields.dates)
        daysRemaining = date.flatMap { CivilDate($0) }.map { Int32($0.days - today.days) }
        assignedTo = text(fields.people) ?? value(.assignedTo)?.string ?? ""
        updatedAt = record.updatedAt
    }
}
