import CustomerSuccessWire
import OnboardingWire
import Postgres
import RPC
import Records
import Tenancy
import Wire

extension PageItem {
    /// Where records of different types keep what lists show.
    private static let titles: [any FieldKey] = [
        Engagement.Field.title, Touchpoint.Field.subject, RiskSignal.Field.shortDescription,
    ]
    private static let dates: [any FieldKey] = [
        Touchpoint.Field.dueDate, SuccessObjective.Field.plannedStop, SuccessMilestone.Field.targetDate,
        Opportunity.Field.expectedDate,
    ]
    private static let people: [any FieldKey] = [
        Touchpoint.Field.assignedTo, SuccessObjective.Field.objectiveOwner, SuccessOutcome.Field.owner,
    ]

    /// A line of a list. `record` holds what the reader may see of it, and no more.
    init<R: Record>(_ record: R, today: CivilDate) {
        self.init()
        func value(_ fields: [any FieldKey]) -> FieldValue? {
            fields.lazy.compactMap { R.schema.index(like: $0) }.first.map { record[fieldAt: $0] }
        }
        table = R.schema.table
        id = record.id
        number = value([Touchpoint.Field.number])?.string ?? ""
        title = value(Self.titles)?.string ?? ""
        state = value([Touchpoint.Field.state])?.string ?? ""
        progress = value([Touchpoint.Field.progress])?.string
        priority = value([RiskSignal.Field.priority])?.int.map(Int32.init)
        dueDate = value(Self.dates)?.string
        daysRemaining = PageDays.until(dueDate, from: today)
        meetingDate = value([Touchpoint.Field.meetingDate])?.string
        assignedTo = value(Self.people)?.string
        outcome = value([SuccessInitiative.Field.successOutcome])?.string
    }
}

/// Days that pages count.
enum PageDays {
    /// Calendar days from today to a date, negative when it is past; nil without a date (G-99).
    static func until(_ date: String?, from today: CivilDate) -> Int32? {
        date.flatMap { CivilDate($0) }.map { Int32($0.days - today.days) }
    }
}

/// What the counting of a list answers, of each parent where there are several.
private enum ListColumn: String {
    case listed, known, parent
}

/// The order of a list: by the first of some fields that has a value, then by the id.
struct PageOrder<R: Record>: Sendable {
    /// What is ordered by.
    let value: SQL

    /// The order as SQL.
    var sql: SQL { "\(value), id" }

    /// By `field`, or by the first of `others` that has a value where it has none.
    static func by(_ field: R.Field, _ others: R.Field...) -> PageOrder {
        guard !others.isEmpty else { return PageOrder(value: "\(identifier: field)") }
        return PageOrder(value: "coalesce(\(identifiers: ([field] + others).map(\.rawValue)))")
    }

    /// What is not closed first, and then as ``by(_:_:)`` says or, with the `newest` first, the other way round.
    static func openFirst(_ field: R.Field, _ others: R.Field..., newest: Bool = false) -> PageOrder {
        let value: SQL = "coalesce(\(identifiers: ([field] + others).map(\.rawValue)))"
        return PageOrder(value: "active DESC, \(value)\(newest ? " DESC NULLS LAST" : SQL())")
    }
}

/// One kind of record of a page, as two statements of the page's round trip: its first records, and how many there are.
struct PageList<R: Record>: Sendable {
    let selection: SQL
    let counting: SQL
    private let store: Store<R>
    private let caller: Caller
    private let today: CivilDate

    /// The records that meet `condition` and `listed`; without `listed` behind View all.
    init(
        _ database: Database, _ caller: Caller, where condition: SQL, listed: SQL = "TRUE", order: PageOrder<R>,
        limit: Int
    ) throws {
        store = Store<R>(database)
        self.caller = caller
        today = database.clock.today
        let both: SQL = "(\(condition)) AND (\(listed))"
        selection = try store.selection(where: both, order: order.sql, limit: limit, as: caller)
        counting = try store.counting(where: condition, listed: listed, as: caller)
    }

    /// The records of the list themselves, as far as the reader may see them.
    func records(_ rows: Rows) throws -> [R] { try store.records(rows, for: caller) }

    /// The list, of the answers to both statements.
    func section(_ rows: Rows, _ counts: Rows) throws -> PageSection {
        var section = PageSection()
        section.items = try store.records(rows, for: caller).map { PageItem($0, today: today) }
        section.totalSize = Int32(clamping: try counts.first?.int64(ListColumn.listed) ?? 0)
        section.allSize = Int32(clamping: try counts.first?.int64(ListColumn.known) ?? 0)
        return section
    }
}

/// As ``PageList``, but one list for each of several parents, each with its own first records.
struct PageLists<R: Record>: Sendable {
    let selection: SQL
    let counting: SQL
    private let store: Store<R>
    private let caller: Caller
    private let today: CivilDate
    private let parent: R.Field

