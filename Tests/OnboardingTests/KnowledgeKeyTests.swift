import OnboardingWire
import RPC
import Records
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import OnboardingService

/// Searches that name the articles they are for by their keys, as the play does that relates those of Service Bridge (F-05).
@Suite struct KnowledgeKeyTests {
    private static let bridge = ["consumer_guide", "remote_choice", "remote_record_producer", "remote_task_sync"]

    private func search(
        _ keys: [String], _ query: String = "", as caller: Caller, _ world: World,
        _ edit: (inout SearchKnowledgeRequest) -> Void = { _ in }
    ) async throws(Problem) -> SearchKnowledgeResponse {
        var request = SearchKnowledgeRequest()
        (request.keys, request.query, request.count) = (keys, query, true)
        edit(&request)
        return try await world.call(OnboardingAPI.searchKnowledge, request, as: caller)
    }

    /// The articles of these keys and no others, whatever they say; with words those of them that say these.
    @Test func keysNameArticles() async throws {
        let world = try await World(try await Server.start())
        let all = try await search(Self.bridge, as: world.agent, world)
        #expect(Set(all.articles.map(\.key)) == Set(Self.bridge) && all.totalSize == 4)
        // Others speak of Service Bridge as well.
        let words = try await search([], "Service Bridge", as: world.agent, world)
        #expect(Set(words.articles.map(\.key)).isStrictSuperset(of: ["consumer_guide", "related_knowledge"]))
        for word in ["choices", "선택 정의"] {
            let both = try await search(["remote_choice", "consumer_guide"], word, as: world.agent, world)
            #expect(both.articles.map(\.key) == ["remote_choice"], "\(word)")
        }
        #expect(try await search(["nothing"], as: world.agent, world).articles.isEmpty)
        var seen: [String] = []
        var token = ""
        repeat {
            let page = try await search(Self.bridge, as: world.agent, world) {
                ($0.pageSize, $0.pageToken) = (3, token)
            }
            seen += page.articles.map(\.key)
            token = page.nextPageToken
        } while !token.isEmpty
        #expect(seen.sorted() == Self.bridge)
        let tooMany = Array(repeating: "x", count: 101)
        do throws(Problem) {
            _ = try await search(tooMany, as: world.agent, world)
            Issue.record("101 keys are too many")
        } catch { #expect(error.code == .invalidArgument && error.violations.first?.field == "keys") }
    }

    /// The token of a search goes on in it and in no other.
    @Test func aTokenKeepsItsKeys() async throws {
        let world = try await World()
        let first = try await search(Self.bridge, as: world.agent, world) { $0.pageSize = 1 }
        do throws(Problem) {
            _ = try await search(["consumer_guide"], as: world.agent, world) {
                ($0.pageSize, $0.pageToken) = (1, first.nextPageToken)
            }
            Issue.record("the token is of another search")
        } catch { #expect(error.code == .invalidArgument) }
    }

    /// Of two articles with one key there is the nearer one, for who sees both.
    @Test func theNearerArticleOfAKeyIsFound() async throws {
        let world = try await World(try await Server.start())
        let admin = Caller.holding("admin", domain: world.account.domain)
        let below = Caller.holding("sn_acct_lc.agent", domain: world.account.domain)
        #expect(
            try await search(Self.bridge, as: below, world).articles.contains {
                $0.article == KnowledgeSeed.id("remote_task_sync")
            })
        var creation = CreateKnowledgeArticleRequest()
        var article = KnowledgeArticle()
        (article.key, article.title, article.body) = ("remote_task_sync", "Ours", "Ours.")
        creation.knowledgeArticle = article
        let made = try await world.call(OnboardingAPI.createKnowledgeArticle, creation, as: admin)
        var publication = ActionRequest()
        publication.id = made.id
        _ = try await world.call(OnboardingAPI.publishKnowledgeArticle, publication, as: admin)
        let found = try await search(Self.bridge, as: below, world)
        #expect(found.totalSize == 4 && found.articles.contains { $0.article == made.id })
        #expect(!found.articles.contains { $0.article == KnowledgeSeed.id("remote_task_sync") })
    }
}
