import Postgres
import Wire

/// Texts that look alike, as the database finds them: by the key that a column beside the text holds. Row-level security
/// keeps a condition that folds the text itself from every index.
enum AlikeSQL {
    /// The column that holds how the texts of `field` look; nil for a field by which records are neither known nor named.
    static func column(_ field: String, of schema: RecordSchema) -> String? {
        schema.namedBy.contains(field) || schema.importing?.key.contains(field) == true ? field + "_alike" : nil
    }

    /// Records whose `field` is alike one of `folded`, which are texts as `String.alike` gives them, and which keep to
    /// `bounds`, a condition. Each text is looked up by itself: all records of an account, or of a domain, would be compared
    /// otherwise wherever the server takes it for one with few.
    static func condition(
        _ field: String, _ folded: some Collection<String>, in schema: RecordSchema, _ bounds: SQL
    ) -> SQL {
        guard let column = column(field, of: schema) else {
            return """
                onboarding.alike_key(\(identifier: field)::text) = ANY(ARRAY(\
                SELECT md5(t)::uuid FROM unnest(\(folded.sorted())::text[]) AS t)) AND \(bounds)
                """
        }
        return """
            id = ANY(ARRAY(SELECT found.id FROM unnest(\(folded.sorted())::text[]) AS t, LATERAL (\
            SELECT id FROM onboarding.\(identifier: schema.table) WHERE \(bounds) \
            AND \(identifier: column) = md5(t)::uuid OFFSET 0) AS found))
            """
    }
}

extension Transaction {
    /// Has the statements of `body` planned for what the tables hold by now. A plan that is kept may be of before an import,
    /// when there was nothing to look through.
    func planningAnew<Answer>(_ body: () throws -> Answer) rethrows -> Answer {
        send("SET LOCAL plan_cache_mode = 'force_custom_plan'")
        let answer = try body()
        send("SET LOCAL plan_cache_mode = 'auto'")
        return answer
    }
}
