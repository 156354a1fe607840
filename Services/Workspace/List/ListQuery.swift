import Wire

/// What a list is narrowed to, in which order, with which columns: all of it stands in the address, under the names of the fields.
struct ListQuery: Sendable {
    /// Names of an address that are no fields.
    enum Part: String, CaseIterable {
        case find, filter, sort, column, page
        /// The field whose menu is opened, to be narrowed by.
        case by
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
    let fields: Fields
    /// The id of whoever looks.
    let person: String

    init(_ table: ListedTable, _ fields: Fields, _ visit: Visit) {
        self.init(
            table, fields, visit.reader, person: visit.person?.user ?? "", isCustomer: visit.person?.isCustomer == true)
    }

    init(_ table: ListedTable, _ fields: Fields, _ reader: Reader, person: String, isCustomer: Bool) {
        (self.table, self.fields, self.reader) = (table, fields, reader)
        (self.person, self.isCustomer) = (person, isCustomer)
    }

    subscript(part: Part) -> String { fields[part.rawValue] }

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
        let away = Set(names + [Part.page.rawValue, Part.by.rawValue, "done", "saved"])
        return fields.pairs.filter { !away.contains($0.name) && !$0.value.isEmpty }
    }

    /// The part of an address behind `?`, without some names and with others.
    func text(without names: [String] = [], with more: [(String, String)] = []) -> String {
        (pairs(without: names).map { ($0.name, $0.value) } + more)
            .map { "\(Fields.encoded($0.0))=\(Fields.encoded($0.1))" }.joined(separator: "&")
    }

    /// What the address says of a field.
    func values(_ name: String) -> [String] { fields.all(FieldControl.key(of: name)).filter { !$0.isEmpty } }
}
