import Testing

@testable import Playbooks

/// What activities wait for, as moves of dates follow it.
@Suite struct WaitsTests {
    private static func waits(_ lanes: [[String]]) throws -> [String] {
        let plan = try MachineTests.plan(lanes)
        let keys = plan.steps.map(\.plan.key)
        return plan.waits.map { $0.sorted().map { keys[$0] }.joined() }
    }

    @Test func eachWaitsAsItStarts() throws {
        #expect(try Self.waits([["a", "b", "c"]]) == ["", "a", "b"])
        // Those that run together end together for the one behind them, and begin with the first of them.
        #expect(try Self.waits([["a", "b", "c:with_previous", "d"]]) == ["", "a", "a", "bc"])
        // Each lane is behind all of the one before; named ones may lie anywhere.
        #expect(
            try Self.waits([["a", "b:with_lane"], ["c", "d:with_lane", "e:after=c"], ["f:with_previous"]]) == [
                "", "", "ab", "ab", "abc", "cde",
            ])
    }
}
