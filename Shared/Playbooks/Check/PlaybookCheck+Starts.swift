import Filters
import PlaybooksWire
import RPC
import Wire

/// When activities start, and under which conditions.
extension PlaybookCheck {
    /// The events that may start a run. Nothing begins on a record that has ended (G-128), so its end is none of them.
    static let events = [creation, "updated", "reopened"]
    /// The event of a new record.
    static let creation = "created"

    mutating func lookAtTrigger() {
        guard let trigger = playbook.trigger else { return }
        let place = FaultPlace().at(.trigger)
        if !Self.events.contains(trigger.event) {
            let known = Self.events.joined(separator: ", ")
            fault(
                place.at(.event), "No run starts at such an event; possible are \(known).",
                "이 이벤트에서는 실행이 시작되지 않습니다. 가능한 이벤트: \(known)")
        }
        // An event has its time, and is looked at then alone.
        condition(
            trigger.condition, over: parent.map { TriggerField.all($0.filterFields) }, place.at(.condition),
            functions: Self.times)
    }

    mutating func look(at start: ActivityStart?, of activity: PlannedActivity, _ place: FaultPlace) {
        guard let start else { return }
        switch start.moment {
        case .afterPrevious, .withPrevious, .withLane:
            if !start.after.isEmpty {
                fault(
                    place.at(.after), "Only the start ‘after’ waits for named activities.",
                    "특정 활동을 기다리려면 시작 방식을 '\(StartMoment.after.rawValue)' 값으로 지정하세요.")
            }
        case .after:
            if start.after.isEmpty {
                fault(place.at(.after), "It is not said what the activity waits for.", "기다릴 활동을 지정하세요.")
            }
        case nil:
            let known = StartMoment.allCases.map(\.rawValue).joined(separator: ", ")
            fault(place.at(.when), "Possible are \(known).", "이러한 시작 방식이 없습니다. 가능한 값: \(known)")
        }
        let known = Set(playbook.activities.map(\.key))
        for (index, key) in start.after.enumerated() where !known.contains(key) {
            fault(place.at(.after).element(index), "There is no such activity.", "이러한 활동이 없습니다.")
        }
        guard
            let names = condition(
                start.condition, over: parent.map { $0.filterFields + inputFields }, place.at(.condition))
        else { return }
        looked[activity.key] = names
        if names.contains(where: { $0.hasPrefix(activity.key + ".") }) {
            fault(
                place.at(.condition), "The activity waits for what is entered in itself.",
                "활동이 자신에게 입력될 값을 기다립니다.")
        }
    }

    /// What conditions and expressions may name of what activities enter, "<activity>.<input>".
    var inputFields: [FilterField] {
        let inputs = resolved.activities.filter { !$0.switchedOff }.flatMap { activity in
            RunPlan.merged(world.kinds[activity.builtIn]?.inputs ?? [], activity.inputs).map { (activity.key, $0) }
        }
        return InputFields(inputs, over: parent?.schema).fields
    }

    /// The functions that tell the time.
    private static let times: Set = ["now", "today", "days_from_now"]
    /// Those, and the one that tells who asks: for what somebody chooses at a certain time.
    static let all = times.union(["me"])

    /// Checks a condition over fields; the names that it looks at, nil for one that is wrong. Without fields, when its table
    /// is not known, only its grammar is looked at. Of functions it may ask `functions` alone: nothing changes when time
    /// passes, so that nobody would look again, and nobody asks on whose behalf it does.
    @discardableResult
    mutating func condition(
        _ text: String, over fields: [FilterField]?, _ place: FaultPlace, functions: Set<String> = []
    ) -> Set<String>? {
        guard !text.isEmpty else { return [] }
        do throws(FilterError) {
            let filter = try Filter.parse(text)
            let refused = filter.functionNames.subtracting(functions).sorted().map { "\($0)()" }
            guard refused.isEmpty else {
                let names = refused.joined(separator: ", ")
                fault(
                    place, "The condition cannot ask \(names): only changes of records are looked at.",
                    "조건에는 레코드의 변경만 반영되므로 \(names) 함수를 사용할 수 없습니다.")
                return nil
            }
            guard let fields else { return [] }
            return try filter.check(against: FilterSchema(fields), context: world.facts).fieldNames
        } catch {
            fault(place, error.english, error.korean)
            return nil
        }
    }
}
