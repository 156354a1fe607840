import Postgres
import RPC
import RecommendedActions
import Records
import Roles
import Wire

extension KnowledgeReading {
    /// What somebody must be allowed to read, to read articles.
    private static let versions = "knowledge_version"

    /// For cards, which link to articles by their keys: those that the caller may read (G-100).
    static func articles(_ database: Database) -> ArticleReading {
        ArticleReading { keys, call async throws(Problem) in
            let caller = call.caller
            guard caller.kind == .service || Access.allows(caller.roles, .read, on: versions) else {
                return []
            }
            return try await database.transaction(as: caller, deadline: call.deadline, readOnly: true) { tx in
                let context = RuleContext(transaction: tx, write: database.context(call), database: database)
                let rows = try tx.query(
                    """
                    SELECT v.key FROM \(KnowledgeReading(context).readable) v WHERE v.key = ANY(\(keys.sorted())::text[])
                    """)
                return Set(try rows.map { try $0.string(Column.key) })
            }
        }
    }
}
