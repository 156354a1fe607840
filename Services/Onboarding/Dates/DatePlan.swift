import Playbooks
import Wire

/// What a move of a date does to everything that is due: worked out of what is known, without I/O.
///
/// When go-live moves, what a playbook counts from it follows as the playbook says, and everything else keeps its distance
/// in working days. When a due date moves, what waits for it is pushed: it keeps its distance to the last of what it waits
/// for, and never comes earlier. What has yet to begin is expected behind the last of what it waits for, and comes as that
/// does. What has ended is not in a plan, and what belongs to nobody who may be moved stays.
struct DatePlan: Sendable {
    /// Something that is due.
    struct Due: Sendable {
        /// nil for what has no date yet.
        var before: CivilDate?
        /// The date that its playbook counts for it.
        var count = DatedActivity.Count.stays
        /// Whether it may be given another date than its playbook counts.
        var isMovable = true
        /// What it waits for, by places.
        var waitsFor: [Int] = []
        /// By when it is due if it starts on a day; nil for what has begun, and for what is not counted from its start.
        var startingOn: (@Sendable (CivilDate) -> CivilDate?)?
        /// The working days of those who do it; nil for those of the plan.
        var calendar: WorkCalendar?
    }

    /// What is moved.
    enum Move: Sendable {
        case goLive(CivilDate)
        case due(Int, CivilDate)
    }

    /// Why something moves.
    enum Reason: String, Sendable { case asked, counted, distance, pushed }

    /// How something would stand.
    struct Planned: Sendable, Equatable {
        /// As it stands now: of what is expected, as that is to be expected.
        var before: CivilDate?
        var after: CivilDate?
        var reason: Reason?
        var isAfterGoLive = false
        var isBeforeToday = false
        /// Working days that it may slip until it, or what waits for it, holds up the go-live.
        var slack: Int?
        var isCritical = false
        /// Whether nobody works on that day.
        var isOff = false
    }

    let goLive: CivilDate?
    let today: CivilDate
    let calendar: WorkCalendar
    let dues: [Due]

    /// How everything would stand after a move, in the order of `dues`; nil where something would get a date that cannot be
    /// written.
    func outcome(of move: Move) -> [Planned]? {
        let order = self.order
        var known = dues.map { Planned(after: $0.before) }
        for place in order { expect(place, among: &known) }
        let before = known.map(\.after)
        var planned: [Planned]
        var goLive = goLive
        switch move {
        case .goLive(let date):
            planned = dues.map { moved($0, goLiveTo: date) }
            for place in order { expect(place, among: &planned) }
            goLive = date
        case .due(let place, let date): planned = pushed(by: place, to: date, from: before, order)
        }
        guard planned.allSatisfy({ Self.isWritable($0.after) }) else { return nil }
        for place in dues.indices {
            planned[place].before = before[place]
            if planned[place].after == before[place] { planned[place].reason = nil }
            planned[place].isOff = planned[place].after.map { !calendar(of: place).counts($0) } ?? false
        }
        judge(&planned, goLive, order)
        return planned
    }

    private func calendar(of place: Int) -> WorkCalendar { dues[place].calendar ?? calendar }

    /// Dates what has yet to begin by the last of what it waits for; without one nothing can be told.
    private func expect(_ place: Int, among planned: inout [Planned]) {
        guard let startingOn = dues[place].startingOn else { return }
        planned[place] = Planned(
            after: last(of: dues[place].waitsFor, among: planned).flatMap { startingOn(max($0, today)) },
            reason: .pushed)
    }

    private func last(of places: [Int], among planned: [Planned]) -> CivilDate? {
        places.compactMap { planned[$0].after }.max()
    }

    private static func isWritable(_ date: CivilDate?) -> Bool { date.map { CivilDate($0.description) != nil } ?? true }

    private func moved(_ due: Due, goLiveTo date: CivilDate) -> Planned {
        if case .counted(let day) = due.count { return Planned(after: day, reason: .counted) }
        guard due.isMovable, let before = due.before, let goLive else { return Planned(after: due.before) }
        let calendar = due.calendar ?? calendar
        let distance = calendar.distance(from: goLive, to: date)
        return Planned(after: calendar.day(distance, from: before), reason: .distance)
    }

    /// Pushes what waits for a due date that moves, and what waits for that.
    private func pushed(
        by moved: Int, to date: CivilDate, from known: [CivilDate?], _ order: [Int]
    ) -> [Planned] {
        var planned = known.map { Planned(after: $0) }
        planned[moved] = Planned(after: date, reason: .asked)
        for place in order where place != moved {
            expect(place, among: &planned)
            let waited = dues[place].waitsFor
            guard dues[place].isMovable, let before = known[place], let last = waited.compactMap({ known[$0] }).max(),
                let then = self.last(of: waited, among: planned), then > last
            else { continue }
            let calendar = calendar(of: place)
            let day = calendar.day(calendar.distance(from: last, to: before), from: then)
            if day > before { planned[place] = Planned(after: day, reason: .pushed) }
        }
        return planned
    }

    /// Says of each what it would break, and which of them decide when go-live can be.
    private func judge(_ planned: inout [Planned], _ goLive: CivilDate?, _ order: [Int]) {
        for place in dues.indices {
            guard let after = planned[place].after else { continue }
            planned[place].isBeforeToday = after < today
            guard let goLive else { continue }
            planned[place].isAfterGoLive = after > goLive
            planned[place].slack = calendar(of: place).distance(from: after, to: goLive)
        }
        guard goLive != nil else { return }
        // What keeps its date, whatever it waits for, is held up by nothing.
        for place in order.reversed() where dues[place].isMovable || dues[place].startingOn != nil {
            guard let slack = planned[place].slack, var last = last(of: dues[place].waitsFor, among: planned)
            else { continue }
            if dues[place].startingOn != nil { last = max(last, today) }
            let calendar = calendar(of: place)
            for earlier in dues[place].waitsFor {
                guard let after = planned[earlier].after, let own = planned[earlier].slack else { continue }
                planned[earlier].slack = min(own, slack + calendar.distance(from: after, to: last))
            }
        }
        let least = planned.compactMap(\.slack).min()
        for place in dues.indices { planned[place].isCritical = planned[place].slack.map { $0 == least } ?? false }
    }

    /// Each behind all that it waits for.
    private var order: [Int] {
        var waiting = dues.map(\.waitsFor.count)
        var followers = [[Int]](repeating: [], count: dues.count)
        for (place, due) in dues.enumerated() {
            for other in due.waitsFor { followers[other].append(place) }
        }
        var order = dues.indices.filter { waiting[$0] == 0 }
        var next = 0
        while next < order.count {
            for follower in followers[order[next]] {
                waiting[follower] -= 1
                if waiting[follower] == 0 { order.append(follower) }
            }
            next += 1
        }
        return order
    }
}
