/// The modules a file imports, with the number of the line. `import struct Foundation.URL` is Foundation.
struct Imports: Sequence {
    private let found: [(line: Int, module: String)]

    init(of file: SourceFile) {
        let kinds: Set<Substring> = ["struct", "class", "enum", "protocol", "func", "typealias", "let", "var"]
        let levels: Set<Substring> = ["public", "package", "internal", "fileprivate", "private"]
        found = file.lines.enumerated().compactMap { index, line in
            var words = line.split(separator: " ")[...]
            while let word = words.first, word.hasPrefix("@") || levels.contains(word) {
                words.removeFirst()
            }
            guard words.popFirst() == "import" else { return nil }
            if let kind = words.first, kinds.contains(kind) { words.removeFirst() }
            guard let module = words.first?.split(separator: ".").first else { return nil }
            return (index + 1, String(module))
        }
    }

    func makeIterator() -> IndexingIterator<[(line: Int, module: String)]> { found.makeIterator() }
}
