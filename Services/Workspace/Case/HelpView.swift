import Foundation
import ImportValidationWire
import OnboardingWire
import RPC
import RecommendedActionsWire
import Wire

/// What stands beside a record to help: recommended actions and articles. Where the answer of the page has them, nothing more is
/// asked for.
struct HelpView: Sendable {
    /// The service of the record, which recommends.
    enum Source: Sendable {
        case onboarding, importValidation

        fileprivate var show: Method<ShowRecommendedActionsRequest, ShowRecommendedActionsResponse> {
            switch self {
            case .onboarding: OnboardingAPI.showRecommendedActions
            case .importValidation: ImportValidationAPI.showRecommendedActions
            }
        }
        fileprivate var answer: Method<AnswerDecisionTreeRequest, TreePlace> {
            switch self {
            case .onboarding: OnboardingAPI.answerDecisionTree
            case .importValidation: ImportValidationAPI.answerDecisionTree
            }
        }
        fileprivate var assign: Method<AssignRecommendedActionRequest, AssignRecommendedActionResponse> {
            switch self {
            case .onboarding: OnboardingAPI.assignRecommendedAction
            case .importValidation: ImportValidationAPI.assignRecommendedAction
            }
        }
    }

    let visit: Visit
    var source = Source.onboarding
    let table: String
    let record: String
    /// The page it stands on.
    let href: String

    /// Both, as the answer of a page has them.
    func values(_ recommended: [RecommendedAction], _ related: [KnowledgeText]) async -> Values {
        let cards = await cards(recommended)
        let articles = related.map { ArticlePage.entry($0, visit, back: href) }
        return ["cards": cards, "articles": articles, "any": !cards.isEmpty || !articles.isEmpty]
    }

    // MARK: Cards

    /// What is recommended for a record whose page has no answer of its own.
    func recommended() async -> Part<[RecommendedAction]> {
        var request = ShowRecommendedActionsRequest()
        request.table = table
        request.record = record
        let asked = request
        return await Part.of { () async throws(Problem) in try await visit.ask(source.show, asked).cards }
    }

    private func cards(_ recommended: [RecommendedAction]) async -> [Seen] {
        let names = await self.names(recommended)
        var cards: [Seen] = []
        for card in recommended {
            let address = "\(href)/help/\(Fields.encoded(card.recommendation))"
            var more: Values = [
                "assign": "\(address)/assign", "answer": "\(address)/answer", "steps": card.steps.map(step),
                "again": "", "begin": "", "place": card.place.map(place) ?? "",
            ]
            if let proposed = card.proposed {
                let name = names[proposed.value] ?? ""
                more["proposed"] =
                    proposed.display == nil && !name.isEmpty ? Seen(proposed, ["display": name]) : proposed
            }
            if let flow = card.flow, table == LifecycleTask.schema.table, let begin = Self.flows[flow.key] {
                more["begin"] = ["href": "\(href)/\(begin)", "label": flow.label ?? ActionText()] as Values
            }
            // Where somebody is in a decision tree the address says.
            let given = visit.query.all("given")
            if visit.query["tree"] == card.recommendation, !given.isEmpty {
                more["given"] = given
                more["again"] = "\(href)?tree=\(Fields.encoded(card.recommendation))#help"
                if let place = await place(card.recommendation, given) { more["place"] = self.place(place) }
            }
            cards.append(Seen(card, more))
        }
        return cards
    }

    /// Guided flows that begin from the page of a task, by their keys: the last part of the address of their page.
    private static let flows = ["register_consumer": "register"]

    /// What proposed records are called, where the service does not say.
    private func names(_ cards: [RecommendedAction]) async -> [String: String] {
        var names: [String: String] = [:]
        for proposed in cards.compactMap(\.proposed) where proposed.display == nil && names[proposed.value] == nil {
            guard let table = Dictionaries.schema(table)?.field(proposed.field)?.referencedTable else { continue }
            let found = try? await Lookup(visit).names(of: [proposed.value], in: table)
            names.merge(found ?? [:]) { first, _ in first }
        }
        return names
    }

    private func step(_ step: GuidanceStep) -> Values {
        ["text": step.text ?? ActionText(), "links": links(step.links)]
    }

    private func place(_ place: TreePlace) -> Values {
        [
            "text": place.text ?? ActionText(), "links": links(place.links), "choices": place.choices,
            "instructions": place.instructions.map(step), "end": place.isEnd,
        ]
    }

    private func links(_ links: [ActionLink]) -> [Values] {
        links.map { link in
            let address = "/articles/\(Fields.encoded(link.article))?back=\(Fields.encoded(href))"
            return ["label": link.label ?? ActionText(), "href": address]
        }
    }

    private func place(_ recommendation: String, _ given: [String]) async -> TreePlace? {
        var request = AnswerDecisionTreeRequest()
        request.table = table
        request.record = record
        request.recommendation = recommendation
        request.answers = given
        return try? await visit.ask(source.answer, request)
    }

    // MARK: Acting

    /// Writes the value that is proposed. Answers what takes that back.
    func assign(
        _ recommendation: String, _ before: some RecordMessage
    ) async throws(Problem) -> Undos.Change? {
        var request = AssignRecommendedActionRequest()
        request.table = table
        request.record = record
        request.recommendation = recommendation
        let done = try await visit.ask(source.assign, request)
        guard done.table == table, done.record == before.id else { return nil }
        return Undos.Change([done.field], of: before, etag: done.etag)
    }

    /// The page with one more answer given.
    func answered(_ recommendation: String) -> String {
        let given = visit.form.all("given") + [visit.form["answer"]]
        return "\(href)?tree=\(Fields.encoded(recommendation))" + given.map { "&given=\(Fields.encoded($0))" }.joined()
            + "#help"
    }
}
