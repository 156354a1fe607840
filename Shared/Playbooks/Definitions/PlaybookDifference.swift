import PlaybooksWire
import RPC
import Records
import Wire

/// What makes one playbook of another: lanes and activities added, removed, moved, and changed field by field, in the order in
/// which it is carried out.
///
/// Lanes and activities are told apart by their keys. Those that keep their order among each other have not moved; what has,
/// comes behind the one that is named, so that as little as possible moves.
struct PlaybookDifference: Sendable, Equatable {
    var changes: [PlaybookChange] = []

    /// What is done to something.
    enum Kind: String { case added, removed, moved, changed }

    /// What makes `new` of `old`.
    init(from old: Playbook, to new: Playbook) throws {
        let (lanes, oldLanes) = (new.lanes.map(\.key), old.lanes.map(\.key))
        let homes = Self.homes(in: old)
        let newHomes = Self.homes(in: new)
        changes += try Self.fields(old.withoutLanes, new.withoutLanes)
        for lane in old.lanes {
            for activity in lane.activities where newHomes[activity.key] == nil {
                changes.append(.init(.removed, lane: lane.key, activity: activity.key, activity.label))
            }
        }
        let staying = Self.staying(oldLanes, lanes)
        for (place, lane) in new.lanes.enumerated() where !staying.contains(lane.key) {
            let isNew = !oldLanes.contains(lane.key)
            var change = PlaybookChange(isNew ? .added : .moved, lane: lane.key, lane.label)
            change.behind = place > 0 ? lanes[place - 1] : ""
            if isNew { change.addedLane = lane.withoutActivities }
            changes.append(change)
        }
        for lane in new.lanes {
            let before = old.lanes.first { $0.key == lane.key }?.activities.map(\.key) ?? []
            let staying = Self.staying(before, lane.activities.map(\.key))
            for (place, activity) in lane.activities.enumerated() where !staying.contains(activity.key) {
                let isNew = homes[activity.key] == nil
                var change = PlaybookChange(
                    isNew ? .added : .moved, lane: lane.key, activity: activity.key, activity.label)
                change.behind = place > 0 ? lane.activities[place - 1].key : ""
                if isNew { change.addedActivity = activity }
                changes.append(change)
            }
        }
        for lane in old.lanes where !lanes.contains(lane.key) {
            changes.append(.init(.removed, lane: lane.key, lane.label))
        }
        for lane in new.lanes {
            if let before = old.lanes.first(where: { $0.key == lane.key }) {
                changes += try Self.fields(before.withoutActivities, lane.withoutActivities, lane: lane.key, lane.label)
            }
            for activity in lane.activities {
                guard let before = homes[activity.key]?.activity else { continue }
                changes += try Self.fields(
                    before, activity, lane: lane.key, activity: activity.key, activity.label)
            }
        }
        name(old, new, homes)
    }

    /// Says what lanes and activities are called that changes speak of by their keys.
    private mutating func name(
        _ old: Playbook, _ new: Playbook, _ homes: [String: (lane: String, activity: PlannedActivity)]
    ) {
        func label(ofLane key: String) -> LocalText? {
            (new.lanes.first { $0.key == key } ?? old.lanes.first { $0.key == key })?.label
        }
        let activities = Self.homes(in: new)
        for place in changes.indices {
            let change = changes[place]
            changes[place].laneLabel = label(ofLane: change.lane)
            if !change.behind.isEmpty {
                changes[place].behindLabel =
                    change.activity.isEmpty
                    ? label(ofLane: change.behind) : activities[change.behind]?.activity.label
            }
            guard change.is(.moved), let from = homes[change.activity]?.lane else { continue }
            changes[place].fromLane = from
            changes[place].fromLaneLabel = old.lanes.first { $0.key == from }?.label
        }
    }

    private static func homes(in playbook: Playbook) -> [String: (lane: String, activity: PlannedActivity)] {
        let all = playbook.lanes.flatMap { lane in lane.activities.map { ($0.key, (lane.key, $0)) } }
        return Dictionary(all, uniquingKeysWith: { first, _ in first })
    }

