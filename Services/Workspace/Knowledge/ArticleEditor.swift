import Foundation
import OnboardingWire
import RPC
import Wire

/// One article as it is edited.
struct ArticleEditor: Sendable {
    private typealias Record = KnowledgeArticle

    let visit: Visit

    private var isNew: Bool { visit.part("id") == "new" }
    private var href: String { KnowledgePages.href(visit.part("id")) }
    private var language: Language { visit.reader.language }

    private var keys: [KnowledgeArticle.Field] {
        (isNew ? [.key] : []) + [.title, .body, .titleKo, .bodyKo, .cannotRead]
    }

    private var form: RecordForm<KnowledgeArticle> { RecordForm(keys, visit, isNew: isNew) }

    private func stored() async throws(Problem) -> KnowledgeArticle {
        try KnowledgePages.check(visit)
        guard !isNew else { return Record() }
        var request = GetRequest()
        request.id = visit.part("id")
        return try await visit.ask(OnboardingAPI.getKnowledgeArticle, request)
    }

    // MARK: The page

    /// The editor as it is stored; with what was typed where it was `refused`, or is only looked at.
    func page(refused: Problem? = nil, isLooked: Bool = false) async throws(Problem) -> Page {
        let article = try await stored()
        let isPublished = article.state == Record.State.published
        async let asked = versions(article)
        let rules = isNew ? [Values]() : try await ArticleRules(visit: visit).values(article)
        let known = await asked
        var values: Values = [
            "heading": isNew ? visit.say("New article", "새 문서") : article.title ?? article.key ?? "",
            "key": article.key ?? "", "state": article.state ?? Record.State.draft, "published": isPublished,
            "stateLabel": Record.schema.label(Record.Field.state, of: article.state ?? "draft", language),
            "isNew": isNew, "changed": isPublished && isAhead(article, known.value?.first), "action": href,
            "form": drawn(article, refused, isTyped: isLooked), "looked": isLooked, "rules": rules,
            "ruleForm": isNew ? "" : ArticleRules(visit: visit).form(refused: refused),
            "read": isPublished ? "/articles/\(Fields.encoded(article.id))?back=\(Fields.encoded(href))" : "",
            "etag": refused?.isStale == true || visit.form["etag"].isEmpty ? article.etag : visit.form["etag"],
            "languages": KnowledgePages.preview(texts(article, isTyped: isLooked || refused != nil)),
            "versions": (known.value ?? []).map { version -> Values in
                var values: Values = [
                    "label": visit.say("Version \(version.version)", "버전 \(version.version)"),
                    "title": version.title, "href": "\(href)/versions/\(version.version)",
                ]
                if let at = version.publishedAt { values["at"] = at }
                return values
            },
            "links": isNew ? "" : linksHref(article),
            "away": visit.missing([(known.isAway, visit.say("versions", "버전"))]),
        ]
        if let refused, refused.violations.isEmpty { values["said"] = refused.text(language) }
        var page = Page(
            template: "article_edit", title: visit.say("Article", "문서"), values: values)
        page.trail = KnowledgePages.trail(visit)
        return page
    }

    private func linksHref(_ article: KnowledgeArticle) -> String {
        let filter = FilterText.equal(KnowledgeLink.Field.article, article.id)
        return "\(ListPages.href(KnowledgeLink.schema.table))?filter=\(Fields.encoded(filter))"
    }

    private func versions(_ article: KnowledgeArticle) async -> Part<[KnowledgeText]> {
        guard !isNew, (article.version ?? 0) > 0 else { return Part(value: [], isAway: false) }
        var request = ListKnowledgeVersionsRequest()
        (request.article, request.pageSize) = (article.id, 20)
        let asked = request
        return await Part.of { () async throws(Problem) in
            try await visit.ask(OnboardingAPI.listKnowledgeVersions, asked).versions
        }
    }

