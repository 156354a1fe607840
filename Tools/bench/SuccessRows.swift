import CustomerSuccessWire
import JourneyKit
import RPC
import Wire

/// What an engagement shows of its own: an objective with an outcome and an initiative, a case, and a touchpoint.
struct SuccessRows: Sendable {
    let objective, initiative, successCase, touchpoint: String

    init(_ data: PlaybookData, of engagement: String) async throws {
        let (client, manager) = (data.client, data.successManager)
        var (aiming, objective) = (CreateSuccessObjectiveRequest(), SuccessObjective())
        (objective.engagement, objective.title, objective.description) = (engagement, "Fewer calls", "By self-service")
        aiming.successObjective = objective
        let aimed = try await client.call(CustomerSuccessAPI.createSuccessObjective, aiming, as: manager)
        var (counting, outcome) = (CreateSuccessOutcomeRequest(), SuccessOutcome())
        (outcome.successObjective, outcome.title, outcome.description) = (aimed.id, "Calls", "Each month")
        counting.successOutcome = outcome
        let counted = try await client.call(CustomerSuccessAPI.createSuccessOutcome, counting, as: manager)
        var (beginning, initiative) = (CreateSuccessInitiativeRequest(), SuccessInitiative())
        (initiative.successOutcome, initiative.subject) = (counted.id, "Adopt self-service")
        initiative.description = "Portal for all teams"
        beginning.successInitiative = initiative
        let begun = try await client.call(CustomerSuccessAPI.createSuccessInitiative, beginning, as: manager)
        var (asking, own) = (CreateSuccessCaseRequest(), SuccessCase())
        (own.engagement, own.shortDescription, own.description) = (engagement, "Review the branches", "Two sites")
        asking.successCase = own
        let asked = try await client.call(CustomerSuccessAPI.createSuccessCase, asking, as: manager)
        var (meeting, touchpoint) = (CreateTouchpointRequest(), Touchpoint())
        (touchpoint.engagement, touchpoint.subject) = (engagement, "Review with the board")
        (touchpoint.description, touchpoint.category) = ("How it goes", Touchpoint.Category.valueAndAdoption)
        meeting.touchpoint = touchpoint
        let met = try await client.call(CustomerSuccessAPI.createTouchpoint, meeting, as: manager)
        (self.objective, self.initiative) = (aimed.id, begun.id)
        (successCase, self.touchpoint) = (asked.id, met.id)
    }
}
