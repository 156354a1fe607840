import Flows
import PlaybooksWire
import RPC
import Wire

/// Where in a playbook something is wrong: the lane and the activity by their keys, and the path of the field there.
struct FaultPlace: Sendable, Equatable {
    /// What an element of a list is.
    enum Level: Sendable {
        case lane, activity, field
    }

    private(set) var lane = ""
    private(set) var activity = ""
    private(set) var path = ""
    private var awaits = Level.field

    /// A field of this place.
    func at(_ field: DefinitionField) -> FaultPlace { at(named: field.rawValue) }

    /// What is called `name` at this place: an input, or what a file says.
    func at(named name: String) -> FaultPlace {
        var place = self
        place.path = path.isEmpty ? name : "\(path).\(name)"
        return place
    }

    /// An element of the list that this place is.
    func element(_ index: Int) -> FaultPlace {
        var place = self
        place.path = "\(path)[\(index)]"
        return place
    }

    /// This lane, or this activity, instead of an element of a list.
    func inside(_ lane: PlaybookLane) -> FaultPlace {
        var place = FaultPlace()
        place.lane = lane.key
        return place
    }

    func inside(_ activity: PlannedActivity) -> FaultPlace {
        var place = FaultPlace()
        (place.lane, place.activity) = (lane, activity.key)
        return place
    }

    /// An element whose key is not read yet.
    func entering(_ level: Level) -> FaultPlace {
        var place = self
        place.awaits = level
        return place
    }

    /// The place, named by the key of the lane or activity that these members are; by its position where it has none.
    func named(_ members: [YAMLTree.Member]) -> FaultPlace {
        guard awaits != .field else { return self }
        var place = self
        place.awaits = .field
        guard
            case .scalar(.string(let key))? = members.first(where: { $0.key == DefinitionField.key.rawValue })?.value
                .value
        else {
            return place
        }
        if awaits == .lane { place.lane = key } else { place.activity = key }
        place.path = ""
        return place
    }

    /// The whole path, by which a violation names its field.
    var whole: String { [lane, activity, path].filter { !$0.isEmpty }.joined(separator: ".") }
}

extension PlaybookFault {
    /// A fault at a place.
    init(_ place: FaultPlace, _ text: Text) {
        self.init()
        (lane, activity, field) = (place.lane, place.activity, place.path)
        message = LocalText(text)
    }
}

extension Problem {
    /// Most faults that one refusal names.
    private static let mostFaults = 100

    /// The refusal of a playbook, naming every fault, of very many the first ones and their number.
    static func faulty(_ faults: [PlaybookFault], _ playbook: Playbook) -> Problem {
        var violations = faults.prefix(mostFaults).map { fault in
            Violation(
                field: [fault.lane, fault.activity, fault.field].filter { !$0.isEmpty }.joined(separator: "."),
                text: playbook.sentence(of: fault), rule: "PLAYBOOK")
        }
        let left = faults.count - violations.count
        if left > 0 {
            violations.append(
                Violation(
                    field: "", text: Text(en: "There are \(left) more faults.", ko: "오류가 \(grouped: left)건 더 있습니다."),
                    rule: "PLAYBOOK"))
        }
        return .invalid(violations)
    }
}

extension Playbook {
    /// The message of a fault behind the names of its lane and activity.
    fileprivate func sentence(of fault: PlaybookFault) -> Text {
        let lane = lanes.first { $0.key == fault.lane }
        let activity = lane?.activities.first { $0.key == fault.activity }
        func name(_ label: LocalText?, _ key: String) -> Text? {
            if key.isEmpty { return nil }
            return label.map(\.text) ?? Text(en: key, ko: key)
        }
        let names = [name(lane?.label, fault.lane), name(activity?.label, fault.activity)].compactMap { $0 }
        let message = fault.message?.text ?? Text(en: "", ko: "")
        guard !names.isEmpty else { return message }
        let english = names.map(\.en).joined(separator: " > ")
        let korean = names.map(\.ko).joined(separator: " > ")
        return Text(en: "\(english): \(message.en)", ko: "\(korean): \(message.ko)")
    }
}
