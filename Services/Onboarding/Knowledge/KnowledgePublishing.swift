import OnboardingWire
import Postgres
import RPC
import Records
import Roles
import Wire

/// Makes versions of articles.
enum KnowledgePublishing {
    /// Makes the article as it is edited its newest version. FAILED_PRECONDITION without a body.
    static func publish(_ id: String, etag: String = "", _ context: RuleContext) throws -> KnowledgeArticle {
        let (tx, write) = (context.transaction, context.write)
        if !write.isSystem { try Access.requireProvider(.write, on: KnowledgeArticle.schema.table, write.caller) }
        let store = Store<KnowledgeArticle>(context.database)
        let article = try store.change(id, etag: etag, write, in: tx) { article in
            guard !(article.body ?? "").isBlank else {
                throw Problem.failedPrecondition(
                    rule: "KNOWLEDGE",
                    Text(en: "An article without a body is not published.", ko: "본문이 없는 문서는 게시할 수 없습니다."),
                    field: KnowledgeArticle.path(.body))
            }
            article.state = KnowledgeArticle.State.published
            article.version = (article.version ?? 0) + 1
        }
        let (title, body) = (article.title ?? "", article.body ?? "")
        tx.send("UPDATE onboarding.knowledge_version SET is_newest = false WHERE article = \(id) AND is_newest")
        tx.send(
            """
            INSERT INTO onboarding.knowledge_version \
            (id, domain, article, number, title, title_ko, body, body_ko, published_at, published_by, is_newest) \
            VALUES (\(RecordID.make(at: write.now)), \(article.domain), \(id), \(article.version ?? 0), \(title), \
            \(given(article.titleKo) ?? title), \(body), \(given(article.bodyKo) ?? body), \(write.now.sqlValue), \
            \(write.caller.subject), true)
            """, expecting: 1)
        return article
    }

    private static func given(_ text: String?) -> String? { (text ?? "").isBlank ? nil : text }
}
