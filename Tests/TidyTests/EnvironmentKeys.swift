/// The environment variables that some code reads.
struct EnvironmentKeys: Equatable {
    var plain: Set<String> = []
    /// May be given as the variable or, with _FILE behind it, as a file.
    var secret: Set<String> = []

    /// Every variable, secrets in both forms.
    var all: Set<String> { plain.union(secret).union(secret.map { $0 + "_FILE" }) }

    init() {}

    /// Keys given as `settings.string("ale.log.level")`, and variables that are a whole string literal.
    init(readBy text: String) {
        for piece in text.split(separator: "(\"ale.", omittingEmptySubsequences: false).dropFirst() {
            guard let end = piece.firstIndex(of: "\"") else { continue }
            let key = "ALE_" + piece[..<end].uppercased().map { $0 == "." ? "_" : String($0) }.joined()
            let before = text[..<text.index(piece.startIndex, offsetBy: -6)]
            switch String(before.reversed().prefix { $0.isLetter }.reversed()) {
            case "secret": secret.insert(key)
            case "string", "optional", "required", "int", "bool", "choice": plain.insert(key)
            default: break
            }
        }
        plain.formUnion(Self.variables(in: text, quoted: true).subtracting(secret))
    }

    /// What the code in a folder reads.
    init(under folder: String) {
        for file in Repository.swift where file.path.hasPrefix(folder) && !file.path.hasPrefix("Tests/") {
            formUnion(EnvironmentKeys(readBy: file.text))
        }
    }

    mutating func formUnion(_ other: EnvironmentKeys) {
        secret.formUnion(other.secret)
        plain = plain.union(other.plain).subtracting(secret)
    }

    /// Words that look like a variable; with `quoted`, only those that are a whole string literal.
    static func variables(in text: String, quoted: Bool) -> Set<String> {
        var found: Set<String> = []
        for word in text.split(whereSeparator: { !($0.isLetter || $0.isNumber || $0 == "_" || $0 == "\"") }) {
            let key = word.filter { $0 != "\"" }
            guard key.hasPrefix("ALE_"), key.count > 4, !key.hasSuffix("_"), !key.contains(where: \.isLowercase) else {
                continue
            }
            if !quoted || (word.hasPrefix("\"") && word.hasSuffix("\"")) { found.insert(key) }
        }
        found.remove("ALE_EVENTS")  // the stream, not a variable
        return found
    }
}
