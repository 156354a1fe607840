import Foundation
import Testing

/// What the service writes into its answers, read from its sources.
enum WrittenWords {
    /// Files outside of the service that hold answers which all services give in the same words.
    private static let shared = [
        "Shared/Records/Attachments/SentFile.swift", "Shared/Records/Endpoints/RequestProblems.swift",
        "Shared/Records/Search/RecordSearch.swift",
    ]

    /// The words that `pattern` captures in the sources.
    static func matching(_ pattern: Regex<(Substring, Substring)>) throws -> Set<String> {
        let root = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
            .appending(path: "../..").standardizedFileURL
        let sources = root.appending(path: "Services/ImportValidation")
        let own = try #require(FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil))
        var words: Set<String> = []
        for case let file as URL in Array(own) + shared.map({ root.appending(path: $0) })
        where file.pathExtension == "swift" {
            let text = try String(contentsOf: file, encoding: .utf8)
            for match in text.matches(of: pattern) { words.insert(String(match.1)) }
        }
        return words
    }
}
