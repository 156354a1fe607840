import OnboardingWire
import RPC
import RecommendedActionsWire
import Wire

/// What stands beside a record to help: recommended actions and articles. A part that cannot be read is left out.
struct HelpView: Sendable {
    let visit: Visit
    let table: String
    let record: String
    /// The page it stands on.
    let href: String

    /// Both, asked for beside each other.
    func values() async -> Values {
        async let asked = cards()
        async let related = articles()
        let (cards, articles) = (await asked, await related)
        return ["cards": cards, "articles": articles, "any": !cards.isEmpty || !articles.isEmpty]
    }

    private func cards() async -> [Seen] {
        var request = ShowRecommendedActionsRequest()
        request.table = table
        request.record = record
        guard let answer = try? await visit.ask(OnboardingAPI.showRecommendedActions, request) else { return [] }
        var cards: [Seen] = []
        for card in answer.cards {
            let address = "\(href)/help/\(Fields.encoded(card.recommendation))"
            var more: Values = ["assign": "\(address)/assign", "answer": "\(address)/answer"]
            // Where somebody is in a decision tree the address says.
            if visit.query["tree"] == card.recommendation {
                let given = visit.query.all("given")
                more["given"] = given
                if let place = await place(card.recommendation, given) { more["place"] = place }
            }
            cards.append(Seen(card, more))
        }
        return cards
    }

    private func place(_ recommendation: String, _ given: [String]) async -> TreePlace? {
        var request = AnswerDecisionTreeRequest()
        request.table = table
        request.record = record
        request.recommendation = recommendation
        request.answers = given
        return try? await visit.ask(OnboardingAPI.answerDecisionTree, request)
    }

    private func articles() async -> [Values] {
        var request = KnowledgeOfRecordRequest()
        request.table = table
        request.record = record
        guard let answer = try? await visit.ask(OnboardingAPI.listRelatedKnowledge, request) else { return [] }
        return answer.articles.map { ArticlePage.entry($0, visit, back: href) }
    }

    /// Writes the value that is proposed.
    func assign(_ recommendation: String) async throws(Problem) {
        var request = AssignRecommendedActionRequest()
        request.table = table
        request.record = record
        request.recommendation = recommendation
        _ = try await visit.ask(OnboardingAPI.assignRecommendedAction, request)
    }

    /// The page with one more answer given.
    func answered(_ recommendation: String) -> String {
        let given = visit.form.all("given") + [visit.form["answer"]]
        return "\(href)?tree=\(Fields.encoded(recommendation))" + given.map { "&given=\(Fields.encoded($0))" }.joined()
            + "#help"
    }
}
