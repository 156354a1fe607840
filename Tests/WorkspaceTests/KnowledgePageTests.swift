import OnboardingWire
import RPC
import TestKit
import Testing
import Wire

@testable import WorkspaceService

/// Articles in the hands of who edits them: drafts, how they are read, versions, and what they are related to.
@Suite struct KnowledgePageTests {
    private static let id = "018f0000-0000-7000-8000-0000000000cc"
    private static let address = "/administration/articles/\(id)"

    private static func article(_ edit: (inout KnowledgeArticle) -> Void = { _ in }) -> KnowledgeArticle {
        var article = KnowledgeArticle()
        (article.id, article.etag, article.key, article.title) = (id, "3", "first_steps", "First <steps>")
        (article.body, article.state, article.version) = ("# Begin\n\nWith one.", "published", 2)
        article.updatedAt = Timestamp(seconds: Bench.now.seconds)
        edit(&article)
        return article
    }

    private static func version(_ number: Int32) -> KnowledgeText {
        var text = KnowledgeText()
        (text.article, text.key, text.version, text.title) = (id, "first_steps", number, "Title \(number)")
        (text.titleKo, text.body, text.bodyKo) = ("제목 \(number)", "Body \(number)", "본문 \(number)")
        text.publishedAt = Timestamp(seconds: Bench.now.seconds - 3_600)
        return text
    }

    private func browser(_ roles: [String] = ["admin"], _ more: [Endpoint] = []) async throws -> Browser {
        let bench = try Bench()
        var ann = SignedIn.ann()
        ann.roles = roles
        let stored = [
            Endpoint(OnboardingAPI.getKnowledgeArticle) { _, request async throws(Problem) in
                guard request.id == Self.id else { throw .notFound(KnowledgeArticle.schema.label, id: request.id) }
                return Self.article()
            },
            Endpoint(OnboardingAPI.listKnowledgeRules) { _, _ in
                var rule = KnowledgeRule()
                (rule.id, rule.table, rule.condition) = ("rule-1", "lifecycle_task", "state = \"<1>\"")
                var list = ListKnowledgeRulesResponse()
                list.knowledgeRules = [rule]
                return list
            },
            Endpoint(OnboardingAPI.listKnowledgeVersions) { _, _ in
                var list = ListKnowledgeVersionsResponse()
                list.versions = [Self.version(2), Self.version(1)]
                return list
            },
            Endpoint(OnboardingAPI.getKnowledgeVersion) { _, request async throws(Problem) in
                guard request.version == 1 else { throw .notFound(KnowledgeArticle.schema.label, id: request.article) }
                return Self.version(1)
            },
        ]
        let given = Set(more.map(\.subject))
        try await bench.answer(
            "onboarding", StandIn.sessions(ann) + more + stored.filter { !given.contains($0.subject) })
        return Browser(bench, session: "good")
    }