    /// Whether something was saved since what is read was published.
    private func isAhead(_ article: KnowledgeArticle, _ newest: KnowledgeText?) -> Bool {
        guard let published = newest?.publishedAt, let changed = article.updatedAt else { return false }
        // Publishing is a change of the article itself, a moment behind.
        return published.seconds + 1 < changed.seconds
    }

    /// The form; who cannot read the article stands apart, for there are many roles.
    private func drawn(_ article: KnowledgeArticle, _ refused: Problem?, isTyped: Bool) -> Values {
        var shown = entered(article, refused, isTyped: isTyped)
        let fields = shown["fields"] as? [Values] ?? []
        let isApart = { (field: Values) in field["name"] as? String == Record.Field.cannotRead.rawValue }
        shown["fields"] = fields.filter { !isApart($0) }
        shown["more"] = fields.filter(isApart)
        return shown
    }

    private func entered(_ article: KnowledgeArticle, _ refused: Problem?, isTyped: Bool) -> Values {
        guard isTyped else { return form.values(article, names: [:], action: href, refused: refused) }
        let forms = Forms(visit, showsTyped: true)
        return [
            "action": href, "fields": form.fields(article, names: [:]).map { forms.values($0, refused: nil) },
            "was": visit.form.under("was-").map { ["name": $0.name, "value": $0.value] as Values },
            "conflicts": [Values](),
        ]
    }

    private func texts(
        _ article: KnowledgeArticle, isTyped: Bool
    ) -> (title: String, titleKo: String, body: String, bodyKo: String) {
        guard isTyped, visit.form.contains(Record.Field.title.rawValue) else {
            return (article.title ?? "", article.titleKo ?? "", article.body ?? "", article.bodyKo ?? "")
        }
        let typed = { (field: KnowledgeArticle.Field) in visit.form[field] }
        return (typed(.title), typed(.titleKo), typed(.body), typed(.bodyKo))
    }

    // MARK: What is done

    /// Saves the draft, publishes it, withdraws it, or only shows how it would be read.
    func post() async throws(Problem) -> Answer {
        try KnowledgePages.check(visit)
        if visit.form["do"] == "look" { return .page(try await page(isLooked: true)) }
        return try await Work.lead { () async throws(Problem) in
            let (id, done) = try await carriedOut()
            return "\(KnowledgePages.href(id))?done=\(done.rawValue)&saved=edit"
        } refused: { (problem) async throws(Problem) in
            try await page(refused: problem)
        }
    }

    private func carriedOut() async throws(Problem) -> (id: String, done: Toast) {
        if visit.form["do"] == "withdraw" {
            _ = try await visit.ask(
                OnboardingAPI.withdrawKnowledgeArticle, action(visit.part("id"), visit.form["etag"]))
            return (visit.part("id"), .withdrawn)
        }
        let (id, etag) = try await saved()
        guard visit.form["do"] == "publish" else { return (id, .saved) }
        _ = try await visit.ask(OnboardingAPI.publishKnowledgeArticle, action(id, etag))
        return (id, .articlePublished)
    }

    private func action(_ id: String, _ etag: String) -> ActionRequest {
        var request = ActionRequest()
        (request.id, request.etag) = (id, etag)
        return request
    }

    /// Writes what was changed. Answers the article's id and its etag since.
    private func saved() async throws(Problem) -> (id: String, etag: String) {
        if isNew {
            let (article, _) = try await form.record(id: "", etag: "")
            var request = CreateKnowledgeArticleRequest()
            request.knowledgeArticle = article
            let made = try await visit.ask(OnboardingAPI.createKnowledgeArticle, request)
            return (made.id, made.etag)
        }
        let (article, mask) = try await form.record(id: visit.part("id"), etag: visit.form["etag"])
        guard !mask.paths.isEmpty else { return (article.id, article.etag) }
        var request = UpdateKnowledgeArticleRequest()
        (request.knowledgeArticle, request.updateMask) = (article, mask)
        let made = try await visit.ask(OnboardingAPI.updateKnowledgeArticle, request)
        return (made.id, made.etag)
    }
}
