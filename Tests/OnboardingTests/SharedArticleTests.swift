import ImportValidationWire
import OnboardingWire
import RPC
import Records
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import OnboardingService

/// Articles on the pages of the portal, and articles of import tasks.
@Suite struct SharedArticleTests {
    private func article(
        _ world: World, _ title: String, _ korean: String, key: String? = nil, as caller: Caller? = nil
    ) async throws -> KnowledgeArticle {
        var request = CreateKnowledgeArticleRequest()
        var article = KnowledgeArticle()
        article.key = key ?? "a" + uuid().filter { $0 != "-" }
        (article.title, article.titleKo, article.body) = (title, korean, "About \(title).")
        request.knowledgeArticle = article
        let administrator = caller ?? world.administrator
        let made = try await world.call(OnboardingAPI.createKnowledgeArticle, request, as: administrator)
        var publish = ActionRequest()
        publish.id = made.id
        return try await world.call(OnboardingAPI.publishKnowledgeArticle, publish, as: administrator)
    }

    private func link(
        _ article: KnowledgeArticle, _ purpose: String, _ world: World, _ edit: (inout KnowledgeLink) -> Void
    ) async throws(Problem) {
        var request = CreateKnowledgeLinkRequest()
        var link = KnowledgeLink()
        (link.article, link.purpose) = (article.id, purpose)
        edit(&link)
        request.knowledgeLink = link
        _ = try await world.call(OnboardingAPI.createKnowledgeLink, request, as: world.agent)
    }

    private func read(_ edit: (inout ReadKnowledgeRequest) -> Void, as caller: Caller, _ world: World) async -> String?
    {
        var request = ReadKnowledgeRequest()
        edit(&request)
        return try? await world.call(OnboardingAPI.readKnowledge, request, as: caller).article
    }

    @Test func whatIsSharedStandsOnThePages() async throws {
        let world = try await World()
        let contact = world.contact.id
        let record = try await world.openCase { $0.contact = contact }
        let task = try await world.createTask(record) { ($0.contact, $0.visibleToCustomer) = (contact, true) }
        let imported = try await LandingPageTests.hearImportTask(of: record, world) {
            ($0.contact, $0.visibleToCustomer) = (contact, true)
        }
        let titles = ["Case", "Task", "Import", "Person"]
        var articles: [KnowledgeArticle] = []
        for title in titles { articles.append(try await article(world, title, "\(title) 안내")) }
        try await link(articles[0], "shared", world) { $0.onboardingCase = record.id }
        try await link(articles[1], "shared", world) { $0.lifecycleTask = task.id }
        try await link(articles[2], "shared", world) { $0.importTask = imported.id }
        try await link(articles[3], "shared", world) { $0.contact = contact }
        try await link(try await article(world, "Inside", "내부"), "related", world) { $0.onboardingCase = record.id }
        let customer = try world.customer()
        var korean = customer
        korean.locale = "ko"
        var page = GetPortalCaseRequest()
        page.id = record.id
        let onCase = try await world.call(OnboardingAPI.getPortalCase, page, as: customer).articles
        #expect(
            onCase.map(\.title) == ["Case", "Person"] && onCase.map(\.article) == [articles[0].id, articles[3].id])
        let inKorean = try await world.call(OnboardingAPI.getPortalCase, page, as: korean).articles
        #expect(inKorean.map(\.title) == ["Case 안내", "Person 안내"])
        for (id, title) in [(task.id, "Task"), (imported.id, "Import")] {
            var page = GetPortalTaskRequest()
            page.id = id
            let found = try await world.call(OnboardingAPI.getPortalTask, page, as: customer).articles
            #expect(Set(found.map(\.title)) == [title, "Person"])
            // The provider sees what is shared there, whoever it is shared with.
            let seen = try await world.call(OnboardingAPI.getPortalTask, page, as: world.agent).articles
            #expect(seen.map(\.title) == [title])
        }
        for article in articles { #expect(await read({ $0.article = article.id }, as: customer, world) == article.id) }
        let stranger = try await World().customer()
        for article in articles { #expect(await read({ $0.article = article.id }, as: stranger, world) == nil) }
    }

    /// However many others it is shared with, and whatever article of the key lies nearer.
    @Test func whatIsSharedIsRead() async throws {
        let world = try await World()
        let key = "a" + uuid().filter { $0 != "-" }
        let shared = try await article(world, "Far", "멀리", key: key)
        _ = try await world.server.admin.run(
            """
            DO $$ BEGIN SET LOCAL session_replication_role = replica;
            INSERT INTO onboarding.knowledge_link (id, revision, created_at, created_by, updated_at, updated_by, domain, \
            article, purpose, contact) \
            SELECT ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, 1, now(), 'x', now(), 'x', \
            \(literal: world.account.domain), \(literal: shared.id)::uuid, 'shared', gen_random_uuid() \
            FROM generate_series(1, 501) n; END $$
            """)
        let customer = try world.customer()
        #expect(await read({ $0.article = shared.id }, as: customer, world) == nil)
        try await link(shared, "shared", world) { $0.contact = world.contact.id }
        #expect(await read({ $0.article = shared.id }, as: customer, world) == shared.id)
        var inside = world.administrator
        inside.domain = try #require(DomainPath(world.account.domain))
        let near = try await article(world, "Near", "가까이", key: key, as: inside)
        #expect(await read({ $0.key = key }, as: customer, world) == shared.id)
        #expect(await read({ $0.key = key }, as: inside, world) == near.id)
    }

    /// Rules and links relate articles to import tasks as to other tasks.
    @Test func articlesAreRelatedToImportTasks() async throws {
        let world = try await World()
        let record = try await world.openCase()
        let title = "Import \(uuid())"
        let task = try await LandingPageTests.hearImportTask(of: record, world) { $0.shortDescription = title }
        let other = try await LandingPageTests.hearImportTask(of: record, world)
        let (byRule, byHand) = (try await article(world, "Rule", "규칙"), try await article(world, "Hand", "손"))
        func rule(_ condition: String) async throws(Problem) {
            var request = CreateKnowledgeRuleRequest()
            var rule = KnowledgeRule()
            (rule.article, rule.table, rule.condition) = (byRule.id, "import_task", condition)
            request.knowledgeRule = rule
            _ = try await world.call(OnboardingAPI.createKnowledgeRule, request, as: world.administrator)
        }
        try await rule("short_description = \"\(title)\" AND active = true")
        try await link(byHand, "related", world) { $0.importTask = task.id }
        func related(_ id: String, as caller: Caller) async throws(Problem) -> Set<String> {
            var request = KnowledgeOfRecordRequest()
            (request.table, request.record) = ("import_task", id)
            return Set(
                try await world.call(OnboardingAPI.listRelatedKnowledge, request, as: caller).articles.map(\.article))
        }
        #expect(try await related(task.id, as: world.agent) == [byRule.id, byHand.id])
        #expect(try await related(other.id, as: world.agent).isEmpty)
        // What is not copied of import tasks is no condition here.
        do throws(Problem) {
            try await rule("data_import_state = \"x\"")
            Issue.record("the field is not known")
        } catch { #expect(error.violations.map(\.field) == ["knowledge_rule.condition"]) }
        var stranger = world.agent
        stranger.domain = try #require(DomainPath(try await World().account.domain))
        do throws(Problem) {
            _ = try await related(task.id, as: stranger)
            Issue.record("it is another tenant's")
        } catch { #expect(error.code == .notFound) }
    }
}
