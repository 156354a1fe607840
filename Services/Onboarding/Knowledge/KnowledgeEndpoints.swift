import Filters
import OnboardingWire
import Postgres
import RPC
import Records
import Roles
import Tenancy
import Wire

/// Publishing articles, reading and searching them, and what is related to a record or shared with customers.
struct KnowledgeEndpoints: Sendable {
    let database: Database

    var endpoints: [Endpoint] {
        [
            database.writing(OnboardingAPI.publishKnowledgeArticle, \.requestID, publish),
            database.writing(OnboardingAPI.withdrawKnowledgeArticle, \.requestID, withdraw),
            database.writing(OnboardingAPI.relateKnowledge, \.requestID, relate),
            database.writing(OnboardingAPI.detachKnowledge, \.requestID, detach),
            database.reading(OnboardingAPI.listKnowledgeVersions, versions),
            database.reading(OnboardingAPI.getKnowledgeVersion, version),
            database.reading(OnboardingAPI.readKnowledge, read),
            database.reading(OnboardingAPI.searchKnowledge, search),
            database.reading(OnboardingAPI.listRelatedKnowledge, related),
            database.reading(OnboardingAPI.listSharedKnowledge, shared),
        ].compactMap { $0 }
    }

    // MARK: Administration

    private func publish(_ request: ActionRequest, _ context: RuleContext) throws -> KnowledgeArticle {
        try KnowledgePublishing.publish(request.id, etag: request.etag, context)
    }

    /// A withdrawn article is a draft again, with its versions.
    private func withdraw(_ request: ActionRequest, _ context: RuleContext) throws -> KnowledgeArticle {
        try Access.requireProvider(.write, on: KnowledgeArticle.schema.table, context.write.caller)
        return try Store<KnowledgeArticle>(database).change(
            request.id, etag: request.etag, context.write, in: context.transaction
        ) { $0.state = KnowledgeArticle.State.draft }
    }

    private func versions(_ request: ListKnowledgeVersionsRequest, _ context: RuleContext) throws
        -> ListKnowledgeVersionsResponse
    {
        let caller = context.write.caller
        try Access.requireProvider(.read, on: KnowledgeArticle.schema.table, caller)
        let article = try Store<KnowledgeArticle>(database).get(request.article, as: caller, in: context.transaction)
        let size = try PageSize.of(request.pageSize, maximum: 100)
        let binding = PageToken.Binding(
            method: KnowledgeReading.table, filter: article.id, order: "", domain: caller.domain.path)
        let before = try PageToken.place(request.pageToken, in: binding, .number).flatMap { Int($0[0]) }
        let rows = try context.transaction.query(
            """
            SELECT v.article, a.key, v.number, v.title, v.title_ko, v.published_at \
            FROM onboarding.knowledge_version v JOIN onboarding.knowledge_article a ON a.id = v.article \
            WHERE v.article = \(article.id) AND v.number < \(before ?? Int(Int32.max)) \
            ORDER BY v.number DESC LIMIT \(size + 1)
            """)
        var answer = ListKnowledgeVersionsResponse()
        answer.versions = try rows.prefix(size).map(KnowledgeReading.text)
        if rows.count > size, let last = answer.versions.last {
            answer.nextPageToken = PageToken(position: [String(last.version)]).text(for: binding)
        }
        return answer
    }

    private func version(_ request: GetKnowledgeVersionRequest, _ context: RuleContext) throws -> KnowledgeText {
        let caller = context.write.caller
        try Access.requireProvider(.read, on: KnowledgeArticle.schema.table, caller)
        let article = try Store<KnowledgeArticle>(database).get(request.article, as: caller, in: context.transaction)
        let rows = try context.transaction.query(
            """
            SELECT v.article, a.key, v.number, v.title, v.title_ko, v.published_at, v.body, v.body_ko \
            FROM onboarding.knowledge_version v JOIN onboarding.knowledge_article a ON a.id = v.article \
            WHERE v.article = \(article.id) AND v.number = \(Int(request.version))
            """)
        guard let row = rows.first else {
            throw Problem.notFound(KnowledgeArticle.schema.label, id: "\(article.id)/\(request.version)")
        }
        return try KnowledgeReading.whole(row)
    }