    /// The records whose `parent` is one of at most `count` in the array `ids` and that meet `listed`, at most `limit` of
    /// each parent.
    init(
        _ database: Database, _ caller: Caller, of ids: SQL, atMost count: Int, by parent: R.Field,
        listed: SQL = "TRUE", order: PageOrder<R>, limit: Int
    ) throws {
        store = Store<R>(database)
        self.caller = caller
        self.parent = parent
        today = database.clock.today
        let first: SQL = """
            id IN (SELECT chosen.id FROM unnest(\(ids)) AS parent(id) CROSS JOIN LATERAL ( \
            SELECT i.id FROM \(identifier: database.schema).\(identifier: R.schema.table) i \
            WHERE i.\(identifier: parent.rawValue) = parent.id AND (\(listed)) ORDER BY \(order.sql) LIMIT \(limit)) chosen)
            """
        selection = try store.selection(where: first, order: order.sql, limit: count * limit, as: caller)
        counting = try store.counting(
            where: "\(identifier: parent.rawValue) = ANY(\(ids))", listed: listed, by: parent, as: caller)
    }

    /// The records themselves by parent, as far as the reader may see them.
    func records(_ rows: Rows) throws -> [String: [R]] {
        Dictionary(grouping: try store.records(rows, for: caller)) { $0[field: parent].string ?? "" }
    }

    /// The lists by parent, of the answers to both statements; parents without any record are not among them.
    func sections(_ rows: Rows, _ counts: Rows) throws -> [String: PageSection] {
        var sections: [String: PageSection] = [:]
        for row in counts {
            var section = PageSection()
            section.totalSize = Int32(clamping: try row.int64(ListColumn.listed))
            section.allSize = Int32(clamping: try row.int64(ListColumn.known))
            sections[try row.string(ListColumn.parent)] = section
        }
        for record in try store.records(rows, for: caller) {
            guard let id = record[field: parent].string else { continue }
            sections[id, default: PageSection()].items.append(PageItem(record, today: today))
        }
        return sections
    }
}

/// The names behind the ids of a page, read in one round trip once all ids are known.
struct PageNames {
    private struct Person {
        let name: String?
        let email: String?
    }
    private let database: Database
    private let caller: Caller
    private var people: [String: Person] = [:]
    private var outcomes: [String: SuccessOutcome] = [:]

    init(_ database: Database, _ caller: Caller) {
        self.database = database
        self.caller = caller
    }

    /// Reads the names of the users and outcomes that `items` and `users` speak of.
    mutating func read(_ items: [PageItem], users: [String] = [], in tx: Transaction) throws {
        let people = Set(items.compactMap(\.assignedTo) + users).filter(Validation.isUUID).sorted()
        let outcomes = Set(items.compactMap(\.outcome)).sorted()
        guard !people.isEmpty || !outcomes.isEmpty else { return }
        let store = Store<SuccessOutcome>(database)
        let users = database.replica(User.self, .name, .email, as: caller)
        let answers = try tx.queryAll([
            "SELECT id, name, email FROM \(users) person WHERE id = ANY(\(people)::uuid[])",
            try store.selection(where: "id = ANY(\(outcomes)::uuid[])", limit: max(outcomes.count, 1), as: caller),
        ])
        for row in answers[0] {
            self.people[try row.string(User.Field.id)] = Person(
                name: try row.optionalString(User.Field.name), email: try row.optionalString(User.Field.email))
        }
        for outcome in try store.records(answers[1], for: caller) { self.outcomes[outcome.id] = outcome }
        guard caller.kind == .customer else { return }
        for (user, name) in try database.names(ofUsers: people, as: caller, in: tx) {
            self.people[user] = Person(name: name, email: nil)
        }
    }

    /// Writes the names that were found into the lines of a list.
    func fill(_ section: inout PageSection, daysUntilRenewal: Int32? = nil) {
        for index in section.items.indices {
            fill(&section.items[index])
            if section.items[index].outcome != nil { section.items[index].daysUntilRenewal = daysUntilRenewal }
        }
    }

    /// Writes the names that were found into a line.
    func fill(_ item: inout PageItem) {
        item.assignedToName = item.assignedTo.flatMap { people[$0]?.name }
        if caller.kind == .customer, item.assignedTo != caller.subject { item.assignedTo = nil }
        guard let outcome = item.outcome.flatMap({ outcomes[$0] }) else { return }
        item.outcomeNumber = outcome.number
        item.outcomeTitle = outcome.title
    }

    /// Name and address of a user, empty where nothing is known.
    func person(_ user: String) -> (name: String, email: String) {
        (people[user]?.name ?? "", people[user]?.email ?? "")
    }
}

/// Name and currency of accounts.
enum PageAccounts {
    /// Reads the accounts of `ids`, as far as the caller may read accounts.
    static func selection(_ database: Database, _ ids: [String], _ caller: Caller) -> SQL {
        selection(database, in: "\(ids)::uuid[]", caller)
    }

    /// As ``selection(_:_:_:)``, of an array of ids that the statement works out.
    static func selection(_ database: Database, in ids: SQL, _ caller: Caller) -> SQL {
        let accounts = database.replica(CustomerAccount.self, .name, .currency, as: caller)
        return "SELECT id, name, currency FROM \(accounts) account WHERE id = ANY(\(ids))"
    }

    /// Name and currency by id, of the answer to that statement.
    static func read(_ rows: Rows) throws -> [String: (name: String, currency: String)] {
        var accounts: [String: (name: String, currency: String)] = [:]
        for row in rows {
            accounts[try row.string(CustomerAccount.Field.id)] = (
                try row.optionalString(CustomerAccount.Field.name) ?? "",
                try row.optionalString(CustomerAccount.Field.currency) ?? Card.standardCurrency
            )
        }
        return accounts
    }
}
