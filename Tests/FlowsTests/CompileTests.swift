import Testing

@testable import Flows

@Suite struct CompileTests {
    struct Refusal: CustomTestStringConvertible, Sendable {
        let yaml: String
        let line: Int
        let path: String
        let says: String
        var testDescription: String { says }

        init(_ tasks: String, _ line: Int, _ path: String, _ says: String) {
            yaml = definition(tasks)
            (self.line, self.path, self.says) = (line, path, says)
        }

        init(whole yaml: String, _ line: Int, _ path: String, _ says: String) {
            (self.yaml, self.line, self.path, self.says) = (yaml, line, path, says)
        }
    }

    static let refusals: [Refusal] = [
        Refusal("  - a: {set: {x: 1}, colour: red}", 7, "do/0/a/colour", "Unknown key 'colour'"),
        Refusal("  - a: {frobnicate: 1}", 7, "do/0/a", "A task is one of"),
        Refusal("  - a: {call: http, with: {}}", 7, "do/0/a/with", "'method' is missing"),
        Refusal("  - a: {call: grpc, with: {}}", 7, "do/0/a/call", "'call: grpc' is not available"),
        Refusal("  - a: {call: rpc}", 7, "do/0/a", "'with' is missing"),
        Refusal("  - a: {call: rpc, with: {method: '${ .m }'}}", 7, "do/0/a/with/method", "without expressions"),
        Refusal("  - a: {call: rpc, with: {method: a.b}}", 7, "do/0/a/with/method", "service.records.verb"),
        Refusal("  - a:\n      set:\n        x: '${ .a + }'", 9, "do/0/a/set/x", "syntax error"),
        Refusal("  - a:\n      set:\n        x: '${ now }'", 9, "do/0/a/set/x", "$runtime.now"),
        Refusal("  - a:\n      set:\n        x: 'Hello ${ .a }'", 9, "do/0/a/set/x", "whole text"),
        Refusal("  - a:\n      set:\n        x: '${  }'", 9, "do/0/a/set/x", "empty"),
        Refusal("  - a: {set: {x: '${ $item }'}}", 7, "do/0/a/set/x", "$item is not defined"),
        Refusal("  - a: {set: {}, then: b}", 7, "do/0/a/then", "no task 'b'"),
        Refusal("  - a: {set: {}}\n  - a: {set: {}}", 8, "do/1", "twice"),
        Refusal("  - 'a b': {set: {}}", 7, "do/0", "A task's name"),
        Refusal("  - end: {set: {}}", 7, "do/0", "A task's name"),
        Refusal("  - a: {set: {}}\n    b: {set: {}}", 7, "do/0", "- name"),
        Refusal("  []", 7, "do", "A list of tasks"),
        Refusal("  - a: {switch: [x: {then: end}, y: {when: .a, then: end}]}", 7, "do/0/a/switch/0/x", "last case"),
        Refusal("  - a: {for: {each: x}, do: [b: {set: {}}]}", 7, "do/0/a/for", "'in' is missing"),
        Refusal("  - a: {for: {each: input, in: .l}, do: [b: {set: {}}]}", 7, "do/0/a/for/each", "free variable"),
        Refusal("  - a: {wait: P1M}", 7, "do/0/a/wait", "duration"),
        Refusal("  - a: {wait: {seconds: -1}}", 7, "do/0/a/wait/seconds", "whole number"),
        Refusal("  - a: {wait: {days: 400}}", 7, "do/0/a/wait", "duration"),
        Refusal(
            "  - a: {raise: {error: {type: t, status: 200, title: x}}}", 7, "do/0/a/raise/error/status", "400 to 599"),
        Refusal("  - a: {try: [b: {set: {}}]}", 7, "do/0/a", "'catch' is missing"),
        Refusal(
            "  - a: {try: [b: {set: {}}], catch: {retry: {delay: PT1S}}}", 7, "do/0/a/catch/retry", "'limit' is missing"
        ),
        Refusal(
            "  - a: {try: [b: {set: {}}], catch: {retry: {limit: {attempt: {count: 99}}}}}", 7,
            "do/0/a/catch/retry/limit/attempt/count", "1 to 20"),
        Refusal(
            "  - a: {try: [b: {set: {}}], catch: {retry: {backoff: {random: {}}, limit: {attempt: {count: 2}}}}}", 7,
            "do/0/a/catch/retry/backoff/random", "Unknown key"),
        Refusal("  - a: {run: {script: {}}}", 7, "do/0/a/run/script", "'run: script' is not available"),
        Refusal("  - a: {run: {workflow: {namespace: a, name: b}}}", 7, "do/0/a/run/workflow", "'version' is missing"),
        Refusal("  - a: {emit: {event: {with: {type: 'A B'}}}}", 7, "do/0/a/emit/event/with/type", "event type"),
        Refusal("  - a: {fork: {branches: []}}", 7, "do/0/a/fork/branches", "1 to 16 branches"),
        Refusal("  - a: &x {set: {}}", 7, "", "Anchors"),
        Refusal("  - a: {set: {b: *x}}", 7, "", "alias"),
        Refusal("  - one:\n      set: &base\n        x: 1\n  - two:\n      set: *base", 8, "", "Anchors"),
        Refusal("  - a: {set: {x: [&y 1]}}", 7, "", "Anchors"),
        Refusal("  - a: {set: {x: &y 'text'}}", 7, "", "Anchors"),
        Refusal("  - a: {set: {&x y: 1}}", 7, "", "Anchors"),
        Refusal("  - a: {set: {x: '&', y: &z [1]}}", 7, "", "Anchors"),
        Refusal("  - a:\n      set:\n        v: !!str 1", 9, "", "Tags"),
        Refusal("  - a:\n      set:\n        v: !x 2", 9, "", "Tags"),
        Refusal("  - a: {set: {v: !!int '2'}}", 7, "", "Tags"),
        Refusal("  - a: {set: {v: ! 2}}", 7, "", "Tags"),
        Refusal("  - a: {set: {v: !x [1]}}", 7, "", "Tags"),
        Refusal("  - a: {set: !x {v: 1}}", 7, "", "Tags"),
        Refusal("  - a: {set: {!!str v: 1}}", 7, "", "Tags"),
        Refusal("  - a: {set: {v: ! 'x'}}", 7, "", "Tags"), Refusal("  - a: {set: {v: ! [1]}}", 7, "", "Tags"),
        Refusal("  - a: {set: ! {v: 1}}", 7, "", "Tags"), Refusal("  - a: {set: {! v: 1}}", 7, "", "Tags"),
        Refusal("  - a:\n      set:\n        v: !\n          x", 9, "", "Tags"),
        Refusal("  - a:\n      set:\n        v: !<tag:yaml.org,2002:str> 1", 9, "", "Tags"),
        Refusal("  - a:\n      set:\n        v: !!binary aGk=", 9, "", "Tags"),
        Refusal("  - a:\n      set:\n        v: &x\n          one", 9, "", "Anchors"),
        Refusal("  - a:\n      set:\n        v: &x |\n          one", 9, "", "Anchors"),
        Refusal("  - a:\n      set:\n        v: &x !!str one", 9, "", "Anchors"),
        Refusal("  - a:\n      set:\n        ? &k v\n        : 1", 9, "", "Anchors"),
        Refusal("  - a:\n      set:\n        - &x\n        - 1", 9, "", "Anchors"),
        Refusal("  - a:\n      set:\n        <<: *x", 9, "", "alias"),
        Refusal("  - a: {set: [1, *x, 2]}", 7, "", "alias"), Refusal("  - a: {set: {*x : 1}}", 7, "", "alias"),
        // Dates that would fail in every run.
        Refusal("  - a:\n      set:\n        x: '${ $runtime.now | todate }'", 9, "do/0/a/set/x", "every run"),
        Refusal("  - a:\n      set:\n        x: '${ \"30.11.2026\" | fromdate }'", 9, "do/0/a/set/x", "every run"),
        Refusal("  - a:\n      set:\n        x: '${ ($runtime.now | fromdate | todate) + 1 }'", 9, "", "every run"),
        Refusal("  - a:\n      set:\n        x: '${ $runtime.now | strptime(\"%d.%m.%Y\") }'", 9, "", "every run"),
        Refusal("  - a:\n      set:\n        x: '${ $runtime.now | mktime }'", 9, "", "every run"),
        Refusal("  - a:\n      set:\n        x: '${ $runtime.now | strftime(\"%Y\") }'", 9, "", "every run"),
        Refusal("  - a:\n      set:\n        x: '${ $runtime.now | gmtime }'", 9, "", "every run"),
        Refusal("  - a:\n      set:\n        x: '${ $runtime | fromdate }'", 9, "", "every run"),
        Refusal("  - a:\n      set:\n        x: '${ [$runtime.now | fromdate | fromdate] }'", 9, "", "every run"),
        Refusal("  - a:\n      set:\n        x: '${ {due: ($runtime.now | todate), n: 1} }'", 9, "", "every run"),
        Refusal("  - a:\n      set:\n        x: '${ $runtime.now as $n | $n | todate }'", 9, "", "every run"),
        Refusal("  - a: {set: {x: '&', x: 2}}", 7, "", "given twice"),
        Refusal("  - a: {set: {x: '&'}}\n  - b: [", 9, "", "Not valid YAML"),
        Refusal("  - a: {set: {x: 1, x: 2}}", 7, "", "given twice"),
        Refusal("  - a: [", 8, "", "Not valid YAML"),
        Refusal(whole: "", 1, "", "empty"),
        Refusal(whole: "just text", 1, "", "mapping"),
        Refusal(whole: "document: {dsl: 1.0.0}\ndo: []", 1, "document", "'namespace' is missing"),
        Refusal(
            whole: "document: {dsl: '0.8', namespace: a, name: b, version: 1.0.0}\ndo: []", 1, "document/dsl", "1.0.0"),
        Refusal(
            whole: "document: {dsl: 1.0.0, namespace: A, name: b, version: 1.0.0}\ndo: []", 1, "document/namespace",
            "lower-case"),
        Refusal(
            whole: "document: {dsl: 1.0.0, namespace: a, name: b, version: 1}\ndo: []", 1, "document/version", "Text"),
        Refusal(
            whole: "document: {dsl: 1.0.0, namespace: a, name: b, version: 1.0.0}\nuse: {secrets: [a]}\ndo: []", 2,
            "use/secrets", "'use.secrets' is not available"),
        Refusal(whole: String(repeating: "#", count: 70_000), 1, "", "64 KB"),
        Refusal(whole: String(repeating: "[", count: 5_000), 1, "", "nesting"),
        Refusal(whole: "a: " + String(repeating: "[", count: 60) + String(repeating: "]", count: 60), 1, "a", "deeply"),
    ]

