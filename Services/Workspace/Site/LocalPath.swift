/// A path of the workspace that came from outside, such as the one that sign-in leads back to.
enum LocalPath {
    /// The path; `fallback` for whatever a browser could take for another site's address.
    static func checked(_ text: String, or fallback: String) -> String {
        let isLocal =
            text.utf8.first == UInt8(ascii: "/") && text.utf8.count <= 2_000
            && !text.hasPrefix("//") && !text.contains("\\")
            && text.unicodeScalars.allSatisfy { $0.isASCII && $0.value > 0x20 && $0.value != 0x7F }
        return isLocal ? text : fallback
    }
}