    @Test func anArticleIsShownAsItIsEditedAndRead() async throws {
        let seen = try await browser().get(Self.address)
        for text in [
            "First &lt;steps&gt;", "<h4>Begin</h4>", "lang=\"ko\"", "Changed since",
            "href=\"\(Self.address)/versions/1\"",
            "state = &quot;&lt;1&gt;&quot;", "/rules/rule-1/remove", "value=\"withdraw\"",
            "/lists/knowledge_link?filter=",
        ] { #expect(seen.text.contains(text), "\(text)") }
        for path in [Self.address, "\(Self.address)/versions/1", "/administration/articles/new"] {
            #expect(try await browser(["sn_acct_lc.agent"]).get(path).status == 404, "\(path)")
        }
        #expect(try await browser().get("/administration/articles/none").status == 404)
    }

    /// The preview shows what is typed, and nothing is written.
    @Test func thePreviewShowsWhatIsTyped() async throws {
        let browser = try await browser()
        let page = try await browser.get(Self.address)
        let seen = try await browser.post(
            Self.address,
            [
                ("csrf", page.csrf), ("etag", "3"), ("title", "Typed"), ("body", "# Head\r\n\r\nText <b>"),
                ("title_ko", "입력"), ("body_ko", "본문"), ("do", "look"),
            ])
        #expect(seen.status == 200)
        for text in ["<h3>Typed</h3>", "<h4>Head</h4>", "Text &lt;b&gt;</p>", "<h3>입력</h3>"] {
            #expect(seen.text.contains(text), "\(text)")
        }
    }

    /// What is published is what was just typed; what is refused stands beside it.
    @Test func whatIsTypedIsSavedAndPublished() async throws {
        let said = Said()
        let update = Endpoint(OnboardingAPI.updateKnowledgeArticle) { _, request in
            said.add("update \(request.updateMask?.paths ?? []) \(request.knowledgeArticle?.etag ?? "")")
            return Self.article { $0.etag = "4" }
        }
        let publish = Endpoint(OnboardingAPI.publishKnowledgeArticle) { _, request async throws(Problem) in
            said.add("publish \(request.etag)")
            guard request.etag == "4" else {
                throw .failedPrecondition(rule: "KNOWLEDGE", Text(en: "It has no body.", ko: "본문이 없습니다."))
            }
            return Self.article()
        }
        let withdraw = Endpoint(OnboardingAPI.withdrawKnowledgeArticle) { _, request in
            said.add("withdraw \(request.etag)")
            return Self.article()
        }
        let browser = try await browser(["admin"], [update, publish, withdraw])
        let page = try await browser.get(Self.address)
        let form: [(String, String)] = [
            ("csrf", page.csrf), ("etag", "3"), ("was-title", "First <steps>"), ("was-body", "# Begin\n\nWith one."),
            ("was-title_ko", ""), ("was-body_ko", ""), ("was-cannot_read", ""), ("body", "# Begin\r\n\r\nWith one."),
        ]
        let done = try await browser.post(Self.address, form + [("title", "Typed"), ("do", "publish")])
        #expect(done.location == "\(Self.address)?done=article-published&saved=edit", "\(done.status)")
        let refused = try await browser.post(Self.address, form + [("title", "First <steps>"), ("do", "publish")])
        #expect(refused.status == 409 && refused.text.contains("It has no body."))
        let gone = try await browser.post(Self.address, form + [("do", "withdraw")])
        #expect(gone.location == "\(Self.address)?done=withdrawn&saved=edit")
        #expect(said.texts == ["update [\"title\"] 3", "publish 4", "publish 3", "withdraw 3"], "\(said.texts)")
    }

    @Test func aVersionIsLookedAtAndTakenIntoTheDraft() async throws {
        let said = Said()
        let update = Endpoint(OnboardingAPI.updateKnowledgeArticle) { _, request in
            let article = request.knowledgeArticle ?? KnowledgeArticle()
            said.add("\(article.title ?? "") \(article.bodyKo ?? "") \(request.updateMask?.paths.count ?? 0)")
            return Self.article()
        }
        let browser = try await browser(["admin"], [update])
        let page = try await browser.get("\(Self.address)/versions/1")
        #expect(page.text.contains("Body 1") && page.text.contains("본문 1") && page.text.contains("Version 1"))
        #expect(try await browser.get("\(Self.address)/versions/9").status == 404)
        let done = try await browser.post("\(Self.address)/versions/1/restore", [("csrf", page.csrf)])
        #expect(done.location == "\(Self.address)?done=restored" && said.texts == ["Title 1 본문 1 4"])
    }

    @Test func itIsRelatedByACondition() async throws {
        let said = Said()
        let create = Endpoint(OnboardingAPI.createKnowledgeRule) { _, request async throws(Problem) in
            let rule = request.knowledgeRule ?? KnowledgeRule()
            said.add("\(rule.article ?? "") \(rule.table ?? "") \(rule.condition ?? "")")
            guard rule.condition != "nonsense" else {
                throw .invalid(
                    field: "knowledge_rule.condition", Text(en: "That is no filter.", ko: "필터가 아닙니다."))
            }
            return rule
        }
        let remove = Endpoint(OnboardingAPI.deleteKnowledgeRule) { _, request in
            said.add("remove \(request.id)")
            return Empty()
        }
        let browser = try await browser(["admin"], [create, remove])
        let page = try await browser.get(Self.address)
        func add(_ condition: String) async throws -> Bench.Seen {
            try await browser.post(
                "\(Self.address)/rules",
                [("csrf", page.csrf), ("table", "lifecycle_task"), ("condition", condition)])
        }
        #expect(try await add("state = 1").location == "\(Self.address)?done=saved&saved=rule")
        let refused = try await add("nonsense")
        #expect(refused.status == 422 && refused.text.contains("id=\"condition-wrong\">That is no filter."))
        let gone = try await browser.post("\(Self.address)/rules/rule-1/remove", [("csrf", page.csrf)])
        #expect(gone.location == "\(Self.address)?done=removed")
        #expect(
            said.texts == [
                "\(Self.id) lifecycle_task state = 1", "\(Self.id) lifecycle_task nonsense", "remove rule-1",
            ])
    }
}
