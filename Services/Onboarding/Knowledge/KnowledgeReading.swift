import Foundation
import OnboardingWire
import Postgres
import RPC
import Records
import Roles
import Tenancy
import Wire

/// What somebody reads of the knowledge base: the newest versions of published articles, without those whose *Cannot read*
/// names a role that the caller holds (G-100). Whatever reads, searches or counts articles does it here.
struct KnowledgeReading {
    /// The table of the access rules: versions are no records.
    static let table = "knowledge_version"

    let context: RuleContext

    init(_ context: RuleContext) { self.context = context }

    /// The columns of an answer.
    enum Column: String {
        case article, key, number, title, body, total
        case titleKo = "title_ko"
        case bodyKo = "body_ko"
        case publishedAt = "published_at"
    }

    /// The versions that the caller may read, for the FROM of a statement. The administrator looks after articles and reads
    /// all; a service reads for nobody in particular.
    var readable: SQL {
        let caller = context.write.caller
        let isFree = caller.kind == .service || caller.roles.contains(RoleCatalog.administrator)
        let roles = isFree ? [] : caller.roles.sorted()
        return """
            (SELECT v.*, a.key FROM onboarding.knowledge_version v JOIN onboarding.knowledge_article a ON a.id = v.article \
            WHERE v.is_newest AND a.state = \(literal: KnowledgeArticle.State.published) \
            AND NOT a.cannot_read && \(roles)::text[]\(above))
            """
    }

    /// Customers read what lies above their accounts: the transaction's scope is another one then.
    private var above: SQL {
        let caller = context.write.caller
        guard caller.kind == .customer else { return "" }
        let domains = Set(caller.memberships.flatMap(\.domain.ancestors).map(\.path)).sorted()
        return " AND v.domain = ANY(\(domains)::text[])"
    }

    /// What lists show: everything but the bodies.
    private static let listed: SQL = "v.article, v.key, v.number, v.title, v.title_ko, v.published_at"

    /// Those of `articles` that the caller may read.
    func canRead(_ articles: [String]) throws -> Set<String> {
        let known = articles.filter(Validation.isUUID)
        let rows = try context.transaction.query(
            "SELECT v.article FROM \(readable) v WHERE v.article = ANY(\(known)::uuid[])")
        return Set(try rows.map { try $0.string(Column.article) })
    }

    /// Articles by their ids, by title, each with the link that leads to it.
    func texts(_ articles: [String], links: [String: String]) throws -> [KnowledgeText] {
        let rows = try context.transaction.query(
            """
            SELECT \(Self.listed) FROM \(readable) v WHERE v.article = ANY(\(articles)::uuid[]) \
            ORDER BY v.title, v.id LIMIT \(Self.mostOfRecord)
            """)
        return try rows.map { row in
            var text = try Self.text(row)
            text.link = links[text.article] ?? ""
            return text
        }
    }

    /// Most articles that are shown of one record.
    static let mostOfRecord = 100

    /// One article with its body, by id or by key; of two with one key, the nearer one. NOT_FOUND for who cannot read it.
    func read(_ request: ReadKnowledgeRequest) throws -> KnowledgeText {
        guard let text = try all(request).first else {
            throw Self.notFound(request.article.isEmpty ? request.key : request.article)
        }
        return text
    }

    /// The articles of an id or a key that the caller may read, each with its body, the nearest first: of one key there is
    /// one in each domain.
    func all(_ request: ReadKnowledgeRequest) throws -> [KnowledgeText] {
        let isByID = !request.article.isEmpty
        let name = isByID ? request.article : request.key
        let condition: SQL = isByID ? "v.article = \(name)" : "v.key = \(name)"
        guard !isByID || Validation.isUUID(name) else { return [] }
        return try context.transaction.query(
            """
            SELECT \(Self.listed), v.body, v.body_ko FROM \(readable) v WHERE \(condition) \
            ORDER BY length(v.domain) DESC, v.id LIMIT \(Self.mostOfKey)
            """
        ).map(Self.whole)
    }

    /// A version with its body.
    static func whole(_ row: Row) throws -> KnowledgeText {
        var text = try Self.text(row)
        text.body = try row.string(Column.body)
        text.bodyKo = try row.string(Column.bodyKo)
        return text
    }

    /// Most articles of one key that are looked at.
    private static let mostOfKey = 100

    /// Whether somebody may read articles at all.
    static func isOpen(to caller: Caller) -> Bool {
        caller.kind == .service || Access.allows(caller.roles, .read, on: table)
    }

    static func notFound(_ name: String) -> Problem { .notFound(KnowledgeArticle.schema.label, id: name) }

