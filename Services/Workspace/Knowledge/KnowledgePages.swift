import OnboardingWire
import RPC
import Roles
import Wire

/// Articles of the knowledge base in the hands of who edits them (ADR 0035): what is written, in each language, how customers
/// will see it, what it is related to, its versions, and whether it is read at all.
enum KnowledgePages: PageFolder {
    static let href = "\(AdministrationPages.href)/articles"

    static func add(to pages: Pages) {
        pages.get("/administration/articles/:id") { visit async throws(Problem) in
            .page(try await ArticleEditor(visit: visit).page())
        }
        pages.post("/administration/articles/:id") { visit async throws(Problem) in
            try await ArticleEditor(visit: visit).post()
        }
        pages.get("/administration/articles/:id/versions/:version") { visit async throws(Problem) in
            .page(try await version(visit))
        }
        pages.post("/administration/articles/:id/versions/:version/restore") { visit async throws(Problem) in
            try await restore(visit)
        }
        pages.post("/administration/articles/:id/rules") { visit async throws(Problem) in
            try await ArticleRules(visit: visit).add()
        }
        pages.post("/administration/articles/:id/rules/:rule/remove") { visit async throws(Problem) in
            try await ArticleRules(visit: visit).remove()
        }
    }

    /// The address of an article's editor.
    static func href(_ id: String) -> String { "\(href)/\(Fields.encoded(id))" }

    /// Whether the pages are offered; onboarding decides by the same.
    static func isFor(_ person: Person) -> Bool {
        !person.isCustomer && Access.allows(person.roles, .write, on: KnowledgeArticle.schema.table)
    }

    static func check(_ visit: Visit) throws(Problem) {
        try visit.demand(isFor)
    }

    /// The way to an article.
    static func trail(_ visit: Visit) -> [Crumb] { visit.wayOfAdministration(to: KnowledgeArticle.schema) }

    /// How an article is read, in each language that it has.
    static func preview(_ texts: (title: String, titleKo: String, body: String, bodyKo: String)) -> [Values] {
        let korean = texts.bodyKo.isEmpty ? texts.body : texts.bodyKo
        return [
            shown("en", "English", texts.title, texts.body),
            shown("ko", "한국어", texts.titleKo.isEmpty ? texts.title : texts.titleKo, korean),
        ]
    }

    private static func shown(_ code: String, _ name: String, _ title: String, _ body: String) -> Values {
        ["code": code, "name": name, "title": title, "paragraphs": ArticlePage.paragraphs(body)]
    }

    // MARK: Versions

    private static func stored(_ visit: Visit) async throws(Problem) -> KnowledgeText {
        try check(visit)
        var request = GetKnowledgeVersionRequest()
        request.article = visit.part("id")
        request.version = Int32(visit.part("version")) ?? 0
        return try await visit.ask(OnboardingAPI.getKnowledgeVersion, request)
    }

    private static func version(_ visit: Visit, refused: Problem? = nil) async throws(Problem) -> Page {
        let text = try await stored(visit)
        let own = href(text.article)
        var values: Values = [
            "heading": text.title, "version": "\(text.version)", "key": text.key,
            "languages": preview((text.title, text.titleKo, text.body, text.bodyKo)),
            "restore": "\(own)/versions/\(text.version)/restore", "problem": "",
        ]
        if let at = text.publishedAt { values["publishedAt"] = at }
        if let refused { values["problem"] = ["text": refused.text(visit.reader.language)] as Values }
        var page = Page(
            template: "article_version", title: visit.say("Version \(text.version)", "버전 \(text.version)"),
            values: values)
        page.trail = trail(visit) + [Crumb(label: text.title, href: own)]
        return page
    }

    /// Puts what a version says into the draft; the version itself stays, as all do.
    private static func restore(_ visit: Visit) async throws(Problem) -> Answer {
        let text = try await stored(visit)
        return try await Work.lead { () async throws(Problem) in
            var article = KnowledgeArticle()
            article.id = text.article
            (article.title, article.titleKo, article.body, article.bodyKo) = (
                text.title, text.titleKo, text.body, text.bodyKo
            )
            var request = UpdateKnowledgeArticleRequest()
            request.knowledgeArticle = article
            request.updateMask = FieldMask(
                paths: [KnowledgeArticle.Field.title, .titleKo, .body, .bodyKo].map(\.rawValue))
            _ = try await visit.ask(OnboardingAPI.updateKnowledgeArticle, request)
            return "\(href(text.article))?done=\(Toast.restored.rawValue)"
        } refused: { (problem) async throws(Problem) in
            try await version(visit, refused: problem)
        }
    }
}
