import CustomerSuccessWire
import RPC
import Records
import Roles
import ServiceTestKit
import Testing
import Wire

@testable import CustomerSuccessService

/// Milestones of an objective (G-118); what they share with other records is in the suites of those.
@Suite struct MilestoneTests {
    /// Moves a milestone to Reached, on the day that many days from now.
    private func reach(_ milestone: SuccessMilestone, _ days: Int?, in world: World) async throws -> SuccessMilestone {
        var reached = SuccessMilestone()
        reached.id = milestone.id
        reached.state = "reached"
        reached.reachedOn = days.map(world.day)
        return try await world.update(reached)
    }

    @Test func itFollowsItsObjective() async throws {
        let world = try await World()
        let objective = try await world.make(SuccessObjective.self)
        var milestone = try await world.make(SuccessMilestone.self) { $0.successObjective = objective.id }
        #expect(milestone.engagement == objective.engagement && milestone.account == world.account)
        #expect(milestone.domain == world.domain && milestone.state == "planned" && milestone.active == true)
        #expect(milestone.number?.hasPrefix("SMLST") == true)
        let other = try await world.make(SuccessObjective.self)
        milestone = try await world.set(milestone, "success_objective", .string(other.id))
        #expect(milestone.engagement == other.engagement)
        for field in ["account", "engagement"] {
            try await breaks("G-118", field: "update_mask") {
                _ = try await world.set(milestone, field, .string(uuid()))
            }
        }
    }

    @Test func theOutcomeIsOneOfTheObjective() async throws {
        let world = try await World()
        let outcome = try await world.make(SuccessOutcome.self)
        try await breaks("G-118", field: "success_milestone.success_outcome") {
            _ = try await world.make(SuccessMilestone.self) { $0.successOutcome = outcome.id }
        }
        let milestone = try await world.make(SuccessMilestone.self) {
            $0.successObjective = outcome.successObjective
            $0.successOutcome = outcome.id
        }
        let other = try await world.make(SuccessObjective.self)
        try await breaks("G-118", field: "success_milestone.success_outcome") {
            _ = try await world.set(milestone, "success_objective", .string(other.id))
        }
        var moved = SuccessMilestone()
        moved.id = milestone.id
        moved.successObjective = other.id
        #expect(try await world.update(moved, ["success_objective", "success_outcome"]).successOutcome == nil)
    }

    /// Only what is reached has the day it was reached on, and that day has come.
    @Test func reachedNeedsItsDay() async throws {
        let world = try await World()
        let milestone = try await world.make(SuccessMilestone.self)
        let field = "success_milestone.reached_on"
        try await breaks("G-118", field: field) { _ = try await reach(milestone, nil, in: world) }
        try await breaks("G-118", field: field) { _ = try await reach(milestone, 1, in: world) }
        try await breaks("G-118", field: field) {
            _ = try await world.set(milestone, "reached_on", .string(world.day(0)))
        }
        var reached = try await reach(milestone, 0, in: world)
        #expect(reached.closedAt == world.server.clock.now && reached.closedBy == world.agent.subject)
        #expect(reached.active == false)
        reached = try await world.set(reached, "reached_on", .string(world.day(-2)))
        try await breaks("G-118", field: field) { _ = try await world.set(reached, "reached_on", .null) }
        let again = try await world.act("reopen", reached)
        #expect(again.state == "planned" && again.reachedOn == nil && again.closedAt == nil && again.active == true)
    }

    @Test func cancelingStampsAndReopeningClears() async throws {
        let world = try await World()
        let milestone = try await world.make(SuccessMilestone.self)
        try await breaks("G-118", field: "success_milestone.state") { _ = try await world.act("reopen", milestone) }
        let canceled = try await world.close(milestone, "cancel", notes: "No longer wanted.")
        #expect(canceled.state == "canceled" && canceled.closeNotes == "No longer wanted.")
        #expect(canceled.closedBy == world.agent.subject && canceled.active == false)
        try await breaks("G-118", field: "success_milestone.state") { _ = try await world.close(canceled, "cancel") }
        let again = try await world.act("reopen", canceled)
        #expect(again.state == "planned" && again.closeNotes == nil && again.closedBy == nil)
    }

    /// What is still planned on the day after its target date is missed, also when the service was down for days.
    @Test(arguments: [(-9, "missed"), (-1, "missed"), (0, "planned"), (1, "planned")])
    func whatHasPassedIsMissed(days: Int, state: String) async throws {
        let server = try await Server.start()
        let world = try await World(server)
        let milestone = try await world.make(SuccessMilestone.self) { $0.targetDate = world.day(days) }
        let others = [
            try await reach(
                world.make(SuccessMilestone.self) { $0.targetDate = world.day(days) }, 0, in: world),
            try await world.close(
                world.make(SuccessMilestone.self) { $0.targetDate = world.day(days) }, "cancel"),
        ]
        let job = SuccessMilestone.missOverdue(server.database)
        #expect(try await job.run(in: .root) == (state == "missed" ? 1 : 0))
        #expect(try await job.run(in: .root) == 0)
        let after = try await world.get(SuccessMilestone.self, milestone.id)
        #expect(after.state == state)
        for other in others { #expect(try await world.get(SuccessMilestone.self, other.id) == other) }
        guard state == "missed" else { return }
        #expect(after.closedBy == "service:customer-success" && after.closedAt == server.clock.now)
        // It goes on with another date.
        let again = try await world.act("reopen", after)
        _ = try await world.set(again, "target_date", .string(world.day(5)))
        #expect(try await job.run(in: .root) == 0)
    }

    /// Outside systems hear how it ended.
    @Test func eachEndIsAnEvent() async throws {
        let world = try await World()
        let milestone = try await reach(world.make(SuccessMilestone.self), 0, in: world)
        let rows = try await world.server.admin.run(
            "SELECT subject FROM customer_success.outbox WHERE record = \(milestone.id) ORDER BY seq")
        let actions = try rows.map { try $0.string(at: 0).split(separator: ".").last.map(String.init) }
        #expect(actions == ["created", "reached"])
    }

    /// An objective that milestones belong to is not deleted.
    @Test func anObjectiveStaysWithItsMilestones() async throws {
        let world = try await World()
        let milestone = try await world.make(SuccessMilestone.self)
        let objective = try await world.get(SuccessObjective.self, try #require(milestone.successObjective))
        #expect(try await refusal { try await world.delete(objective) }.reason == "REFERENCE_IN_USE")
        try await world.delete(milestone)
        try await world.delete(objective)
    }
}
