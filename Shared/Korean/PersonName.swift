/// The name of a person from its two parts, in the order in which it is read.
public enum PersonName {
    /// A Korean name begins with the family name and has no space: `홍길동`. Any other name is `first last`.
    public static func full(first: String?, last: String?) -> String {
        let first = first ?? ""
        let last = last ?? ""
        if isHangul(first), isHangul(last) { return last + first }
        return [first, last].filter { !$0.isEmpty }.joined(separator: " ")
    }

    /// The same as an expression of Postgres over the columns `first_name` and `last_name`.
    public static let sql = """
        CASE WHEN first_name ~ '^[\\uAC00-\\uD7A3]+$' AND last_name ~ '^[\\uAC00-\\uD7A3]+$' \
        THEN last_name || first_name ELSE concat_ws(' ', nullif(first_name, ''), nullif(last_name, '')) END
        """

    private static func isHangul(_ text: String) -> Bool {
        !text.isEmpty && text.unicodeScalars.allSatisfy { (0xAC00...0xD7A3).contains($0.value) }
    }
}
