import PlaybooksWire
import Testing
import Wire

@testable import Playbooks

/// What makes one version of a playbook of another.
@Suite struct DifferenceTests {
    // MARK: Random playbooks

    private static func text(_ random: inout SystemRandomNumberGenerator) -> LocalText? {
        guard Int.random(in: 0..<4, using: &random) > 0 else { return nil }
        var text = LocalText()
        text.en = ["One", "Two", "a \"quote\"\n", ""].randomElement(using: &random) ?? ""
        text.ko = ["하나", "둘"].randomElement(using: &random) ?? ""
        return text
    }

    private static func activity(_ key: String, _ random: inout SystemRandomNumberGenerator) -> PlannedActivity {
        var activity = PlannedActivity()
        (activity.key, activity.kind, activity.label) = (
            key, ["create_task", "form"].randomElement() ?? "", text(&random)
        )
        activity.optional = Bool.random(using: &random)
        if Bool.random(using: &random) {
            var start = ActivityStart()
            start.when = ["", "after", "with_lane"].randomElement(using: &random) ?? ""
            start.after = Bool.random(using: &random) ? ["a0", "a1"] : []
            activity.start = start
        }
        if Bool.random(using: &random) {
            var due = ActivityDue()
            (due.days, due.workingDays) = (Int32.random(in: 0...3, using: &random), Bool.random(using: &random))
            activity.due = due
        }
        if Bool.random(using: &random) {
            var input = ActivityInput()
            (input.key, input.label) = ("i", text(&random))
            activity.inputs = [input]
        }
        return activity
    }

    private static func playbook(_ random: inout SystemRandomNumberGenerator) -> Playbook {
        var playbook = Playbook()
        (playbook.table, playbook.label) = ("onboarding_case", text(&random))
        if Bool.random(using: &random) {
            var trigger = PlaybookTrigger()
            trigger.event = Bool.random(using: &random) ? "created" : ""
            playbook.trigger = trigger
        }
        let keys = (0..<8).map { "a\($0)" }.shuffled(using: &random).prefix(Int.random(in: 0...8, using: &random))
        let names = (0..<4).map { "l\($0)" }.shuffled(using: &random).prefix(Int.random(in: 1...4, using: &random))
        playbook.lanes = names.map { name in
            var lane = PlaybookLane()
            (lane.key, lane.label) = (name, text(&random))
            return lane
        }
        for key in keys {
            let lane = Int.random(in: playbook.lanes.indices, using: &random)
            playbook.lanes[lane].activities.append(activity(key, &random))
        }
        return playbook
    }

    /// Whatever the two are.
    @Test func appliedToTheOldItGivesTheNew() throws {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<500 {
            let (old, new) = (Self.playbook(&random), Self.playbook(&random))
            let difference = try PlaybookDifference(from: old, to: new)
            #expect(try difference.applied(to: old) == new)
            #expect(try PlaybookDifference(from: new, to: new).changes.isEmpty)
            // What it is told by survives the wire.
            var answer = ComparePlaybookVersionsResponse()
            answer.changes = difference.changes
            var told = difference
            told.changes = try ComparePlaybookVersionsResponse.decode(protobuf: answer.encodeProtobuf()).changes
            #expect(try told.applied(to: old) == new)
        }
    }

    // MARK: What is said

    private static func said(_ old: Playbook, _ new: Playbook) throws -> [String] {
        try PlaybookDifference(from: old, to: new).changes.map {
            "\($0.change) \($0.lane).\($0.activity) \($0.field)\($0.behind.isEmpty ? "" : "<\($0.behind)")"
        }
    }

    private static func simple(_ lanes: [(String, [String])]) -> Playbook {
        var playbook = Playbook()
        playbook.lanes = lanes.map { name, keys in
            var lane = PlaybookLane()
            lane.key = name
            lane.activities = keys.map { key in
                var activity = PlannedActivity()
                activity.key = key
                return activity
            }
            return lane
        }
        return playbook
    }

