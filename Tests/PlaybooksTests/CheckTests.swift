import Filters
import PlaybooksWire
import RPC
import Records
import Testing
import Wire

@testable import Playbooks

/// What keeps a definition from working is found, all at once, with its place.
@Suite struct CheckTests {
    /// A world with a table of cases, one of tasks, and a kind of each sort.
    static var world: PlaybookWorld {
        let text = { Text(en: $0, ko: $0) }
        func field(
            _ name: String, _ type: FieldType, mandatory: Bool = false, reference: String? = nil,
            choices: [String] = [], outputOnly: Bool = false, storage: FieldStorage = .string
        ) -> FieldSchema {
            FieldSchema(
                name: name, jsonName: name, label: text(name), type: type, mandatory: mandatory,
                choices: choices.map { Choice(value: .string($0), label: text($0)) }, reference: reference,
                outputOnly: outputOnly, storage: storage)
        }
        func table(_ name: String, _ fields: [FieldSchema]) -> PlaybookWorld.Table {
            let schema = RecordSchema(
                table: name, collection: name + "s", service: "test", label: text(name), numberPrefix: nil,
                verbs: [], fields: [field("id", .string, outputOnly: true)] + fields)
            return .init(
                schema: schema,
                filterFields: schema.fields.compactMap { FilterField($0, of: schema, isSearched: false) })
        }
        let cases = table(
            "case",
            [
                field("title", .string), field("go_live_date", .date),
                field("assigned_to", .reference, reference: "user"),
                field("type", .choice, choices: ["full", "phased"]), field("number", .string, outputOnly: true),
            ])
        let tasks = table(
            "task",
            [
                field("parent", .reference, mandatory: true, reference: "case"),
                field("title", .string, mandatory: true),
                field("type", .choice, choices: ["a", "b"]), field("visible", .boolean, storage: .bool),
                field("due_date", .date), field("state", .choice, choices: ["open", "closed"]),
            ])
        let over = PlaybookWorld.Table(schema: cases.schema, filterFields: cases.filterFields, carriesRuns: true)
        func definition(_ key: String, active: Bool = true) -> ActivityDefinition {
            var definition = ActivityDefinition()
            (definition.key, definition.builtIn, definition.active) = (key, key, active)
            return definition
        }
        return PlaybookWorld(
            tables: ["case": over, "task": tasks], remote: [:],
            kinds: [
                "plain": ActivityKind("plain", text("Plain")),
                "make": ActivityKind("make", text("Make"), makesRecord: true),
                "found": ActivityKind("found", text("Found"), makesParent: true),
            ],
            definitions: [
                "plain": definition("plain"), "make": definition("make"), "found": definition("found"),
                "old": definition("old", active: false),
            ],
            facts: FilterFacts(nowMicroseconds: 0, subject: "x"), hasResponsibility: { $0 == "Boss" },
            hasUser: { $0 == "somebody" }, canLookUp: { ["case", "task", "user"].contains($0) })
    }

    static let whole = """
        key: whole
        table: case
        label: {en: Whole, ko: 전체}
        trigger: {event: created, condition: type = full}
        calendars:
          - {key: office, working_days: [1, 2, 3], holidays: ["2026-12-25"]}
        lanes:
          - key: first
            label: {en: First, ko: 첫째}
            activities:
              - key: ask
                kind: plain
                label: {en: Ask, ko: 질문}
                inputs:
                  - {key: title, field: title, mandatory: true}
                  - key: colour
                    type: choice
                    label: {en: Colour, ko: 색}
                    choices:
                      - {value: red, label: {en: Red, ko: 빨강}}
                    default: red
              - key: work
                kind: make
                label: {en: Work, ko: 작업}
                start: {when: with_previous, condition: ask.colour = "red"}
                creates:
                  table: task
                  fields:
                    - {field: parent, from_field: id}
                    - field: title
                      localized: {en: "For {{title}}", ko: "{{ask.colour}}"}
                    - {field: type, text: a}
                    - {field: visible, text: "true"}
                  closed_condition: state = closed
                  canceled_condition: parent.type = phased
                  responsibility: Boss
                due: {days: 2, from: before_field, field: go_live_date, working_days: true, calendar: office}
                assignee: {user: somebody, from_field: assigned_to}
          - key: last
            label: {en: Last, ko: 마지막}
            activities:
              - key: end
                kind: plain
                label: {en: End, ko: 끝}
                start: {when: after, after: [work]}
        """

    static func faults(_ yaml: String) throws -> [PlaybookFault] {
        try PlaybookCheck.faults(PlaybookYAML.read(yaml).playbook, in: world)
    }

