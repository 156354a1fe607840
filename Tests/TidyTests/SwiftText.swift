/// Swift source in which comments and the text of string literals are blanks: what is left is code.
/// Every line keeps its number and its length in bytes.
struct SwiftText {
    /// The code, as UTF-8.
    private(set) var code: [UInt8]
    private var position = 0
    private let source: [UInt8]

    init(_ text: String) {
        source = Array(text.utf8)
        code = source
        blankAll()
    }

    /// The code, line by line.
    var lines: [String] {
        code.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
    }

    private mutating func blankAll() {
        while position < source.count { skipCode(until: nil) }
    }

    /// Goes on over code; inside an interpolation, to the parenthesis that ends it.
    private mutating func skipCode(until end: UInt8?) {
        var depth = 0
        while position < source.count {
            let byte = source[position]
            if byte == UInt8(ascii: "/"), starts("//") {
                blankLine()
            } else if byte == UInt8(ascii: "/"), starts("/*") {
                blankBlockComment()
            } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "#"), let hashes = literalStart() {
                blankLiteral(hashes: hashes)
            } else {
                position += 1
                if byte == UInt8(ascii: "(") { depth += 1 }
                if byte == UInt8(ascii: ")") {
                    if depth == 0, end != nil { return }
                    depth -= 1
                }
            }
        }
    }

    private func starts(_ text: StaticString, at offset: Int = 0) -> Bool {
        let begin = position + offset
        guard begin + text.utf8CodeUnitCount <= source.count else { return false }
        return (0..<text.utf8CodeUnitCount).allSatisfy { source[begin + $0] == text.utf8Start[$0] }
    }

    private mutating func blank() {
        if source[position] != UInt8(ascii: "\n") { code[position] = UInt8(ascii: " ") }
        position += 1
    }

    private mutating func blankLine() {
        while position < source.count, source[position] != UInt8(ascii: "\n") { blank() }
    }

    private mutating func blankBlockComment() {
        var depth = 0
        while position < source.count {
            if starts("/*") {
                depth += 1
                blank()
            } else if starts("*/") {
                depth -= 1
                blank()
            }
            blank()
            if depth == 0 { return }
        }
    }

    /// The number of `#` before a quote here; nil when no string literal begins here.
    private func literalStart() -> Int? {
        var hashes = 0
        while position + hashes < source.count, source[position + hashes] == UInt8(ascii: "#") { hashes += 1 }
        return starts("\"", at: hashes) ? hashes : nil
    }

    private mutating func blankLiteral(hashes: Int) {
        for _ in 0..<hashes { blank() }
        let isBlock = starts("\"\"\"")
        let quotes = isBlock ? 3 : 1
        for _ in 0..<quotes { blank() }
        while position < source.count {
            if isEnd(quotes: quotes, hashes: hashes) {
                for _ in 0..<(quotes + hashes) { blank() }
                return
            }
            if source[position] == UInt8(ascii: "\\"), hasHashes(hashes, at: 1) {
                for _ in 0..<(1 + hashes) { blank() }
                guard position < source.count else { return }
                let isInterpolation = source[position] == UInt8(ascii: "(")
                blank()
                if isInterpolation { skipCode(until: UInt8(ascii: ")")) }
            } else {
                if !isBlock, source[position] == UInt8(ascii: "\n") { return }
                blank()
            }
        }
    }

    private func isEnd(quotes: Int, hashes: Int) -> Bool {
        (quotes == 3 ? starts("\"\"\"") : starts("\"")) && hasHashes(hashes, at: quotes)
    }

    private func hasHashes(_ count: Int, at offset: Int) -> Bool {
        let begin = position + offset
        return begin + count <= source.count && source[begin..<begin + count].allSatisfy { $0 == UInt8(ascii: "#") }
    }
}