    // MARK: Readers

    private func read(_ request: ReadKnowledgeRequest, _ context: RuleContext) throws -> KnowledgeText {
        try authorizeReading(context)
        guard context.write.caller.kind == .customer else { return try KnowledgeReading(context).read(request) }
        return try SharedKnowledge(context).read(request)
    }

    /// Customers do not search: they read what is shared with them.
    private func search(_ request: SearchKnowledgeRequest, _ context: RuleContext) throws -> SearchKnowledgeResponse {
        try Access.requireProvider(.read, on: KnowledgeReading.table, context.write.caller)
        return try KnowledgeReading(context).search(request)
    }

    private func related(_ request: KnowledgeOfRecordRequest, _ context: RuleContext) throws
        -> KnowledgeOfRecordResponse
    {
        try Access.requireProvider(.read, on: KnowledgeReading.table, context.write.caller)
        var answer = KnowledgeOfRecordResponse()
        answer.articles = try RelatedKnowledge(context).texts(of: KnowledgeSubject(request, context))
        return answer
    }

    private func shared(_ request: KnowledgeOfRecordRequest, _ context: RuleContext) throws
        -> KnowledgeOfRecordResponse
    {
        try authorizeReading(context)
        let subject = try KnowledgeSubject(request, context)
        var answer = KnowledgeOfRecordResponse()
        answer.articles = try SharedKnowledge(context).texts(on: subject)
        return answer
    }

    /// Relates an article to tasks; those that it is related to already stay so.
    private func relate(_ request: RelateKnowledgeRequest, _ context: RuleContext) throws -> RelateKnowledgeResponse {
        try Access.requireProvider(.create, on: KnowledgeLink.schema.table, context.write.caller)
        guard request.lifecycleTasks.count <= KnowledgeReading.mostOfRecord else {
            let most = KnowledgeReading.mostOfRecord
            throw Problem.invalid(
                field: RelateKnowledgeRequest.Field.lifecycleTasks,
                Text(en: "At most \(most) tasks.", ko: "작업은 최대 \(grouped: most)개입니다."))
        }
        guard try KnowledgeReading(context).canRead([request.article]).contains(request.article) else {
            throw KnowledgeReading.notFound(request.article)
        }
        let tasks = request.lifecycleTasks.filter(Validation.isUUID)
        let known = try context.transaction.query(
            """
            SELECT lifecycle_task FROM onboarding.knowledge_link WHERE article = \(request.article) \
            AND purpose = \(literal: KnowledgeLink.Purpose.related) AND lifecycle_task = ANY(\(tasks)::uuid[])
            """)
        var seen = Set(try known.map { try $0.string(KnowledgeLink.Field.lifecycleTask) })
        var answer = RelateKnowledgeResponse()
        for task in request.lifecycleTasks where seen.insert(task).inserted {
            var link = KnowledgeLink()
            (link.article, link.purpose) = (request.article, KnowledgeLink.Purpose.related)
            link.lifecycleTask = task
            _ = try Store<KnowledgeLink>(database).create(link, context.write, in: context.transaction)
            answer.lifecycleTasks.append(task)
        }
        return answer
    }

    private func detach(_ request: DeleteRequest, _ context: RuleContext) throws -> Empty {
        try Access.requireProvider(.create, on: KnowledgeLink.schema.table, context.write.caller)
        let store = Store<KnowledgeLink>(database)
        guard let link = try store.find(request.id, lock: .none, in: context.transaction), let article = link.article,
            try KnowledgeReading(context).canRead([article]).contains(article)
        else { throw Problem.notFound(KnowledgeLink.schema.label, id: request.id) }
        try store.delete(request, context.write.asSystem, in: context.transaction)
        return Empty()
    }

    private func authorizeReading(_ context: RuleContext) throws(Problem) {
        guard KnowledgeReading.isOpen(to: context.write.caller) else { throw .permissionDenied() }
    }
}
