import Korean
import Wire

/// What a list is narrowed to, in which order, with which columns: all of it stands in the address, under the names of the fields.
struct ListQuery: Sendable {
    /// Names of an address that are no fields.
    enum Part: String {
        case find, filter, sort, column, page
    }

    /// Whoever asks, as the value of a field.
    static let me = "me"
    /// Nothing, as the value of a field.
    static let nobody = "none"

    /// When a day is, as it can be chosen.
    enum When: String, CaseIterable {
        case overdue, week, month, later, none

        var label: Text {
            switch self {
            case .overdue: Text(en: "overdue", ko: "기한 지남")
            case .week: Text(en: "within 7 days", ko: "7일 이내")
            case .month: Text(en: "within 30 days", ko: "30일 이내")
            case .later: Text(en: "later than in 30 days", ko: "30일 이후")
            case .none: Text(en: "empty", ko: "비어 있음")
            }
        }
    }

    /// Since when a record was left alone or touched, as it can be chosen.
    enum Since: String, CaseIterable {
        case today, week, stale

        var label: Text {
            switch self {
            case .today: Text(en: "in the last day", ko: "최근 1일")
            case .week: Text(en: "in the last 7 days", ko: "최근 7일")
            case .stale: Text(en: "more than 3 days ago", ko: "3일 넘게 전")
            }
        }
    }

    let table: ListedTable
    let reader: Reader
    let isCustomer: Bool
    private let fields: Fields

    init(_ table: ListedTable, _ fields: Fields, _ visit: Visit) {
        self.table = table
        self.fields = fields
        reader = visit.reader
        isCustomer = visit.person?.isCustomer == true
    }

    subscript(part: Part) -> String { fields[part.rawValue] }

    // MARK: What it is narrowed to

    /// One thing that the list is narrowed by.
    struct Condition {
        let name: String
        /// What it is called: the label of a field.
        let label: String
        /// The values, as people read them.
        let shown: [String]
        /// As the services take it.
        let filter: String
        /// The ids that are shown, and the table they are of.
        var reference: (table: String, ids: [String])?
    }

    /// Everything, in the order of the table's fields.
    var conditions: [Condition] {
        var all: [Condition] = []
        if !self[.find].isEmpty { all.append(found(self[.find])) }
        for field in table.schema.fields where table.field(field.name, for: isCustomer) != nil {
            let values = fields.all(field.name).filter { !$0.isEmpty }.prefix(20)
            if let condition = condition(field, Array(values)) { all.append(condition) }
        }
        if !self[.filter].isEmpty {
            all.append(
                Condition(
                    name: Part.filter.rawValue, label: reader(Text(en: "Typed filter", ko: "직접 입력한 필터")),
                    shown: [self[.filter]], filter: "(\(self[.filter]))"))
        }
        return all
    }

    /// The filter of all of it.
    var filter: String { conditions.map(\.filter).joined(separator: " AND ") }

    private func found(_ text: String) -> Condition {
        let words = table.words.filter { table.field($0, for: isCustomer) != nil }.map {
            "\($0) : \(FilterText.quoted(text))"
        }
        return Condition(
            name: Part.find.rawValue, label: reader(Text(en: "Words", ko: "검색어")), shown: [text],
            filter: "(\(words.joined(separator: " OR ")))")
    }

