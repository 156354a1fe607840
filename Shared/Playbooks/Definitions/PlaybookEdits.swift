import PlaybooksWire
import RPC
import Records
import Wire

/// Single changes of the lanes and activities of a draft.
extension PlaybookDefinitions {
    func addLane(_ request: EditPlaybookLaneRequest, _ context: RuleContext) throws -> PlaybookDefinition {
        try edit(request, context) { lanes in
            var lane = request.lane ?? PlaybookLane()
            try refuseTaken(lane.key, among: lanes.map(\.key))
            // Activities are edited by themselves.
            lane.activities = []
            try lanes.insert(lane, at: place(behind: request.behind, among: lanes.map(\.key)))
        }
    }

    func changeLane(_ request: EditPlaybookLaneRequest, _ context: RuleContext) throws -> PlaybookDefinition {
        try edit(request, context) { lanes in
            let lane = request.lane ?? PlaybookLane()
            let index = try place(of: lane.key, among: lanes.map(\.key), "lane.key")
            (lanes[index].label, lanes[index].description) = (lane.label, lane.description)
        }
    }

    func moveLane(_ request: EditPlaybookLaneRequest, _ context: RuleContext) throws -> PlaybookDefinition {
        try edit(request, context) { lanes in
            let lane = lanes.remove(at: try place(of: request.key, among: lanes.map(\.key), "key"))
            try lanes.insert(lane, at: place(behind: request.behind, among: lanes.map(\.key)))
        }
    }

    func removeLane(_ request: EditPlaybookLaneRequest, _ context: RuleContext) throws -> PlaybookDefinition {
        try edit(request, context) { lanes in
            lanes.remove(at: try place(of: request.key, among: lanes.map(\.key), "key"))
        }
    }

    func addActivity(_ request: EditPlannedActivityRequest, _ context: RuleContext) throws -> PlaybookDefinition {
        try edit(request, context) { lanes in
            let activity = request.activity ?? PlannedActivity()
            try refuseTaken(activity.key, among: lanes.flatMap(\.activities).map(\.key))
            try put(activity, request, &lanes)
        }
    }

    func changeActivity(_ request: EditPlannedActivityRequest, _ context: RuleContext) throws -> PlaybookDefinition {
        try edit(request, context) { lanes in
            let activity = request.activity ?? PlannedActivity()
            let (lane, index) = try find(activity.key, lanes, "activity.key")
            lanes[lane].activities[index] = activity
        }
    }

    func moveActivity(_ request: EditPlannedActivityRequest, _ context: RuleContext) throws -> PlaybookDefinition {
        try edit(request, context) { lanes in
            let (lane, index) = try find(request.key, lanes, "key")
            var request = request
            if request.lane.isEmpty { request.lane = lanes[lane].key }
            try put(lanes[lane].activities.remove(at: index), request, &lanes)
        }
    }

    func removeActivity(_ request: EditPlannedActivityRequest, _ context: RuleContext) throws -> PlaybookDefinition {
        try edit(request, context) { lanes in
            let (lane, index) = try find(request.key, lanes, "key")
            lanes[lane].activities.remove(at: index)
        }
    }

    // MARK: Places

    private func edit(
        _ request: EditPlaybookLaneRequest, _ context: RuleContext, _ body: (inout [PlaybookLane]) throws -> Void
    ) throws -> PlaybookDefinition {
        try change(request.id, request.etag, context) { try body(&$0.lanes) }
    }

    private func edit(
        _ request: EditPlannedActivityRequest, _ context: RuleContext, _ body: (inout [PlaybookLane]) throws -> Void
    ) throws -> PlaybookDefinition {
        try change(request.id, request.etag, context) { try body(&$0.lanes) }
    }

    private func put(
        _ activity: PlannedActivity, _ request: EditPlannedActivityRequest, _ lanes: inout [PlaybookLane]
    ) throws {
        let lane = try place(of: request.lane, among: lanes.map(\.key), "lane")
        let index = try place(behind: request.behind, among: lanes[lane].activities.map(\.key))
        lanes[lane].activities.insert(activity, at: index)
    }

    private func find(_ key: String, _ lanes: [PlaybookLane], _ field: String) throws -> (lane: Int, index: Int) {
        for (lane, content) in lanes.enumerated() {
            if let index = content.activities.firstIndex(where: { $0.key == key }) { return (lane, index) }
        }
        throw missing(field)
    }

    private func place(of key: String, among keys: [String], _ field: String) throws -> Int {
        guard let index = keys.firstIndex(of: key) else { throw missing(field) }
        return index
    }

    /// The place behind the one with that key; the first for an empty one.
    private func place(behind key: String, among keys: [String]) throws -> Int {
        key.isEmpty ? 0 : try place(of: key, among: keys, "behind") + 1
    }

    private func refuseTaken(_ key: String, among keys: [String]) throws {
        guard keys.contains(key) else { return }
        throw Problem.alreadyExists(Text(en: "The key stands twice.", ko: "중복된 키입니다."))
    }

    private func missing(_ field: String) -> Problem {
        .invalid(
            field: field,
            Text(en: "The playbook has nothing with this key there.", ko: "플레이북의 해당 위치에 이 키가 없습니다."), rule: "PLAYBOOK")
    }
}
