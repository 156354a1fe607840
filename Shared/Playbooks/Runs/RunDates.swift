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
    /// The record it has made.
    public let made: String?
    /// By when it is due; nil where nothing is said, or it cannot be told yet.
    public let due: CivilDate?
    /// By when it would be due.
    public let count: Count
    /// The activities that it waits for, by their places in the list: of these each waits for others in turn.
    public let waitsFor: [Int]
}

/// What the runs over a record say of dates.
public struct RunDates: Sendable {
    /// All activities of the open runs, in their order.
    public var activities: [DatedActivity] = []
    /// Whether something else than dates would follow from the change: an activity that begins, or a record that ends.
    public var goesOn = false

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
        for run in try rows.map(RunRow.init) {
            var work = try RunWork(reading: run, self, context)
            work.parent = record
            let now = try PlaybookMachine.next(work.plan, work.activities.map(\.standing), holds: work.holds)
            work.parent = changed
            let then = try PlaybookMachine.next(work.plan, work.activities.map(\.standing), holds: work.holds)
            if now != then { all.goesOn = true }
            for place in work.activities.indices where work.activities[place].state == .inProgress {
                if try work.endsMade(place, by: fields) { all.goesOn = true }
            }
            all.activities += try work.dated(behind: all.activities.count)
        }
        return all
    }
}

extension RunWork {
    /// Its activities; their places begin with `first`.
    fileprivate func dated(behind first: Int) throws -> [DatedActivity] {
        let waits = plan.waits
        var holidays: [CivilDate]?
        return try activities.enumerated().map { place, activity in
            let step = plan.steps[place]
            var count = DatedActivity.Count.stays
            if activity.state.isBegun, let due = step.plan.due, due.base == .beforeField {
                let off = try due.workingDays ? holidays ?? self.holidays(for: place) : []
                if due.workingDays { holidays = off }
                count = .counted(dueDate(of: place, holidays: off).flatMap { CivilDate($0) })
            }
            return DatedActivity(
                id: activity.id, label: step.plan.label?.text ?? step.kind.label, isBegun: activity.state.isBegun,
                made: activity.made, due: activity.dueDate.flatMap { CivilDate($0) }, count: count,
                waitsFor: waits[place].map { $0 + first })
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
