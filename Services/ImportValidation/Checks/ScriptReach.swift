/// Which cells of a row a record-level script can read at all.
///
/// A script is given a fresh copy of the world for every row, so rows that are the same in every cell it can read get the
/// same verdict, and only one of them is run. What a script reads is told from its text, and only when that is beyond
/// doubt: every mention of its argument must be a plain read of one named field. Anything else, such as an alias, a
/// computed name, `eval` or a random number, and every cell counts.
enum ScriptReach {
    /// Words with which a script could reach a row or an accident other than through its argument.
    private static let doubtful: Set<String> = [
        "eval", "Function", "arguments", "with", "random", "Date", "Proxy", "Reflect", "constructor", "this",
        "globalThis",
    ]
    private static let records: Set<String> = ["task", "case", "account"]
    private static let readers: Set<String> = ["getValue", "getDisplayValue", "isValidField"]

    /// The positions of the cells that `source` can read; nil when it may read any.
    static func positions(_ source: String, _ target: ImportTarget) -> [Int]? {
        // Without escapes, comments, divisions, regular expressions and templates, words and texts are easily told.
        guard !source.contains(where: { "\\/`".contains($0) }) else { return nil }
        let tokens = tokens(source)
        guard let start = declaration(tokens), case .word(let argument) = tokens[start + 3] else { return nil }
        var positions: Set<Int> = []
        for (index, token) in tokens.enumerated() where index != start + 3 {
            guard case .word(let word) = token else { continue }
            guard !doubtful.contains(word), word != "executeCondition" || index == start + 1 else { return nil }
            guard word == argument else { continue }
            guard let field = field(after: index, tokens) else { return nil }
            if records.contains(field) { continue }
            // A name that is no column reads the same in every row: nothing.
            if let position = target.position(of: field), field.hasPrefix("u_") { positions.insert(position) }
        }
        return positions.sorted()
    }

    private enum Token: Equatable {
        case word(String)
        case text(String)
        case sign(Character)
    }

    /// The place of `function executeCondition ( name )`, which must be there once.
    private static func declaration(_ tokens: [Token]) -> Int? {
        tokens.indices.first { index in
            index + 4 < tokens.count && tokens[index] == .word("function")
                && tokens[index + 1] == .word("executeCondition") && tokens[index + 2] == .sign("(")
                && tokens[index + 4] == .sign(")")
        }
    }

    /// The field read by `argument.field` or `argument.getValue('field')`; nil for any other use of the argument.
    private static func field(after index: Int, _ tokens: [Token]) -> String? {
        guard index + 2 < tokens.count, tokens[index + 1] == .sign("."), case .word(let name) = tokens[index + 2] else {
            return nil
        }
        guard readers.contains(name) else {
            // Only columns and records; the methods that every object has could give the row away.
            return name.hasPrefix("u_") || records.contains(name) ? name : nil
        }
        guard index + 5 < tokens.count, tokens[index + 3] == .sign("("), case .text(let literal) = tokens[index + 4],
            tokens[index + 5] == .sign(")")
        else { return nil }
        return literal
    }

    private static func tokens(_ source: String) -> [Token] {
        var tokens: [Token] = []
        var rest = Substring(source)
        while let first = rest.first {
            if first.isLetter || first == "_" || first == "$" {
                let word = rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "$" }
                tokens.append(.word(String(word)))
                rest = rest.dropFirst(word.count)
            } else if first == "'" || first == "\"" {
                let text = rest.dropFirst().prefix { $0 != first }
                tokens.append(.text(String(text)))
                rest = rest.dropFirst(text.count + 2)
            } else {
                if !first.isWhitespace { tokens.append(.sign(first)) }
                rest = rest.dropFirst()
            }
        }
        return tokens
    }
}
