import Testing

@testable import Flows

/// A run taken up from any stored state goes on exactly as if it had never stopped.
@Suite struct ResumeTests {
    static let everything = """
          - begin: {set: {items: [3, 1, 2]}, export: {as: '${ {made: []} }'}}
          - each:
              for: {each: n, in: .items, at: i}
              do:
                - guarded:
                    try:
                      - make: {call: rpc, with: {method: a.b.create, request: {n: '${ $n }', at: '${ $runtime.now }'}}}
                      - tell: {emit: {event: {with: {type: made.one, data: {n: '${ $n }'}}}}}
                    catch:
                      errors: {with: {status: 503}}
                      retry: {delay: PT2S, backoff: {exponential: {}}, limit: {attempt: {count: 3}}}
                      as: problem
                      do:
                        - ask: {run: {workflow: {namespace: ale, name: help, version: '1.0.0', input: '${ $problem }'}}}
                - keep: {set: {last: '${ $n }'}, export: {as: '${ {made: ($context.made + [$n])} }'}}
          - pause: {wait: PT10M}
          - choose: {switch: [many: {when: '($context.made | length) < 5', then: group}, few: {then: end}]}
          - never: {raise: {error: {type: urn:never, status: 500, title: Never}}}
          - group:
              do:
                - inner: {call: rpc, with: {method: a.c.list, request: {made: '${ $context.made }'}}, then: exit}
                - skipped: {raise: {error: {type: urn:never, status: 500, title: Never}}}
        """

    /// What becomes of the step at `index`, for one choice of failures.
    static func answer(_ action: FlowAction, _ index: Int, seed: Int) -> StepResult {
        guard case .call(let step, _, _) = action else { return .succeeded(["sub": true]) }
        // A fixed mixture that differs from seed to seed.
        let mixed = (index &* 2_654_435_761 &+ seed &* 40_503) >> 7
        if step.path.hasSuffix("make"), mixed % 3 == 0 { return failure(status: 503) }
        if step.path.hasSuffix("make"), seed % 7 == 6, index == 3 { return failure(status: 404) }
        return .succeeded(["id": .number(Double(index))])
    }

    @Test(arguments: 0..<40)
    func aRunGoesOnTheSameFromEveryStoredState(seed: Int) throws {
        let flow = try compiled(Self.everything)
        var straight = Runner(flow)
        straight.storesEveryState = false
        let end = try straight.run { Self.answer($0, $1, seed: seed) }
        var stored = Runner(flow)
        #expect(try stored.run { Self.answer($0, $1, seed: seed) } == end)
        #expect(stored.actions == straight.actions)
        // Each step has a key of its own, whatever was retried.
        let keys = straight.actions.compactMap(\.step)
        #expect(Set(keys).count == keys.count)
    }

    @Test func everyStateIsSmallAndReadsBack() throws {
        let machine = FlowMachine(try compiled(Self.everything))
        // The same text compiled again, as after a restart, takes up the state of the first.
        let again = FlowMachine(try compiled(Self.everything))
        var now = FlowInstant(milliseconds: 1_800_000_000_000)
        var state = try machine.start(run: "r", input: [:], now: now)
        var index = 0
        while let step = state.action.step {
            now = now.adding(milliseconds: 1000)
            let read = try FlowState(parsing: Array(state.json.text.utf8))
            #expect(read == state && state.json.text.utf8.count < 8_000)
            let result = Self.answer(state.action, index, seed: 1)
            let next = try machine.advance(state, step: step, with: result, now: now)
            #expect(try again.advance(read, step: step, with: result, now: now) == next)
            state = next
            index += 1
        }
        #expect(state.isOver && state.frames.isEmpty)
    }
}
