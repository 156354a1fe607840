import OnboardingWire
import RPC
import TestKit
import Testing
import Wire

@testable import WorkspaceService

/// What is no work is found by how it is called: people of customers, contracts and articles.
@Suite struct SearchNameTests {
    private func browser(_ said: Said, _ person: SignedIn = .ann()) async throws -> Browser {
        let bench = try Bench()
        try await bench.answer("onboarding", StandIn.sessions(person))
        try await bench.answer(
            "onboarding",
            [
                Endpoint(OnboardingAPI.searchOnboarding) { _, _ in SearchResponse() },
                Endpoint(OnboardingAPI.listCustomerContacts) { _, request async throws(Problem) in
                    said.add(request.filter)
                    var contact = CustomerContact()
                    (contact.id, contact.firstName, contact.lastName) = ("c1", "Maria", "Anders")
                    contact.email = "maria@ernst.example"
                    var page = ListCustomerContactsResponse()
                    page.customerContacts = [contact]
                    return page
                },
                Endpoint(OnboardingAPI.listContracts) { _, request async throws(Problem) in
                    said.add(request.filter)
                    throw .permissionDenied()
                },
                Endpoint(OnboardingAPI.searchKnowledge) { _, request async throws(Problem) in
                    said.add(request.query)
                    var article = KnowledgeText()
                    (article.article, article.title) = ("k1", "Moving <dates>")
                    var answer = SearchKnowledgeResponse()
                    answer.articles = [article]
                    return answer
                },
            ])
        return Browser(bench, session: "good")
    }

    @Test func peopleContractsAndArticlesAreFoundByName() async throws {
        let said = Said()
        let seen = try await browser(said).get("/search?text=maria")
        #expect(seen.status == 200 && said.texts.count == 3 && said.texts.contains("maria"))
        for text in [
            "href=\"/records/customer_contact/c1\">Maria Anders</a>", "maria@ernst.example", "Customer contact",
            "href=\"/articles/k1\">Moving &lt;dates&gt;</a>",
        ] { #expect(seen.text.contains(text), "\(text)") }
        #expect(!seen.text.contains("Nothing was found"))
    }

    /// Customers find articles that they may read; of contacts and contracts they have no page.
    @Test func customersFindArticlesAlone() async throws {
        let said = Said()
        let seen = try await browser(said, .ann(accounts: ["a"])).get("/search?text=dates")
        #expect(said.texts == ["dates"] && seen.text.contains("/articles/k1"))
    }
}
