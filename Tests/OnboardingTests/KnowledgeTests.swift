import Korean
import OnboardingWire
import RPC
import Records
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import OnboardingService

/// The knowledge base: versions, who reads and finds what, what is related and what is shared.
@Suite struct KnowledgeTests {
    /// A word that no other text has.
    private static func word(_ beginning: String) -> String {
        beginning
            + uuid().suffix(12).map { $0.wholeNumberValue.map { "ghijklmnop".dropFirst($0).prefix(1) } ?? "\($0)" }
            .joined()
    }

    /// An article of the provider, with a word of its own.
    private func article(
        _ world: World, _ word: String, korean: String = "", cannotRead: [String] = [], publishes: Bool = true
    ) async throws -> KnowledgeArticle {
        var request = CreateKnowledgeArticleRequest()
        var article = KnowledgeArticle()
        article.key = "a" + uuid().filter { $0 != "-" }
        (article.title, article.body) = ("About \(word)", "What is known of \(word).")
        if !korean.isEmpty { (article.titleKo, article.bodyKo) = ("\(korean) 안내", "본문: \(korean)를 설명합니다.") }
        article.cannotRead = cannotRead
        request.knowledgeArticle = article
        let made = try await world.call(OnboardingAPI.createKnowledgeArticle, request, as: world.administrator)
        return publishes ? try await publish(made.id, world) : made
    }

    private func publish(_ id: String, _ world: World) async throws -> KnowledgeArticle {
        var request = ActionRequest()
        request.id = id
        return try await world.call(OnboardingAPI.publishKnowledgeArticle, request, as: world.administrator)
    }

    private func found(_ query: String, as caller: Caller, _ world: World) async throws -> [String] {
        var request = SearchKnowledgeRequest()
        (request.query, request.count) = (query, true)
        let answer = try await world.call(OnboardingAPI.searchKnowledge, request, as: caller)
        #expect(answer.totalSize == Int64(answer.articles.count))
        return answer.articles.map(\.article)
    }

    private func text(_ id: String, as caller: Caller, _ world: World) async throws(Problem) -> KnowledgeText {
        var request = ReadKnowledgeRequest()
        request.article = id
        return try await world.call(OnboardingAPI.readKnowledge, request, as: caller)
    }

    private func related(_ task: LifecycleTask, as caller: Caller, _ world: World) async throws -> [String] {
        var request = KnowledgeOfRecordRequest()
        (request.table, request.record) = ("lifecycle_task", task.id)
        return try await world.call(OnboardingAPI.listRelatedKnowledge, request, as: caller).articles.map(\.article)
    }

    private func link(
        _ article: KnowledgeArticle, _ purpose: String, as caller: Caller, _ world: World,
        _ edit: (inout KnowledgeLink) -> Void
    ) async throws(Problem) -> KnowledgeLink {
        var request = CreateKnowledgeLinkRequest()
        var link = KnowledgeLink()
        (link.article, link.purpose) = (article.id, purpose)
        edit(&link)
        request.knowledgeLink = link
        return try await world.call(OnboardingAPI.createKnowledgeLink, request, as: caller)
    }

    /// Words of both languages are found, Korean ones also inside of others and with their particle cut off, one syllable as
    /// well as several; what only shares pairs of syllables is not.
    @Test func wordsOfBothLanguagesAreFound() async throws {
        let world = try await World()
        let word = Self.word("quux")
        let article = try await article(world, word, korean: "가갸거겨")
        let agent = world.agent
        #expect(try await found(word, as: agent, world) == [article.id])
        #expect(try await found("\(word.uppercased()) known", as: agent, world) == [article.id])
        #expect(try await found("\(word) nowhere", as: agent, world).isEmpty)
        for query in ["가갸거겨", "갸거", "가갸 거겨", "겨", "가갸거겨 안내", "\(word) 거겨"] {
            #expect(try await found(query, as: agent, world).contains(article.id), "\(query)")
        }
        // All of its pairs are there, but not one behind the other.
        #expect(try await !found("거겨가갸", as: agent, world).contains(article.id))
        _ = try await self.article(world, "x", korean: "가갸 갸거")
        #expect(try await found("가갸거", as: agent, world) == [article.id])
        var long = SearchKnowledgeRequest()
        long.query = String(repeating: "가 ", count: 101)
        #expect(await world.problem(OnboardingAPI.searchKnowledge, long, as: agent)?.code == .invalidArgument)
        long.query = "%_\\ ' & | ! :* ()"
        #expect(try await !world.call(OnboardingAPI.searchKnowledge, long, as: agent).articles.isEmpty)
    }

