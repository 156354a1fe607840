import PlaybooksWire
import RPC
import Wire

/// What designers do with the order of a draft: one thing added, copied, moved or removed.
enum DraftEdit {
    /// The way that something moves by one.
    enum Way: String, Sendable {
        case up, down

        var step: Int { self == .up ? -1 : 1 }
    }

    // MARK: Moving

    /// Moves a part past its neighbour; an activity at the end of its lane comes to the next one. At the very end it stays.
    static func move(_ place: DraftPlace, _ way: Way, in playbook: inout Playbook) throws(Problem) {
        switch place {
        case .playbook: throw gone
        case .lane(let key):
            guard let index = playbook.lanes.firstIndex(where: { $0.key == key }) else { throw gone }
            swap(index, way, &playbook.lanes)
        case .activity(let key):
            guard let (lane, index) = playbook.index(of: key) else { throw gone }
            guard !swap(index, way, &playbook.lanes[lane].activities) else { return }
            let next = lane + way.step
            guard playbook.lanes.indices.contains(next) else { return }
            let activity = playbook.lanes[lane].activities.remove(at: index)
            let last = playbook.lanes[next].activities.count
            playbook.lanes[next].activities.insert(activity, at: way == .up ? last : 0)
        case .input(let activity, let key):
            guard let (lane, index) = playbook.index(of: activity) else { throw gone }
            var inputs = playbook.lanes[lane].activities[index].inputs
            guard let place = inputs.firstIndex(where: { $0.key == key }) else { throw gone }
            swap(place, way, &inputs)
            playbook.lanes[lane].activities[index].inputs = inputs
        }
    }

    @discardableResult
    private static func swap<Element>(_ index: Int, _ way: Way, _ list: inout [Element]) -> Bool {
        let next = index + way.step
        guard list.indices.contains(next) else { return false }
        list.swapAt(index, next)
        return true
    }

    /// Puts a lane behind another, or an activity behind another or first into a lane: where it was dropped.
    static func move(_ place: DraftPlace, behind: DraftPlace, in playbook: inout Playbook) throws(Problem) {
        guard place != behind else { return }
        switch (place, behind) {
        case (.lane(let key), .playbook):
            guard let from = playbook.lanes.firstIndex(where: { $0.key == key }) else { throw gone }
            playbook.lanes.insert(playbook.lanes.remove(at: from), at: 0)
        case (.lane(let key), .lane(let other)):
            guard let from = playbook.lanes.firstIndex(where: { $0.key == key }) else { throw gone }
            let lane = playbook.lanes.remove(at: from)
            guard let to = playbook.lanes.firstIndex(where: { $0.key == other }) else { throw gone }
            playbook.lanes.insert(lane, at: to + 1)
        case (.activity(let key), .lane(let lane)):
            guard let (from, index) = playbook.index(of: key),
                let to = playbook.lanes.firstIndex(where: { $0.key == lane })
            else { throw gone }
            playbook.lanes[to].activities.insert(playbook.lanes[from].activities.remove(at: index), at: 0)
        case (.activity(let key), .activity(let other)):
            guard let (from, index) = playbook.index(of: key) else { throw gone }
            let activity = playbook.lanes[from].activities.remove(at: index)
            guard let (to, last) = playbook.index(of: other) else { throw gone }
            playbook.lanes[to].activities.insert(activity, at: last + 1)
        default: throw gone
        }
    }

    // MARK: Removing and copying

    /// Removes a part, and what stands in it.
    static func remove(_ place: DraftPlace, from playbook: inout Playbook) throws(Problem) {
        guard place != .playbook, place.isThere(in: playbook) else { throw gone }
        switch place {
        case .playbook: break
        case .lane(let key): playbook.lanes.removeAll { $0.key == key }
        case .activity(let key):
            for lane in playbook.lanes.indices { playbook.lanes[lane].activities.removeAll { $0.key == key } }
        case .input(let activity, let key):
            guard let (lane, index) = playbook.index(of: activity) else { return }
            playbook.lanes[lane].activities[index].inputs.removeAll { $0.key == key }
        }
    }

