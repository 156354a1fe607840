import PlaybooksWire

/// A part of a playbook that is edited by itself, by the keys that lead there.
enum DraftPlace: Sendable, Hashable {
    /// What the playbook says of itself.
    case playbook
    case lane(String)
    case activity(String)
    /// A field of the form of an activity.
    case input(activity: String, key: String)

    /// As addresses and forms have it: `activity:enter_info`, `input:enter_info.go_live_date`; empty for the playbook itself.
    var text: String {
        switch self {
        case .playbook: ""
        case .lane(let key): "lane:\(key)"
        case .activity(let key): "activity:\(key)"
        case .input(let activity, let key): "input:\(activity).\(key)"
        }
    }

    /// The id of its form, by which a browser keeps what was typed.
    var form: String {
        String("edit-\(text)".map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "-" }.prefix(80))
    }

    /// The place of a text; the playbook itself for one that is none.
    init(_ text: String) {
        let parts = text.split(separator: ":", maxSplits: 1).map { String($0) }
        let keys = parts.count == 2 ? parts[1].split(separator: ".", maxSplits: 1).map { String($0) } : []
        switch (parts.first, keys.count) {
        case ("lane", 1): self = .lane(keys[0])
        case ("activity", 1): self = .activity(keys[0])
        case ("input", 2): self = .input(activity: keys[0], key: keys[1])
        default: self = .playbook
        }
    }

    /// The place that a fault speaks of, and the name of the field there: the part of its path that a form has.
    init(_ fault: PlaybookFault, in playbook: Playbook) {
        guard !fault.activity.isEmpty else {
            self = fault.lane.isEmpty ? .playbook : .lane(fault.lane)
            return
        }
        let activity = playbook.activity(fault.activity)
        if let match = fault.field.prefixMatch(of: #/inputs\[(\d+)\]\./#), let index = Int(match.output.1),
            let inputs = activity?.inputs, inputs.indices.contains(index)
        {
            self = .input(activity: fault.activity, key: inputs[index].key)
        } else {
            self = .activity(fault.activity)
        }
    }

    /// The name of the field of a form that the path of a fault leads to, of those that there are: `start_after` of
    /// `start.after[1]`; empty for none.
    static func field(_ path: String, of names: Set<String>) -> String {
        let inner = path.replacing(#/^inputs\[\d+\]\./#, with: "").replacing(#/\[\d+\]/#, with: "")
        var parts = inner.split(separator: ".").map { String($0) }
        while !parts.isEmpty {
            let name = parts.joined(separator: "_")
            if names.contains(name) { return name }
            parts.removeLast()
        }
        return ""
    }

    /// Whether a playbook has it.
    func isThere(in playbook: Playbook) -> Bool {
        switch self {
        case .playbook: true
        case .lane(let key): playbook.lanes.contains { $0.key == key }
        case .activity(let key): playbook.activity(key) != nil
        case .input(let activity, let key): playbook.activity(activity)?.inputs.contains { $0.key == key } == true
        }
    }

    /// What stands above it: of what is not there any more the next thing to look at.
    var above: DraftPlace {
        if case .input(let activity, _) = self { return .activity(activity) }
        return .playbook
    }
}

extension Playbook {
    /// An activity by its key.
    func activity(_ key: String) -> PlannedActivity? {
        lanes.lazy.flatMap(\.activities).first { $0.key == key }
    }

    /// Where an activity stands.
    func index(of activity: String) -> (lane: Int, index: Int)? {
        for (lane, content) in lanes.enumerated() {
            if let index = content.activities.firstIndex(where: { $0.key == activity }) { return (lane, index) }
        }
        return nil
    }

    /// The keys that lanes, or activities, cannot have any more.
    var laneKeys: Set<String> { Set(lanes.map(\.key)) }
    var activityKeys: Set<String> { Set(lanes.flatMap(\.activities).map(\.key)) }
}
