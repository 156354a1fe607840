import CustomerSuccessWire
import RPC
import Records
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import CustomerSuccessService

/// How customers follow success cases and initiatives (G-18), by answers made for them.
@Suite struct PortalWorkTests {
    private func followed(
        _ method: Wire.Method<GetPortalWorkRequest, PortalWork>, _ id: String, _ world: World, as caller: Caller? = nil
    ) async throws -> PortalWork {
        var request = GetPortalWorkRequest()
        request.id = id
        return try await world.call(method, request, as: caller ?? world.customer)
    }

    @Test func aCaseIsFollowedWithItsVisibleTasks() async throws {
        let world = try await World()
        let made = try await world.make(SuccessCase.self) { record in
            (record.assignedTo, record.dueDate) = (world.manager, world.day(10))
            record.category = "training"
        }
        let shown = try await world.make(SuccessTask.self) { task in
            (task.parent, task.visibleToCustomer, task.contact) = (made.id, true, world.contact)
        }
        let others = try await world.make(SuccessTask.self) { task in
            (task.parent, task.visibleToCustomer) = (made.id, true)
        }
        _ = try await world.make(SuccessTask.self) { task in (task.parent, task.contact) = (made.id, world.contact) }
        _ = try await world.write("add_comment", "Welcome.", on: made)
        _ = try await world.write("add_work_note", "Not for them.", on: made)
        _ = try await world.write("add_comment", "Thank you.", on: made, as: world.customer)
        _ = try await world.set(made, "state", .string("in_progress"))
        let page = try await followed(CustomerSuccessAPI.getPortalCase, made.id, world)
        #expect(page.table == "success_case" && page.number == made.number && page.title == made.shortDescription)
        #expect(page.state == "in_progress" && page.stateLabel == "In progress" && page.categoryLabel == "Training")
        #expect(page.dueDate == world.day(10) && page.daysRemaining == 10)
        #expect(page.tasks.map(\.id) == [shown.id, others.id] && page.tasks.map(\.own) == [true, false])
        #expect(page.tasks[0].rights?.states.contains("in_progress") == true && page.tasks[1].rights == nil)
        #expect(page.comments.map(\.text) == ["Thank you.", "Welcome."] && page.comments.map(\.own) == [true, false])
        #expect(page.changes.contains { $0.newValue == "In progress" })
        #expect(page.rights?.mayComment == true && page.rights?.writableFields.isEmpty == true)
        // Names, and no ids of people.
        #expect(!page.assignedToName.isEmpty && page.assignedToName != world.manager)
        // Whoever looks sees what a customer sees.
        let agents = try await followed(CustomerSuccessAPI.getPortalCase, made.number ?? "", world, as: world.agent)
        #expect(agents.tasks.map(\.id) == page.tasks.map(\.id))
    }

    @Test func anInitiativeIsFollowedToItsEnd() async throws {
        let world = try await World()
        let made = try await world.make(SuccessInitiative.self)
        let started = try await world.set(made, "state", .string("in_progress"))
        _ = try await world.close(started, code: "partially_achieved", notes: "Half of the teams.")
        let page = try await followed(CustomerSuccessAPI.getPortalInitiative, made.id, world)
        let outcome = try await world.get(SuccessOutcome.self, try #require(made.successOutcome))
        #expect(page.title == made.subject && page.outcomeTitle == outcome.title)
        #expect(page.closeCodeLabel == "Partially achieved" && page.closeNotes == "Half of the teams.")
        #expect(page.state == "closed" && page.rights?.states.isEmpty == true)
    }

    @Test func aTouchpointIsFollowedWithWhatWasAgreed() async throws {
        let world = try await World()
        let made = try await world.make(Touchpoint.self) { record in
            (record.meetingDate, record.channel, record.meetingType) = (world.day(5), "phone", "qbr")
        }
        _ = try await world.write("add_comment", "See you.", on: made)
        _ = try await world.write("add_work_note", "Not for them.", on: made)
        let page = try await followed(CustomerSuccessAPI.getPortalTouchpoint, made.id, world)
        #expect(page.title == made.subject && page.meetingDate == world.day(5) && page.channelLabel == "Phone")
        #expect(!page.meetingTypeLabel.isEmpty && page.attachments.isEmpty)
        #expect(page.comments.map(\.text) == ["See you."] && page.rights?.mayComment == true)
        let engagement = try await world.get(Engagement.self, try #require(made.engagement))
        #expect(page.engagement == engagement.id && page.engagementTitle == engagement.title)
    }

    @Test func aMilestoneIsFollowedToTheDayItIsReached() async throws {
        let world = try await World()
        let made = try await world.make(SuccessMilestone.self)
        let planned = try await followed(CustomerSuccessAPI.getPortalMilestone, made.id, world)
        let objective = try await world.get(SuccessObjective.self, try #require(made.successObjective))
        #expect(planned.title == made.title && planned.dueDate == made.targetDate && planned.stateLabel == "Planned")
        #expect(planned.objectiveTitle == objective.title && planned.reachedOn.isEmpty)
        #expect(planned.tasks.isEmpty && planned.rights?.mayComment == false && planned.rights?.states.isEmpty == true)
    }

    /// The first page of the portal has what goes on, and of a customer nothing but the own.
    @Test func theFirstPageHasWhatGoesOn() async throws {
        let (world, other) = (try await World(), try await World())
        let touchpoint = try await world.make(Touchpoint.self) { $0.assignedTo = world.manager }
        let milestone = try await world.make(SuccessMilestone.self)
        let made = try await world.make(SuccessCase.self)
        let over = try await world.make(SuccessCase.self)
        _ = try await world.close(over, "cancel")
        let strange = try await other.make(SuccessCase.self)
        let page = try await world.call(
            CustomerSuccessAPI.getPortalSuccess, GetPortalSuccessRequest(), as: world.customer)
        #expect(page.touchpoints?.items.map(\.id).contains(touchpoint.id) == true)
        #expect(page.touchpoints?.items.allSatisfy { $0.assignedTo == nil } == true)
        #expect(page.milestones?.items.map(\.id).contains(milestone.id) == true)
        #expect(page.engagements?.items.isEmpty == false)
        let cases = (page.successCases?.items ?? []).map(\.id)
        #expect(cases.contains(made.id) && !cases.contains(over.id) && !cases.contains(strange.id))
    }

    /// Nothing of another account's is there, and nothing that is not followed.
    @Test func othersFollowNothing() async throws {
        let (world, other) = (try await World(), try await World())
        let made = try await world.make(SuccessCase.self)
        let initiative = try await world.make(SuccessInitiative.self)
        let strange = try await refusal {
            _ = try await followed(CustomerSuccessAPI.getPortalCase, made.id, world, as: other.customer)
        }
        #expect(strange.code == .notFound)
        let crossed = try await refusal {
            _ = try await followed(CustomerSuccessAPI.getPortalCase, initiative.id, world)
        }
        #expect(crossed.code == .notFound)
    }
}
