import Korean
import OnboardingWire
import Roles
import Wire

/// What a list is narrowed to, as people read it and as the services are asked.
extension ListQuery {
    /// One thing that the list is narrowed by.
    struct Condition {
        /// The names of the address that say it.
        let names: [String]
        /// What it is called: the label of a field.
        let label: String
        /// The values, as people read them.
        let shown: [String]
        /// As the services take it.
        let filter: String
        /// Whether the values are parts of a text.
        var isPart = false
        /// The ids that are shown, each with the table it is of.
        var references: [(table: String, id: String)] = []
    }

    /// One value that a field may have.
    private struct Value {
        let shown: String
        let filter: String
        var reference: (table: String, id: String)?

        init(_ shown: String, _ filter: String, of reference: (table: String, id: String)? = nil) {
            (self.shown, self.filter, self.reference) = (shown, filter, reference)
        }
    }

    /// Most values of one field.
    private static let most = 20

    /// Everything, in the order of the table's fields.
    var conditions: [Condition] {
        var all: [Condition] = []
        if !self[.find].isEmpty { all.append(found(self[.find])) }
        all += table.schema.fields.compactMap(condition)
        if !self[.filter].isEmpty {
            all.append(
                Condition(
                    names: [Part.filter.rawValue], label: reader(Text(en: "Typed filter", ko: "직접 입력한 필터")),
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
            names: [Part.find.rawValue], label: reader(Text(en: "Words", ko: "검색어")), shown: [text],
            filter: "(\(words.joined(separator: " OR ")))")
    }

    private func condition(_ field: FieldSchema) -> Condition? {
        guard let control = table.control(field.name, for: isCustomer) else { return nil }
        let values = values(field.name).prefix(Self.most)
        let parts = values.compactMap { part($0, field, control) } + [range(field, control)].compactMap { $0 }
        guard !parts.isEmpty else { return nil }
        let filter = parts.map(\.filter).joined(separator: " OR ")
        return Condition(
            names: FieldControl.names(of: field.name), label: field.label(reader.language), shown: parts.map(\.shown),
            filter: parts.count == 1 ? filter : "(\(filter))", isPart: control == .text,
            references: parts.compactMap(\.reference))
    }

    private func part(_ value: String, _ field: FieldSchema, _ control: FieldControl) -> Value? {
        switch control {
        case .values: return choice(value, field)
        case .day: return When(rawValue: value).map { Value(reader($0.label), Self.days(field.name, $0)) }
        case .time: return Since(rawValue: value).map { Value(reader($0.label), Self.times(field.name, $0)) }
        case .number: return value == Self.nobody ? empty(field) : nil
        case .text: return Value(value, "\(field.name) : \(FilterText.quoted(value))")
        case .records(let tables): return record(value, field, tables)
        }
    }

    private func choice(_ value: String, _ field: FieldSchema) -> Value? {
        switch field.type {
        case .boolean:
            guard value == "true" || value == "false" else { return nil }
            return Value(Self.flag(value == "true", reader), "\(field.name) = \(value)")
        case .listOfRoles:
            guard RoleCatalog.role(named: value) != nil else { return nil }
            return Value(value, "\(field.name) : \(FilterText.quoted(value))")
        default:
            guard field.choices.contains(where: { Self.text($0.value) == value }) else { return nil }
            return Value(field.label(of: value, reader.language), "\(field.name) = \(Self.literal(value, field))")
        }
    }

    private func record(_ value: String, _ field: FieldSchema, _ tables: String) -> Value {
        if value == Self.nobody { return empty(field) }
        let isList = field.storage == .strings
        let comparator = isList ? ":" : "="
        if value == Self.me, tables == User.schema.table {
            // Who has written a record is a text to the services.
            let isPerson = isList || field.type == .reference
            let me = isPerson ? "me()" : FilterText.quoted(person)
            return Value(reader(Text(en: "me", ko: "나")), "\(field.name) \(comparator) \(me)")
        }
        // A record of one of several tables is known by its table and its id.
        let parts = value.split(separator: ":", maxSplits: 1).map { String($0) }
        let (table, id) = parts.count == 2 ? (parts[0], parts[1]) : (tables, value)
        return Value(id, "\(field.name) \(comparator) \(FilterText.quoted(id))", of: (table, id))
    }

    private func empty(_ field: FieldSchema) -> Value {
        Value(reader(Self.emptiness(field)), "NOT \(field.name):*")
    }

    /// What nothing in a field is called.
    static func emptiness(_ field: FieldSchema) -> Text {
        field.referencedTable == User.schema.table
            ? Text(en: "nobody", ko: "없음") : Text(en: "empty", ko: "비어 있음")
    }

    // MARK: Ranges

    private func range(_ field: FieldSchema, _ control: FieldControl) -> Value? {
        guard control == .number || control == .day else { return nil }
        let bounds = [(FieldControl.Ending.from, ">="), (.to, "<=")].compactMap { ending, comparator in
            bound(field, ending, control).map { (ending: ending, value: $0, comparator: comparator) }
        }
        guard let first = bounds.first else { return nil }
        let filters = bounds.map { "\(field.name) \($0.comparator) \(FilterText.quoted($0.value))" }
        let shown = bounds.map { CivilDate($0.value).map { reader.text($0) } ?? $0.value }
        let text =
            if bounds.count == 2 {
                Text(en: "from \(shown[0]) to \(shown[1])", ko: "\(shown[0])부터 \(shown[1])까지")
            } else if first.ending == .from {
                Text(en: "from \(shown[0])", ko: "\(shown[0])부터")
            } else {
                Text(en: "up to \(shown[0])", ko: "\(shown[0])까지")
            }
        return Value(
            reader(text), filters.count == 1 ? filters[0] : "(\(filters.joined(separator: " AND ")))")
    }

    /// A bound that an address says; nil for what is none.
    private func bound(_ field: FieldSchema, _ ending: FieldControl.Ending, _ control: FieldControl) -> String? {
        let text = fields[field.name + ending.rawValue]
        if control == .day { return CivilDate(text)?.description }
        return field.type == .integer ? CellText.integer(text).map { String($0) } : CellText.decimal(text)
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
}