    private func condition(_ field: FieldSchema, _ values: [String]) -> Condition? {
        let label = field.label(reader.language)
        var parts: [(shown: String, filter: String)] = []
        var ids: [String] = []
        for value in values {
            switch field.type {
            case .date:
                guard let when = When(rawValue: value) else { continue }
                parts.append((reader(when.label), Self.days(field.name, when)))
            case .datetime:
                guard let since = Since(rawValue: value) else { continue }
                parts.append((reader(since.label), Self.times(field.name, since)))
            case .boolean:
                guard value == "true" || value == "false" else { continue }
                parts.append((Self.flag(value == "true", reader), "\(field.name) = \(value)"))
            case .choice:
                guard field.choices.contains(where: { Self.text($0.value) == value }) else { continue }
                parts.append((field.label(of: value, reader.language), "\(field.name) = \(Self.literal(value, field))"))
            case .reference:
                if value == Self.nobody {
                    parts.append((reader(Text(en: "nobody", ko: "없음")), "NOT \(field.name):*"))
                } else if value == Self.me {
                    parts.append((reader(Text(en: "me", ko: "나")), "\(field.name) = me()"))
                } else {
                    ids.append(value)
                    parts.append((value, "\(field.name) = \(FilterText.quoted(value))"))
                }
            default: continue
            }
        }
        guard !parts.isEmpty else { return nil }
        let filter = parts.map(\.filter).joined(separator: " OR ")
        var condition = Condition(
            name: field.name, label: label, shown: parts.map(\.shown),
            filter: parts.count == 1 ? filter : "(\(filter))")
        if let table = field.referencedTable, !ids.isEmpty { condition.reference = (table, ids) }
        return condition
    }

    /// Relative to the day of whoever looks, so that an address means the same tomorrow.
    private static func days(_ name: String, _ when: When) -> String {
        switch when {
        case .overdue: "\(name) < today()"
        case .week: "(\(name) >= today() AND \(name) <= days_from_now(7))"
        case .month: "(\(name) >= today() AND \(name) <= days_from_now(30))"
        case .later: "\(name) > days_from_now(30)"
        case .none: "NOT \(name):*"
        }
    }

    private static func times(_ name: String, _ since: Since) -> String {
        switch since {
        case .today: "\(name) >= days_from_now(-1)"
        case .week: "\(name) >= days_from_now(-7)"
        case .stale: "\(name) < days_from_now(-3)"
        }
    }

    private static func literal(_ value: String, _ field: FieldSchema) -> String {
        field.storage == .int ? value : FilterText.quoted(value)
    }

    /// The value of a choice as an address has it.
    static func text(_ value: FieldValue) -> String {
        switch value {
        case .string(let text): text
        case .int(let number): "\(number)"
        case .bool(let flag): flag ? "true" : "false"
        default: ""
        }
    }

    /// Whether something is so, in words.
    static func flag(_ flag: Bool, _ reader: Reader) -> String {
        reader(flag ? Text(en: "Yes", ko: "예") : Text(en: "No", ko: "아니요"))
    }

    // MARK: Order and columns

    /// The field that the list is sorted by, and whether from the last to the first.
    var sort: (field: String, isDescending: Bool) {
        let said = self[.sort].isEmpty ? table.order : self[.sort]
        let name = said.hasPrefix("-") ? String(said.dropFirst()) : said
        guard table.field(name, for: isCustomer) != nil else {
            return (table.field(table.order, for: isCustomer) == nil ? "" : table.order, false)
        }
        return (name, said.hasPrefix("-"))
    }

    /// As the services take it.
    var order: String { sort.field + (sort.isDescending ? " desc" : "") }

    /// The columns that were chosen, else the usual ones.
    var columns: [FieldSchema] {
        let chosen = fields.all(Part.column.rawValue)
        let names =
            chosen.isEmpty ? table.columns : table.choosable(for: isCustomer).map(\.name).filter(chosen.contains)
        return names.compactMap { table.field($0, for: isCustomer) }
    }

    // MARK: Addresses

    /// Everything that is kept, without the parts of some names: what a form takes along in hidden fields.
    func kept(without names: [String]) -> [Values] {
        pairs(without: names).map { ["name": $0.name, "value": $0.value] }
    }

    private func pairs(without names: [String]) -> [(name: String, value: String)] {
        let away = Set(names + [Part.page.rawValue, "done", "saved"])
        return fields.pairs.filter { !away.contains($0.name) && !$0.value.isEmpty }
    }

    /// The part of an address behind `?`, without some names and with others.
    func text(without names: [String] = [], with more: [(String, String)] = []) -> String {
        (pairs(without: names).map { ($0.name, $0.value) } + more)
            .map { "\(Fields.encoded($0.0))=\(Fields.encoded($0.1))" }.joined(separator: "&")
    }

    /// The values of a field.
    func values(_ name: String) -> [String] { fields.all(name) }
}
