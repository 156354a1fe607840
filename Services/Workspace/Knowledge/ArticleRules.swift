import OnboardingWire
import RPC
import Wire

/// To which records an article is related by itself.
struct ArticleRules: Sendable {
    private typealias Record = KnowledgeRule

    private static let keys: [KnowledgeRule.Field] = [.table, .condition]

    let visit: Visit

    private var href: String { KnowledgePages.href(visit.part("id")) }
    private var fields: RecordForm<KnowledgeRule> { RecordForm(Self.keys, visit, isNew: true) }

    /// The rules of an article.
    func values(_ article: KnowledgeArticle) async throws(Problem) -> [Values] {
        var request = ListRequest()
        request.filter = FilterText.equal(Record.Field.article, article.id)
        request.pageSize = Lookup.limit
        let rules = try await visit.ask(OnboardingAPI.listKnowledgeRules, request).knowledgeRules
        return rules.map { rule in
            [
                "table": Record.schema.label(Record.Field.table, of: rule.table ?? "", visit.reader.language),
                "condition": rule.condition ?? "", "off": rule.active == false,
                "remove": "\(href)/rules/\(Fields.encoded(rule.id))/remove",
            ]
        }
    }

    /// The form of one more; with what was typed when that was refused.
    func form(refused: Problem?) -> Values {
        let isOwn = visit.path.hasSuffix("/rules")
        let forms = Forms(visit, showsTyped: isOwn && refused != nil)
        return [
            "action": "\(href)/rules", "open": isOwn && refused != nil,
            "fields": fields.fields(Record(), names: [:]).map { forms.values($0, refused: isOwn ? refused : nil) },
        ]
    }

    /// Relates the article to the records that meet a condition.
    func add() async throws(Problem) -> Answer {
        try KnowledgePages.check(visit)
        return try await Work.write("\(href)", saved: "rule") { () async throws(Problem) in
            var (rule, _) = try await fields.record(id: "", etag: "")
            rule.article = visit.part("id")
            var request = CreateKnowledgeRuleRequest()
            request.knowledgeRule = rule
            _ = try await visit.ask(OnboardingAPI.createKnowledgeRule, request)
            return .saved
        } refused: { (problem) async throws(Problem) in
            try await ArticleEditor(visit: visit).page(refused: problem)
        }
    }

    /// Takes a rule away.
    func remove() async throws(Problem) -> Answer {
        try KnowledgePages.check(visit)
        return try await Work.write(href) { () async throws(Problem) in
            var request = DeleteRequest()
            request.id = visit.part("rule")
            _ = try await visit.ask(OnboardingAPI.deleteKnowledgeRule, request)
            return .removed
        } refused: { (problem) async throws(Problem) in
            try await ArticleEditor(visit: visit).page(refused: problem)
        }
    }
}
