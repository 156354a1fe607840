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

    /// The same of one account, whose records the key begins with. Each text is looked up by itself: what the server expects
    /// of an account is of before its import, and all its records would be folded and compared for every batch.
    static func condition(
        _ field: String, _ folded: some Collection<String>, in table: String, of account: String?
    ) -> SQL {
        """
        id = ANY(ARRAY(SELECT found.id FROM unnest(\(folded.sorted())::text[]) AS t, LATERAL (\
        SELECT r.id FROM onboarding.\(identifier: table) AS r WHERE r.account = \(account) \
        AND onboarding.alike_key(r.\(identifier: field)::text) = md5(t)::uuid OFFSET 0) AS found))
        """
    }
}