    /// Puts a copy behind a part, under keys of its own; answers where the copy is.
    static func copy(_ place: DraftPlace, in playbook: inout Playbook) throws(Problem) -> DraftPlace {
        switch place {
        case .playbook: throw gone
        case .lane(let key):
            guard let index = playbook.lanes.firstIndex(where: { $0.key == key }) else { throw gone }
            var (copy, taken) = (playbook.lanes[index], playbook.activityKeys)
            copy.key = DraftKey.free(key, among: playbook.laneKeys)
            copy.label = named(copy.label)
            var known: [String: String] = [:]
            for place in copy.activities.indices {
                let key = DraftKey.free(copy.activities[place].key, among: taken)
                taken.insert(key)
                known[copy.activities[place].key] = key
                copy.activities[place].key = key
            }
            // What waits within the lane waits within its copy.
            for place in copy.activities.indices {
                guard let after = copy.activities[place].start?.after else { continue }
                copy.activities[place].start?.after = after.map { known[$0] ?? $0 }
            }
            playbook.lanes.insert(copy, at: index + 1)
            return .lane(copy.key)
        case .activity(let key):
            guard let (lane, index) = playbook.index(of: key) else { throw gone }
            var copy = playbook.lanes[lane].activities[index]
            copy.key = DraftKey.free(key, among: playbook.activityKeys)
            copy.label = named(copy.label)
            playbook.lanes[lane].activities.insert(copy, at: index + 1)
            return .activity(copy.key)
        case .input(let activity, let key):
            guard let (lane, index) = playbook.index(of: activity) else { throw gone }
            let inputs = playbook.lanes[lane].activities[index].inputs
            guard let place = inputs.firstIndex(where: { $0.key == key }) else { throw gone }
            var copy = inputs[place]
            copy.key = DraftKey.free(key, among: Set(inputs.map(\.key)))
            copy.label = named(copy.label)
            playbook.lanes[lane].activities[index].inputs.insert(copy, at: place + 1)
            return .input(activity: activity, key: copy.key)
        }
    }

    private static func named(_ label: LocalText?) -> LocalText? {
        guard var label else { return nil }
        if !label.en.isEmpty { label.en += " (copy)" }
        if !label.ko.isEmpty { label.ko += " (사본)" }
        return label
    }

    // MARK: Adding

    /// Adds a part that is called so behind another, or last in what it belongs to; answers where it is.
    static func add(
        _ label: LocalText, kind: String, behind place: DraftPlace, as level: Level, to playbook: inout Playbook
    ) throws(Problem) -> DraftPlace {
        switch level {
        case .lane:
            var lane = PlaybookLane()
            (lane.key, lane.label) = (DraftKey.of(label.en, "stage", among: playbook.laneKeys), label)
            var last = playbook.lanes.count
            if case .lane(let key) = place, let index = playbook.lanes.firstIndex(where: { $0.key == key }) {
                last = index + 1
            }
            playbook.lanes.insert(lane, at: last)
            return .lane(lane.key)
        case .activity:
            var activity = PlannedActivity()
            activity.key = DraftKey.of(label.en, "activity", among: playbook.activityKeys)
            (activity.label, activity.kind) = (label, kind)
            if case .activity(let key) = place, let (lane, index) = playbook.index(of: key) {
                playbook.lanes[lane].activities.insert(activity, at: index + 1)
            } else if case .lane(let key) = place, let lane = playbook.lanes.firstIndex(where: { $0.key == key }) {
                playbook.lanes[lane].activities.append(activity)
            } else {
                throw gone
            }
            return .activity(activity.key)
        case .input:
            guard case .activity(let key) = place, let (lane, index) = playbook.index(of: key) else { throw gone }
            var input = ActivityInput()
            let taken = Set(playbook.lanes[lane].activities[index].inputs.map(\.key))
            input.key = DraftKey.of(label.en, "field", among: taken)
            (input.label, input.type) = (label, FieldType.string.rawValue)
            playbook.lanes[lane].activities[index].inputs.append(input)
            return .input(activity: key, key: input.key)
        }
    }

    /// What can be added.
    enum Level: String, Sendable {
        case lane, activity, input
    }

    /// Another designer has removed what this is about.
    static let gone = Problem(
        .failedPrecondition,
        Text(
            en: "This is not in the draft any more: somebody has removed it.", ko: "다른 사용자가 초안에서 삭제한 항목입니다."),
        reason: "GONE")
}

/// Keys of lanes, activities and fields: made once of what they are called, and never changed again.
enum DraftKey {
    private static let most = 40

    /// A key out of an English name; `fallback` where nothing of it can stand in one.
    static func of(_ name: String, _ fallback: String, among taken: Set<String>) -> String {
        let words = name.lowercased().split { !$0.isASCII || !($0.isLetter || $0.isNumber) }
        var key = String(words.joined(separator: "_").drop { !$0.isLetter }.prefix(most))
        while key.hasSuffix("_") { key.removeLast() }
        return free(key.isEmpty ? fallback : key, among: taken)
    }

    /// The key, with a number behind it where it is taken.
    static func free(_ key: String, among taken: Set<String>) -> String {
        guard taken.contains(key) else { return key }
        let stem = key.replacing(#/_\d+$/#, with: "")
        var number = 2
        while taken.contains("\(stem)_\(number)") { number += 1 }
        return "\(stem)_\(number)"
    }
}
