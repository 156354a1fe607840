import CustomerSuccessWire
import Records
import ServiceTestKit
import Testing
import Wire

@testable import CustomerSuccessService

/// Closing a touchpoint that confirms the responsible contact reviews the key customer contact of its engagement (F-17).
@Suite struct ContactReviewTests {
    private func touchpoint(
        _ world: World, _ engagement: Engagement, confirms: Bool = true, contact: String? = nil
    ) async throws -> Touchpoint {
        let made = try await world.make(Touchpoint.self) { touchpoint in
            (touchpoint.engagement, touchpoint.confirmsContact) = (engagement.id, confirms)
            touchpoint.contact = contact
        }
        return try await world.set(made, "state", .string("in_progress"))
    }

    @Test func theConfirmedContactBecomesTheKeyContact() async throws {
        let world = try await World()
        let engagement = try await world.make(Engagement.self)
        #expect(engagement.keyCustomerContact == nil && engagement.keyContactReviewedAt == nil)
        let asked = try await touchpoint(world, engagement)
        // Nobody was named: there is nothing to review by.
        try await breaks("F-17") { _ = try await world.close(asked) }
        let answered = try await world.set(asked, "contact", .string(world.contact))
        #expect(try await world.get(Engagement.self, engagement.id).keyContactReviewedAt == nil)
        _ = try await world.close(answered)
        let reviewed = try await world.get(Engagement.self, engagement.id)
        #expect(reviewed.keyCustomerContact == world.contact && reviewed.keyContactReviewedAt != nil)
    }

    @Test func othersAndCanceledOnesReviewNothing() async throws {
        let world = try await World()
        let engagement = try await world.make(Engagement.self)
        _ = try await world.close(try await touchpoint(world, engagement, confirms: false, contact: world.contact))
        _ = try await world.close(try await touchpoint(world, engagement, contact: world.contact), "cancel")
        // Nor one that needs no contact, since it is not closed.
        _ = try await world.close(try await touchpoint(world, engagement), "cancel")
        let same = try await world.get(Engagement.self, engagement.id)
        #expect(same.keyCustomerContact == nil && same.keyContactReviewedAt == nil)
    }

    /// An engagement that has ended stays as it is.
    @Test func anEngagementThatHasEndedStays() async throws {
        let world = try await World()
        let engagement = try await world.make(Engagement.self)
        let asked = try await touchpoint(world, engagement, contact: world.contact)
        _ = try await world.close(engagement, "cancel")
        _ = try await world.close(asked)
        #expect(try await world.get(Engagement.self, engagement.id).keyCustomerContact == nil)
    }

    /// That a touchpoint is a question of this kind is the provider's own.
    @Test func customersDoNotSeeIt() async throws {
        let world = try await World()
        let asked = try await touchpoint(world, try await world.make(Engagement.self), contact: world.contact)
        #expect(try await world.get(Touchpoint.self, asked.id, as: world.customer).confirmsContact == nil)
    }
}
