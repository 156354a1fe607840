import OnboardingWire
import RPC
import Roles
import Tenancy
import Testing
import Wire

@testable import Events
@testable import OnboardingService
@testable import Records

/// States, and what is tied to them (G-01, G-02, G-21).
@Suite struct LifecycleTests {
    static let caseTable: [String: [String]] = [
        "new": ["not_started", "at_risk"], "unassigned": ["not_started", "at_risk"], "active": ["on_track", "at_risk"],
        "blocked": ["paused", "at_risk"], "closed": ["finished"], "canceled": ["finished"],
    ]
    static let caseMoves: [String: Set<String>] = [
        "new": ["unassigned", "active", "blocked", "canceled"], "unassigned": ["active", "blocked", "canceled"],
        "active": ["blocked", "closed", "canceled"], "blocked": ["active", "canceled"], "closed": ["active"],
        "canceled": ["active"],
    ]
    static let taskTable: [String: [String]] = [
        "open": ["not_started"], "awaiting_customer": ["paused", "at_risk"],
        "awaiting_internal": ["paused", "at_risk"],
        "in_progress": ["on_track", "at_risk"], "review": ["on_track", "at_risk"], "closed": ["finished"],
        "canceled": ["finished"],
    ]

    let agent = Caller(
        subject: "a", kind: .person, domain: .root, roles: RoleCatalog.close(["sn_acct_lc.agent"]))

    func context(_ caller: Caller) -> WriteContext {
        WriteContext(caller: caller, now: Timestamp(seconds: 1_000, nanos: 0))
    }

    private func choices<R: Record>(_ type: R.Type, _ field: String) -> [String] {
        R.schema.field(field)?.choices.compactMap { $0.value.string } ?? []
    }

    /// What becomes of the record; nil when the move is refused.
    private func move<R: Record>(_ old: R?, to new: R, as caller: Caller) -> (record: R?, problem: Problem?) {
        var change = Change(old: old, new: new)
        do throws(Problem) {
            try R.lifecycle?.apply(&change, context(caller))
            return (change.new, nil)
        } catch {
            return (nil, error)
        }
    }

    private func closed<R: Record>(_ record: inout R, _ state: String) {
        record[named: "state"] = .string(state)
        guard state == "closed" || state == "canceled" else { return }
        record[named: "closed_at"] = .timestamp(Timestamp(seconds: 1, nanos: 0))
        record[named: "closed_by"] = .string("x")
        record[named: "close_notes"] = .string("notes")
        record[named: "active"] = .bool(false)
    }

    @Test func everyStateOfACaseTakesItsStage() {
        let stages = choices(OnboardingCase.self, "stage")
        #expect(Set(choices(OnboardingCase.self, "state")) == Set(Self.caseTable.keys) && stages.count == 5)
        for (state, allowed) in Self.caseTable {
            var fresh = OnboardingCase()
            fresh.state = state
            #expect(move(nil, to: fresh, as: agent).record?.stage == allowed[0])
            for stage in stages {
                var old = OnboardingCase()
                closed(&old, state)
                old.stage = allowed[0]
                var new = old
                new.stage = stage
                let (record, problem) = move(old, to: new, as: agent)
                #expect((record != nil) == allowed.contains(stage), "\(state) with \(stage)")
                #expect(record?.state ?? state == state, "a stage never changes the state")
                #expect(problem == nil || problem?.violations.first?.rule == "G-01")
            }
        }
    }

    @Test func everyStateOfATaskTakesItsProgress() {
        for (state, allowed) in Self.taskTable {
            for progress in choices(LifecycleTask.self, "progress") {
                var old = LifecycleTask()
                closed(&old, state)
                old.progress = allowed[0]
                var new = old
                new.progress = progress
                #expect((move(old, to: new, as: agent).record != nil) == allowed.contains(progress))
            }
        }
    }

    @Test func casesMoveAlongTheGraphAndNowhereElse() {
        for (from, targets) in Self.caseMoves {
            for to in Self.caseMoves.keys where to != from {
                var old = OnboardingCase()
                closed(&old, from)
                old.stage = "at_risk"
                var new = old
                new.state = to
                let (record, problem) = move(old, to: new, as: agent)
                #expect((record != nil) == targets.contains(to), "\(from) to \(to)")
                #expect(problem == nil || problem?.reason == "STATE_MOVE")
                #expect(record == nil || record?.stage == Self.caseTable[to]?[0], "the stage follows the state")
            }
        }
    }

    @Test func tasksMoveFreelyWhileOpen() {
        let open = ["open", "awaiting_customer", "awaiting_internal", "in_progress", "review"]
        for from in Self.taskTable.keys {
            for to in Self.taskTable.keys where to != from {
                var old = LifecycleTask()
                closed(&old, from)
                var new = old
                new.state = to
                let isAllowed = open.contains(from) || to == "open"
                #expect((move(old, to: new, as: agent).record != nil) == isAllowed, "\(from) to \(to)")
            }
        }
    }

    @Test func closingStampsAndReopeningClears() throws {
        var old = OnboardingCase()
        old.state = "active"
        old.stage = "at_risk"
        var new = old
        new.state = "closed"
        var record = try #require(move(old, to: new, as: agent).record)
        #expect(record.closedAt == Timestamp(seconds: 1_000, nanos: 0) && record.closedBy == "a")
        #expect(record.active == false && record.stage == "finished")
        record.closeNotes = "Done."
        new = record
        new.state = "active"
        let reopened = try #require(move(record, to: new, as: agent).record)
        #expect(reopened.closedAt == nil && reopened.closedBy == nil && reopened.closeNotes == nil)
        #expect(reopened.active == true && reopened.stage == "on_track")
    }

    @Test func whoMayCloseCancelAndReopen() {
        let assignee = Caller(subject: "b", kind: .person, domain: .root, roles: ["sn_ti_core.write"])
        let stranger = Caller(subject: "c", kind: .person, domain: .root, roles: ["sn_ti_core.write"])
        let customer = Caller(subject: "d", kind: .customer, domain: .root, roles: [], account: "x", contact: "k")
        let other = Caller(subject: "d", kind: .customer, domain: .root, roles: [], account: "x", contact: "l")
        var task = LifecycleTask()
        task.state = "review"
        task.assignedTo = "b"
        task.contact = "k"
        task.company = "x"
        func may(_ caller: Caller, _ state: String, from old: LifecycleTask) -> Bool {
            var new = old
            new.state = state
            return move(old, to: new, as: caller).problem?.code != .permissionDenied
        }
        #expect(may(agent, "closed", from: task) && may(assignee, "closed", from: task))
        #expect(
            may(customer, "closed", from: task) && !may(other, "closed", from: task)
                && !may(stranger, "closed", from: task))
        #expect(may(agent, "canceled", from: task) && !may(assignee, "canceled", from: task))
        #expect(!may(customer, "canceled", from: task))
        var done = task
        closed(&done, "closed")
        #expect(
            may(agent, "open", from: done) && !may(assignee, "open", from: done) && !may(customer, "open", from: done))
    }
}
