import Wire

/// What programs, files and conditions name definitions and their parts by.
package enum DefinitionKey {
    /// What a key is, for who wrote none.
    package static let rule = Text(
        en: "A key begins with a small letter and has small letters, digits and underscores, at most 64.",
        ko: "키는 영문 소문자로 시작하고 영문 소문자, 숫자, 밑줄로 최대 64자여야 합니다.")

    /// Whether a text is a key.
    package static func isKey(_ text: String) -> Bool {
        guard let first = text.utf8.first, (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(first) else { return false }
        return text.utf8.count <= 64
            && text.utf8.allSatisfy {
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
                    || $0 == UInt8(ascii: "_")
            }
    }
}
