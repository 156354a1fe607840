import CustomerSuccessWire
import RPC
import RecommendedActionsWire
import Records
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import CustomerSuccessService

/// What is recommended beside the records that success plays make.
@Suite struct ShippedActionTests {
    private func cards<R: StandardRecord>(
        _ record: R, _ world: World, as caller: Caller? = nil
    ) async throws -> [RecommendedAction] {
        var request = ShowRecommendedActionsRequest()
        (request.table, request.record) = (R.schema.table, record.id)
        return try await world.call(CustomerSuccessAPI.showRecommendedActions, request, as: caller).cards
    }

    @Test func whatPlaysMakeIsAdvisedOn() async throws {
        let world = try await World()
        let review = try await world.make(SuccessCase.self) { $0.category = "architecture_review" }
        let proof = try await world.make(SuccessCase.self) { $0.category = "demo_and_poc" }
        let quarterly = try await world.make(Touchpoint.self) { $0.meetingType = "qbr" }
        let asked = try await world.make(Touchpoint.self) { $0.confirmsContact = true }
        #expect(try await cards(review, world).map(\.recommendation).contains("review_architecture_card"))
        #expect(try await cards(proof, world).map(\.recommendation).contains("run_proof_of_concept_card"))
        #expect(try await cards(quarterly, world).map(\.recommendation).contains("prepare_review_card"))
        #expect(try await cards(asked, world).map(\.recommendation).contains("confirm_contact_card"))
        #expect(try await !cards(quarterly, world).map(\.recommendation).contains("confirm_contact_card"))
        let risk = try await cards(try await world.make(RiskSignal.self), world)
        #expect(risk.map(\.recommendation).contains("answer_risk_card"))
        let play = try await cards(try await world.make(InternalPlay.self), world)
        #expect(play.map(\.recommendation).contains("work_play_card"))
        let objective = try await cards(try await world.make(SuccessObjective.self), world)
        #expect(objective.map(\.recommendation).contains("agree_on_objective_card"))
        let initiative = try await world.make(SuccessInitiative.self)
        #expect(try await cards(initiative, world).map(\.recommendation).contains("plan_initiative_card"))
        let begun = try await world.set(initiative, "state", .string("in_progress"))
        #expect(try await !cards(begun, world).map(\.recommendation).contains("plan_initiative_card"))
        // Recommendations are the provider's.
        let refused = try await refusal { _ = try await cards(review, world, as: world.customer) }
        #expect(refused.code == .permissionDenied)
    }
}
