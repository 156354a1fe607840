import CustomerSuccessWire
import RPC
import Records
import ServiceTestKit
import Testing
import Wire

@testable import CustomerSuccessService

/// Contracts of engagements, and the renewal date that follows them (BR-57 to BR-60, G-17).
@Suite struct ContractTests {
    private func link(_ engagement: Engagement, _ contract: String, in world: World) async throws -> EngagementContract
    {
        var draft = EngagementContract()
        draft.engagement = engagement.id
        draft.contract = contract
        return try await world.create(draft)
    }

    private func renewal(_ engagement: Engagement, in world: World) async throws -> String? {
        try await world.get(Engagement.self, engagement.id).renewalDate
    }

    @Test func aContractIsLinkedOnce() async throws {
        let world = try await World()
        let engagement = try await world.make(Engagement.self)
        _ = try await link(engagement, world.contracts[0], in: world)
        try await breaks("BR-57", field: "engagement_contract.contract") {
            _ = try await link(engagement, world.contracts[0], in: world)
        }
        let second = try await link(engagement, world.contracts[1], in: world)
        try await breaks("BR-57", field: "engagement_contract.contract") {
            _ = try await world.set(second, "contract", .string(world.contracts[0]))
        }
        let other = try await world.make(Engagement.self)
        #expect(try await link(other, world.contracts[0], in: world).account == world.account)
    }

    @Test func aContractIsOfTheSameAccount() async throws {
        let world = try await World()
        let other = try await World(world.server)
        let engagement = try await world.make(Engagement.self)
        let sibling = uuid()
        try await world.insert("contract", ["id": sibling, "account": uuid(), "end_date": "2030-01-01"])
        try await breaks("BR-58", field: "engagement_contract.contract") {
            _ = try await link(engagement, sibling, in: world)
        }
        let stranger = try await refusal { _ = try await link(engagement, other.contracts[0], in: world) }
        #expect(stranger.violations.map(\.field) == ["engagement_contract.contract"])
    }

    @Test func theRenewalDateFollows() async throws {
        let world = try await World()
        let engagement = try await world.make(Engagement.self) { $0.renewalDate = "2031-01-01" }
        let other = try await world.make(Engagement.self)
        #expect(engagement.renewalDate == "2031-01-01" && engagement.contractValue == nil)
        let expired = uuid()
        try await world.insert(
            "contract", ["id": expired, "account": world.account, "end_date": world.day(-1), "contract_value": "5"])
        // BR-59 on insert: expired ones do not count, and today's still does.
        _ = try await link(engagement, expired, in: world)
        #expect(try await renewal(engagement, in: world) == nil)
        let last = try await link(engagement, world.contracts[2], in: world)
        #expect(try await renewal(engagement, in: world) == world.day(300))
        let first = try await link(engagement, world.contracts[0], in: world)
        #expect(try await renewal(engagement, in: world) == world.day(100))
        let summed = try await world.get(Engagement.self, engagement.id)
        #expect(summed.contractValue == "2001")
        try await breaks("G-17", field: "engagement.renewal_date") {
            _ = try await world.set(engagement, "renewal_date", .string("2031-01-01"))
        }
        // BR-59 on update, and on a move for both engagements.
        _ = try await world.set(first, "contract", .string(world.contracts[1]))
        #expect(try await renewal(engagement, in: world) == world.day(200))
        _ = try await world.set(first, "engagement", .string(other.id))
        #expect(try await renewal(engagement, in: world) == world.day(300))
        #expect(try await renewal(other, in: world) == world.day(200))
        // BR-60.
        try await world.delete(last)
        #expect(try await renewal(engagement, in: world) == nil)
        try await world.delete(first)
        #expect(try await renewal(other, in: world) == nil)
        #expect(try await world.set(other, "renewal_date", .string("2031-01-01")).renewalDate == "2031-01-01")
    }
}