    @Test(arguments: refusals)
    func aWrongDefinitionIsRefusedWithItsPlace(_ refusal: Refusal) throws {
        let found = try problem(refusal.yaml)
        #expect(found.text.en.contains(refusal.says), "\(found)")
        #expect(!found.text.ko.isEmpty)
        #expect(found.line == refusal.line, "\(found)")
        #expect(refusal.path.isEmpty || found.path.hasPrefix(refusal.path), "\(found)")
        #expect(found.column >= 1)
    }

    @Test func tasksAndNestingAreBounded() throws {
        let many = (0...FlowBounds.tasks).map { "  - t\($0): {set: {}}" }.joined(separator: "\n")
        #expect(try problem(definition(many)).text.en.contains("at most 200 tasks"))
        func nested(_ depth: Int) -> String {
            "  - a: " + String(repeating: "{do: [a: ", count: depth) + "{set: {}}"
                + String(repeating: "]}", count: depth)
        }
        #expect(throws: Never.self) { try compiled(nested(FlowBounds.nesting - 1)) }
        #expect(try problem(definition(nested(FlowBounds.nesting))).text.en.contains("nested deeper"))
    }

    @Test func anAliasBombIsRefusedAtOnce() throws {
        var yaml = "a0: &a0 [x, x, x, x, x, x, x, x]\n"
        for level in 1..<30 {
            yaml +=
                "a\(level): &a\(level) [" + Array(repeating: "*a\(level - 1)", count: 8).joined(separator: ",") + "]\n"
        }
        let found = try problem(yaml)
        #expect(found.line == 1 && found.column == 5)
    }

