import PlaybooksWire
import RPC
import Testing
import Wire

@testable import WorkspaceService

/// What designers do with the order of a draft, on the draft alone.
@Suite struct DraftEditTests {
    /// Lanes with their activities: `a: x y, b: z`.
    static func playbook(_ lanes: [(String, [String])]) -> Playbook {
        var playbook = Playbook()
        playbook.lanes = lanes.map { key, activities in
            var lane = PlaybookLane()
            (lane.key, lane.label) = (key, label(key))
            lane.activities = activities.map { key in
                var activity = PlannedActivity()
                (activity.key, activity.label) = (key, label(key))
                return activity
            }
            return lane
        }
        return playbook
    }

    static func label(_ name: String) -> LocalText {
        var label = LocalText()
        (label.en, label.ko) = (name.capitalized, "가 \(name)")
        return label
    }

    static func said(_ playbook: Playbook) -> String {
        playbook.lanes.map { "\($0.key): " + $0.activities.map(\.key).joined(separator: " ") }.joined(separator: ", ")
    }

    private static let start = [("a", ["x", "y"]), ("b", ["z"]), ("c", [])]

    @Test(arguments: [
        ("activity:y", "up", "a: y x, b: z, c: "), ("activity:y", "down", "a: x, b: y z, c: "),
        ("activity:z", "up", "a: x y z, b: , c: "), ("activity:z", "down", "a: x y, b: , c: z"),
        ("activity:x", "up", "a: x y, b: z, c: "), ("lane:b", "up", "b: z, a: x y, c: "),
        ("lane:c", "down", "a: x y, b: z, c: "),
    ])
    func partsMoveByOne(item: String, way: String, after: String) throws {
        var playbook = Self.playbook(Self.start)
        try DraftEdit.move(DraftPlace(item), try #require(DraftEdit.Way(rawValue: way)), in: &playbook)
        #expect(Self.said(playbook) == after)
    }

    @Test(arguments: [
        ("activity:x", "activity:z", "a: y, b: z x, c: "), ("activity:z", "lane:a", "a: z x y, b: , c: "),
        ("activity:x", "lane:c", "a: y, b: z, c: x"), ("lane:c", "first", "c: , a: x y, b: z"),
        ("lane:a", "lane:c", "b: z, c: , a: x y"), ("activity:x", "activity:x", "a: x y, b: z, c: "),
    ])
    func partsAreDroppedBehindOthers(item: String, behind: String, after: String) throws {
        var playbook = Self.playbook(Self.start)
        try DraftEdit.move(DraftPlace(item), behind: DraftPlace(behind), in: &playbook)
        #expect(Self.said(playbook) == after)
    }

    @Test(arguments: ["lane:gone", "activity:gone", "input:x.gone", ""])
    func whatSomebodyHasRemovedIsNotMovedCopiedOrRemoved(item: String) {
        var playbook = Self.playbook(Self.start)
        let place = DraftPlace(item)
        #expect(throws: Problem.self) { try DraftEdit.move(place, .up, in: &playbook) }
        #expect(throws: Problem.self) { try DraftEdit.move(place, behind: .activity("z"), in: &playbook) }
        #expect(throws: Problem.self) { _ = try DraftEdit.copy(place, in: &playbook) }
        #expect(throws: Problem.self) { try DraftEdit.remove(place, from: &playbook) }
        #expect(Self.said(playbook) == "a: x y, b: z, c: ")
    }

    /// A copy has keys of its own, and what waited within a stage waits within its copy.
    @Test func copiesAreTheirOwn() throws {
        var playbook = Self.playbook(Self.start)
        playbook.lanes[0].activities[1].start = ActivityStart()
        playbook.lanes[0].activities[1].start?.after = ["x", "z"]
        #expect(try DraftEdit.copy(.lane("a"), in: &playbook) == .lane("a_2"))
        #expect(Self.said(playbook) == "a: x y, a_2: x_2 y_2, b: z, c: ")
        #expect(playbook.activity("y_2")?.start?.after == ["x_2", "z"])
        #expect(playbook.lanes[1].label?.en == "A (copy)" && playbook.lanes[1].label?.ko == "가 a (사본)")
        #expect(try DraftEdit.copy(.activity("x_2"), in: &playbook) == .activity("x_3"))
        var input = ActivityInput()
        input.key = "day"
        playbook.lanes[0].activities[0].inputs = [input]
        #expect(
            try DraftEdit.copy(.input(activity: "x", key: "day"), in: &playbook)
                == .input(activity: "x", key: "day_2"))
        try DraftEdit.move(.input(activity: "x", key: "day_2"), .up, in: &playbook)
        #expect(playbook.activity("x")?.inputs.map(\.key) == ["day_2", "day"])
        try DraftEdit.remove(.input(activity: "x", key: "day"), from: &playbook)
        try DraftEdit.remove(.lane("a_2"), from: &playbook)
        try DraftEdit.remove(.activity("z"), from: &playbook)
        #expect(Self.said(playbook) == "a: x y, b: , c: ")
    }

    @Test func whatIsAddedGetsAKeyOfItsName() throws {
        var playbook = Self.playbook(Self.start)
        func add(_ name: String, _ level: DraftEdit.Level, _ place: DraftPlace) throws -> DraftPlace {
            try DraftEdit.add(Self.label(name), kind: "related_work", behind: place, as: level, to: &playbook)
        }
        #expect(try add("2 New things!", .lane, .lane("a")) == .lane("new_things"))
        #expect(try add("한글", .lane, .playbook) == .lane("stage"))
        #expect(try add("x", .activity, .activity("x")) == .activity("x_2"))
        #expect(try add("Last", .activity, .lane("b")) == .activity("last"))
        #expect(Self.said(playbook) == "a: x x_2 y, new_things: , b: z last, c: , stage: ")
        #expect(playbook.activity("last")?.kind == "related_work")
        #expect(try add("Day", .input, .activity("x")) == .input(activity: "x", key: "day"))
        #expect(throws: Problem.self) { _ = try add("Nowhere", .activity, .playbook) }
    }

    @Test(arguments: ["", "lane:a", "activity:x", "input:x.day"])
    func placesAreReadAsTheyAreWritten(text: String) { #expect(DraftPlace(text).text == text) }

    /// A fault leads to the part that it speaks of, and to its field there.
    @Test(arguments: [
        ("", "", "trigger.condition", "", "trigger_condition"), ("a", "", "label.ko", "lane:a", "label_ko"),
        ("a", "x", "start.after[1]", "activity:x", "start_after"),
        ("a", "x", "creates.fields[2].text", "activity:x", "creates_fields"),
        ("a", "x", "inputs[0].label.en", "input:x.day", "label_en"), ("a", "x", "kind.other", "activity:x", "kind"),
        ("a", "", "activities", "lane:a", ""),
    ])
    func faultsLeadToTheirFields(lane: String, activity: String, field: String, place: String, name: String) {
        var playbook = Self.playbook(Self.start)
        var input = ActivityInput()
        input.key = "day"
        playbook.lanes[0].activities[0].inputs = [input]
        var fault = PlaybookFault()
        (fault.lane, fault.activity, fault.field) = (lane, activity, field)
        #expect(DraftPlace(fault, in: playbook).text == place)
        let names: Set = ["trigger_condition", "label_en", "label_ko", "start_after", "creates_fields", "kind"]
        #expect(DraftPlace.field(field, of: names) == name)
    }
}
