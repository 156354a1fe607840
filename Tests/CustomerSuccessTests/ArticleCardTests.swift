import CustomerSuccessWire
import RPC
import RecommendedActionsWire
import Testing
import Wire

/// Cards of success records lead to articles that their reader may read, and to no other (G-100, G-132).
@Suite struct ArticleCardTests {
    private static func define(_ key: String, _ world: World, _ edit: (inout ActionDefinition) -> Void) async throws {
        var request = CreateActionDefinitionRequest()
        var definition = ActionDefinition()
        definition.key = key
        definition.label = text
        edit(&definition)
        request.actionDefinition = definition
        _ = try await world.call(CustomerSuccessAPI.createActionDefinition, request, as: world.administrator)
    }

    private static var text: ActionText {
        var text = ActionText()
        (text.en, text.ko) = ("Text", "안내")
        return text
    }

    @Test func cardsLeadToWhatCanBeRead() async throws {
        let world = try await World(try await Server.start())
        try await Self.define("meetings", world) {
            $0.context = ActionContext()
            $0.context?.table = Touchpoint.schema.table
        }
        let links = ["open_article", "closed_article"].map { key in
            var link = ActionLink()
            (link.label, link.article) = (Self.text, key)
            return link
        }
        try await Self.define("how_to_meet", world) {
            var step = GuidanceStep()
            (step.text, step.links) = (Self.text, links)
            $0.guidance = Guidance()
            $0.guidance?.steps = [step]
        }
        try await Self.define("meet", world) {
            var card = Recommendation()
            (card.shows, card.text) = ("how_to_meet", Self.text)
            $0.recommendation = card
        }
        try await Self.define("always", world) {
            var rule = ActionRule()
            (rule.context, rule.recommendations, rule.position) = ("meetings", ["meet"], 1)
            $0.rule = rule
        }
        let touchpoint = try await world.make(Touchpoint.self)
        var request = ShowRecommendedActionsRequest()
        (request.table, request.record) = (Touchpoint.schema.table, touchpoint.id)
        func led() async throws -> [String] {
            try await world.call(CustomerSuccessAPI.showRecommendedActions, request, as: world.agent).cards
                .flatMap(\.steps).flatMap(\.links).map(\.article)
        }
        #expect(try await led() == [])
        world.server.onboarding.lead(to: "open_article")
        #expect(try await led() == ["open_article"])
    }
}
