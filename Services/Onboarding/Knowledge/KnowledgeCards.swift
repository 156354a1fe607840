import Postgres
import RPC
import RecommendedActions
import Records
import Wire

extension KnowledgeReading {
    /// For cards, which link to articles by their keys: those that the caller may read (G-100).
    static func articles(_ database: Database) -> ArticleReading {
        ArticleReading { keys, call async throws(Problem) in
            try await database.transaction(as: call.caller, deadline: call.deadline, readOnly: true) { tx in
                let context = RuleContext(transaction: tx, write: database.context(call), database: database)
                return try KnowledgeReading(context).canRead(keys: keys)
            }
        }
    }

    /// Of the articles with these keys those that the caller may read, by their keys: none for who reads no articles at all.
    func canRead(keys: Set<String>) throws -> Set<String> {
        guard Self.isOpen(to: context.write.caller) else { return [] }
        let rows = try context.transaction.query(
            "SELECT v.key FROM \(readable) v WHERE v.key = ANY(\(keys.sorted())::text[])")
        return Set(try rows.map { try $0.string(Column.key) })
    }
}