    /// Whoever holds an excluded role finds the article by no way of asking: not by reading, searching, counting, nor as what
    /// is related or shared (G-100).
    @Test func nobodyExcludedFindsIt() async throws {
        let world = try await World()
        let word = Self.word("hidden")
        let article = try await article(world, word, korean: "비밀번호", cannotRead: ["sn_acct_lc.ale_success_agent"])
        let task = try await world.createTask(world.openCase())
        _ = try await link(article, "related", as: world.administrator, world) { $0.lifecycleTask = task.id }
        _ = try await link(article, "shared", as: world.administrator, world) { $0.lifecycleTask = task.id }
        let (reader, excluded) = (try World.person(uuid(), "sn_acct_lc.agent"), world.successAgent)
        #expect(excluded.roles.contains("sn_acct_lc.ale_success_agent"))
        #expect(!reader.roles.contains("sn_acct_lc.ale_success_agent"))
        #expect(try await found(word, as: reader, world) == [article.id])
        #expect(try await related(task, as: reader, world) == [article.id])
        #expect(try await text(article.id, as: reader, world).body.contains(word))
        for query in [word, "비밀번호", "밀번", "hidden*"] {
            #expect(try await !found(query, as: excluded, world).contains(article.id))
        }
        let unknown = uuid()
        func problem(_ id: String) async -> Problem? {
            do throws(Problem) {
                _ = try await text(id, as: excluded, world)
                return nil
            } catch { return error }
        }
        let met = await problem(article.id)
        #expect(met?.code == .notFound)
        #expect(
            met?.text.en.replacing(article.id, with: "")
                == (await problem(unknown))?.text.en.replacing(unknown, with: ""))
        var byKey = ReadKnowledgeRequest()
        byKey.key = article.key ?? ""
        #expect(await world.problem(OnboardingAPI.readKnowledge, byKey, as: excluded)?.code == .notFound)
        if let seen = try? await related(task, as: excluded, world) {
            #expect(seen.isEmpty)
        }
        // Nor by trying to link it.
        var other = KnowledgeArticle()
        other.id = unknown
        var refusals: [String] = []
        for tried in [article, other] {
            do throws(Problem) {
                _ = try await link(tried, "related", as: excluded, world) { $0.onboardingCase = task.parent }
                Issue.record("it is linked")
            } catch { refusals.append("\(error.code) \(error.reason) \(error.text.en)") }
        }
        #expect(Set(refusals).count == 1)
        // The administrator looks after it, and cannot be excluded.
        #expect(try await found(word, as: world.administrator, world) == [article.id])
        var update = UpdateKnowledgeArticleRequest()
        update.knowledgeArticle = KnowledgeArticle()
        update.knowledgeArticle?.id = article.id
        update.knowledgeArticle?.cannotRead = ["admin"]
        let refused = await world.problem(OnboardingAPI.updateKnowledgeArticle, update, as: world.administrator)
        #expect(refused?.reason == "G-100" && refused?.violations.first?.field == "knowledge_article.cannot_read")
        // It holds at once, also of what was published before.
        update.knowledgeArticle?.cannotRead = ["sn_acct_lc.agent"]
        _ = try await world.call(OnboardingAPI.updateKnowledgeArticle, update, as: world.administrator)
        #expect(try await found(word, as: reader, world).isEmpty)
    }

    /// A draft is read by nobody, an edit by nobody before it is published, and what was published stays as it was.
    /// Nobody holds a persona: an article kept from one would be kept from nobody.
    @Test func personasAreNoRolesToKeepOut() async throws {
        let world = try await World()
        for name in ["Foundational data analyst", "admin", "nothing"] {
            await #expect(throws: Problem.self, "\(name)") {
                try await article(world, Self.word("persona"), cannotRead: [name])
            }
        }
    }

    @Test func versionsArePublished() async throws {
        let world = try await World()
        let word = Self.word("version")
        let draft = try await article(world, word, publishes: false)
        #expect(draft.state == "draft" && draft.version == 0)
        #expect(try await found(word, as: world.agent, world).isEmpty)
        let first = try await publish(draft.id, world)
        #expect(first.state == "published" && first.version == 1)
        var update = UpdateKnowledgeArticleRequest()
        update.knowledgeArticle = KnowledgeArticle()
        update.knowledgeArticle?.id = draft.id
        update.knowledgeArticle?.body = "Changed."
        _ = try await world.call(OnboardingAPI.updateKnowledgeArticle, update, as: world.administrator)
        #expect(try await text(draft.id, as: world.agent, world).body.contains(word))
        let second = try await publish(draft.id, world)
        let read = try await text(draft.id, as: world.agent, world)
        #expect(second.version == 2 && read.version == 2 && read.body == "Changed.")
        // Without Korean, the English stands for it.
        #expect(read.titleKo == read.title)
        var list = ListKnowledgeVersionsRequest()
        (list.article, list.pageSize) = (draft.id, 1)
        let page = try await world.call(OnboardingAPI.listKnowledgeVersions, list, as: world.administrator)
        list.pageToken = page.nextPageToken
        let last = try await world.call(OnboardingAPI.listKnowledgeVersions, list, as: world.administrator)
        #expect(
            page.versions.map(\.version) == [2] && last.versions.map(\.version) == [1] && last.nextPageToken.isEmpty)
        // A version says what it said, whatever was published since.
        var back = GetKnowledgeVersionRequest()
        (back.article, back.version) = (draft.id, 1)
        let old = try await world.call(OnboardingAPI.getKnowledgeVersion, back, as: world.administrator)
        #expect(old.version == 1 && old.body.contains(word) && old.publishedAt != nil)
        #expect(
            await world.problem(OnboardingAPI.getKnowledgeVersion, back, as: world.agent)?.code == .permissionDenied)
        back.version = 3
        let none = await world.problem(OnboardingAPI.getKnowledgeVersion, back, as: world.administrator)
        #expect(none?.code == .notFound)
        var request = ActionRequest()
        request.id = draft.id
        _ = try await world.call(OnboardingAPI.withdrawKnowledgeArticle, request, as: world.administrator)
        #expect(try await found(word, as: world.agent, world).isEmpty)
        update.knowledgeArticle?.body = " "
        _ = try await world.call(OnboardingAPI.updateKnowledgeArticle, update, as: world.administrator)
        let empty = await world.problem(OnboardingAPI.publishKnowledgeArticle, request, as: world.administrator)
        #expect(empty?.code == .failedPrecondition && empty?.violations.first?.field == "knowledge_article.body")
        let denied = await world.problem(OnboardingAPI.publishKnowledgeArticle, request, as: world.agent)
        #expect(denied?.code == .permissionDenied, "\(denied as Any)")
    }

    /// An article is related by a rule as long as its condition holds, and by hand; the shipped rules know the tasks of
    /// Service Bridge.
    @Test func articlesAreRelated() async throws {
        let world = try await World()
        let task = try await world.createTask(world.openCase()) {
            $0.shortDescription = "Install Service Bridge for consumers"
        }
        #expect(try await related(task, as: world.agent, world) == [KnowledgeSeed.id("consumer_guide")])
        let byHand = try await article(world, "zzz")
        _ = try await link(byHand, "related", as: world.agent, world) { $0.lifecycleTask = task.id }
        #expect(
            Set(try await related(task, as: world.agent, world)) == [KnowledgeSeed.id("consumer_guide"), byHand.id])
        func rule(_ condition: String) async throws(Problem) {
            var request = CreateKnowledgeRuleRequest()
            var rule = KnowledgeRule()
            (rule.article, rule.table, rule.condition) = (byHand.id, "lifecycle_task", condition)
            request.knowledgeRule = rule
            _ = try await world.call(OnboardingAPI.createKnowledgeRule, request, as: world.administrator)
        }
        let other = try await world.createTask(world.openCase()) { $0.shortDescription = "Other \(byHand.id)" }
        try await rule("short_description = \"Other \(byHand.id)\"")
        #expect(try await related(other, as: world.agent, world) == [byHand.id])
        for wrong in ["nothing = 1", "state ="] {
            do throws(Problem) {
                try await rule(wrong)
                Issue.record("\(wrong) is no condition")
            } catch { #expect(error.violations.first?.field == "knowledge_rule.condition") }
        }
        let tried: [(purpose: String, edit: (inout KnowledgeLink) -> Void)] = [
            ("related", { (_: inout KnowledgeLink) in }),
            ("related", { (link: inout KnowledgeLink) in link.contact = world.contact.id }),
            (
                "shared",
                { (link: inout KnowledgeLink) in
                    link.contact = world.contact.id
                    link.lifecycleTask = task.id
                }
            ),
            ("related", { (link: inout KnowledgeLink) in link.lifecycleTask = task.id }),
        ]
        for (purpose, edit) in tried {
            do throws(Problem) {
                _ = try await link(byHand, purpose, as: world.agent, world, edit)
                Issue.record("\(purpose) is refused")
            } catch { #expect(error.reason == "KNOWLEDGE" || error.code == .alreadyExists) }
        }
    }

    /// What a play asks for (F-05): an article related to many tasks, once.
    @Test func anArticleIsRelatedToManyTasksOnce() async throws {
        let world = try await World()
        let article = try await article(world, "play")
        let onboarding = try await world.openCase()
        let tasks = [try await world.createTask(onboarding), try await world.createTask(onboarding)].map(\.id)
        var request = RelateKnowledgeRequest()
        (request.article, request.lifecycleTasks) = (article.id, [tasks[0]])
        #expect(
            try await world.call(OnboardingAPI.relateKnowledge, request, as: world.successAgent).lifecycleTasks == [
                tasks[0]
            ])
        request.lifecycleTasks = tasks
        #expect(
            try await world.call(OnboardingAPI.relateKnowledge, request, as: world.successAgent).lifecycleTasks == [
                tasks[1]
            ])
        request.lifecycleTasks = [uuid()]
        let unknown = await world.problem(OnboardingAPI.relateKnowledge, request, as: world.successAgent)
        #expect(unknown?.code == .invalidArgument)
        request.lifecycleTasks = Array(repeating: tasks[0], count: 101)
        #expect(
            await world.problem(OnboardingAPI.relateKnowledge, request, as: world.successAgent)?.code
                == .invalidArgument)
    }

    /// Customers read what is shared with them: on a case or a task that they see, or with their contact; nothing else, and
    /// nothing of another account.
    @Test func customersReadWhatIsSharedWithThem() async throws {
        let world = try await World()
        let other = try await World()
        let onboarding = try await world.openCase { $0.contact = world.contact.id }
        let (onCase, withContact, unshared) = (
            try await article(world, "case"), try await article(world, "contact"), try await article(world, "none")
        )
        _ = try await link(onCase, "shared", as: world.agent, world) { $0.onboardingCase = onboarding.id }
        _ = try await link(withContact, "shared", as: world.agent, world) { $0.contact = world.contact.id }
        _ = try await link(unshared, "related", as: world.agent, world) { $0.onboardingCase = onboarding.id }
        let customer = try world.customer()
        var request = KnowledgeOfRecordRequest()
        (request.table, request.record) = ("onboarding_case", onboarding.id)
        let shared = try await world.call(OnboardingAPI.listSharedKnowledge, request, as: customer).articles
        #expect(Set(shared.map(\.article)) == [onCase.id, withContact.id] && shared.allSatisfy(\.body.isEmpty))
        #expect(try await text(onCase.id, as: customer, world).body.contains("case"))
        #expect(try await text(withContact.id, as: customer, world).article == withContact.id)
        func refusal(_ id: String, _ caller: Caller) async -> Problem.Code? {
            do throws(Problem) {
                _ = try await text(id, as: caller, world)
                return nil
            } catch { return error.code }
        }
        #expect(await refusal(unshared.id, customer) == .notFound)
        let stranger = try other.customer("sn_customerservice.customer_admin")
        #expect(await refusal(onCase.id, stranger) == .notFound)
        #expect(await refusal(withContact.id, stranger) == .notFound)
        #expect(await world.problem(OnboardingAPI.listSharedKnowledge, request, as: stranger)?.code == .notFound)
        var search = SearchKnowledgeRequest()
        search.query = "case"
        #expect(await world.problem(OnboardingAPI.searchKnowledge, search, as: customer)?.code == .permissionDenied)
        #expect(
            await world.problem(OnboardingAPI.listRelatedKnowledge, request, as: customer)?.code == .permissionDenied)
        // Cannot read holds for customers, too.
        var update = UpdateKnowledgeArticleRequest()
        update.knowledgeArticle = KnowledgeArticle()
        update.knowledgeArticle?.id = onCase.id
        update.knowledgeArticle?.cannotRead = ["sn_customerservice.customer"]
        _ = try await world.call(OnboardingAPI.updateKnowledgeArticle, update, as: world.administrator)
        #expect(await refusal(onCase.id, customer) == .notFound)
        #expect(
            try await world.call(OnboardingAPI.listSharedKnowledge, request, as: customer).articles.map(\.article)
                == [withContact.id])
    }

    /// Eleven come with the product, in both languages, each found by its title; what cards link to is there.
    @Test func theShippedArticlesAreThere() async throws {
        let world = try await World()
        for key in KnowledgeSeed.keys {
            var request = ReadKnowledgeRequest()
            request.key = key
            let text = try await world.call(OnboardingAPI.readKnowledge, request, as: world.agent)
            #expect(text.article == KnowledgeSeed.id(key) && text.body.count > 300 && text.bodyKo.count > 150)
            #expect(text.title != text.titleKo)
            for (korean, english) in [(text.titleKo, text.title), (text.bodyKo, text.body)] {
                #expect(Hangul.isWritten(in: korean) && !Hangul.isWritten(in: english), "\(key)")
            }
            #expect(try await found(text.title, as: world.agent, world).contains(text.article), "\(key)")
            #expect(try await found(text.titleKo, as: world.agent, world).contains(text.article), "\(key)")
        }
        #expect(KnowledgeSeed.keys.count == 11 && Set(KnowledgeSeed.keys).count == 11)
    }

    /// Another tenant's article is neither found nor linked.
    @Test func anotherTenantsArticleIsNotThere() async throws {
        let world = try await World()
        let word = Self.word("tenant")
        var request = CreateKnowledgeArticleRequest()
        var article = KnowledgeArticle()
        (article.key, article.title, article.body) = ("tenant_only", word, word)
        request.knowledgeArticle = article
        let neighbour = Caller.holding("admin", domain: "/elsewhere/")
        let made = try await world.call(OnboardingAPI.createKnowledgeArticle, request, as: neighbour)
        var publication = ActionRequest()
        publication.id = made.id
        #expect(
            await world.problem(OnboardingAPI.publishKnowledgeArticle, publication, as: world.administrator)?.code
                == .notFound)
        _ = try await world.call(OnboardingAPI.publishKnowledgeArticle, publication, as: neighbour)
        #expect(try await found(word, as: neighbour, world) == [made.id])
        #expect(try await found(word, as: world.agent, world).isEmpty)
        let onboarding = try await world.openCase()
        do throws(Problem) {
            _ = try await link(made, "shared", as: world.agent, world) { $0.onboardingCase = onboarding.id }
            Issue.record("it is linked")
        } catch { #expect(error.code == .invalidArgument) }
    }
}
