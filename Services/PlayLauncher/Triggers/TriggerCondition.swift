import Filters
import PlayLauncherWire
import RPC
import Records
import Synchronization
import Wire

/// The values of fields of a record by their names, in text form as the journal keeps them; empty for none.
typealias FieldTexts = [String: String]

/// The condition of a trigger, which a record meets or does not.
///
/// Time moves by days, in UTC: what a condition says of today is the same from midnight to midnight, and `now()` is the
/// beginning of the day. So whether a record meets it follows from its values and the day alone, and the same history has the
/// same edges whenever it is looked at.
final class TriggerCondition: Sendable {
    /// The functions whose value time changes.
    private static let moving: Set = ["today", "now", "days_from_now"]
    /// Most days that are kept checked.
    private static let days = 400

    /// As it was written.
    let text: String
    /// The names of the fields it looks at.
    let fields: [String]
    /// Whether a record may come to meet it without being changed.
    let isTimed: Bool
    /// What it says, and of whom: conditions over a table with the same are the same.
    let key: String
    /// A value that a record must hold to meet it.
    let demand: FilterDemand?
    private let filter: Filter
    private let schema: FilterSchema
    private let record: RecordSchema
    private let subject: String
    /// When time changes nothing.
    private let plain: CheckedFilter
    private let checked = Mutex<[CivilDate: CheckedFilter]>([:])

    /// A condition over `record`, of which `schema` may be named; `me()` is `subject`.
    init(
        _ text: String, over record: RecordSchema, _ schema: FilterSchema, subject: String
    ) throws(FilterError) {
        let filter = try Filter.parse(text)
        plain = try filter.check(against: schema, context: Self.facts(CivilDate(days: 0), subject))
        isTimed = !filter.functionNames.isDisjoint(with: Self.moving)
        fields = plain.fieldNames.sorted()
        demand = plain.demand
        key = filter.functionNames.contains("me") ? "\(subject)\n\(text)" : text
        self.text = text
        (self.filter, self.schema, self.record, self.subject) = (filter, schema, record, subject)
    }

    private static func facts(_ day: CivilDate, _ subject: String) -> FilterFacts {
        FilterFacts(nowMicroseconds: Timestamp.midnight(of: day).microseconds, subject: subject)
    }

    /// Whether a record with these values meets it on `day`.
    func holds(_ values: FieldTexts, on day: CivilDate) -> Bool {
        holds(on: day) { name in record.field(name)?.filterValue(journal: values[name] ?? "") ?? .null }
    }

    /// Whether a record meets it on `day` that has the value `value` says in a field.
    func holds(on day: CivilDate, _ value: (String) -> FilterValue) -> Bool {
        (isTimed ? onDay(day) : plain).matches(value)
    }

    /// A bound that a record must keep to meet it on `day`.
    func range(on day: CivilDate) -> FilterRange? { (isTimed ? onDay(day) : plain).range }

    private func onDay(_ day: CivilDate) -> CheckedFilter {
        if let known = checked.withLock({ $0[day] }) { return known }
        // What can be checked on one day can be on every other.
        let made = (try? filter.check(against: schema, context: Self.facts(day, subject))) ?? plain
        checked.withLock { checked in
            if checked.count >= Self.days { checked = [:] }
            checked[day] = made
        }
        return made
    }
}

extension FieldSchema {
    /// The value of the field as conditions compare it, from the text that the journal keeps of it.
    func filterValue(journal text: String) -> FilterValue {
        if storage == .strings {
            return .strings(text.isEmpty ? [] : text.split(separator: ", ").map(String.init))
        }
        return ((try? value(ofText: text, in: "")) ?? .null).filterValue(type)
    }
}

extension Timestamp {
    /// When a day begins in UTC.
    static func midnight(of day: CivilDate) -> Timestamp { Timestamp(seconds: Int64(day.days) * 86_400) }

    /// The instant to the microsecond, which is what the journal keeps.
    var kept: Timestamp { Timestamp(microseconds: microseconds) }
}
