import Postgres

/// Texts that look alike, as the database finds them: by the key that its indexes hold.
enum AlikeSQL {
    /// Records whose `field` is alike one of `folded`, which are texts as `String.alike` gives them.
    static func condition(_ field: String, _ folded: some Collection<String>) -> SQL {
        """
        onboarding.alike_key(\(identifier: field)::text) = \
        ANY(ARRAY(SELECT md5(t)::uuid FROM unnest(\(folded.sorted())::text[]) AS t))
        """
    }
}