    @Test func nothingIsWrongWithWhatWorks() throws {
        #expect(try Self.faults(Self.whole) == [])
        #expect(try Self.faults(Self.whole.replacing("type = full", with: "from_playbook = false")) == [])
        // An event has its time.
        #expect(try Self.faults(Self.whole.replacing("type = full", with: "go_live_date > today()")) == [])
    }

    /// Activities make records of some tables whose changes move no run.
    @Test func aPlaybookIsOverATableThatCarriesRuns() throws {
        let playbook = """
            key: tasks
            table: TABLE
            label: {en: Tasks, ko: 작업}
            lanes:
              - key: only
                label: {en: Only, ko: 유일}
                activities: [{key: look, kind: plain, label: {en: Look, ko: 보기}}]
            """
        #expect(try Self.faults(playbook.replacing("TABLE", with: "case")) == [])
        let found = try Self.faults(playbook.replacing("TABLE", with: "task"))
        #expect(found.map(\.field) == ["table"])
    }

    /// Each change of one place is found at that place, and nothing else is.
    @Test(arguments: [
        ("table: case", "table: house", "", "", "table"),
        ("label: {en: Whole, ko: 전체}", "label: {en: Whole}", "", "", "label.ko"),
        ("label: {en: First, ko: 첫째}", "label: {ko: 첫째}", "first", "", "label.en"),
        ("label: {en: Ask, ko: 질문}", "label: {en: Ask, ko: ' '}", "first", "ask", "label.ko"),
        (
            "event: created, condition: type = full", "event: created, condition: from_nowhere = true", "", "",
            "trigger.condition"
        ),
        ("event: created", "event: painted", "", "", "trigger.event"),
        ("event: created", "event: closed", "", "", "trigger.event"),
        ("event: created", "event: canceled", "", "", "trigger.event"),
        ("condition: type = full", "condition: type = fool", "", "", "trigger.condition"),
        ("condition: type = full", "condition: \"type = (\"", "", "", "trigger.condition"),
        ("[1, 2, 3]", "[0, 2]", "", "", "calendars[0].working_days"),
        ("2026-12-25", "2026-02-30", "", "", "calendars[0].holidays[0]"),
        ("kind: plain\n        label: {en: Ask", "kind: none\n        label: {en: Ask", "first", "ask", "kind"),
        ("kind: plain\n        label: {en: Ask", "kind: old\n        label: {en: Ask", "first", "ask", "kind"),
        ("kind: plain\n        label: {en: End", "kind: found\n        label: {en: End", "last", "end", "kind"),
        ("field: title, mandatory", "field: tutle, mandatory", "first", "ask", "inputs[0].field"),
        ("field: title, mandatory", "field: number, mandatory", "first", "ask", "inputs[0].field"),
        ("type: choice", "type: chance", "first", "ask", "inputs[1].type"),
        ("default: red", "default: blue", "first", "ask", "inputs[1].default"),
        ("label: {en: Red, ko: 빨강}", "label: {en: Red}", "first", "ask", "inputs[1].choices[0].label.ko"),
        ("when: with_previous", "when: sometimes", "first", "work", "start.when"),
        ("ask.colour = \"red\"", "ask.color = \"red\"", "first", "work", "start.condition"),
        ("ask.colour = \"red\"", "work.colour = \"red\"", "first", "work", "start.condition"),
        ("ask.colour = \"red\"", "ask.colour = blue", "first", "work", "start.condition"),
        ("ask.colour = \"red\"", "assigned_to = me()", "first", "work", "start.condition"),
        ("ask.colour = \"red\"", "NOT go_live_date > (today())", "first", "work", "start.condition"),
        ("condition: type = full", "condition: assigned_to = me()", "", "", "trigger.condition"),
        ("state = closed", "due_date < days_from_now(2)", "first", "work", "creates.closed_condition"),
        ("table: task", "table: tusk", "first", "work", "creates.table"),
        (
            "{field: parent, from_field: id}", "{field: parent, from_field: title}", "first", "work",
            "creates.fields[0].from_field"
        ),
        (
            "{field: parent, from_field: id}", "{field: parent, from_field: idd}", "first", "work",
            "creates.fields[0].from_field"
        ),
        ("- {field: parent, from_field: id}\n", "\n", "first", "work", "creates.fields"),
        ("{field: type, text: a}", "{field: type, text: c}", "first", "work", "creates.fields[2].text"),
        ("{field: type, text: a}", "{field: type, from_field: type}", "first", "work", "creates.fields[2].from_field"),
        ("{field: type, text: a}", "{field: tupe, text: a}", "first", "work", "creates.fields[2].field"),
        ("{field: type, text: a}", "{field: id, text: a}", "first", "work", "creates.fields[2].field"),
        ("{field: type, text: a}", "{field: title, text: a}", "first", "work", "creates.fields[2].field"),
        ("{field: type, text: a}", "{field: type}", "first", "work", "creates.fields[2]"),
        ("{field: type, text: a}", "{field: type, text: a, from_field: type}", "first", "work", "creates.fields[2]"),
        (
            "{field: visible, text: \"true\"}", "{field: visible, text: maybe}", "first", "work",
            "creates.fields[3].text"
        ),
        ("For {{title}}", "For {{tutle}}", "first", "work", "creates.fields[1].localized.en"),
        ("For {{title}}", "For {{title}", "first", "work", "creates.fields[1].localized.en"),
        (
            "{field: type, text: a}", "{field: type, expression: 'x {{title}}'}", "first", "work",
            "creates.fields[2].expression"
        ),
        (
            "closed_condition: state = closed", "closed_condition: stute = closed", "first", "work",
            "creates.closed_condition"
        ),
        ("parent.type = phased", "parent.state = x", "first", "work", "creates.canceled_condition"),
        ("responsibility: Boss", "responsibility: Nobody", "first", "work", "creates.responsibility"),
        ("days: 2", "days: -1", "first", "work", "due.days"),
        ("field: go_live_date", "field: title", "first", "work", "due.field"),
        ("from: before_field", "from: never", "first", "work", "due.from"),
        ("calendar: office", "calendar: home", "first", "work", "due.calendar"),
        ("user: somebody", "user: nobody", "first", "work", "assignee.user"),
        ("from_field: assigned_to", "from_field: title", "first", "work", "assignee.from_field"),
        ("after: [work]", "after: [wark]", "last", "end", "start.after[0]"),
        ("when: after, after: [work]", "when: after", "last", "end", "start.after"),
        ("when: after, after: [work]", "when: with_lane, after: [work]", "last", "end", "start.after"),
        ("after: [work]", "after: [end]", "last", "end", "start"),
    ]) func eachFaultIsFoundAtItsPlace(
        _ old: String, _ new: String, _ lane: String, _ activity: String, _ field: String
    ) throws {
        #expect(Self.whole.contains(old))
        let found = try Self.faults(Self.whole.replacing(old, with: new))
        #expect(found.map { [$0.lane, $0.activity, $0.field] } == [[lane, activity, field]], "\(new): \(found)")
        for fault in found { #expect(fault.message?.en.isEmpty == false && fault.message?.ko.isEmpty == false) }
    }

    @Test func allFaultsAreFoundAtOnce() throws {
        let wrong = Self.whole.replacing("days: 2", with: "days: -1").replacing("type = full", with: "type = fool")
            .replacing("kind: plain", with: "kind: none")
        #expect(try Self.faults(wrong).map(\.field).sorted() == ["due.days", "kind", "kind", "trigger.condition"])
    }

    /// What waits for itself over several steps: through those it starts with, and through lanes.
    @Test func ringsAreFound() throws {
        let through = Self.whole.replacing(
            "label: {en: Ask, ko: 질문}", with: "label: {en: Ask, ko: 질문}\n        start: {when: after, after: [work]}")
        #expect(Set(try Self.faults(through).filter { $0.field == "start" }.map(\.activity)) == ["ask", "work"])
        let later = through.replacing("after: [work]}\n        inputs", with: "after: [end]}\n        inputs")
        #expect(Set(try Self.faults(later).filter { $0.field == "start" }.map(\.activity)) == ["ask", "work", "end"])
    }

    /// Where the one before does not apply, an activity waits for the one before that.
    @Test func ringsPastWhatMayNotApplyAreFound() throws {
        let ring = Self.whole.replacing(
            "label: {en: Ask, ko: 질문}", with: "label: {en: Ask, ko: 질문}\n        start: {when: after, after: [third]}"
        ).replacing("when: with_previous", with: "when: with_lane").replacing(
            "  - key: last",
            with: """
                      - key: third
                        kind: plain
                        label: {en: Third, ko: 셋째}
                  - key: last
                """)
        #expect(Set(try Self.faults(ring).filter { $0.field == "start" }.map(\.activity)) == ["ask", "third"])
    }

    /// What is entered in an activity that waits in turn is never entered: by conditions on each other, and by lanes.
    @Test func ringsThroughConditionsAreFound() throws {
        func conditions(_ yaml: String) throws -> [[String]] {
            try Self.faults(yaml).map { [$0.lane, $0.activity, $0.field] }
        }
        let both = [["first", "ask", "start.condition"], ["first", "work", "start.condition"]]
        let noting = "inputs:\n          - {key: note, type: string, label: {en: Note, ko: 메모}}"
        let mutual = Self.whole.replacing("when: with_previous", with: "when: with_lane").replacing(
            "        creates:", with: "        \(noting)\n        creates:")
        #expect(try conditions(mutual) == [])
        let asking = "label: {en: Ask, ko: 질문}"
        #expect(
            try conditions(
                mutual.replacing(asking, with: "\(asking)\n        start: {condition: work.note = \"1\"}")) == both)
        let later = Self.whole.replacing(
            "start: {when: after, after: [work]}", with: "start: {when: with_lane}\n        \(noting)")
        #expect(try conditions(later) == [])
        let early = later.replacing("condition: ask.colour = \"red\"", with: "condition: end.note = \"1\"")
        #expect(try conditions(early) == [both[1]])
    }

