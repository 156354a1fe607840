import RecommendedActionsWire
import Testing

@testable import ImportValidationService
@testable import OnboardingService

/// The links of the recommended actions that ship lead to articles that ship.
@Suite struct ShippedLinkTests {
    private static func links(_ definitions: [ActionDefinition]) -> [String] {
        let steps = definitions.flatMap { $0.guidance?.steps.flatMap(\.links) ?? [] }
        let trees = definitions.flatMap { $0.decisionTree?.steps ?? [] }.flatMap {
            $0.links + $0.cases.flatMap(\.links)
        }
        return (steps + trees).map(\.article)
    }

    @Test func everyLinkLeadsToAnArticle() {
        for (name, definitions) in [("onboarding", ShippedActions.all), ("import-validation", ImportActions.all)] {
            let links = Self.links(definitions)
            #expect(links.count > 1 && Set(links).isSubset(of: KnowledgeSeed.keys), "\(name) \(links)")
            // Guidances and trees alike.
            for definition in definitions where definition.decisionTree != nil {
                #expect(!Self.links([definition]).isEmpty, "\(definition.key)")
            }
        }
    }
}
