import Testing

@testable import Flows

/// Waits for events, and what the clock does to runs that have several things under way.
@Suite struct ListenTests {
    static let features = ["listen"]

    static func event(_ type: String, _ data: JSONValue = [:], source: String = "s") -> JSONValue {
        ["specversion": "1.0", "id": "e", "type": .string(type), "source": .string(source), "data": data]
    }

    /// What became of a run that waits for events after each of these was heard.
    static func hear(_ tasks: String, _ events: [JSONValue], input: JSONValue = [:]) throws -> FlowAction {
        let machine = FlowMachine(try FlowSource.compile(yaml: FeatureTests.head + tasks))
        let now = FlowInstant(milliseconds: 1_800_000_000_000)
        var state = try machine.start(run: "r", input: input, now: now)
        for event in events where !state.isOver {
            state = try machine.hear(event, FlowState(json: state.json), now: now).state
        }
        return state.action
    }

    @Test(arguments: [
        ("{one: {with: {type: a.b}}}", [event("a.c"), event("a.b", 1), event("a.b", 2)], "[1]"),
        ("{one: {with: {type: a, source: s2}}}", [event("a", 1), event("a", 2, source: "s2")], "[2]"),
        (
            "{one: {with: {type: a, data: '${ .t > 38 }'}}}", [event("a", ["t": 37]), event("a", ["t": 39])],
            #"[{"t":39}]"#
        ),
        (
            "{one: {with: {type: a}, correlate: {o: {from: .data.o, expect: '${ .order }'}}}}",
            [event("a", ["o": 8]), event("a", ["o": 7])], #"[{"o":7}]"#
        ),
        ("{any: [{with: {type: a}}, {with: {type: b}}]}", [event("b", 2), event("a", 1)], "[2]"),
        (
            "{any: [{with: {type: a}}], until: 'length == 3'}",
            [event("a", 1), event("b", 9), event("a", 2), event("a", 3)],
            "[1,2,3]"
        ),
        ("{all: [{with: {type: a}}, {with: {type: b}}]}", [event("b", 2), event("b", 3), event("a", 1)], "[2,1]"),
    ])
    func aListenTakesTheEventsItNames(to: String, events: [JSONValue], output: String) throws {
        let end = try Self.hear("do: [l: {listen: {to: \(to)}}]", events, input: ["order": 7])
        #expect(end == .completed(try JSONValue(parsing: output)))
        // One less is not enough.
        let early = try Self.hear("do: [l: {listen: {to: \(to)}}]", [Self.event("zzz")], input: ["order": 7])
        guard case .listen(let step, let types, _) = early else { return #expect(Bool(false)) }
        #expect(step.path == "do/l" && !types.isEmpty)
    }

    /// What is written out of a filter is told with the step, so that events which it cannot take need not be kept.
    @Test func whatIsWrittenOutOfAFilterIsTold() throws {
        let action = try Self.hear(
            "do: [l: {listen: {to: {any: [{with: {type: a, subject: x, data: {n: 1}}}, {with: {type: a, source: '${ . == .x }'}}, {with: {type: b, data: '${ .n > 1 }', id: i}}]}}}]",
            [])
        guard case .listen(_, _, let wants) = action else { return #expect(Bool(false)) }
        #expect(
            wants == [["type": "a", "subject": "x", "data": ["n": 1]], ["type": "a"], ["type": "b", "id": "i"]])
    }

    @Test func theWholeEventCanBeRead() throws {
        let end = try Self.hear(
            "do: [l: {listen: {to: {one: {with: {type: a}}}, read: envelope}, output: {as: '.[0].type'}}]",
            [Self.event("a")])
        #expect(end == .completed("a"))
    }

    @Test func aListenThatHearsNothingEndsByItsTimeout() throws {
        let outcome = try FeatureTests.outcome(
            """
            do:
              - safe:
                  try: [l: {timeout: {after: PT5M}, listen: {to: {one: {with: {type: a}}}}}]
                  catch: {errors: {with: {status: 408}}, do: [m: {set: {heard: false}}]}
            """, [:])
        #expect(outcome.end == #"{"heard":false}"#)
    }

    /// Branches go on by themselves: the calls at once, then each wait when it is due, and the event when it comes.
    @Test func branchesDoNotWaitForEachOther() throws {
        let machine = FlowMachine(
            try FlowSource.compile(
                yaml: FeatureTests.head + """
                    do:
                      - all:
                          fork:
                            branches:
                              - slow: {do: [w: {wait: PT1H}, c: {call: rpc, with: {method: a.b.create, request: {n: 1}}}]}
                              - quick: {do: [w: {wait: PT1M}, c: {call: rpc, with: {method: a.b.create, request: {n: 2}}}]}
                              - heard: {listen: {to: {one: {with: {type: x}}}}}
                              - calls: {call: rpc, with: {method: a.b.create, request: {n: 3}}}
                    """))
        let begin = FlowInstant(milliseconds: 1_800_000_000_000)
        var state = try machine.start(run: "r", input: [:], now: begin)
        #expect(
            state.pending.compactMap { $0.step?.path }
                == ["slow/do/w", "quick/do/w", "heard", "calls"].map { "do/all/fork/" + $0 })
        guard case .call(let first, _, let request) = state.action else { return #expect(Bool(false)) }
        #expect(request == ["n": 3] && state.listens == ["x"])
        state = try machine.advance(state, step: first, with: .succeeded("three"), now: begin)
        #expect(state.action.isIdle && state.wakes == begin.adding(milliseconds: 60_000))
        // Too early, nothing happens.
        #expect(try machine.wake(state, now: begin.adding(milliseconds: 59_999)).state == state)
        let turn = try machine.wake(state, now: begin.adding(milliseconds: 60_000))
        #expect(turn.done.keys.map(\.path) == ["do/all/fork/quick/do/w"])
        state = try FlowState(json: turn.state.json)
        #expect(state == turn.state)
        let second = try #require(state.action.step)
        state = try machine.hear(Self.event("x", "news"), state, now: begin.adding(milliseconds: 70_000)).state
        #expect(state.action.step == second && state.listens.isEmpty)
        state = try machine.advance(
            state, step: second, with: .succeeded("two"), now: begin.adding(milliseconds: 80_000))
        state = try machine.wake(state, now: begin.adding(milliseconds: 3_600_000)).state
        let third = try #require(state.action.step)
        state = try machine.advance(
            state, step: third, with: .succeeded("one"), now: begin.adding(milliseconds: 3_700_000))
        #expect(state.action == .completed(["one", "two", ["news"], "three"]))
    }

    @Test func whoIsDueFirstWins() throws {
        let outcome = try FeatureTests.outcome(
            """
            do:
              - race:
                  fork:
                    compete: true
                    branches:
                      - slow: {do: [w: {wait: PT2S}, s: {set: '"slow"'}]}
                      - quick: {do: [w: {wait: PT1S}, s: {set: '"quick"'}]}
            """, [:])
        #expect(outcome.end == "\"quick\"")
    }

    /// A call that comes back after the timeout of its task is too late; the step counts as done all the same.
    @Test func anAnswerAfterTheTimeoutIsTooLate() throws {
        let machine = FlowMachine(
            try FlowSource.compile(
                yaml: FeatureTests.head
                    + "do: [c: {timeout: {after: PT1S}, call: rpc, with: {method: a.b.create}}]"))
        let begin = FlowInstant(milliseconds: 0)
        let state = try machine.start(run: "r", input: [:], now: begin)
        let step = try #require(state.action.step)
        #expect(state.expires == begin.adding(milliseconds: 1000))
        let inTime = try machine.advance(state, step: step, with: .succeeded("x"), now: begin.adding(milliseconds: 999))
        #expect(inTime.action == .completed("x"))
        let late = try machine.advance(state, step: step, with: .succeeded("x"), now: begin.adding(milliseconds: 1000))
        guard case .failed(let error) = late.action else { return #expect(Bool(false)) }
        #expect(error.status == 408 && error.instance == "/do/0/c")
    }
}