    /// The record of a playbook is made at its beginning, or before it.
    @Test func theFirstActivityMayMakeTheRecord() throws {
        let first = "kind: plain\n        label: {en: Ask"
        #expect(Self.whole.contains(first))
        #expect(try Self.faults(Self.whole.replacing(first, with: "kind: found\n        label: {en: Ask")) == [])
    }

    @Test func anEmptyLaneIsAFault() throws {
        let off = Self.whole.replacing("start: {when: after, after: [work]}", with: "switched_off: true")
        #expect(try Self.faults(off).map(\.lane) == ["last"])
        let none = try #require(Self.whole.range(of: "    activities:\n      - key: end"))
        #expect(try Self.faults(String(Self.whole[..<none.lowerBound])).map(\.field) == ["activities"])
    }

    @Test func keysStandOnceAndSizesAreBounded() throws {
        #expect(try Self.faults(Self.whole.replacing("key: end", with: "key: ask")).map(\.field) == ["key"])
        #expect(try Self.faults(Self.whole.replacing("key: last", with: "key: First")).map(\.field) == ["key"])
        var playbook = try PlaybookYAML.read(Self.whole).playbook
        playbook.lanes = (0...PlaybookBounds.lanes).map { index in
            var lane = playbook.lanes[0]
            lane.key = "lane\(index)"
            lane.activities = []
            return lane
        }
        #expect(try PlaybookCheck.faults(playbook, in: Self.world).map(\.field) == ["lanes"])
    }

