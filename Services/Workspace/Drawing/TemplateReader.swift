import Wire

/// Reads the text of a template: Mustache, as far as pages use it. It has values, sections, partials, inheritance and comments;
/// a tag that stands alone on its line takes the line with it. Nothing is unescaped, and partials are not indented.
struct TemplateReader {
    /// Why a text is no template, and in which line.
    struct Fault: Error, CustomStringConvertible {
        let line: Int
        let text: String
        var description: String { "line \(line) \(text)" }
    }

    private let source: [UInt8]
    private var place = 0

    private init(_ source: String) { self.source = Array(source.utf8) }

    /// The pieces of a template.
    static func pieces(of source: String) throws(Fault) -> [Piece] {
        var reader = TemplateReader(source)
        return try reader.pieces(until: nil, atLineStart: true)
    }

    /// Everything up to the tag that ends the section of that name, or to the end.
    private mutating func pieces(until closing: String?, atLineStart: Bool) throws(Fault) -> [Piece] {
        var pieces = Pieces()
        var isLineStart = atLineStart
        while place < source.count {
            let blanks = isLineStart ? read { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") } : []
            let (text, isTag) = readText()
            guard isTag else {
                pieces.add(blanks + text)
                isLineStart = true
                continue
            }
            if !text.isEmpty { isLineStart = false }
            let tag = try readTag()
            let isAlone = isLineStart && tag.kind != nil && takeRestOfLine()
            if !isAlone { pieces.add(blanks + text) }
            if tag.kind == .end {
                guard tag.word == closing else { throw fault("ends \(tag.word), which is not open") }
                return pieces.all
            }
            if let piece = try piece(tag, isAlone: isAlone, isIndented: isAlone && !blanks.isEmpty) {
                pieces.all.append(piece)
            }
            isLineStart = isAlone
        }
        if let closing { throw fault("is the last, and \(closing) does not end") }
        return pieces.all
    }

    /// What a tag stands for; nil for a comment.
    private mutating func piece(_ tag: Tag, isAlone: Bool, isIndented: Bool) throws(Fault) -> Piece? {
        switch tag.kind {
        case nil: return .value(try name(tag.word))
        case .section: return .section(try name(tag.word), try pieces(until: tag.word, atLineStart: isAlone))
        case .without: return .without(try name(tag.word), try pieces(until: tag.word, atLineStart: isAlone))
        case .block: return .block(tag.word, try pieces(until: tag.word, atLineStart: isAlone))
        case .partial:
            guard !isIndented else { throw fault("indents the partial \(tag.word)") }
            return .partial(tag.word)
        case .within:
            var blocks: [String: [Piece]] = [:]
            for piece in try pieces(until: tag.word, atLineStart: true) {
                switch piece {
                case .block(let name, let filled): blocks[name] = filled
                case .text: break
                default: throw fault("has something else than blocks in \(tag.word)")
                }
            }
            return .within(tag.word, blocks)
        case .comment, .end: return nil
        }
    }

    private func name(_ word: String) throws(Fault) -> Name {
        let isName =
            !word.isEmpty && word.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "._-".contains($0)) }
        guard isName else { throw fault("has the name ‘\(word)’, which is none") }
        return Name(word)
    }

    // MARK: Bytes

    private static let newline = UInt8(ascii: "\n")
    private static let open = Array("{{".utf8)
    private static let close = Array("}}".utf8)

    private struct Tag {
        enum Kind: Character {
            case section = "#"
            case without = "^"
            case end = "/"
            case comment = "!"
            case partial = ">"
            case within = "<"
            case block = "$"
        }

        /// Nil for a value.
        let kind: Kind?
        let word: String
    }

    /// Reads a tag, behind whose opening braces the reader stands.
    private mutating func readTag() throws(Fault) -> Tag {
        let begin = place
        while place < source.count, !source[place...].starts(with: Self.close) { place += 1 }
        guard place < source.count else { throw fault("has a tag that does not end") }
        let text = String(decoding: source[begin..<place], as: UTF8.self)
        place += Self.close.count
        let kind = text.first.flatMap(Tag.Kind.init(rawValue:))
        return Tag(kind: kind, word: String(text.dropFirst(kind == nil ? 0 : 1)).trimmed)
    }

    /// Text up to a tag, whose opening braces are taken, or with the end of the line.
    private mutating func readText() -> (text: ArraySlice<UInt8>, isTag: Bool) {
        let begin = place
        while place < source.count {
            if source[place...].starts(with: Self.open) {
                defer { place += Self.open.count }
                return (source[begin..<place], true)
            }
            place += 1
            if source[place - 1] == Self.newline { break }
        }
        return (source[begin..<place], false)
    }

    private mutating func read(while isTaken: (UInt8) -> Bool) -> ArraySlice<UInt8> {
        let begin = place
        while place < source.count, isTaken(source[place]) { place += 1 }
        return source[begin..<place]
    }

    /// Takes the end of the line when nothing else stands on it.
    private mutating func takeRestOfLine() -> Bool {
        let before = place
        _ = read { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
        guard place < source.count else { return true }
        guard source[place] == Self.newline else {
            place = before
            return false
        }
        place += 1
        return true
    }

    private func fault(_ text: String) -> Fault {
        Fault(line: source[..<min(place, source.count)].count { $0 == Self.newline } + 1, text: text)
    }
}

/// Pieces as they come, texts beside each other as one.
private struct Pieces {
    var all: [Piece] = []

    mutating func add(_ text: some Collection<UInt8>) {
        guard !text.isEmpty else { return }
        if case .text(let before)? = all.last {
            all[all.count - 1] = .text(before + text)
        } else {
            all.append(.text(Array(text)))
        }
    }
}
