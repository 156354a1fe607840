import OnboardingWire
import RPC
import RecommendedActionsWire
import Records
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import OnboardingService

/// Where cards of recommended actions lead.
@Suite struct KnowledgeCardTests {
    /// A card and a step of a tree tell nobody of an article that he or she is kept from, or of one that nobody can read
    /// (G-100).
    @Test func cardsLeadToWhatCanBeRead() async throws {
        let world = try await World(try await Server.start())
        let task = try await world.createTask(world.openCase()) {
            $0.shortDescription = "Install Service Bridge for consumers"
        }
        let viewer = try World.person(uuid(), "sn_acct_lc.ale_success_viewer")
        func linked(_ caller: Caller) async throws -> Set<String> {
            var show = ShowRecommendedActionsRequest()
            (show.table, show.record) = ("lifecycle_task", task.id)
            let cards = try await world.call(OnboardingAPI.showRecommendedActions, show, as: caller).cards
            var answer = AnswerDecisionTreeRequest()
            (answer.table, answer.record) = (show.table, show.record)
            (answer.recommendation, answer.answers) = ("troubleshoot_installation", ["yes", "other", "yes"])
            let place = try await world.call(OnboardingAPI.answerDecisionTree, answer, as: caller)
            #expect(cards.contains { $0.steps.count == 3 } && place.instructions.count == 1)
            let steps = [cards.flatMap(\.steps), place.instructions]
            #expect(Set(steps.map { $0.flatMap(\.links).isEmpty }).count == 1)
            return Set(steps.joined().flatMap(\.links).map(\.article))
        }
        for caller in [world.agent, viewer, world.administrator] {
            #expect(try await linked(caller) == ["consumer_guide"])
        }
        var update = UpdateKnowledgeArticleRequest()
        update.knowledgeArticle = KnowledgeArticle()
        update.knowledgeArticle?.id = KnowledgeSeed.id("consumer_guide")
        update.knowledgeArticle?.cannotRead = ["sn_acct_lc.agent"]
        _ = try await world.call(OnboardingAPI.updateKnowledgeArticle, update, as: world.administrator)
        #expect(try await linked(world.agent).isEmpty)
        for caller in [viewer, world.administrator] {
            #expect(try await linked(caller) == ["consumer_guide"])
        }
        var withdrawal = ActionRequest()
        withdrawal.id = KnowledgeSeed.id("consumer_guide")
        _ = try await world.call(OnboardingAPI.withdrawKnowledgeArticle, withdrawal, as: world.administrator)
        for caller in [viewer, world.administrator] { #expect(try await linked(caller).isEmpty) }
    }
}
