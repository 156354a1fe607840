import PlaybooksWire
import Testing
import Wire

@testable import Playbooks

/// What a run does next, without a database.
@Suite struct MachineTests {
    private typealias Standing = PlaybookMachine.Standing

    /// A playbook of lanes with activities, written as "key", "key:when" or "key:after=a,b", and "key?" for one with a
    /// condition.
    static func plan(_ lanes: [[String]]) throws -> RunPlan {
        var playbook = Playbook()
        playbook.lanes = lanes.enumerated().map { index, activities in
            var lane = PlaybookLane()
            lane.key = "lane\(index)"
            lane.activities = activities.map { text in
                let parts = text.split(separator: ":")
                var activity = PlannedActivity()
                activity.key = String(parts[0].prefix { $0 != "?" })
                activity.kind = "plain"
                var start = ActivityStart()
                let when = parts.count > 1 ? parts[1] : ""
                start.when = String(when.prefix { $0 != "=" })
                start.after = when.split(separator: "=").dropFirst().flatMap {
                    $0.split(separator: ",").map(String.init)
                }
                if parts[0].hasSuffix("?") { start.condition = "state = \"x\"" }
                activity.start = start
                return activity
            }
            return lane
        }
        return try RunPlan(playbook, kinds: ["plain": ActivityKind("plain", Text(en: "Plain", ko: "일반"))], over: nil)
    }

    private static func standings(_ plan: RunPlan, _ states: [String: ActivityState] = [:]) -> [Standing] {
        plan.steps.map { Standing(state: states[$0.plan.key] ?? .pending, applies: true) }
    }

    /// The keys of what starts.
    private static func starts(
        _ lanes: [[String]], _ states: [String: ActivityState] = [:], holds: Set<String> = []
    ) throws -> [String] {
        let plan = try plan(lanes)
        return PlaybookMachine.next(plan, standings(plan, states)) { holds.contains(plan.steps[$0].plan.key) }
            .starts.map { plan.steps[$0].plan.key }
    }

    @Test func theFirstOfTheFirstLaneStarts() throws {
        #expect(try Self.starts([["a", "b"], ["c"]]) == ["a"])
    }

    @Test func oneAfterAnother() throws {
        #expect(try Self.starts([["a", "b", "c"]], ["a": .done]) == ["b"])
        #expect(try Self.starts([["a", "b", "c"]], ["a": .skipped]) == ["b"])
        #expect(try Self.starts([["a", "b", "c"]], ["a": .failed]) == [])
    }

    @Test func togetherWithThePrevious() throws {
        let lane = [["a", "b:with_previous", "c:with_previous", "d"]]
        #expect(try Self.starts(lane) == ["a", "b", "c"])
        // The one behind a group waits for all of it.
        #expect(try Self.starts(lane, ["a": .inProgress, "b": .done, "c": .done]) == [])
        #expect(try Self.starts(lane, ["a": .done, "b": .done, "c": .skipped]) == ["d"])
        // What was canceled is neither done nor skipped.
        #expect(try Self.starts(lane, ["a": .done, "b": .done, "c": .canceled]) == [])
    }

    @Test func withItsLane() throws {
        #expect(try Self.starts([["a", "b:with_lane"], ["c:with_lane"]]) == ["a", "b"])
    }

    @Test func afterNamedOnes() throws {
        let lanes = [["a", "b:with_previous", "c:after=a", "d:after=a,b"]]
        #expect(try Self.starts(lanes, ["a": .done, "b": .inProgress]) == ["c"])
        #expect(try Self.starts(lanes, ["a": .done, "b": .done, "c": .inProgress]) == ["d"])
    }

    @Test func aLaneOpensWhenThoseBeforeAreDone() throws {
        #expect(try Self.starts([["a"], ["b"], ["c"]], ["a": .done]) == ["b"])
        #expect(try Self.starts([["a"], ["b"], ["c"]], ["a": .done, "b": .done]) == ["c"])
        // A lane that was taken up again holds back what has not started yet.
        #expect(try Self.starts([["a"], ["b", "c"]], ["a": .inProgress, "b": .done]) == [])
    }

    @Test func aConditionDecidesWhatBelongsToTheRun() throws {
        let lanes = [["a", "b?", "c"], ["d"]]
        #expect(try Self.starts(lanes, ["a": .done]) == ["c"])
        #expect(try Self.starts(lanes, ["a": .done], holds: ["b"]) == ["b"])
        #expect(try Self.starts(lanes, ["a": .done, "c": .done]) == ["d"])
        // It comes in as soon as the condition holds, also behind others.
        #expect(try Self.starts(lanes, ["a": .done, "c": .inProgress], holds: ["b"]) == ["b"])
    }

    @Test func aRunIsDoneWhenAllIsEnded() throws {
        let plan = try Self.plan([["a", "b?"], ["c"]])
        func isDone(_ states: [String: ActivityState], holds: Bool) -> Bool {
            PlaybookMachine.next(plan, Self.standings(plan, states)) { _ in holds }.isDone
        }
        #expect(isDone(["a": .done, "c": .skipped], holds: false))
        #expect(!isDone(["a": .done, "c": .canceled], holds: false))
        #expect(!isDone(["a": .done, "c": .done], holds: true))
        #expect(!isDone(["a": .done, "c": .inProgress], holds: false))
    }

    /// A canceled activity that is no part of the run any more.
    @Test func whatIsLeftOutHoldsNothingUp() throws {
        let plan = try Self.plan([["a", "b"], ["c"]])
        var standings = Self.standings(plan, ["a": .canceled])
        standings[0].applies = false
        let move = PlaybookMachine.next(plan, standings) { _ in true }
        #expect(move.starts == [1] && move.applies == [false, true, true])
    }

    @Test func whatIsSwitchedOffIsLeftOut() throws {
        var playbook = try Self.plan([["a", "b", "c:after=b"]]).playbook
        playbook.lanes[0].activities[1].switchedOff = true
        let plan = try RunPlan(
            playbook, kinds: ["plain": ActivityKind("plain", Text(en: "Plain", ko: "일반"))], over: nil)
        #expect(plan.steps.map(\.plan.key) == ["a", "c"])
        let move = PlaybookMachine.next(plan, Self.standings(plan)) { _ in true }
        #expect(move.starts == [0, 1])
    }

    @Test func aKindThatNobodyKnowsIsAnError() throws {
        let playbook = try Self.plan([["a"]]).playbook
        #expect(throws: (any Error).self) { try RunPlan(playbook, kinds: [:], over: nil) }
    }
}
