import Filters
import Foundation
import OnboardingWire
import Postgres
import RPC
import Records
import Tenancy
import Wire
import Work

/// The knowledge base as it comes with the product: eleven articles, and the rules that relate those of Service Bridge to
/// its tasks.
enum KnowledgeSeed {
    /// The keys of the articles, by which cards of recommended actions link to them.
    static let keys = [
        "validation_assist", "case_and_playbook_triggers", "remote_choice", "remote_record_producer",
        "remote_task_sync",
        "activity_definition", "related_knowledge", "complete_import_task", "playbook_activities", "consumer_guide",
        "configure_import_task",
    ]

    /// An article of a file: the title in its first line.
    struct Article {
        let title: String
        let body: String

        /// The file of a key in a language. It is beside the program, or the service does not start.
        init(_ key: String, _ language: Language) throws {
            guard let folder = Bundle.module.url(forResource: "Articles", withExtension: nil) else {
                throw Problem.internalError(cause: "no article is beside the program")
            }
            let text = try String(
                contentsOf: folder.appending(path: "\(key).\(language.rawValue).txt"), encoding: .utf8)
            let parts = text.split(separator: "\n\n", maxSplits: 1)
            guard parts.count == 2 else { throw Problem.internalError(cause: "\(key) has no title and body") }
            title = String(parts[0])
            body = parts[1].trimmingCharacters(in: .newlines)
        }
    }

    /// What is related by itself: the articles, and the subjects of the tasks in both languages.
    private static let rules: [(articles: [String], subjects: [String])] = [
        (["consumer_guide"], ShippedActions.installation + ShippedActions.registration),
        (["remote_choice", "remote_record_producer"], ["Remote catalog", "원격 카탈로그"]),
        (["remote_task_sync"], ["Remote task", "원격 작업"]),
    ]

    /// Makes and publishes what was not made yet.
    static func run(_ database: Database) async throws {
        guard let domain = DomainPath(OnboardingSeed.provider) else { return }
        try await Seeding.run(database, in: domain) { seeding in
            let context = RuleContext(transaction: seeding.tx, write: seeding.context, database: database)
            for key in keys {
                try seeding.once("knowledge article:\(key)") {
                    let (english, korean) = (try Article(key, .en), try Article(key, .ko))
                    var article = KnowledgeArticle()
                    article.id = id(key)
                    (article.key, article.title, article.titleKo) = (key, english.title, korean.title)
                    (article.body, article.bodyKo) = (english.body, korean.body)
                    _ = try Store<KnowledgeArticle>(database).create(article, context.write, in: seeding.tx)
                    _ = try KnowledgePublishing.publish(article.id, context)
                }
            }
            for (articles, subjects) in rules {
                for key in articles {
                    try seeding.once("knowledge rule:\(key)") {
                        var rule = KnowledgeRule()
                        (rule.article, rule.table) = (id(key), KnowledgeRule.Table.lifecycleTask)
                        rule.condition =
                            FieldFilter<LifecycleTask.Field>.equal(.shortDescription, oneOf: subjects).text
                        _ = try Store<KnowledgeRule>(database).create(rule, context.write, in: seeding.tx)
                    }
                }
            }
        }
    }

    /// The id of a shipped article, the same in every installation.
    static func id(_ key: String) -> String { RecordID.derived(from: "knowledge_article \(key)") }
}
