import Testing

@testable import Flows

@Suite struct MachineTests {
    static let call = "{call: rpc, with: {method: a.b.create, request: {x: '${ .x }', n: null}}}"

    @Test func aTaskTakesItsInputAndGivesItsOutputOn() throws {
        let flow = try compiled(
            """
              - first:
                  input: {from: '${ {x: .given} }'}
                  call: rpc
                  with: {method: a.b.create, request: {x: '${ .x }', y: '${ $input.x }', none: '${ .nothing }'}}
                  output: {as: '${ .id }'}
                  export: {as: '${ {saved: ., from: $input.x} }'}
              - second: {set: {id: '${ . }', context: '${ $context }', who: '${ $workflow.id }', task: '${ $task.name }'}}
            """, tail: "output: {as: '${ . + {done: true} }'}")
        var runner = Runner(flow)
        let end = try runner.run(["given": 5]) { _, _ in .succeeded(["id": "r1", "more": 1]) }
        #expect(
            runner.actions == [
                .call(
                    step: StepKey(path: "do/first", attempt: 1), method: "a.b.create", request: ["x": 5, "y": 5])
            ])
        #expect(
            end
                == .completed([
                    "id": "r1", "context": ["saved": "r1", "from": 5], "who": "run-1", "task": "second", "done": true,
                ]))
    }

    @Test func aConditionThatIsFalseSkipsTheTask() throws {
        let flow = try compiled(
            "  - a: {if: .on, set: {a: 1}}\n  - b: {if: '${ .on | not }', set: {b: '${ . }'}}")
        var runner = Runner(flow)
        #expect(try runner.run(["on": false]) == .completed(["b": ["on": false]]))
    }

    @Test(arguments: [("red", "stop"), ("green", "go"), ("blue", "wonder")])
    func aSwitchChoosesItsCase(colour: String, expected: String) throws {
        let flow = try compiled(
            """
              - choose:
                  switch:
                    - isRed: {when: '.colour == "red"', then: stop}
                    - isGreen: {when: '${ .colour == "green" }', then: go}
                    - other: {then: wonder}
              - stop: {set: '${ "stop" }', then: end}
              - go: {set: '${ "go" }', then: exit}
              - wonder: {set: '${ "wonder" }'}
            """)
        var runner = Runner(flow)
        #expect(try runner.run(["colour": .string(colour)]) == .completed(.string(expected)))
    }

    @Test func aLoopVisitsEachElementOnce() throws {
        let flow = try compiled(
            """
              - loop:
                  for: {each: colour, in: .colours, at: i}
                  do:
                    - create: {call: rpc, with: {method: a.b.create, request: {c: '${ $colour }', i: '${ $i }'}}}
                    - keep: {set: {sum: '${ ($context.sum // "") + $colour }'}, export: {as: '${ {sum: .sum} }'}}
            """)
        var runner = Runner(flow)
        let end = try runner.run(["colours": ["r", "g", "b"]])
        #expect(end == .completed(["sum": "rgb"]))
        #expect(runner.actions.map(\.step?.path) == (0..<3).map { "do/loop[\($0)]/do/create" })
        let ids = Set(runner.actions.compactMap { $0.step?.requestID(run: "run-1") })
        #expect(ids.count == 3)
    }

    @Test func aLoopStopsByWhileOrExit() throws {
        let byWhile = try compiled(
            "  - l: {for: {in: '[range(10)]'}, while: '$index < 3', do: [a: {set: '$index'}]}")
        var runner = Runner(byWhile)
        #expect(try runner.run() == .completed(2))
        let byExit = try compiled(
            """
              - l:
                  for: {in: '[range(10)]'}
                  do:
                    - a: {set: $index}
                    - b: {if: '. == 4', set: '"left at \\(.)"', then: exit}
              - after: {set: '${ [.] }'}
            """)
        runner = Runner(byExit)
        #expect(try runner.run() == .completed(["left at 4"]))
    }

    @Test func loopsAndRunsAreBounded() throws {
        let wide = try compiled("  - l: {for: {in: '[range(1001)]'}, do: [a: {set: {}}]}")
        var runner = Runner(wide)
        guard case .failed(let error) = try runner.run() else { return #expect(Bool(false)) }
        #expect(error.status == 413 && error.instance == "/do/0/l")
        let endless = try compiled("  - a: {set: {}}\n  - b: {set: {}, then: a}")
        runner = Runner(endless)
        guard case .failed(let second) = try runner.run() else { return #expect(Bool(false)) }
        #expect(second.status == 508)
        let noList = try compiled("  - l: {for: {in: '5'}, do: [a: {set: {}}]}")
        runner = Runner(noList)
        guard case .failed(let third) = try runner.run() else { return #expect(Bool(false)) }
        #expect(third.type == FlowError.validation)
    }

    @Test func waitsEventsAndSubflowsAreAskedFor() throws {
        let flow = try compiled(
            """
              - pause: {wait: {minutes: 1, seconds: 30}}
              - tell: {emit: {event: {with: {type: play.started, data: {id: '${ .id }'}}}}}
              - sub: {run: {workflow: {namespace: ale, name: other, version: '1.2.3', input: {given: '${ .data.id }'}}}}
              - last: {set: {sub: '${ . }'}}
            """)
        var runner = Runner(flow)
        let start = runner.now
        let end = try runner.run(["id": "r"]) { action, _ in
            if case .runSubflow = action { return .succeeded(["made": 2]) }
            return .succeeded(.null)
        }
        #expect(end == .completed(["sub": ["made": 2]]))
        #expect(
            runner.actions == [
                .wait(step: StepKey(path: "do/pause", attempt: 1), until: start.adding(milliseconds: 90_000)),
                .emit(
                    step: StepKey(path: "do/tell", attempt: 1), type: "play.started",
                    event: [
                        "specversion": "1.0", "type": "play.started", "source": "test/sample", "data": ["id": "r"],
                        "id": .string(StepKey(path: "do/tell", attempt: 1).requestID(run: "run-1")),
                        "time": .string(start.adding(milliseconds: 90_010).text),
                    ]),
                .runSubflow(
                    step: StepKey(path: "do/sub", attempt: 1),
                    flow: FlowReference(namespace: "ale", name: "other", version: "1.2.3"), input: ["given": "r"]),
            ])
    }

    @Test func aTaskVisitedAgainHasAnotherRequestID() throws {
        let flow = try compiled(
            """
              - poll: {call: rpc, with: {method: a.b.get}}
              - check: {switch: [ready: {when: .ready, then: end}, not: {then: poll}]}
            """)
        var runner = Runner(flow)
        _ = try runner.run { _, index in .succeeded(["ready": .bool(index == 2)]) }
        #expect(runner.actions.map(\.step?.path) == ["do/poll", "do/poll~2", "do/poll~3"])
    }

    @Test func theClockIsThatOfTheMove() throws {
        let flow = try compiled("  - a: {set: {now: '${ $runtime.now }', begun: '${ $workflow.startedAt }'}}")
        var runner = Runner(flow)
        let text: JSONValue = "2027-01-15T08:00:00.000Z"
        let epoch: JSONValue = ["seconds": 1_800_000_000, "milliseconds": 1_800_000_000_000]
        #expect(try runner.run() == .completed(["now": text, "begun": ["iso8601": text, "epoch": epoch]]))
    }

    /// `x-<key>-ko` says in Korean what the member beside it says: a run takes that of the person who began it, also
    /// after it was stored.
    @Test func textsAreInTheLanguageOfTheRun() throws {
        let machine = FlowMachine(
            try compiled(
                """
                  - a: {set: {list: [{subject: Plan, x-subject-ko: 계획, code: 7}]}}
                  - b: {call: rpc, with: {method: s.rs.create, request: {text: '${ .list[0] }', name: Yes, x-name-ko: 예}}}
                """))
        let now = FlowInstant(milliseconds: 0)
        for (language, subject, name) in [("ko", "계획", "예"), ("en", "Plan", "Yes")] {
            let state = try machine.start(run: "r", input: [:], language: language, now: now)
            guard case .call(_, _, let request) = state.action else { return #expect(Bool(false)) }
            #expect(request == ["text": ["subject": .string(subject), "code": 7], "name": .string(name)])
            #expect(try FlowState(json: state.json) == state)
        }
        var stored = try #require(try machine.start(run: "r", input: [:], now: now).json.object)
        stored["language"] = nil
        #expect(try FlowState(json: .object(stored)).language == "en")
    }

    @Test func resultsForAnotherStepAreRefused() throws {
        let machine = FlowMachine(try compiled("  - a: \(Self.call)\n  - b: \(Self.call)"))
        let now = FlowInstant(milliseconds: 0)
        let first = try machine.start(run: "r", input: [:], now: now)
        let key = try #require(first.action.step)
        let second = try machine.advance(first, step: key, with: .succeeded([:]), now: now)
        #expect(throws: FlowMachineError.self) {
            try machine.advance(second, step: key, with: .succeeded([:]), now: now)
        }
        let key2 = try #require(second.action.step)
        let over = try machine.advance(second, step: key2, with: .succeeded([:]), now: now)
        #expect(throws: FlowMachineError.over) {
            try machine.advance(over, step: key2, with: .succeeded([:]), now: now)
        }
        let other = FlowMachine(try compiled("  - a: \(Self.call)\n  - c: \(Self.call)"))
        #expect(throws: FlowMachineError.self) {
            try other.advance(first, step: key, with: .succeeded([:]), now: now)
        }
        guard case .failed(let error) = machine.cancel(first, because: "asked to").action else {
            return #expect(Bool(false))
        }
        #expect(error.status == 499 && error.detail == "asked to")
    }

    @Test func anAnswerThatIsTooLargeFailsTheStep() throws {
        var runner = Runner(try compiled("  - a: \(Self.call)"))
        let end = try runner.run { _, _ in .succeeded(.string(String(repeating: "x", count: FlowBounds.valueBytes))) }
        guard case .failed(let error) = end else { return #expect(Bool(false)) }
        #expect(error.status == 413 && error.instance == "/do/0/a")
    }

    @Test func requestIDsAreStableUUIDs() {
        let key = StepKey(path: "do/create", attempt: 1)
        let id = key.requestID(run: "5b0c6e0e-0000-4000-8000-000000000001")
        #expect(id == StepKey(path: "do/create", attempt: 7).requestID(run: "5b0c6e0e-0000-4000-8000-000000000001"))
        #expect(id != key.requestID(run: "5b0c6e0e-0000-4000-8000-000000000002"))
        #expect(id.wholeMatch(of: /[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/) != nil)
        let many = Set((0..<100_000).map { StepKey(path: "do/l[\($0)]/do/x", attempt: 1).requestID(run: "r") })
        #expect(many.count == 100_000)
    }

    @Test(arguments: ["{}", "[]", "{\"format\":2}", "null"])
    func anUnreadableStateIsRefused(text: String) {
        #expect(throws: FlowMachineError.self) { try FlowState(parsing: Array(text.utf8)) }
    }
}
