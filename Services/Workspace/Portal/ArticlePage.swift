import Foundation
import OnboardingWire
import RPC
import Wire

/// An article as people read it.
enum ArticlePage {
    /// A line of a list, which leads to the article and back.
    static func entry(_ article: KnowledgeText, _ visit: Visit, back: String) -> Values {
        entry(article.article, title(article, visit), back: back)
    }

    /// The same for an article whose title is in the reader's language.
    static func entry(_ article: String, _ title: String, back: String) -> Values {
        ["title": title, "href": "/articles/\(Fields.encoded(article))?back=\(Fields.encoded(back))"]
    }

    /// The page of an article, and for a script its text alone, to be read where the link to it stands.
    static func answer(_ visit: Visit) async throws(Problem) -> Answer {
        var request = ReadKnowledgeRequest()
        let named = visit.part("article")
        if UUID(uuidString: named) == nil { request.key = named } else { request.article = named }
        let article = try await visit.ask(OnboardingAPI.readKnowledge, request)
        let body = visit.reader.language == .ko && !article.bodyKo.isEmpty ? article.bodyKo : article.body
        let title = title(article, visit)
        let shown: Values = ["title": title, "paragraphs": paragraphs(body)]
        if visit.isFragment { return .fragment("article_text", ["article": shown, "href": visit.back]) }
        var values: Values = [
            "article": shown, "back": LocalPath.checked(visit.query["back"], or: visit.person?.home ?? "/"),
        ]
        if let changed = article.publishedAt { values["changedAt"] = changed }
        return .page(Page(template: "article", title: title, values: values))
    }

    /// What an article is called in the language of the reader, or in English where it has no other.
    static func title(_ article: KnowledgeText, _ visit: Visit) -> String {
        visit.reader.language == .ko && !article.titleKo.isEmpty ? article.titleKo : article.title
    }

    /// Paragraphs stand apart by an empty line; one that begins with `#` is a heading.
    static func paragraphs(_ body: String) -> [Values] {
        body.replacing("\r\n", with: "\n").split(separator: "\n\n").prefix(1_000).map { paragraph in
            let marks = paragraph.prefix { $0 == "#" }
            let text = marks.isEmpty ? paragraph : paragraph.dropFirst(marks.count).drop { $0 == " " }
            return ["text": String(text), "heading": !marks.isEmpty]
        }
    }
}