    /// The most keys that are in both lists in the same order.
    private static func staying(_ old: [String], _ new: [String]) -> Set<String> {
        let places = Dictionary(old.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
        let known = new.compactMap { key in places[key].map { (key, $0) } }
        // Of each the longest rising list that ends with it, and the one before it there.
        var (lengths, before): ([Int], [Int?]) = ([], [])
        for (place, entry) in known.enumerated() {
            let best = (0..<place).filter { known[$0].1 < entry.1 }.max { lengths[$0] < lengths[$1] }
            lengths.append((best.map { lengths[$0] } ?? 0) + 1)
            before.append(best)
        }
        var staying: Set<String> = []
        var at = lengths.indices.max { lengths[$0] < lengths[$1] }
        while let place = at {
            staying.insert(known[place].0)
            at = before[place]
        }
        return staying
    }

    /// The fields in which two messages differ, as JSON.
    private static func fields(
        _ old: some Message, _ new: some Message, lane: String = "", activity: String = "", _ label: LocalText? = nil
    ) throws -> [PlaybookChange] {
        guard let (old, new) = try? (MessageFields(of: old), MessageFields(of: new)) else {
            throw Problem.internalError(cause: "a playbook cannot be written as JSON")
        }
        return Set(old.leaves.keys).union(new.leaves.keys).sorted().compactMap { path in
            guard old.leaves[path] != new.leaves[path] else { return nil }
            var change = PlaybookChange(.changed, lane: lane, activity: activity, label)
            (change.field, change.before, change.after) = (path, old.leaves[path] ?? "", new.leaves[path] ?? "")
            return change
        }
    }

    // MARK: Carrying it out

    /// What it makes of a playbook. What it names that is not there is passed over.
    func applied(to old: Playbook) throws -> Playbook {
        var playbook = old
        var taken: [String: PlannedActivity] = [:]
        let moving = Set(changes.filter { $0.is(.moved) && !$0.activity.isEmpty }.map(\.activity))
        for index in playbook.lanes.indices {
            for activity in playbook.lanes[index].activities where moving.contains(activity.key) {
                taken[activity.key] = activity
            }
            playbook.lanes[index].activities.removeAll { moving.contains($0.key) }
        }
        for change in changes where !change.is(.changed) {
            if change.activity.isEmpty {
                change.move(&playbook.lanes, key: \.key, change.lane, added: change.addedLane)
            } else if change.is(.removed) {
                for index in playbook.lanes.indices {
                    playbook.lanes[index].activities.removeAll { $0.key == change.activity }
                }
            } else if let index = playbook.lanes.firstIndex(where: { $0.key == change.lane }) {
                change.move(
                    &playbook.lanes[index].activities, key: \.key, change.activity,
                    added: change.addedActivity ?? taken[change.activity])
            }
        }
        return try withFields(playbook)
    }

    /// With the fields that differ as they are to be.
    private func withFields(_ playbook: Playbook) throws -> Playbook {
        let fields = Dictionary(grouping: changes.filter { $0.is(.changed) }) { [$0.lane, $0.activity] }
        func changed<M: Message>(_ message: M, _ lane: String, _ activity: String) throws -> M {
            guard let changes = fields[[lane, activity]] else { return message }
            var all = try MessageFields(of: message)
            for change in changes { all.leaves[change.field] = change.after.isEmpty ? nil : change.after }
            return try M.decode(json: all.json)
        }
        let lanes = try playbook.lanes.map { lane in
            var made = try changed(lane.withoutActivities, lane.key, "")
            made.activities = try lane.activities.map { try changed($0, lane.key, $0.key) }
            return made
        }
        var made = try changed(playbook.withoutLanes, "", "")
        made.lanes = lanes
        return made
    }
}

extension PlaybookChange {
    fileprivate init(
        _ kind: PlaybookDifference.Kind, lane: String, activity: String = "", _ label: LocalText?
    ) {
        self.init()
        (change, self.lane, self.activity, self.label) = (kind.rawValue, lane, activity, label)
    }

    fileprivate func `is`(_ kind: PlaybookDifference.Kind) -> Bool { change == kind.rawValue }

    /// Removes an element, or puts it behind the one that the change names.
    fileprivate func move<Element>(
        _ list: inout [Element], key: (Element) -> String, _ name: String, added: Element?
    ) {
        let known = list.first { key($0) == name }
        list.removeAll { key($0) == name }
        guard !self.is(.removed), let element = added ?? known else { return }
        let place = behind.isEmpty ? 0 : (list.firstIndex { key($0) == behind }.map { $0 + 1 } ?? list.count)
        list.insert(element, at: place)
    }
}

extension Playbook {
    fileprivate var withoutLanes: Playbook {
        var copy = self
        copy.lanes = []
        return copy
    }
}

extension PlaybookLane {
    fileprivate var withoutActivities: PlaybookLane {
        var copy = self
        copy.activities = []
        return copy
    }
}
