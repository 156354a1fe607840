import Foundation
import Platform
import Wire

/// The sentences of the pages in both languages, from one table: key, English, Korean.
struct Strings: Sendable {
    private let texts: [String: Text]

    /// Reads the table; a line that is none, and a key that is there twice, end the start.
    init(table: String) throws {
        var texts: [String: Text] = [:]
        for (number, line) in table.split(separator: "\n").enumerated().dropFirst() {
            let cells = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
            guard cells.count == 3, cells.allSatisfy({ !$0.isEmpty }), texts[cells[0]] == nil else {
                throw ConfigurationError("Line \(number + 1) of strings.tsv is not a new key, English and Korean.")
            }
            texts[cells[0]] = Text(en: cells[1], ko: cells[2])
        }
        self.texts = texts
    }

    /// The sentence `key`; nil when there is none.
    subscript(key: String) -> Text? { texts[key] }

    /// Every key.
    var keys: Set<String> { Set(texts.keys) }
}
