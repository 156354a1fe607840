import Ground
import ImportValidationWire
import OnboardingWire
import Postgres
import RPC
import Records
import Tenancy
import Wire

/// The tasks and import tasks of a case in the portal, page by page, all that there are (G-102): what is open by due date,
/// what has none behind it, then what has ended in the same order.
struct PortalCaseTasks {
    /// One table, as statements of the page's round trip.
    private struct Source {
        let selection: (_ condition: SQL, _ limit: Int) throws -> SQL
        let counting: SQL
        let items: (Rows) throws -> [WorkItem]
    }
    private let sources: [Source]
    private let record: String
    private let caller: Caller

    /// Those of the case `record` that `caller` may see.
    init(of record: String, _ database: Database, _ caller: Caller) throws {
        (self.record, self.caller) = (record, caller)
        let (today, bound) = (database.clock.today, RankedSource.counted)
        let store = Store<LifecycleTask>(database)
        let copies = CopiedRecords<ImportTask>(database, caller)
        let own: SQL = "\(identifier: LifecycleTask.Field.parent) = \(record)"
        let copied: SQL = "\(identifier: ImportTask.Field.parent) = \(record) AND \(PortalTasks.shown(caller))"
        // That of the index of what belongs to a case.
        let order: SQL = "\(identifier: LifecycleTask.Field.dueDate), id"
        sources = [
            Source(
                selection: { try store.selection(where: "\(own) AND \($0)", order: order, limit: $1, as: caller) },
                counting: try store.counting(where: own, atMost: bound + 1, as: caller),
                items: { try store.records($0, for: caller).map { WorkItem($0, today: today) } }),
            Source(
                selection: { copies.selection(where: "\(copied) AND \($0)", order: order, limit: $1) },
                counting: copies.counting(where: copied, atMost: bound + 1),
                items: { try copies.records($0).map { WorkItem($0, today: today) } }),
        ]
    }

    /// What a token of a request names; nil for the first page. INVALID_ARGUMENT for one of another list.
    func place(_ token: String) throws(Problem) -> CaseTaskPlace? { try CaseTaskPlace(token, in: binding) }

    /// What has to be asked for one page: of each table what comes behind `place`.
    func selections(after place: CaseTaskPlace?, _ size: Int) throws -> [SQL] {
        let parts = CaseTaskPlace.behind(place)
        return try sources.flatMap { source in try parts.map { try source.selection($0, size + 1) } }
    }

    /// What has to be asked for ``count(_:)``.
    var countings: [SQL] { sources.map(\.counting) }

    /// The page, of the answers to ``selections(after:_:)``, and the token of what comes behind it; empty for nothing.
    func page(
        _ answers: ArraySlice<Rows>, after place: CaseTaskPlace?, _ size: Int
    ) throws -> (items: [WorkItem], next: String) {
        let parts = CaseTaskPlace.behind(place).count
        let found = try zip(answers, 0...).flatMap { rows, index in try sources[index / parts].items(rows) }
        let items = found.sorted { CaseTaskPlace($0) < CaseTaskPlace($1) }
        let shown = Array(items.prefix(size))
        guard items.count > size, let last = shown.last else { return (shown, "") }
        return (shown, CaseTaskPlace(last).token(in: binding))
    }

    /// How many there are, counted up to one more than ``RankedSource/counted`` of each table.
    func count(_ answers: ArraySlice<Rows>) throws -> Int {
        try answers.reduce(0) { $0 + (try RankedSource.count($1)) }
    }

    private var binding: PageToken.Binding {
        PageToken.Binding(
            method: OnboardingAPI.listPortalCaseTasks.name, filter: record, order: "", domain: caller.domain.path)
    }
}

/// The place of a task among those of its case.
struct CaseTaskPlace: Comparable {
    private let hasEnded: Bool
    /// ``WorkRank/noDate`` for none.
    private let day: Int64
    private let id: String

    /// The place of `item`.
    init(_ item: WorkItem) {
        hasEnded = item.hasEnded
        day = item.date.flatMap { CivilDate($0) }.map { Int64($0.days) } ?? WorkRank.noDate
        id = item.id
    }

    /// The place that a page token names; nil for the first page.
    init?(_ token: String, in list: PageToken.Binding) throws(Problem) {
        guard let place = try PageToken.place(token, in: list, .number, .number, .id) else { return nil }
        let numbers = place.compactMap { Int64($0) }
        // Tokens come from outside: what no list has given is no place.
        guard (0...1).contains(numbers[0]), numbers[1] == WorkRank.noDate || WorkRank.days.contains(numbers[1]) else {
            throw .damagedPageToken
        }
        (hasEnded, day, id) = (numbers[0] == 1, numbers[1], place[2])
    }

    /// The token of the page behind it.
    func token(in list: PageToken.Binding) -> String {
        PageToken(position: [hasEnded ? "1" : "0", String(day), id]).text(for: list)
    }

    static func < (one: CaseTaskPlace, other: CaseTaskPlace) -> Bool {
        (one.hasEnded ? 1 : 0, one.day, one.id) < (other.hasEnded ? 1 : 0, other.day, other.id)
    }

    /// What comes behind a place, or all: conditions that follow one another, each a range of the index of what belongs to a
    /// case.
    static func behind(_ place: CaseTaskPlace?) -> [SQL] {
        let open: SQL = "\(identifier: LifecycleTask.Field.active)"
        let ended: SQL = "NOT \(open)"
        guard let place else { return [open, ended] }
        let same = place.hasEnded ? ended : open
        let rest = place.hasEnded ? [] : [ended]
        guard place.day != WorkRank.noDate else {
            return ["\(same) AND due_date IS NULL AND id > \(place.id)::uuid"] + rest
        }
        let date = CivilDate(days: Int(clamping: place.day)).description
        return [
            "\(same) AND (due_date, id) > (\(date)::date, \(place.id)::uuid)", "\(same) AND due_date IS NULL",
        ] + rest
    }
}