    @Test func asLittleAsPossibleMoves() throws {
        let old = Self.simple([("x", ["a", "b", "c", "d"]), ("y", ["e"])])
        #expect(try Self.said(old, Self.simple([("x", ["d", "a", "b", "c"]), ("y", ["e"])])) == ["moved x.d "])
        #expect(
            try Self.said(old, Self.simple([("y", ["e", "b"]), ("x", ["a", "c", "d"])])) == [
                "moved x. <y", "moved y.b <e",
            ])
        #expect(
            try Self.said(old, Self.simple([("x", ["a", "n", "b", "c", "e"])])) == [
                "removed x.d ", "added x.n <a", "moved x.e <c", "removed y. ",
            ])
    }

    /// Elements that have keys are told apart by them, and their order by itself.
    @Test func listsWithKeysAreToldElementByElement() throws {
        func input(_ key: String, _ mandatory: Bool) -> ActivityInput {
            var input = ActivityInput()
            (input.key, input.mandatory) = (key, mandatory)
            return input
        }
        func setting(_ field: String, _ text: String) -> FieldSetting {
            var setting = FieldSetting()
            (setting.field, setting.text) = (field, text)
            return setting
        }
        var old = Self.simple([("x", ["a"])])
        old.lanes[0].activities[0].inputs = [input("go_live", false), input("gone", false)]
        old.lanes[0].activities[0].creates = ActivityCreation()
        old.lanes[0].activities[0].creates?.fields = [setting("parent", "1"), setting("short_description", "T")]
        var new = old
        new.lanes[0].activities[0].inputs = [input("new", true), input("go_live", true)]
        new.lanes[0].activities[0].creates?.fields[1].text = "U"
        let difference = try PlaybookDifference(from: old, to: new)
        #expect(
            difference.changes.map { "\($0.field): \($0.before) \($0.after)" } == [
                #"creates.fields[short_description].text: "T" "U""#,
                #"inputs: ["go_live","gone"] ["new","go_live"]"#,
                "inputs[go_live].mandatory:  true", "inputs[new].mandatory:  true",
            ])
        #expect(try difference.applied(to: old) == new)
        #expect(try PlaybookDifference(from: new, to: old).applied(to: new) == old)
        // Two of one key, and keys that could not stand in a path, are told as a whole.
        for keys in [["go_live", "go_live"], ["a.b"], [""]] {
            var odd = old
            odd.lanes[0].activities[0].inputs = keys.map { input($0, true) }
            #expect(try PlaybookDifference(from: old, to: odd).applied(to: old) == odd)
            #expect(try PlaybookDifference(from: odd, to: new).applied(to: odd) == new)
        }
    }

    @Test func whatMovesSaysFromWhere() throws {
        var old = Self.simple([("x", ["a", "b"]), ("y", ["e"])])
        old.lanes[0].label = LocalText(Text(en: "X", ko: "엑스"))
        old.lanes[1].activities[0].label = LocalText(Text(en: "E", ko: "이"))
        var new = old
        new.lanes[1].activities.append(new.lanes[0].activities.removeLast())
        let change = try #require(try PlaybookDifference(from: old, to: new).changes.first { $0.change == "moved" })
        #expect(change.fromLane == "x" && change.fromLaneLabel?.en == "X" && change.lane == "y")
        #expect(change.behind == "e" && change.behindLabel?.ko == "이")
    }

    @Test func fieldsAreToldOneByOne() throws {
        let old = Self.simple([("x", ["a"])])
        var new = old
        new.lanes[0].activities[0].optional = true
        var due = ActivityDue()
        (due.days, due.from) = (2, "before_field")
        new.lanes[0].activities[0].due = due
        new.lanes[0].label = LocalText(Text(en: "X", ko: "엑스"))
        let changes = try PlaybookDifference(from: old, to: new).changes
        #expect(
            changes.map { "\($0.lane).\($0.activity) \($0.field): \($0.before) \($0.after)" } == [
                "x. label.en:  \"X\"", "x. label.ko:  \"엑스\"", "x.a due.days:  2", "x.a due.from:  \"before_field\"",
                "x.a optional:  true",
            ])
    }
}
