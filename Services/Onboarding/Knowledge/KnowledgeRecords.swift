import Filters
import OnboardingWire
import Postgres
import RPC
import Records
import Roles
import Tenancy
import Wire

extension KnowledgeArticle: Record {
    public static let storage = Storage<KnowledgeArticle>(
        visibility: .definition, domain: .caller, immutable: [.key],
        constraints: [
            DatabaseRule(
                "KNOWLEDGE", constraint: "knowledge_article_unique", field: .key,
                Text(en: "There is already an article with this key.", ko: "같은 키의 문서가 이미 있습니다."))
        ])

    public static let rules: [Rule<KnowledgeArticle>] = [
        .check("KNOWLEDGE", field: .key, DefinitionKey.rule) { change, _ in
            DefinitionKey.isKey(change.new.key ?? "")
        },
        .check(
            "G-100", field: .cannotRead,
            Text(
                en:
                    "Roles that are kept from reading are ones that people are granted, and the administrator, who looks after articles, is none of them.",
                ko: "읽기를 제한할 수 있는 역할이 아닙니다. 문서를 관리하는 관리자는 제한할 수 없습니다.")
        ) { change, _ in
            // A persona is no role that anybody holds: it would keep nobody out.
            change.new.cannotRead.allSatisfy { RoleCatalog.isGrantable($0) && $0 != RoleCatalog.administrator }
        },
    ]
}

extension KnowledgeRule: Record {
    public static let storage = Storage<KnowledgeRule>(visibility: .definition, domain: .caller)

    public static let rules: [Rule<KnowledgeRule>] = [
        Rule("KNOWLEDGE") { change, context in
            guard change.changes(.condition) || change.changes(.table) else { return }
            let fields = KnowledgeSubject.filterFields(of: change.new.table ?? "", context.database)
            do throws(FilterError) {
                _ = try Filter.parse(change.new.condition ?? "")
                    .check(against: FilterSchema(fields), context: context.filterFacts)
            } catch {
                throw Problem.broken(
                    "KNOWLEDGE", KnowledgeRule.self, field: .condition, Text(en: error.english, ko: error.korean))
            }
        }
    ]
}

extension KnowledgeLink: Record {
    public static let storage = Storage<KnowledgeLink>(
        domain: .references([.onboardingCase, .lifecycleTask, .importTask, .contact]),
        immutable: [.article, .purpose, .onboardingCase, .lifecycleTask, .importTask, .contact],
        constraints: [
            DatabaseRule(
                "KNOWLEDGE", constraint: "knowledge_link_unique", field: .article,
                Text(en: "The article is linked there already.", ko: "이미 연결된 문서입니다."))
        ])

    public static let rules: [Rule<KnowledgeLink>] = [
        .check(
            "KNOWLEDGE", field: .onboardingCase, constraint: "knowledge_link_target",
            Text(
                en: "An article is linked with a case, a task, an import task or a contact, and with one of them.",
                ko: "문서는 케이스, 작업, 가져오기 작업, 연락처 중 하나에만 연결할 수 있습니다.")
        ) { change, _ in
            [KnowledgeLink.Field.onboardingCase, .lifecycleTask, .importTask, .contact]
                .filter { !change.new[field: $0].isEmpty }.count == 1
        },
        .check(
            "KNOWLEDGE", field: .purpose, constraint: "knowledge_link_contact_shared",
            Text(en: "An article is shared with a contact, not related to one.", ko: "연락처에는 문서를 공유할 수만 있습니다.")
        ) { change, _ in
            change.new[field: .contact].isEmpty || change.new.purpose == Purpose.shared
        },
        // What the caller cannot read is not there.
        Rule("G-100") { change, context in
            guard change.isCreation, let article = change.new.article,
                try !KnowledgeReading(context).canRead([article]).contains(article)
            else { return }
            throw Problem.noSuchReference(KnowledgeLink.self, .article)
        },
    ]
}
