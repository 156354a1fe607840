import CustomerSuccessWire
import Records
import ServiceTestKit
import Wire

@testable import CustomerSuccessService

/// A record type with an example that can be created in any world.
protocol Sample: StandardRecord {
    static func draft(in world: World) async throws -> Self
}

extension World {
    /// A new record of `type`; `edit` changes the example before it is created.
    func make<R: Sample>(_ type: R.Type, _ edit: (inout R) -> Void = { _ in }) async throws -> R {
        var draft = try await R.draft(in: self)
        edit(&draft)
        // Definitions are written by those who look after them.
        return try await create(draft, as: R.storage.visibility == .definition ? administrator : nil)
    }
}

/// All record types of the service that belong to an account.
let allSamples: [any Sample.Type] = [
    SquadMember.self, Engagement.self, EngagementContract.self, SuccessObjective.self, SuccessOutcome.self,
    SuccessMilestone.self, SuccessInitiative.self, SuccessCase.self, SuccessTask.self, Touchpoint.self,
    InternalPlay.self,
    InternalPlayTask.self, RiskSignal.self, RiskSignalSolution.self, Opportunity.self,
]

/// Those that are seen from below instead of from above.
let definitionSamples: [any Sample.Type] = [ResponseTemplate.self, CaseServiceDefinition.self]

extension SquadMember: Sample {
    static func draft(in world: World) async throws -> SquadMember {
        var draft = SquadMember()
        draft.account = world.account
        draft.user = world.manager
        draft.responsibility = world.responsibility
        return draft
    }
}

extension Engagement: Sample {
    static func draft(in world: World) async throws -> Engagement {
        var draft = Engagement()
        draft.account = world.account
        draft.initialOnboarding = world.onboarding
        draft.title = "Journey of Ernst Handel"
        draft.customerSuccessManager = world.manager
        return draft
    }
}

extension EngagementContract: Sample {
    static func draft(in world: World) async throws -> EngagementContract {
        var draft = EngagementContract()
        draft.engagement = try await world.make(Engagement.self).id
        draft.contract = world.contracts[0]
        return draft
    }
}

extension SuccessObjective: Sample {
    static func draft(in world: World) async throws -> SuccessObjective {
        var draft = SuccessObjective()
        draft.engagement = try await world.make(Engagement.self).id
        draft.title = "Lower cost"
        draft.description = "A tenth less"
        return draft
    }
}

extension SuccessOutcome: Sample {
    static func draft(in world: World) async throws -> SuccessOutcome {
        var draft = SuccessOutcome()
        draft.successObjective = try await world.make(SuccessObjective.self).id
        draft.title = "Tickets a week"
        draft.description = "From ninety to eighty"
        return draft
    }
}

extension SuccessMilestone: Sample {
    static func draft(in world: World) async throws -> SuccessMilestone {
        var draft = SuccessMilestone()
        draft.successObjective = try await world.make(SuccessObjective.self).id
        draft.title = "First site live"
        draft.targetDate = world.day(30)
        return draft
    }
}

extension Opportunity: Sample {
    static func draft(in world: World) async throws -> Opportunity {
        var draft = Opportunity()
        draft.engagement = try await world.make(Engagement.self) { $0.accountManager = world.manager }.id
        draft.kind = "expansion"
        draft.title = "Ten more sites"
        return draft
    }
}

extension SuccessInitiative: Sample {
    static func draft(in world: World) async throws -> SuccessInitiative {
        var draft = SuccessInitiative()
        draft.successOutcome = try await world.make(SuccessOutcome.self).id
        draft.subject = "Adopt self-service"
        draft.description = "Portal for all teams"
        return draft
    }
}

extension SuccessCase: Sample {
    static func draft(in world: World) async throws -> SuccessCase {
        var draft = SuccessCase()
        draft.engagement = try await world.make(Engagement.self).id
        draft.shortDescription = "Review the architecture"
        draft.description = "Two sites"
        return draft
    }
}

extension SuccessTask: Sample {
    static func draft(in world: World) async throws -> SuccessTask {
        var draft = SuccessTask()
        draft.parent = try await world.make(SuccessCase.self).id
        draft.subject = "Workshop"
        draft.description = "Half a day"
        return draft
    }
}

extension Touchpoint: Sample {
    static func draft(in world: World) async throws -> Touchpoint {
        var draft = Touchpoint()
        draft.engagement = try await world.make(Engagement.self).id
        draft.subject = "Weekly check-in"
        draft.description = "As agreed"
        return draft
    }
}

extension InternalPlay: Sample {
    static func draft(in world: World) async throws -> InternalPlay {
        var draft = InternalPlay()
        draft.engagement = try await world.make(Engagement.self).id
        draft.shortDescription = "Prepare the renewal"
        draft.description = "Talk to the sponsor"
        return draft
    }
}

extension InternalPlayTask: Sample {
    static func draft(in world: World) async throws -> InternalPlayTask {
        var draft = InternalPlayTask()
        draft.internalPlay = try await world.make(InternalPlay.self).id
        draft.shortDescription = "Collect figures"
        draft.description = "Usage of the last quarter"
        return draft
    }
}

extension RiskSignal: Sample {
    static func draft(in world: World) async throws -> RiskSignal {
        var draft = RiskSignal()
        draft.engagement = try await world.make(Engagement.self).id
        draft.shortDescription = "Sponsor leaves"
        draft.description = "In spring"
        draft.probability = "high"
        return draft
    }
}

extension RiskSignalSolution: Sample {
    static func draft(in world: World) async throws -> RiskSignalSolution {
        var draft = RiskSignalSolution()
        draft.riskSignal = try await world.make(RiskSignal.self).id
        draft.solutionTable = "internal_play"
        draft.solutionRecord = try await world.make(InternalPlay.self).id
        return draft
    }
}

extension CaseServiceDefinition: Sample {
    static func draft(in world: World) async throws -> CaseServiceDefinition {
        var draft = CaseServiceDefinition()
        draft.title = "Network support \(uuid())"
        return draft
    }
}

extension ResponseTemplate: Sample {
    static func draft(in world: World) async throws -> ResponseTemplate {
        var draft = ResponseTemplate()
        draft.name = "Thanks \(uuid())"
        draft.bodyEn = "Dear {{contact.first_name}}"
        draft.bodyKo = "{{contact.first_name}} 님"
        return draft
    }
}
