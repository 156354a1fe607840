import Playbooks
import Wire

/// What a move of a date does to everything that is due: worked out of what is known, without I/O.
///
/// When go-live moves, what a playbook counts from it follows as the playbook says, and everything else keeps its distance
/// in working days. When a due date moves, what waits for it is pushed: it keeps its distance to the last of what it waits
/// for, and never comes earlier. What has ended is not in a plan, and what belongs to nobody who may be moved stays.
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
        var after: CivilDate?
        var reason: Reason?
        var isAfterGoLive = false
        var isBeforeToday = false
        /// Working days that it may slip until it, or what waits for it, holds up the go-live.
        var slack: Int?
        var isCritical = false
    }

    let goLive: CivilDate?
    let today: CivilDate
    let calendar: WorkCalendar
    let dues: [Due]

    /// How everything would stand after a move, in the order of `dues`; nil where something would get a date that cannot be
    /// written.
    func outcome(of move: Move) -> [Planned]? {
        let order = self.order
        var planned: [Planned]
        var goLive = goLive
        switch move {
        case .goLive(let date):
            planned = dues.map { moved($0, goLiveTo: date) }
            goLive = date
        case .due(let place, let date): planned = pushed(by: place, to: date, order)
        }
        guard planned.allSatisfy({ Self.isWritable($0.after) }) else { return nil }
        for place in dues.indices where planned[place].after == dues[place].before { planned[place].reason = nil }
        judge(&planned, goLive, order)
        return planned
    }

    private static func isWritable(_ date: CivilDate?) -> Bool { date.map { CivilDate($0.description) != nil } ?? true }

    private func moved(_ due: Due, goLiveTo date: CivilDate) -> Planned {
        if case .counted(let day) = due.count { return Planned(after: day, reason: .counted) }
        guard due.isMovable, let before = due.before, let goLive else { return Planned(after: due.before) }
        let distance = calendar.distance(from: goLive, to: date)
        return Planned(after: calendar.day(distance, from: before), reason: .distance)
    }

    /// Pushes what waits for a due date that moves, and what waits for that.
    private func pushed(by moved: Int, to date: CivilDate, _ order: [Int]) -> [Planned] {
        var planned = dues.map { Planned(after: $0.before) }
        planned[moved] = Planned(after: date, reason: .asked)
        for place in order where place != moved && dues[place].isMovable {
            let waited = dues[place].waitsFor
            guard let before = dues[place].before, let last = waited.compactMap({ dues[$0].before }).max(),
                let then = waited.compactMap({ planned[$0].after }).max(), then > last
            else { continue }
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
            planned[place].slack = calendar.distance(from: after, to: goLive)
        }
        guard goLive != nil else { return }
        for place in order.reversed() {
            guard let slack = planned[place].slack,
                let last = dues[place].waitsFor.compactMap({ planned[$0].after }).max()
            else { continue }
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
