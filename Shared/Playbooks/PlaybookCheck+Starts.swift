import Filters
import PlaybooksWire
import RPC
import Wire

/// When activities start, and under which conditions.
extension PlaybookCheck {
    /// What an event of a record can be called.
    static let events = ["created", "updated", "closed", "canceled", "reopened"]

    mutating func lookAtTrigger() {
        guard let trigger = playbook.trigger else { return }
        let place = FaultPlace().at("trigger")
        if !Self.events.contains(trigger.event) {
            let known = Self.events.joined(separator: ", ")
            fault(place.at("event"), "There is no such event; there are \(known).", "이러한 이벤트가 없습니다. 가능한 이벤트: \(known)")
        }
        condition(trigger.condition, over: parent?.filterFields, place.at("condition"))
    }

    mutating func look(at start: ActivityStart?, of activity: PlannedActivity, _ place: FaultPlace) {
        guard let start else { return }
        switch start.when {
        case "", "after_previous", "with_previous", "with_lane":
            if !start.after.isEmpty {
                fault(
                    place.at("after"), "Only the start ‘after’ waits for named activities.",
                    "특정 활동을 기다리려면 시작 방식을 'after' 값으로 지정하세요.")
            }
        case "after":
            if start.after.isEmpty {
                fault(place.at("after"), "It is not said what the activity waits for.", "기다릴 활동을 지정하세요.")
            }
        default:
            fault(
                place.at("when"), "Possible are after_previous, with_previous, after and with_lane.",
                "'after_previous', 'with_previous', 'after', 'with_lane' 중 하나여야 합니다.")
        }
        let known = Set(playbook.activities.map(\.key))
        for (index, key) in start.after.enumerated() where !known.contains(key) {
            fault(place.at("after").element(index), "There is no such activity.", "이러한 활동이 없습니다.")
        }
        guard
            let names = condition(
                start.condition, over: parent.map { $0.filterFields + inputFields }, place.at("condition"))
        else { return }
        if names.contains(where: { $0.hasPrefix(activity.key + ".") }) {
            fault(
                place.at("condition"), "The activity waits for what is entered in itself.",
                "활동이 자신에게 입력될 값을 기다립니다.")
        }
    }

    /// What conditions and expressions may name of what activities enter, "<activity>.<input>".
    var inputFields: [FilterField] {
        resolved.activities.filter { !$0.switchedOff }.flatMap { activity in
            RunPlan.merged(world.kinds[activity.builtIn]?.inputs ?? [], activity.inputs).map {
                FilterField("\(activity.key).\($0.key)", .string, searchable: false)
            }
        }
    }

    /// Checks a condition over fields; the names that it looks at, nil for one that is wrong. Without fields, when its table
    /// is not known, only its grammar is looked at.
    @discardableResult
    mutating func condition(_ text: String, over fields: [FilterField]?, _ place: FaultPlace) -> Set<String>? {
        guard !text.isEmpty else { return [] }
        do throws(FilterError) {
            let filter = try Filter.parse(text)
            guard let fields else { return [] }
            return try filter.check(against: FilterSchema(fields), context: world.facts).fieldNames
        } catch {
            fault(place, error.english, error.korean)
            return nil
        }
    }

    // MARK: Rings

    /// Names the activities that wait for themselves: by those that they come after or start with, and by their lanes, of
    /// which each waits for all before it.
    mutating func lookForRings() {
        let all = playbook.lanes.enumerated().flatMap { lane, content in
            content.activities.filter { !$0.switchedOff }.map { (lane: lane, activity: $0) }
        }
        let places = Dictionary(all.enumerated().map { ($1.activity.key, $0) }, uniquingKeysWith: { first, _ in first })
        // Behind the activities come the lanes: one is done when its activities and the lane before are.
        func lane(_ lane: Int) -> [Int] { lane < 0 ? [] : [all.count + lane] }
        // The one before; past one that may not apply, also the one before that.
        func previous(of place: Int) -> [Int] {
            let others = all[..<place].indices.reversed().prefix { all[$0].lane == all[place].lane }
            let first = others.first { all[$0].activity.start?.condition.isEmpty ?? true } ?? others.last
            return first.map { first in Array(others.prefix { $0 >= first }) } ?? []
        }
        let activities: [[Int]] = all.indices.map { place in
            let start = all[place].activity.start
            let before = lane(all[place].lane - 1)
            switch start?.when ?? "" {
            case "with_lane": return before
            case "after": return before + (start?.after ?? []).compactMap { places[$0] }
            default: return before + previous(of: place)
            }
        }
        let lanes = playbook.lanes.indices.map { index in
            lane(index - 1) + all.indices.filter { all[$0].lane == index }
        }
        for place in all.indices where Self.isReached(place, from: place, activities + lanes) {
            fault(
                FaultPlace().inside(playbook.lanes[all[place].lane]).inside(all[place].activity).at("start"),
                "The activity waits for itself, by what it comes after or starts with.",
                "활동이 기다리거나 함께 시작하는 활동을 통해 자신을 기다리게 됩니다.")
        }
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