    /// Articles that have all words of a query, the best first.
    func search(_ request: SearchKnowledgeRequest) throws -> SearchKnowledgeResponse {
        let words = try KnowledgeQuery(request.query)
        let readable = try named(request.keys)
        let size = try PageSize.of(request.pageSize, maximum: 100)
        let binding = PageToken.Binding(
            method: "knowledge_articles.search", filter: ([request.query] + request.keys).joined(separator: " "),
            order: "",
            domain: context.write.caller.domain.path)
        let start = try PageToken.place(request.pageToken, in: binding, .number).flatMap { Int($0[0]) } ?? 0
        guard start >= 0 else { throw Problem.damagedPageToken }
        let rows = try context.transaction.query(
            """
            SELECT \(Self.listed) FROM \(readable) v WHERE \(words.condition) \
            ORDER BY \(words.order), v.title, v.id LIMIT \(size + 1) OFFSET \(start)
            """)
        var answer = SearchKnowledgeResponse()
        answer.articles = try rows.prefix(size).map(Self.text)
        if rows.count > size { answer.nextPageToken = PageToken(position: [String(start + size)]).text(for: binding) }
        if request.count {
            let counted = try context.transaction.query(
                "SELECT count(*) AS total FROM \(readable) v WHERE \(words.condition)")
            answer.totalSize = Int64(try counted.first?.int(Column.total) ?? 0)
        }
        return answer
    }

    /// Most keys that a search names.
    private static let mostKeys = 100

    /// The versions that the caller may read of articles with these keys, of each key the nearest; without keys all.
    private func named(_ keys: [String]) throws(Problem) -> SQL {
        guard !keys.isEmpty else { return readable }
        guard keys.count <= Self.mostKeys else {
            throw .invalid(
                field: SearchKnowledgeRequest.Field.keys,
                Text(en: "At most \(Self.mostKeys) keys.", ko: "키는 최대 \(grouped: Self.mostKeys)개입니다."))
        }
        return """
            (SELECT DISTINCT ON (v.key) v.* FROM \(readable) v WHERE v.key = ANY(\(keys)::text[]) \
            ORDER BY v.key, length(v.domain) DESC, v.id)
            """
    }

    static func text(_ row: Row) throws -> KnowledgeText {
        var text = KnowledgeText()
        text.article = try row.string(Column.article)
        text.key = try row.string(Column.key)
        text.version = Int32(try row.int(Column.number))
        text.title = try row.string(Column.title)
        text.titleKo = try row.string(Column.titleKo)
        text.publishedAt = Timestamp(microseconds: try row.timestamp(Column.publishedAt))
        return text
    }
}

/// What somebody looks for: words of the Latin alphabet and figures by the text search of Postgres, Korean ones by pairs of
/// syllables, which stand in the text together.
struct KnowledgeQuery {
    private static let longest = 200
    private static let mostWords = 20
    private let latin: String
    private let korean: [String]

    /// The words of a query. INVALID_ARGUMENT for one that is too long.
    init(_ query: String) throws(Problem) {
        let text = query.precomposedStringWithCanonicalMapping
        let runs = text.split { !$0.isLetter && !$0.isNumber }.flatMap(Self.runs)
        guard text.count <= Self.longest, runs.count <= Self.mostWords else {
            throw .invalid(
                field: SearchKnowledgeRequest.Field.query,
                Text(
                    en: "At most \(Self.mostWords) words and \(Self.longest) characters.",
                    ko: "최대 \(grouped: Self.mostWords)단어, \(grouped: Self.longest)자까지 검색할 수 있습니다."))
        }
        korean = runs.filter(Self.isKorean)
        latin = runs.filter { !Self.isKorean($0) }.joined(separator: " ")
    }

    private static func isKorean(_ word: String) -> Bool { word.unicodeScalars.first.map(isKorean) ?? false }

    private static func isKorean(_ scalar: Unicode.Scalar) -> Bool { (0xAC00...0xD7A3).contains(scalar.value) }

    /// A word, cut where Korean begins or ends: ‘Bridge를’ is looked for as both.
    private static func runs(_ word: Substring) -> [String] {
        word.unicodeScalars.reduce(into: [String]()) { runs, scalar in
            if let last = runs.last?.unicodeScalars.last, isKorean(last) == isKorean(scalar) {
                runs[runs.count - 1].unicodeScalars.append(scalar)
            } else {
                runs.append(String(scalar))
            }
        }
    }

    /// Every pair of syllables of a word, or its only syllable.
    private static func pairs(_ word: String) -> [String] {
        let syllables = Array(word)
        guard syllables.count > 1 else { return [word] }
        return zip(syllables, syllables.dropFirst()).map { "\($0)\($1)" }
    }

    /// What versions `v` must meet.
    var condition: SQL {
        var condition: SQL = "TRUE"
        if !latin.isEmpty {
            condition += """
                 AND (v.words @@ plainto_tsquery('english', \(latin)) OR v.words @@ plainto_tsquery('simple', \(latin)))
                """
        }
        if !korean.isEmpty {
            let pairs = korean.flatMap(Self.pairs).map { "'\($0)'" }.joined(separator: " & ")
            condition += " AND v.pairs @@ \(pairs)::tsquery"
            // The pairs find candidates; a word is there when they stand together.
            for word in korean {
                condition += """
                     AND position(\(word) IN normalize(v.title_ko || ' ' || v.body_ko || ' ' || v.title || ' ' || v.body, NFC)) > 0
                    """
            }
        }
        return condition
    }

    /// The order of what is found: what has the words in its title first.
    var order: SQL {
        let text = ([latin] + korean).filter { !$0.isEmpty }.joined(separator: " ")
        guard !text.isEmpty else { return "length(v.domain) DESC" }
        var order: SQL = "0"
        for word in korean { order += " + (position(\(word) IN v.title_ko) = 0)::int" }
        if !latin.isEmpty { order += " - ts_rank(v.words, plainto_tsquery('english', \(latin)))" }
        return order
    }
}
