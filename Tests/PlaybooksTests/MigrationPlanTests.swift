import PlaybooksWire
import RPC
import Records
import Testing
import Wire

@testable import Playbooks

/// What becomes of the activities of a run on another version, without a database.
@Suite struct MigrationPlanTests {
    private static let kinds = [
        "plain": ActivityKind("plain", Text(en: "Plain", ko: "일반")),
        "make": ActivityKind("make", Text(en: "Make", ko: "생성"), makesRecord: true),
    ]

    /// A version of activities "key", or "key!" for one that makes a record of the table "t", "key!u" of "u".
    private static func plan(_ keys: [String], inputs: [ActivityInput] = []) throws -> RunPlan {
        var lane = PlaybookLane()
        lane.key = "lane"
        lane.activities = keys.map { text in
            let parts = text.split(separator: "!", omittingEmptySubsequences: false)
            var activity = PlannedActivity()
            (activity.key, activity.kind) = (String(parts[0]), parts.count > 1 ? "make" : "plain")
            activity.inputs = inputs
            if parts.count > 1 {
                activity.creates = ActivityCreation()
                activity.creates?.table = parts[1].isEmpty ? "t" : String(parts[1])
            }
            return activity
        }
        var playbook = Playbook()
        playbook.lanes = [lane]
        return try RunPlan(playbook, kinds: kinds, over: nil)
    }

    private static func row(
        _ key: String, _ place: Int, _ state: ActivityState = .inProgress, made table: String? = nil
    ) -> ActivityRow {
        var row = ActivityRow(key, at: place, now: Timestamp(microseconds: 0))
        row.state = state
        if let table {
            row.created = [.init(service: "s", table: table, id: "1", number: "N1")]
            row.made = "1"
        }
        return row
    }

    private static func outcomes(_ rows: [ActivityRow], _ left: [ActivityRow] = [], to plan: RunPlan) -> [String] {
        let migration = MigrationPlan(rows, left, to: plan, over: nil)
        return plan.steps.indices.map { "\(plan.steps[$0].plan.key) \(migration.outcome($0))" }
            + migration.leaving.map { "\($0.row.key) \($0.place.map { "\($0)" } ?? "left")" }
    }

    @Test func activitiesAreToldApartByTheirKeys() throws {
        let rows = [Self.row("a", 1), Self.row("b", 2, .pending), Self.row("c", 3, .done)]
        #expect(
            Self.outcomes(rows, to: try Self.plan(["c", "n", "a"])) == ["c kept", "n added", "a kept", "b 1"])
        // What had left comes back as it is.
        #expect(
            Self.outcomes(rows, [Self.row("n", -1), Self.row("o", -2)], to: try Self.plan(["c", "n", "a"])) == [
                "c kept", "n kept", "a kept", "b 1", "o left",
            ])
    }

    @Test func whatHasBegunAndDoesNotFitBeginsAnew() throws {
        func one(_ row: ActivityRow, _ text: String, inputs: [ActivityInput] = []) throws -> String {
            Self.outcomes([row], to: try Self.plan([text], inputs: inputs))[0]
        }
        #expect(try one(Self.row("a", 1, made: "t"), "a!") == "a kept")
        #expect(try one(Self.row("a", 1, made: "u"), "a!") == "a restarts")
        #expect(try one(Self.row("a", 1, made: "t"), "a") == "a restarts")
        #expect(try one(Self.row("a", 1), "a!") == "a restarts")
        #expect(try one(Self.row("a", 1, .failed), "a!") == "a kept")
        for state in [ActivityState.pending, .done, .skipped, .canceled] {
            #expect(try one(Self.row("a", 1, state, made: "t"), "a") == "a kept")
        }
        var drafted = Self.row("a", 1)
        drafted.entered = [.init(input: "i", value: "words", by: "p", at: 0, revision: 1)]
        func input(_ type: String) -> ActivityInput {
            var input = ActivityInput()
            (input.key, input.type, input.label) = ("i", type, LocalText(Text(en: "I", ko: "값")))
            return input
        }
        #expect(try one(drafted, "a", inputs: [input("string")]) == "a kept")
        #expect(try one(drafted, "a", inputs: [input("date")]) == "a restarts")
        #expect(try one(drafted, "a") == "a restarts")
    }

    /// Whatever the run and the version: each row stands for one activity of it, or has no place.
    @Test func noRowIsLostOrThereTwice() throws {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<500 {
            func some() -> [String] {
                (0..<10).map { "a\($0)" }.shuffled(using: &random).prefix(Int.random(in: 0...10, using: &random)).map(
                    \.self)
            }
            let (keys, names) = (some(), some())
            let count = Int.random(in: 0...keys.count, using: &random)
            let rows = keys.prefix(count).enumerated().map { Self.row($1, $0 + 1) }
            let left = keys.dropFirst(count).enumerated().map { Self.row($1, -($0 + 1)) }
            let migration = MigrationPlan(rows, left, to: try Self.plan(names), over: nil)
            let there = migration.rows.compactMap { $0?.id } + migration.leaving.map(\.row.id)
            #expect(there.sorted() == (rows + left).map(\.id).sorted())
            #expect(zip(migration.rows, names).allSatisfy { $0 == nil || $0?.key == $1 })
            #expect(migration.rows.enumerated().allSatisfy { $1 != nil || !keys.contains(names[$0]) })
        }
    }
}
