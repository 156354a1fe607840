import ImportValidationWire
import Korean
import OnboardingWire
import Playbooks
import PlaybooksWire
import Postgres
import RPC
import Records
import Wire

/// What is open and due on a case, and what its playbooks say of it: the ground on which a move of a date is worked out.
struct DateGround {
    let record: OnboardingCase
    let plan: DatePlan
    /// What the plan's dues are, in their order, with their dates of now.
    let items: [DateMoveItem]
    /// What the playbook would do besides dates.
    let follows: [PlaybookConsequence]

    /// Most tasks of a case whose dates are worked out together.
    static let bound = 2_000
    /// Most characters of a title.
    private static let title = 200

    /// Reads the ground of a case as it would be with another go-live date, locked when it is about to be changed.
    /// - Parameters:
    ///   - asked: a task that counts without a date as well.
    ///   - told: what was told before of import tasks that are being moved: they count as they were then.
    init(
        of record: OnboardingCase, goLive: String?, asked: String?, told: [DateMoveItem] = [], isLocked: Bool,
        _ context: RuleContext
    ) throws {
        let (tx, database) = (context.transaction, context.database)
        var changed = record
        changed.goLiveDate = goLive
        let tasks = try Store<LifecycleTask>(database).find(
            where: "parent = \(record.id) AND active ORDER BY id LIMIT \(Self.bound + 1)",
            lock: isLocked ? .update : .none, in: tx)
        let copies = CopiedRecords<ImportTask>(database, context.write.caller)
        let imports = try copies.records(
            tx.query(copies.selection(where: "parent = \(record.id) AND active", limit: Self.bound + 1)))
        guard tasks.count + imports.count <= Self.bound else { throw Self.tooMany }
        let runs = try Playbooks.of(database)?.dates(over: record, if: changed, context) ?? RunDates()
        var dues = Dues(runs.activities)
        for task in tasks { dues.add(DateMoveItem(task), isKept: task.id == asked) }
        for task in imports { dues.add(DateMoveItem(task, told: told), isKept: false) }
        dues.addActivities()
        let holidays = try record.account.map { try AccountHoliday.days(of: $0, tx) } ?? []
        self.record = record
        plan = DatePlan(
            goLive: record.goLiveDate.flatMap { CivilDate($0) }, today: context.write.today,
            calendar: WorkCalendar(holidays: holidays), dues: dues.linked)
        items = dues.items
        follows = runs.follows
    }

    private static let tooMany = Problem(
        .failedPrecondition,
        Text(
            en: "The case has more than \(grouped: bound) open tasks: move their dates one by one.",
            ko: "케이스에 열린 작업이 \(grouped: bound)개를 초과합니다. 날짜를 하나씩 변경하세요."), reason: "TOO_MANY_TASKS")

    /// What the move would do; nil where something would get a date that cannot be written.
    func outcome(of move: DatePlan.Move) -> [DateMoveItem]? {
        guard let planned = plan.outcome(of: move) else { return nil }
        let all = zip(items, planned).compactMap { item, planned -> DateMoveItem? in
            var item = item
            if item.expected { item.before = planned.before?.description ?? "" }
            // Of what waits for something without a date nothing can be told.
            if item.expected, planned.before == nil, planned.after == nil { return nil }
            item.after = planned.after?.description ?? ""
            item.afterGoLive = planned.isAfterGoLive
            item.beforeToday = planned.isBeforeToday
            item.critical = planned.isCritical
            item.slackDays = Int32(clamping: planned.slack ?? 0)
            item.reason = planned.reason?.rawValue ?? ""
            item.notWorking = planned.isOff
            return item
        }
        return telling(all).sorted { ($0.after, $0.number, $0.id) < ($1.after, $1.number, $1.id) }
    }

    /// The items with what would follow besides, of what has no date as well.
    private func telling(_ items: [DateMoveItem]) -> [DateMoveItem] {
        var items = items
        for follow in follows {
            if let place = items.firstIndex(where: { $0.id == follow.id || $0.id == follow.made }) {
                items[place].follows = follow.kind.rawValue
            } else {
                items.append(DateMoveItem(follow))
            }
        }
        return items
    }

