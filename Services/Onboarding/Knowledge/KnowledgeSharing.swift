import Filters
import ImportValidationWire
import OnboardingWire
import Postgres
import RPC
import Records
import Tenancy
import Wire

/// Articles shared with customers: on a case, a task or an import task that they see, or with their own contact.
struct SharedKnowledge {
    let context: RuleContext

    init(_ context: RuleContext) { self.context = context }

    /// Most links that are looked at for one answer.
    private static let mostLinks = 500

    /// The articles linked with a record for a purpose, with their links.
    static func links(
        of subject: KnowledgeSubject, _ purpose: String, _ context: RuleContext
    ) throws -> [String: String] {
        try links(context.transaction.query(selection(of: subject, purpose)))
    }

    /// The statement that reads these links.
    static func selection(of subject: KnowledgeSubject, _ purpose: String) -> SQL {
        """
        SELECT id, article FROM onboarding.knowledge_link WHERE \(identifier: subject.field) = \(subject.record.id) \
        AND purpose = \(purpose) ORDER BY id LIMIT \(mostLinks)
        """
    }

    /// The links of its answer.
    static func links(_ rows: Rows) throws -> [String: String] {
        Dictionary(
            try rows.map { (try $0.string(KnowledgeLink.Field.article), try $0.string(KnowledgeLink.Field.id)) },
            uniquingKeysWith: { first, _ in first })
    }

    /// What is shared with the caller there: on the record, and, of customers, with the caller's own contacts.
    func texts(on subject: KnowledgeSubject) throws -> [KnowledgeText] {
        let linked = try Self.links(of: subject, KnowledgeLink.Purpose.shared, context)
        var articles = Set(linked.keys)
        if context.write.caller.kind == .customer {
            let rows = try context.transaction.query(
                """
                SELECT article FROM onboarding.knowledge_link WHERE contact = ANY(\(contacts)::uuid[]) \
                ORDER BY id LIMIT \(Self.mostLinks)
                """)
            articles.formUnion(try rows.map { try $0.string(KnowledgeLink.Field.article) })
        }
        let isCustomer = context.write.caller.kind == .customer
        return try aboveTheAccount {
            try KnowledgeReading(context).texts(articles.sorted(), links: isCustomer ? [:] : linked)
        }
    }

    /// One article that is shared with the caller; of several with one key, the nearest that is. NOT_FOUND for any other.
    func read(_ request: ReadKnowledgeRequest) throws -> KnowledgeText {
        let candidates: [KnowledgeText] = try aboveTheAccount { try KnowledgeReading(context).all(request) }
        for text in candidates where try isShared(text.article) { return text }
        throw KnowledgeReading.notFound(request.article.isEmpty ? request.key : request.article)
    }

    /// Whether a link of the article names one of the caller's contacts, or a record that the caller sees, however many links
    /// it has.
    private func isShared(_ article: String) throws -> Bool {
        let (database, caller) = (context.database, context.write.caller)
        func linked(_ field: KnowledgeLink.Field) -> SQL {
            """
            SELECT \(identifier: field) FROM onboarding.knowledge_link WHERE article = \(article) \
            AND purpose = \(literal: KnowledgeLink.Purpose.shared)
            """
        }
        let found = try context.transaction.queryAll([
            "SELECT 1 FROM (\(linked(.contact)) AND contact = ANY(\(contacts)::uuid[])) own LIMIT 1",
            try Store<OnboardingCase>(database).selection(
                where: "id IN (\(linked(.onboardingCase)))", limit: 1, as: caller),
            try Store<LifecycleTask>(database).selection(
                where: "id IN (\(linked(.lifecycleTask)))", limit: 1, as: caller),
            CopiedRecords<ImportTask>(database, caller).selection(
                where: "id IN (\(linked(.importTask))) AND \(PortalTasks.shown(caller))", limit: 1),
        ])
        return found.contains { !$0.isEmpty }
    }

    private var contacts: [String] { context.write.caller.memberships.compactMap(\.contact) }

    /// Articles lie above the account of a customer, who sees nothing there by the scope of the transaction. What is read
    /// is what a link of the customer's own names.
    private func aboveTheAccount<T>(_ body: () throws -> T) throws -> T {
        guard context.write.caller.kind == .customer else { return try body() }
        context.transaction.sendScope(.domain(.root))
        defer { context.transaction.sendScope(context.write.caller.scope) }
        return try body()
    }
}

/// Articles related to a record: its tab Related knowledge.
struct RelatedKnowledge {
    private let context: RuleContext

    init(_ context: RuleContext) { self.context = context }

    /// How many statements say what is related.
    static let statementCount = 2

    /// What relates articles to a record, by hand and by rules; ``texts(of:_:)`` takes the answers.
    func statements(of subject: KnowledgeSubject) -> [SQL] {
        [
            SharedKnowledge.selection(of: subject, KnowledgeLink.Purpose.related),
            KnowledgeRules.selection(for: subject),
        ]
    }

    /// The articles; none for who may not read any.
    func texts(of subject: KnowledgeSubject) throws -> [KnowledgeText] {
        try texts(of: subject, context.transaction.queryAll(statements(of: subject))[...])
    }

    /// The same, of the answers to the statements.
    func texts(of subject: KnowledgeSubject, _ answers: ArraySlice<Rows>) throws -> [KnowledgeText] {
        guard KnowledgeReading.isOpen(to: context.write.caller) else { return [] }
        let answers = Array(answers)
        let linked = try SharedKnowledge.links(answers[0])
        let all = try Set(linked.keys).union(KnowledgeRules.articles(answers[1], for: subject, context))
        // Most records have none.
        guard !all.isEmpty else { return [] }
        return try KnowledgeReading(context).texts(all.sorted(), links: linked)
    }
}

/// Rules that relate articles to records by themselves.
enum KnowledgeRules {
    /// Most rules that are looked at for one record.
    private static let most = 500

    /// The statement that reads the rules of the record's domain and of those above.
    static func selection(for subject: KnowledgeSubject) -> SQL {
        let above = (DomainPath(subject.domain) ?? .root).ancestors.map(\.path)
        return """
            SELECT article, condition FROM onboarding.knowledge_rule WHERE "table" = \(subject.table) \
            AND active IS NOT FALSE AND domain = ANY(\(above)::text[]) ORDER BY id LIMIT \(most)
            """
    }

    /// The articles that rules of an answer relate to the record.
    static func articles(
        _ rows: Rows, for subject: KnowledgeSubject, _ context: RuleContext
    ) throws -> Set<String> {
        let fields = FilterSchema(KnowledgeSubject.filterFields(of: subject.table, context.database))
        var articles: Set<String> = []
        for row in rows {
            let condition = try row.optionalString(KnowledgeRule.Field.condition) ?? ""
            let filter = try? Filter.parse(condition).check(against: fields, context: context.filterFacts)
            guard filter?.matches({ subject.record.filterValue($0) }) ?? false else { continue }
            articles.insert(try row.string(KnowledgeRule.Field.article))
        }
        return articles
    }
}
