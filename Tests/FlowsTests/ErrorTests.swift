import Testing

@testable import Flows

@Suite struct ErrorTests {
    static func retrying(_ handler: String) throws -> CompiledFlow {
        try compiled(
            """
              - guarded:
                  try:
                    - one: {call: rpc, with: {method: a.b.create}}
                    - two: {call: rpc, with: {method: a.c.create}}
                  catch: \(handler)
              - after: {set: {after: '${ . }'}}
            """)
    }

    @Test func anErrorNobodyCatchesFailsTheRun() throws {
        var runner = Runner(try compiled("  - a: {call: rpc, with: {method: a.b.create}}"))
        let end = try runner.run { _, _ in failure(status: 404) }
        #expect(
            end
                == .failed(
                    FlowError(
                        type: FlowError.communication, status: 404, title: "NOT_FOUND", detail: "no such record",
                        instance: "/do/0/a")))
    }

    @Test func aRaisedErrorCarriesItsTexts() throws {
        var runner = Runner(
            try compiled(
                "  - a: {raise: {error: {type: 'urn:x', status: 409, title: Conflict, detail: '${ \"no \\(.n)\" }'}}}"))
        #expect(
            try runner.run(["n": 3])
                == .failed(
                    FlowError(type: "urn:x", status: 409, title: "Conflict", detail: "no 3", instance: "/do/0/a")))
    }

    @Test func anExpressionThatFailsIsAnError() throws {
        var runner = Runner(try compiled("  - a: {set: {x: '${ .a.b }'}}"))
        guard case .failed(let error) = try runner.run(["a": 1]) else { return #expect(Bool(false)) }
        #expect(error.type == FlowError.expression && error.instance == "/do/0/a" && !error.detail.isEmpty)
    }

    @Test func aCatchTakesTheErrorAndGoesOn() throws {
        var runner = Runner(
            try Self.retrying("{as: problem, do: [note: {set: {why: '${ $problem.status }', in: '${ . }'}}]}"))
        let end = try runner.run(["x": 1]) { _, _ in failure(status: 503) }
        #expect(end == .completed(["after": ["why": 503, "in": ["x": 1]]]))
    }

    @Test func aCatchWithoutTasksGoesOnWithTheInput() throws {
        var runner = Runner(try Self.retrying("{}"))
        #expect(try runner.run(["x": 1]) { _, _ in failure(status: 503) } == .completed(["after": ["x": 1]]))
    }

    @Test(arguments: [
        ("{errors: {with: {status: 404}}}", false), ("{errors: {with: {status: 503}}}", true),
        ("{errors: {with: {type: '\(FlowError.communication)'}}}", true),
        ("{errors: {with: {type: urn:other}}}", false),
        ("{when: '$error.status >= 500'}", true), ("{when: '$error.status < 500'}", false),
        ("{exceptWhen: '$error.title == \"NOT_FOUND\"'}", false), ("{when: '.x.y.z'}", false),
    ])
    func aCatchTakesOnlyWhatItNames(handler: String, isTaken: Bool) throws {
        var runner = Runner(try Self.retrying(handler))
        let end = try runner.run(["x": 1]) { _, _ in failure(status: 503) }
        #expect(isTaken == (end == .completed(["after": ["x": 1]])))
    }

    @Test func retriesBackOffAndKeepTheRequestIDs() throws {
        var runner = Runner(
            try Self.retrying(
                "{errors: {with: {status: 503}}, retry: {delay: {seconds: 1}, backoff: {exponential: {}}, "
                    + "limit: {attempt: {count: 4}}}}"))
        var seen: [FlowAction] = []
        var pauses: [Int64] = []
        let begin = runner.now
        var clock = begin
        let end = try runner.run { action, index in
            seen.append(action)
            if case .wait(_, let until) = action {
                pauses.append(until.milliseconds - clock.milliseconds)
                clock = until.adding(milliseconds: 10)
                return .succeeded(.null)
            }
            clock = clock.adding(milliseconds: 10)
            if case .call(_, "a.c.create", _) = action { return failure(status: 503) }
            return .succeeded([:])
        }
        guard case .failed(let error) = end else { return #expect(Bool(false)) }
        #expect(error.status == 503)
        #expect(pauses == [1000, 2000, 4000])
        let calls = seen.compactMap { action -> StepKey? in
            guard case .call(let step, _, _) = action else { return nil }
            return step
        }
        #expect(calls.count == 8)
        #expect(Set(calls).count == 8, "each attempt has a key of its own")
        #expect(Set(calls.map { $0.requestID(run: "r") }).count == 2, "and the request id of the first")
    }

    @Test func aRetryThatSucceedsGoesOn() throws {
        var runner = Runner(
            try Self.retrying(
                "{retry: {delay: PT5S, backoff: {linear: {}}, limit: {attempt: {count: 5}}}, do: [x: {set: {}}]}"))
        let end = try runner.run { action, index in
            if case .call(_, "a.b.create", _) = action, index < 3 { return failure(status: 503) }
            return .succeeded(["ok": true])
        }
        #expect(end == .completed(["after": ["ok": true]]))
    }

    @Test func anErrorInsideALoopInsideATryUnwindsToTheTry() throws {
        var runner = Runner(
            try compiled(
                """
                  - outer:
                      try:
                        - loop:
                            for: {each: n, in: '[range(5)]'}
                            do:
                              - inner:
                                  try: [make: {call: rpc, with: {method: a.b.create, request: {n: '${ $n }'}}}]
                                  catch: {errors: {with: {status: 409}}}
                      catch:
                        as: problem
                        do: [note: {set: {status: '${ $problem.status }', at: '${ $problem.instance }'}}]
                """))
        let end = try runner.run { _, index in
            index == 1 ? failure(status: 409) : failure(status: index == 3 ? 500 : 409)
        }
        #expect(end == .completed(["status": 500, "at": "/do/0/outer/try/0/loop/do/0/inner/try/0/make"]))
        #expect(runner.actions.count == 4)
    }

    @Test func anErrorInACatchIsNotCaughtByItsOwnTry() throws {
        var runner = Runner(
            try Self.retrying("{do: [again: {raise: {error: {type: urn:second, status: 500, title: Second}}}]}"))
        guard case .failed(let error) = try runner.run(answer: { _, _ in failure(status: 503) }) else {
            return #expect(Bool(false))
        }
        #expect(error.type == "urn:second" && error.instance == "/do/0/guarded/catch/do/0/again")
    }

    @Test func aTryDoesNotCatchAnErrorOfItsOwnOutput() throws {
        var runner = Runner(
            try compiled("  - t: {try: [a: {set: {x: 1}}], catch: {}, output: {as: '${ .x.y }'}}"))
        guard case .failed(let error) = try runner.run() else { return #expect(Bool(false)) }
        #expect(error.type == FlowError.expression)
    }

    @Test(arguments: [(1, 2), (2, 4), (3, 8), (60, 86_400)])
    func exponentialPausesAreBounded(attempt: Int, seconds: Int64) {
        let retry = FlowTask.Retry(
            when: nil, exceptWhen: nil, attempts: 20, within: nil, delay: 2000, backoff: .exponential, jitter: 0...0)
        #expect(retry.pause(after: attempt, key: "k") == seconds * 1000)
    }

    @Test func jitterIsAddedAndIsTheSameEachTime() {
        let retry = FlowTask.Retry(
            when: nil, exceptWhen: nil, attempts: 20, within: nil, delay: 1000, backoff: .constant, jitter: 100...200)
        let pauses = (0..<50).map { retry.pause(after: 1, key: "run/\($0)") }
        #expect(pauses.allSatisfy { (1100...1200).contains($0) } && Set(pauses).count > 10)
        #expect(pauses == (0..<50).map { retry.pause(after: 1, key: "run/\($0)") })
    }
}
