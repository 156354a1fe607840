import Ground
import PlaybooksWire
import Postgres
import RPC
import Records
import Wire

/// An activity of an open run, as far as dates go.
public struct DatedActivity: Sendable {
    /// By when it is due if the parent record changes.
    public enum Count: Sendable, Equatable {
        /// As now: it is not counted from the record, or has not begun.
        case stays
        /// Counted from the record; nil where that has no date.
        case counted(CivilDate?)
    }

    /// Its id.
    public let id: String
    /// What its playbook calls it.
    public let label: Text
    /// Whether it has begun and has yet to end.
    public let isBegun: Bool
    /// Whether it belongs to the run and its turn has yet to come.
    public let isExpected: Bool
    /// The record it has made.
    public let made: String?
    /// By when it is due, or would be where it is expected and that is counted from the record; nil where nothing is said, or
    /// it cannot be told yet.
    public let due: CivilDate?
    /// By when it would be due if it started on a day; nil unless it is expected and counted from its start.
    public let startingOn: (@Sendable (CivilDate) -> CivilDate?)?
    /// The days on which those work who do it; nil for the usual ones.
    public let calendar: WorkCalendar?
    /// By when it would be due.
    public let count: Count
    /// The activities that it waits for, by their places in the list: of these each waits for others in turn.
    public let waitsFor: [Int]
}

/// What the runs over a record say of dates.
public struct RunDates: Sendable {
    /// All activities of the open runs, in their order.
    public var activities: [DatedActivity] = []
    /// What would follow from the change besides dates.
    public var follows: [PlaybookConsequence] = []

    /// What is said of a record without runs.
    public init() {}
}

extension Playbooks {
    /// The activities of the open runs over `record`, and what would follow for them if it were `changed`. Nothing is done.
    public func dates(
        over record: any RecordMessage, if changed: any RecordMessage, _ context: RuleContext
    ) throws -> RunDates {
        let fields = Set(type(of: record).schema.fields.map(\.name)).filter {
            record.text(named: $0) != changed.text(named: $0)
        }
        let rows = try context.transaction.query(
            """
            SELECT \(RunRow.columns) FROM \(identifier: database.schema).playbook_run \
            WHERE record = \(record.id) AND state = \(literal: RunState.inProgress) ORDER BY id
            """)
        var all = RunDates()
        if !fields.isEmpty { all.follows = try startsByChange(of: record, to: changed, context) }
        for run in try rows.map(RunRow.init) {
            var work = try RunWork(reading: run, self, context)
            work.parent = changed
            all.follows += try work.consequences(of: fields, before: record)
            all.activities += try work.dated(behind: all.activities.count, before: record)
        }
        return all
    }

    /// An activity that is worked on, with its date.
    public struct ActivityDate: Sendable {
        /// Its id.
        public let id: String
        /// The record it has made.
        public let made: String?
        /// By when it is due; empty for no date.
        public let due: String
    }

    /// The activities that are worked on over a record.
    public func activityDates(over record: String, _ tx: Transaction) throws -> [ActivityDate] {
        try tx.query(
            """
            SELECT a.id, a.made, a.due_date FROM \(identifier: database.schema).playbook_run r \
            JOIN \(identifier: database.schema).playbook_activity a ON a.run = r.id \
            WHERE r.record = \(record) AND r.state = \(literal: RunState.inProgress) AND a.position > 0 \
            AND a.state IN (\(literal: ActivityState.inProgress), \(literal: ActivityState.failed)) ORDER BY a.id
            """
        ).map { row in
            ActivityDate(
                id: try row.string(PlaybookColumn.id), made: try row.optionalString(PlaybookColumn.made),
                due: try row.optionalString(PlaybookColumn.dueDate) ?? "")
        }
    }

    /// Gives activities dates, by their ids; empty for none. Their records are the caller's to move.
    public func setDates(_ dates: [(activity: String, due: String)], _ tx: Transaction) {
        guard !dates.isEmpty else { return }
        tx.send(
            """
            UPDATE \(identifier: database.schema).playbook_activity a \
            SET due_date = nullif(b.due, '')::date, revision = a.revision + 1 \
            FROM unnest(\(dates.map(\.activity))::uuid[], \(dates.map(\.due))::text[]) b (id, due) \
            WHERE a.id = b.id AND a.due_date IS DISTINCT FROM nullif(b.due, '')::date
            """)
    }
}

extension RunWork {
    /// Its activities as the record would have them, and as it has them `before`; their places begin with `first`.
    fileprivate func dated(behind first: Int, before: any RecordMessage) throws -> [DatedActivity] {
        let waits = plan.waits
        let record = parent
        var holidays: [CivilDate]?
        let applies = try PlaybookMachine.next(plan, activities.map(\.standing), holds: holds).applies
        return try activities.enumerated().map { place, activity in
            let step = plan.steps[place]
            let isExpected = activity.state == .pending && applies[place]
            var known = activity.dueDate.flatMap { CivilDate($0) }
            var count = DatedActivity.Count.stays
            var startingOn: (@Sendable (CivilDate) -> CivilDate?)?
            var calendar: WorkCalendar?
            if activity.state.isBegun || isExpected, let due = step.plan.due {
                let off = try due.workingDays ? holidays ?? self.holidays(for: place) : []
                if due.workingDays { holidays = off }
                let (playbook, today) = (plan.playbook, context.write.today)
                if due.base == .beforeField {
                    func date(of record: (any RecordMessage)?) -> CivilDate? {
                        due.date(
                            start: today, of: { record?.text(named: $0) ?? "" }, in: playbook, holidays: off)
                    }
                    count = .counted(date(of: record))
                    if isExpected { known = date(of: before) }
                } else if isExpected {
                    startingOn = { due.date(start: $0, of: { _ in "" }, in: playbook, holidays: off) }
                }
                if due.workingDays, !due.calendar.isEmpty {
                    calendar = WorkCalendar(due.calendar, in: playbook, holidays: off)
                }
            }
            return DatedActivity(
                id: activity.id, label: step.plan.label?.text ?? step.kind.label, isBegun: activity.state.isBegun,
                isExpected: isExpected, made: isExpected ? nil : activity.made, due: known, startingOn: startingOn,
                calendar: calendar, count: count, waitsFor: waits[place].map { $0 + first })
        }
    }
}

extension RunPlan {
    /// What each activity waits for, by places: those that it names or follows, and all of the lane before its own.
    var waits: [[Int]] {
        var waits: [[Int]] = []
        var (before, lane): ([Int], Range<Int>) = ([], 0..<0)
        for (place, step) in steps.enumerated() {
            if place == 0 || steps[place - 1].lane != step.lane {
                before = Array(lane)
                lane = place..<place
            }
            switch step.gate {
            case .lane: waits.append(before)
            case .named(let others): waits.append(Array(Set(others + before)).sorted())
            case .withPrevious: waits.append(lane.isEmpty ? before : waits[place - 1])
            case .previous:
                var group: [Int] = []
                for other in lane.reversed() {
                    group.append(other)
                    guard steps[other].gate == .withPrevious else { break }
                }
                waits.append(group.isEmpty ? before : group)
            }
            lane = lane.lowerBound..<(place + 1)
        }
        return waits
    }
}
