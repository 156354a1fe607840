import CustomerSuccessWire
import JourneyKit
import OnboardingWire
import RPC
import RecommendedActionsWire
import Testing
import Wire

/// Cards of success records lead to articles of onboarding, which says to whom (G-100, G-132).
extension PlayGround {
    private static let key = "validation_assist"

    /// As long as success agents are kept from an article, a card of theirs does not lead to it.
    func followCards() async throws {
        let touchpoint = try #require(sources.first { $0.table == "touchpoint" }).id
        try await recommend()
        #expect(try await links(of: touchpoint) == [Self.key])
        var reading = ReadKnowledgeRequest()
        reading.key = Self.key
        let administrator = Credential.token(world.administrator)
        let article = try await world.call(OnboardingAPI.readKnowledge, reading, as: administrator).article
        for roles in [["sn_acct_lc.ale_success_agent"], []] {
            var update = UpdateKnowledgeArticleRequest()
            update.knowledgeArticle = KnowledgeArticle()
            update.knowledgeArticle?.id = article
            update.knowledgeArticle?.cannotRead = roles
            update.updateMask = FieldMask(paths: [KnowledgeArticle.Field.cannotRead.rawValue])
            _ = try await world.call(OnboardingAPI.updateKnowledgeArticle, update, as: administrator)
            #expect(try await links(of: touchpoint) == (roles.isEmpty ? [Self.key] : []))
        }
    }

    private func links(of touchpoint: String) async throws -> [String] {
        var request = ShowRecommendedActionsRequest()
        (request.table, request.record) = ("touchpoint", touchpoint)
        let cards = try await world.call(CustomerSuccessAPI.showRecommendedActions, request, as: manager).cards
        let card = try #require(cards.first { $0.recommendation == "read_card" }, "\(cards)")
        #expect(card.steps.count == 1)
        return card.steps.flatMap(\.links).map(\.article)
    }

    /// A card of an administrator's for all touchpoints, in the context that ships for them.
    private func recommend() async throws {
        var text = ActionText()
        (text.en, text.ko) = ("Read this first.", "먼저 읽어 보세요.")
        var link = ActionLink()
        (link.label, link.article) = (text, Self.key)
        var (guide, card, rule) = (ActionDefinition(), ActionDefinition(), ActionDefinition())
        var step = GuidanceStep()
        (step.text, step.links) = (text, [link])
        guide.guidance = Guidance()
        guide.guidance?.steps = [step]
        var shown = Recommendation()
        (shown.shows, shown.text) = ("read_guide", text)
        card.recommendation = shown
        var condition = ActionRule()
        (condition.context, condition.recommendations, condition.position) = ("touchpoint", ["read_card"], 1)
        rule.rule = condition
        for (key, part) in [("read_guide", guide), ("read_card", card), ("read_rule", rule)] {
            var request = CreateActionDefinitionRequest()
            request.actionDefinition = part
            request.actionDefinition?.key = key
            request.actionDefinition?.label = text
            _ = try await world.call(
                CustomerSuccessAPI.createActionDefinition, request, as: .token(world.administrator))
        }
    }
}