    /// A definition that passes comes to its end, whatever its conditions answer: the machine neither stops nor waits.
    @Test(arguments: 0..<40) func whatPassesComesToItsEnd(_ seed: UInt64) throws {
        var random = SeededNumbers(seed: seed)
        let world = Self.world
        var checked = 0
        for _ in 0..<40 {
            let playbook = Self.anyPlaybook(&random)
            guard try PlaybookCheck.faults(playbook, in: world).isEmpty else { continue }
            checked += 1
            let plan = try RunPlan(
                playbook.resolved(with: world.definitions), kinds: world.kinds,
                over: world.tables[playbook.table]?.schema)
            var standings = plan.steps.map { _ in PlaybookMachine.Standing(state: .pending, applies: true) }
            var isDone = false
            for _ in 0...plan.steps.count * 3 where !isDone {
                let answers = plan.steps.map { _ in Bool.random(using: &random) }
                let move = PlaybookMachine.next(plan, standings) { answers[$0] }
                for place in standings.indices { standings[place].applies = move.applies[place] }
                for place in move.starts { standings[place].state = .inProgress }
                for place in standings.indices where standings[place].state == .inProgress {
                    standings[place].state = .done
                }
                isDone = move.isDone
            }
            #expect(isDone, "\(PlaybookYAML.write(.init(key: "x", playbook: playbook)))")
        }
        #expect(checked > 0)
    }

    /// Any starts among a few activities, rings included.
    private static func anyPlaybook(_ random: inout SeededNumbers) -> Playbook {
        var playbook = Playbook()
        playbook.table = "case"
        playbook.label = LocalText(Text(en: "x", ko: "x"))
        let count = Int.random(in: 1...8, using: &random)
        playbook.lanes = (0..<Int.random(in: 1...3, using: &random)).map { lane in
            var content = PlaybookLane()
            content.key = "lane\(lane)"
            content.label = playbook.label
            content.activities = (0..<Int.random(in: 1...4, using: &random)).map { index in
                var activity = PlannedActivity()
                activity.key = "a\(lane)_\(index)"
                activity.kind = "plain"
                activity.label = playbook.label
                var start = ActivityStart()
                start.when = ["", "with_previous", "with_lane", "after"].randomElement(using: &random) ?? ""
                if start.when == "after" {
                    start.after = [
                        "a\(Int.random(in: 0...lane, using: &random))_\(Int.random(in: 0..<4, using: &random))"
                    ]
                }
                if Int.random(in: 0..<count, using: &random) == 0 { start.condition = "type = full" }
                activity.start = start
                activity.switchedOff = Int.random(in: 0..<6, using: &random) == 0
                return activity
            }
            return content
        }
        return playbook
    }
}

/// Random numbers that a seed repeats (SplitMix64).
struct SeededNumbers: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
