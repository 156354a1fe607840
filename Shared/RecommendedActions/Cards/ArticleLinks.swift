import Ground
import RPC
import RecommendedActionsWire
import Records
import Wire

/// What people are shown, with links to articles.
protocol ArticleLinking: Sendable {
    /// Leaves out the links that are not to be kept.
    mutating func keepLinks(_ isKept: (ActionLink) -> Bool)
}

extension ArticleLinking {
    /// The keys of the articles that it links to.
    var linked: Set<String> {
        var (copy, keys): (Self, Set<String>) = (self, [])
        copy.keepLinks { link in
            keys.insert(link.article)
            return true
        }
        return keys
    }
}

extension GuidanceStep: ArticleLinking {
    mutating func keepLinks(_ isKept: (ActionLink) -> Bool) { links.removeAll { !isKept($0) } }
}

extension TreePlace: ArticleLinking {
    mutating func keepLinks(_ isKept: (ActionLink) -> Bool) {
        links.removeAll { !isKept($0) }
        for index in instructions.indices { instructions[index].keepLinks(isKept) }
    }
}

extension RecommendedAction: ArticleLinking {
    mutating func keepLinks(_ isKept: (ActionLink) -> Bool) {
        for index in steps.indices { steps[index].keepLinks(isKept) }
        place?.keepLinks(isKept)
    }
}

extension ShowRecommendedActionsResponse: ArticleLinking {
    mutating func keepLinks(_ isKept: (ActionLink) -> Bool) {
        for index in cards.indices { cards[index].keepLinks(isKept) }
    }
}

extension RecommendedActions {
    /// Reads in a transaction as ``Database/reading(_:_:)`` does; then leaves out the links to what the caller cannot read,
    /// which another service may know.
    func showing<Request: Message, Response: Message & ArticleLinking>(
        _ method: Method<Request, Response>?,
        _ body: @escaping @Sendable (Request, RuleContext) throws -> Response
    ) -> Endpoint? {
        guard let method else { return nil }
        let (database, articles) = (database, articles)
        return Endpoint(method) { call, request async throws(Problem) in
            var answer = try await database.transaction(as: call.caller, deadline: call.deadline, readOnly: true) {
                tx in
                try body(request, RuleContext(transaction: tx, write: database.context(call), database: database))
            }
            let linked = answer.linked
            guard !linked.isEmpty else { return answer }
            let readable = try await articles.readable(linked, call)
            answer.keepLinks { readable.contains($0.article) }
            return answer
        }
    }
}
