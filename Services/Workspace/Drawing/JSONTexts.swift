import Foundation

/// Lists and rows as playbooks keep them: JSON in a text.
enum JSONTexts {
    /// The texts of a list.
    static func strings(_ text: String) throws -> [String] {
        try JSONDecoder().decode([String].self, from: Data(text.utf8))
    }

    /// The rows of a table, each cell under the key of its column.
    static func rows(_ text: String) throws -> [[String: String]] {
        try JSONDecoder().decode([[String: String]].self, from: Data(text.utf8))
    }

    /// A list or rows as text; empty when nothing is in it.
    static func text<Value: Encodable & Collection>(_ value: Value) -> String {
        let encoder = JSONEncoder()
        // The same rows are the same text.
        encoder.outputFormatting = .sortedKeys
        guard !value.isEmpty, let data = try? encoder.encode(value) else { return "" }
        return String(decoding: data, as: UTF8.self)
    }
}