    /// What is due, as it is gathered.
    private struct Dues {
        private let activities: [DatedActivity]
        /// The place of the activity that has made a record.
        private let makers: [String: Int]
        private(set) var items: [DateMoveItem] = []
        private var dues: [DatePlan.Due] = []
        /// What stands for an activity among the dues.
        private var places: [Int: Int] = [:]
        /// Activities whose records are open.
        private var atWork: Set<Int> = []

        init(_ activities: [DatedActivity]) {
            self.activities = activities
            makers = Dictionary(
                activities.enumerated().compactMap { place, activity in activity.made.map { ($0, place) } },
                uniquingKeysWith: { first, _ in first })
        }

        mutating func add(_ item: DateMoveItem, isKept: Bool) {
            var due = DatePlan.Due(before: CivilDate(item.before))
            let maker = makers[item.id]
            if let maker {
                atWork.insert(maker)
                due.calendar = activities[maker].calendar
                // A date that somebody has set is not the playbook's any more.
                if activities[maker].due == due.before { due.count = activities[maker].count }
            }
            guard isKept || due.before != nil || due.isCounted else { return }
            if let maker { places[maker] = items.count }
            items.append(item)
            dues.append(due)
        }

        /// Adds the activities that have a date, or will have one, and no open record that has it in their place.
        mutating func addActivities() {
            for (place, activity) in activities.enumerated()
            where activity.isExpected || activity.isBegun && !atWork.contains(place) {
                let due = DatePlan.Due(
                    before: activity.due, count: activity.count, isMovable: false, startingOn: activity.startingOn,
                    calendar: activity.calendar)
                guard due.before != nil || due.isCounted || due.startingOn != nil else { continue }
                places[place] = items.count
                items.append(DateMoveItem(activity))
                dues.append(due)
            }
        }

        /// The dues with what they wait for: through activities that have no date, too.
        var linked: [DatePlan.Due] {
            var known: [Int: Set<Int>] = [:]
            func behind(_ place: Int) -> Set<Int> {
                if let known = known[place] { return known }
                known[place] = []
                var found: Set<Int> = []
                for other in activities[place].waitsFor {
                    if let due = places[other] { found.insert(due) } else { found.formUnion(behind(other)) }
                }
                known[place] = found
                return found
            }
            var linked = dues
            for (place, due) in places { linked[due].waitsFor = behind(place).sorted() }
            return linked
        }
    }
}

extension DatePlan.Due {
    /// Whether its playbook counts a date for it.
    fileprivate var isCounted: Bool { if case .counted(.some) = count { true } else { false } }
}

extension DateMoveItem {
    fileprivate init(_ task: LifecycleTask) {
        self.init()
        (table, id, number) = (LifecycleTask.schema.table, task.id, task.number ?? "")
        (title, before) = (String((task.shortDescription ?? "").prefix(200)), task.dueDate ?? "")
    }

    fileprivate init(_ task: ImportTask, told: [DateMoveItem]) {
        self.init()
        (table, id, number) = (ImportTask.schema.table, task.id, task.number ?? "")
        (title, before) = (String((task.shortDescription ?? "").prefix(200)), task.dueDate ?? "")
        // The event of a date that the move itself has written may have come already, or not yet.
        if let item = told.first(where: { $0.id == task.id }), [item.before, item.after].contains(before) {
            before = item.before
        }
    }

    fileprivate init(_ follow: PlaybookConsequence) {
        self.init()
        (table, id) = (follow.table, follow.id)
        (label, follows, expected) = (LocalText(follow.label), follow.kind.rawValue, follow.kind != .ends)
    }

    fileprivate init(_ activity: DatedActivity) {
        self.init()
        (table, id, label) = (DateMoveRow.activities, activity.id, LocalText(activity.label))
        (before, expected) = (activity.due?.description ?? "", activity.isExpected)
    }
}
