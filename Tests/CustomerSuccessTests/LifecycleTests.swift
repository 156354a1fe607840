import CustomerSuccessWire
import RPC
import Records
import Testing
import Wire

@testable import CustomerSuccessService

/// Every move of the state that G-02 allows, and no other.
@Suite struct LifecycleTests {
    static let journey: [String: [String]] = [
        "new": ["define", "canceled"], "define": ["in_progress", "canceled"], "in_progress": ["closed", "canceled"],
        "closed": ["in_progress"], "canceled": ["in_progress"],
    ]
    static let work: [String: [String]] = [
        "new": ["in_progress", "canceled"], "in_progress": ["paused", "closed", "canceled"],
        "paused": ["in_progress", "closed", "canceled"], "closed": ["in_progress"], "canceled": ["in_progress"],
    ]
    static let risk: [String: [String]] = [
        "new": ["active"], "active": ["closed", "canceled"], "closed": ["active"], "canceled": ["active"],
    ]
    static let milestone: [String: [String]] = [
        "planned": ["reached", "missed", "canceled"], "reached": ["planned"], "missed": ["planned"],
        "canceled": ["planned"],
    ]
    static let opportunity: [String: [String]] = [
        "new": ["qualified", "lost"], "qualified": ["handed_over", "lost"],
        "handed_over": ["qualified", "won", "lost"], "won": ["qualified"], "lost": ["qualified"],
    ]
    static let tables: [(any Sample.Type, [String: [String]])] = [
        (Engagement.self, journey), (SuccessObjective.self, journey), (SuccessOutcome.self, work),
        (SuccessInitiative.self, work), (SuccessCase.self, work), (Touchpoint.self, work), (SuccessTask.self, work),
        (InternalPlay.self, work), (InternalPlayTask.self, work), (RiskSignal.self, risk),
        (SuccessMilestone.self, milestone), (Opportunity.self, opportunity),
    ]

    @Test(arguments: tables.indices)
    func statesMoveAsTheyMay(row: Int) async throws {
        let (type, moves) = Self.tables[row]
        try await check(type, moves)
    }

    /// States are named by their labels to whoever reads Korean.
    @Test func refusedMovesAreToldInKorean() async throws {
        let world = try await World()
        let record = try await world.make(Touchpoint.self)
        var reader = world.agent
        reader.locale = "ko"
        let refused = try await refusal { _ = try await world.set(record, "state", .string("paused"), as: reader) }
        #expect(
            refused.text.ko == "‘신규’ 상태의 레코드는 ‘일시 중지됨’ 상태로 바꿀 수 없습니다. 바꿀 수 있는 상태: 취소됨, 진행 중", "\(refused.text.ko)")
        let closed = try await world.close(try await world.set(record, "state", .string("in_progress")))
        let again = try await refusal { _ = try await world.close(closed, as: reader) }
        #expect(again.text.ko == "레코드가 이미 ‘종결’ 상태입니다.", "\(again.text.ko)")
    }

    private func check<R: Sample>(_ type: R.Type, _ moves: [String: [String]]) async throws {
        let world = try await World()
        let draft = try await R.draft(in: world)
        for (from, allowed) in moves {
            for to in moves.keys where to != from {
                // A new record may be entered in any state: it need not have been kept here from its beginning.
                var start = draft
                start[named: "state"] = .string(from)
                if from == "reached" { start[named: "reached_on"] = .string(world.day(0)) }
                if R.schema.index(of: "close_code") != nil, ["closed", "canceled"].contains(from) {
                    start[named: "close_code"] = .string(from == "closed" ? "missed" : "canceled")
                    start[named: "close_notes"] = .string("Done.")
                }
                let record = try await world.create(start)
                var moved = R()
                moved.id = record.id
                moved[named: "state"] = .string(to)
                if to == "reached" { moved[named: "reached_on"] = .string(world.day(0)) }
                if R.schema.index(of: "close_code") != nil, ["closed", "canceled"].contains(to) {
                    moved[named: "close_code"] = .string(to == "closed" ? "missed" : "canceled")
                    moved[named: "close_notes"] = .string("Done.")
                }
                guard !allowed.contains(to) else {
                    #expect(try await world.update(moved)[named: "state"] == .string(to), "\(from) to \(to)")
                    continue
                }
                let problem = try await breaks("G-02", field: "\(R.schema.table).state", "\(from) to \(to)") {
                    _ = try await world.update(moved)
                }
                #expect(problem.code == .failedPrecondition)
            }
        }
        let record = try await world.create(draft)
        try await breaks("G-02") { _ = try await world.set(record, "state", .null) }
    }

    /// G-01: the progress follows the state, may then be another that fits, and never moves the state.
    @Test func progressFollowsTheState() async throws {
        let world = try await World()
        var touchpoint = try await world.make(Touchpoint.self)
        #expect(touchpoint.progress == "not_started")
        try await breaks("G-01", field: "touchpoint.progress") {
            _ = try await world.set(touchpoint, "progress", .string("completed"))
        }
        touchpoint = try await world.set(touchpoint, "state", .string("in_progress"))
        #expect(touchpoint.progress == "on_track")
        touchpoint = try await world.set(touchpoint, "progress", .string("at_risk"))
        #expect(touchpoint.progress == "at_risk" && touchpoint.state == "in_progress")
        var both = Touchpoint()
        both.id = touchpoint.id
        both.state = "paused"
        both.progress = "on_track"
        try await breaks("G-01") { _ = try await world.update(both) }
        touchpoint = try await world.close(touchpoint)
        #expect(touchpoint.progress == "completed")
        #expect(try await world.act("reopen", touchpoint).progress == "on_track")
    }

    @Test func daysRemainingAreCalendarDays() async throws {
        let world = try await World()
        let objective = try await world.make(SuccessObjective.self) { $0.plannedStop = "2028-03-01" }
        // 2028 is a leap year: 31 + 31 + 29 days.
        #expect(objective.daysRemaining == 91)
        let touchpoint = try await world.make(Touchpoint.self) { $0.dueDate = world.day(-3) }
        #expect(touchpoint.daysRemaining == -3)
        #expect(try await world.set(touchpoint, "due_date", .null).daysRemaining == nil)
    }
}
