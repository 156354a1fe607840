import OnboardingWire
import RPC
import Wire

/// What is no work and is found beside it by how it is called: people of customers and contracts, for the provider, and articles, for
/// whoever may read them.
struct SearchNames: Sendable {
    /// Most of each kind.
    private static let most: Int32 = 10

    let visit: Visit
    let text: String

    /// What was found, and the kinds that could not be looked through.
    func found() async -> (items: [Values], away: [String]) {
        async let articles = Part.of { () async throws(Problem) in try await self.articles() }
        async let contacts = named(CustomerContact.schema)
        async let contracts = named(Contract.schema)
        let (people, agreed) = (await contacts, await contracts)
        let read = await articles
        let missing = read.isAway ? [visit.say("articles", "문서")] : []
        return (people.items + agreed.items + (read.value ?? []), people.away + agreed.away + missing)
    }

    /// Records of a table that are called so, for the provider's people who may read them.
    private func named(_ schema: RecordSchema) async -> (items: [Values], away: [String]) {
        guard visit.may(.read, on: schema) else { return ([], []) }
        let part = await Part.of { () async throws(Problem) in
            try await Lookup(visit).find(text, in: schema.table, limit: Self.most)
        }
        let label = schema.label(visit.reader.language)
        let items = (part.value ?? []).map { found -> Values in
            [
                "title": found.text, "detail": found.detail, "kind": label,
                "href": Address.of(schema.table, found.id, id: found.id),
            ]
        }
        return (items, part.isAway ? [label] : [])
    }

    private func articles() async throws(Problem) -> [Values] {
        var request = SearchKnowledgeRequest()
        (request.query, request.pageSize) = (text, Self.most)
        return try await visit.ask(OnboardingAPI.searchKnowledge, request).articles.map { article -> Values in
            [
                "title": ArticlePage.title(article, visit), "detail": "",
                "kind": visit.say("Article", "문서"), "href": "/articles/\(Fields.encoded(article.article))",
            ]
        }
    }
}
