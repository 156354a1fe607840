import PlaybooksWire
import Wire

/// Activities that wait for themselves, or stand where they have nothing to do.
extension PlaybookCheck {
    /// Names the activities that wait for themselves: by those that they come after or start with, by their lanes, of which
    /// each waits for all before it, and by what their conditions look at.
    mutating func lookForRings() {
        let all = planned
        let places = Dictionary(all.enumerated().map { ($1.activity.key, $0) }, uniquingKeysWith: { first, _ in first })
        let lanes = playbook.lanes.indices.map { index in
            Self.end(of: index - 1, all.count) + all.indices.filter { all[$0].lane == index }
        }
        var steps = all.indices.map { waits(of: $0, all, places) } + lanes
        var ringed: Set<Int> = []
        for place in all.indices where Self.isReached(place, from: place, steps) {
            ringed.insert(place)
            fault(
                self.place(of: all[place]).at(.start),
                "The activity waits for itself, by what it comes after or starts with.",
                "활동이 기다리거나 함께 시작하는 활동을 통해 자신을 기다리게 됩니다.")
        }
        let entered = all.map { planned in
            (looked[planned.activity.key] ?? []).compactMap { name in
                name.firstIndex(of: ".").flatMap { places[String(name[..<$0])] }
            }
        }
        for place in all.indices { steps[place] += entered[place] }
        for place in all.indices where !ringed.contains(place) {
            // One that waits for what is entered in itself has been named.
            for other in Set(entered[place]).subtracting([place]).sorted()
            where Self.isReached(place, from: other, steps) {
                let key = all[other].activity.key
                fault(
                    self.place(of: all[place]).at(.start).at(.condition),
                    "The activity waits for what is entered in \(key), which waits for it in turn.",
                    "\(key) 활동에 입력될 값을 기다리지만, 그 활동도 이 활동을 기다립니다.")
            }
        }
    }

    /// Names the activities that make the parent record elsewhere than at the beginning: a run that comes before its record
    /// has nothing to work on until then.
    mutating func lookForMakers() {
        for planned in self.planned.dropFirst() where kind(of: planned.activity)?.makesParent == true {
            fault(
                place(of: planned).at(.kind),
                "Only the first activity of the first lane can make the record of the playbook.",
                "첫 번째 레인의 첫 번째 활동만 플레이북의 레코드를 생성할 수 있습니다.")
        }
    }

    /// An activity that is switched on, with the index of its lane.
    private typealias Planned = (lane: Int, activity: PlannedActivity)

    private var planned: [Planned] {
        playbook.lanes.enumerated().flatMap { lane, content in
            content.activities.filter { !$0.switchedOff }.map { (lane: lane, activity: $0) }
        }
    }

    private func place(of planned: Planned) -> FaultPlace {
        FaultPlace().inside(playbook.lanes[planned.lane]).inside(planned.activity)
    }

    /// The end of a lane, as a step behind `count` activities: one is done when its activities and the lane before are.
    private static func end(of lane: Int, _ count: Int) -> [Int] { lane < 0 ? [] : [count + lane] }

    /// What an activity waits for, its condition aside.
    private func waits(of place: Int, _ all: [Planned], _ places: [String: Int]) -> [Int] {
        let start = all[place].activity.start
        let before = Self.end(of: all[place].lane - 1, all.count)
        switch start?.moment {
        case .withLane: return before
        case .after: return before + (start?.after ?? []).compactMap { places[$0] }
        case .afterPrevious, .withPrevious, nil: return before + Self.previous(of: place, all)
        }
    }

    /// The activity before one; past one that may not apply, also the one before that.
    private static func previous(of place: Int, _ all: [Planned]) -> [Int] {
        let others = all[..<place].indices.reversed().prefix { all[$0].lane == all[place].lane }
        let first = others.first { all[$0].activity.start?.condition.isEmpty ?? true } ?? others.last
        return first.map { first in Array(others.prefix { $0 >= first }) } ?? []
    }

    /// Whether a way of one step or more leads from `start` to `goal`.
    private static func isReached(_ goal: Int, from start: Int, _ steps: [[Int]]) -> Bool {
        var seen: Set<Int> = []
        var open = steps[start]
        while let next = open.popLast() {
            if next == goal { return true }
            if seen.insert(next).inserted { open += steps[next] }
        }
        return false
    }
}