    @Test func ampersandsInTextAreNoAnchors() throws {
        let flow = try compiled("  - a: {set: {x: 'R & D', y: a&b, z: \"a &b\"}}")
        var runner = Runner(flow)
        #expect(try runner.run() == .completed(["x": "R & D", "y": "a&b", "z": "a &b"]))
    }

    /// An anchor is a property of a node (YAML 1.2, 6.9.2): inside quotes, text and comments `&` is a character.
    @Test func ampersandsAreTextInQuotesBlocksAndComments() throws {
        let flow = try compiled(
            """
              # see tickets: &17 and - &18
              - make: # &19
                  set:
                    body: 'Agenda:&nbsp;kick-off, &nbsp;wrap-up'
                    choice: [plain, '&quoted', "-&-"]
                    block: |
                      - &one
                      &two
                    plain: at & for &three
                    "&key": '\u{E000}&'
            """)
        var runner = Runner(flow)
        #expect(
            try runner.run()
                == .completed([
                    "body": "Agenda:&nbsp;kick-off, &nbsp;wrap-up", "choice": ["plain", "&quoted", "-&-"],
                    "block": "- &one\n&two\n", "plain": "at & for &three", "&key": "\u{E000}&",
                ]))
    }

    /// What the run's clock shows can be reckoned with, fraction and all.
    @Test func datesOfTheRunCanBeReckonedWith() throws {
        let flow = try compiled(
            """
              - dueDate:
                  set:
                    due: '${ $runtime.now | fromdate + 2592000 | todate }'
                    day: '${ ($runtime.now | fromdateiso8601 + 2592000 | todate)[0:10] }'
                    whole: '${ "2026-11-21T20:41:00Z" | fromdate }'
                    ofDay: '${ "2026-11-21" | fromdate }'
                    parsed: '${ $runtime.now | strptime("%Y-%m-%dT%H:%M:%SZ") | mktime | todate }'
                    caught: '${ try ($runtime.now | todate) catch "none" }'
                    object: '${ {a: ($runtime.now | fromdate | todate), b: .gone, "c": 1} | [.b, .c] }'
                    named: '${ ($runtime.now | fromdate) as $n | [.gone, ($n | todate)][0] }'
                    late: '${ if .gone then {x: (.gone | fromdate)} else 7 end }'
            """)
        var runner = Runner(flow)
        guard case .completed(let output) = try runner.run() else { return #expect(Bool(false)) }
        let due = try #require(output["due"]?.string)
        #expect(due.wholeMatch(of: #/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/#) != nil)
        #expect(output["day"]?.string == String(due.prefix(10)))
        #expect(output["whole"] == 1_795_293_660)
        #expect(output["ofDay"] == 1_795_219_200)
        #expect(output["parsed"]?.string?.wholeMatch(of: #/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/#) != nil)
        #expect(output["caught"] == "none")
        #expect(output["object"] == [nil, 1] && output["named"] == .null && output["late"] == 7)
    }

    @Test func plainScalarsFollowTheCoreSchema() throws {
        let flow = try compiled(
            "  - a: {set: {a: yes, b: on, c: 010, d: 1.5, e: ~, f: true, g: '1', h: 2026-11-21, i: -3}}")
        var runner = Runner(flow)
        #expect(
            try runner.run()
                == .completed([
                    "a": "yes", "b": "on", "c": 10, "d": 1.5, "e": nil, "f": true, "g": "1", "h": "2026-11-21", "i": -3,
                ]))
    }

    @Test func whatAFlowMayReachIsKnownBeforeItRuns() throws {
        let flow = try compiled(
            """
              - a: {call: rpc, with: {method: customer-success.touchpoints.create}}
              - b: {try: [c: {call: rpc, with: {method: customer-success.internal_plays.create}}], catch: {}}
              - d: {run: {workflow: {namespace: ale, name: other, version: '2.0.0'}}}
            """)
        #expect(flow.methods == ["customer-success.internal_plays.create", "customer-success.touchpoints.create"])
        #expect(flow.subflows == [FlowReference(namespace: "ale", name: "other", version: "2.0.0")])
    }

    @Test(arguments: [
        ("PT1H", 3_600_000), ("P1D", 86_400_000), ("P1DT2H3M4S", 93_784_000), ("PT0.5S", 500), ("P2W", 1_209_600_000),
    ])
    func durationsAreRead(text: String, milliseconds: Int64) {
        #expect(FlowTime.milliseconds(iso8601: text) == milliseconds)
    }

    @Test(arguments: [
        "", "P", "PT", "P1", "1H", "PT1H1D", "P1Y", "P1M", "PT1.5H", "PT-1S", "PT1S1M", "P1DT", "P999999D",
    ])
    func whatIsNoDurationIsRefused(text: String) {
        #expect(FlowTime.milliseconds(iso8601: text) == nil)
    }

    @Test func instantsAreWrittenInUTC() {
        #expect(FlowInstant(milliseconds: 0).text == "1970-01-01T00:00:00.000Z")
        #expect(FlowInstant(milliseconds: 951_782_400_005).text == "2000-02-29T00:00:00.005Z")
        #expect(FlowInstant(milliseconds: -1).text == "1969-12-31T23:59:59.999Z")
        #expect(FlowInstant(milliseconds: 1_800_000_000_000).text == "2027-01-15T08:00:00.000Z")
    }
}
