import Postgres
import Wire

/// Texts that look alike, as the database finds them: by the key that a column beside the text holds. Row-level security
/// keeps a condition that folds the text itself from every index.
enum AlikeSQL {
    /// The column that holds how the texts of `field` look; nil for a field by which records are neither known nor named.
    static func column(_ field: String, of schema: RecordSchema) -> String? {
        schema.namedBy.contains(field) || schema.importing?.key.contains(field) == true ? field + "_alike" : nil
    }

    /// The records whose `field` is alike one of `folded`, which are texts as `String.alike` gives them, and which keep to
    /// `bounds`, a condition: their ids, each with its text. To be asked ``Transaction/walking(_:)``: each text is looked up
    /// in the order of its index, for all records of an account, or of a domain, would be compared otherwise wherever the
    /// server takes it for one with few.
    static func lookup(
        _ field: String, _ folded: some Collection<String>, in schema: RecordSchema, _ bounds: SQL
    ) -> SQL {
        guard let column = column(field, of: schema) else {
            return """
                SELECT id, onboarding.alike(\(identifier: field)::text) AS text \
                FROM onboarding.\(identifier: schema.table) \
                WHERE onboarding.alike_key(\(identifier: field)::text) = ANY(ARRAY(\
                SELECT md5(t)::uuid FROM unnest(\(folded.sorted())::text[]) AS t)) AND \(bounds)
                """
        }
        return """
            SELECT found.id, t AS text FROM unnest(\(folded.sorted())::text[]) AS t, LATERAL (\
            SELECT id FROM onboarding.\(identifier: schema.table) WHERE \(bounds) \
            AND \(identifier: column) BETWEEN md5(t)::uuid AND md5(t)::uuid ORDER BY \(identifier: column)) AS found
            """
    }
}
