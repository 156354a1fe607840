import Wire

/// What a filter says, before anything is known about fields: the tree the parser builds.
indirect enum Syntax: Sendable {
    case all([Syntax])
    case any([Syntax])
    case not(Syntax)
    case restriction(Restriction)

    /// Whether a field is compared anywhere in it.
    var compares: Bool {
        switch self {
        case .all(let parts), .any(let parts): parts.contains(where: \.compares)
        case .not(let part): part.compares
        case .restriction(let restriction): restriction.comparator != nil
        }
    }
}

extension Syntax {
    func collectFunctions(into names: inout Set<String>) {
        switch self {
        case .all(let parts), .any(let parts): for part in parts { part.collectFunctions(into: &names) }
        case .not(let part): part.collectFunctions(into: &names)
        case .restriction(let restriction):
            if case .function(let call) = restriction.left { names.insert(call.name) }
            switch restriction.argument {
            case .call(let call): names.insert(call.name)
            case .composite(let syntax): syntax.collectFunctions(into: &names)
            case .literal, nil: break
            }
        }
    }
}

/// `comparable [comparator arg]`.
struct Restriction: Sendable {
    var left: Comparable
    var comparator: Comparator?
    var argument: Argument?

    /// The left side of a restriction, or a restriction of its own.
    enum Comparable: Sendable {
        case member(Member)
        case function(FunctionCall)
    }
}

/// The seven comparators of the grammar.
enum Comparator: String, Sendable, CaseIterable {
    case lessOrEqual = "<="
    case less = "<"
    case greaterOrEqual = ">="
    case greater = ">"
    case notEqual = "!="
    case equal = "="
    case has = ":"
}

/// The right side of a restriction, or an argument of a function.
indirect enum Argument: Sendable {
    case literal(Literal)
    case call(FunctionCall)
    case composite(Syntax)
}

/// `value {DOT field}`.
struct Member: Sendable {
    var position: Int
    var segments: [Literal]

    /// The path as a field is named: `account.name`.
    var path: String { segments.map(\.text).joined(separator: ".") }

    /// The member read as a value, as in `e-mail = a@example.org` or `price > 1.5`.
    var literal: Literal {
        var characters: [Literal.Character] = []
        for (index, segment) in segments.enumerated() {
            if index > 0 { characters.append(.init(scalar: ".", isWildcard: false)) }
            characters += segment.characters
        }
        return Literal(position: position, characters: characters, isQuoted: segments.contains(where: \.isQuoted))
    }
}

/// `name {DOT name} ( [arg {, arg}] )`.
struct FunctionCall: Sendable {
    var position: Int
    var name: String
    var arguments: [Argument]
}

/// A TEXT or STRING token. An unescaped `*` is remembered as a wildcard, since `\*` is a star.
struct Literal: Sendable {
    struct Character: Sendable {
        var scalar: Unicode.Scalar
        var isWildcard: Bool
    }

    var position: Int
    var characters: [Character]
    var isQuoted: Bool

    /// The text with stars as they are, for every comparison that knows no wildcards.
    var text: String { Literal.string(characters[...]) }

    /// Whether the literal is one unescaped star: presence with `:`.
    var isStar: Bool { characters.count == 1 && characters[0].isWildcard }

    /// The literal as a pattern; nil when it holds no wildcard. A wildcard may stand only at the beginning and the end.
    func pattern() throws(FilterError) -> Pattern? {
        var core = characters[...]
        var pattern = Pattern(core: "", anyBefore: false, anyAfter: false)
        if core.last?.isWildcard == true {
            core.removeLast()
            pattern.anyAfter = true
        }
        if core.first?.isWildcard == true {
            core.removeFirst()
            pattern.anyBefore = true
        }
        if core.contains(where: \.isWildcard) {
            throw FilterError(
                .wrongValue, at: position, expected: ["*text", "text*", "*text*", "\\*"],
                "A * stands at the beginning or the end of a text; write \\* for the character itself.",
                "*는 텍스트의 처음이나 끝에만 올 수 있습니다. 문자 자체는 \\*로 입력하세요.")
        }
        pattern.core = Literal.string(core)
        return pattern.anyBefore || pattern.anyAfter ? pattern : nil
    }

    /// The literal as a pattern that is looked for anywhere, unless it says where.
    func patternInside() throws(FilterError) -> Pattern {
        try pattern() ?? Pattern(core: text, anyBefore: true, anyAfter: true)
    }

    private static func string(_ characters: ArraySlice<Character>) -> String {
        var view = String.UnicodeScalarView()
        view.reserveCapacity(characters.count)
        for character in characters { view.append(character.scalar) }
        return String(view)
    }
}

/// Text that must occur at the beginning, at the end, anywhere, or be the whole.
struct Pattern: Sendable, Hashable {
    var core: String
    var anyBefore: Bool
    var anyAfter: Bool

    /// Whether it is a text and nothing around it.
    var isWhole: Bool { !anyBefore && !anyAfter }

    /// The pattern for folded texts. A blank at an end where more may follow is one that the text must have.
    var folded: Pattern {
        let (start, end) = (anyBefore ? "|" : "", anyAfter ? "|" : "")
        // Scalars, since a mark that the text begins with makes one character with the bar.
        let scalars = (start + core + end).alike.unicodeScalars
        let text = scalars.dropFirst(start.count).dropLast(end.count)
        return Pattern(core: String(text), anyBefore: anyBefore, anyAfter: anyAfter)
    }
}
