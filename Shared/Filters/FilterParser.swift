import Korean

/// Recursive descent over the grammar of AIP-160, one function per production:
///
///     filter      : [expression]
///     expression  : sequence {WS AND WS sequence}
///     sequence    : factor {WS factor}
///     factor      : term {WS OR WS term}
///     term        : [NOT WS | MINUS] simple
///     simple      : restriction | composite
///     restriction : comparable [comparator arg]
///     comparable  : member | function
///     member      : value {DOT field}
///     function    : name {DOT name} LPAREN [argList] RPAREN
///     composite   : LPAREN expression RPAREN
///     arg         : comparable | composite
///
/// `OR` therefore binds tighter than `AND`, and `a b AND c` reads `(a b) AND c`. Recursion is bounded by the depth of
/// parentheses, so no text can exhaust the stack.
struct FilterParser {
    private let scalars: [Unicode.Scalar]
    private var index = 0
    private var depth = 0
    private var restrictions = 0
    /// Whether what is read stands on the right side of a comparator.
    private var isInArgument = false

    init(_ text: String) throws(FilterError) {
        guard text.utf8.count <= Filter.maximumBytes else {
            throw FilterError(
                .tooLarge, at: 0, "A filter is at most \(Filter.maximumBytes) bytes.",
                "필터의 크기는 \(bytes: Filter.maximumBytes) 이하여야 합니다.")
        }
        scalars = Array(text.unicodeScalars)
        // Postgres text holds no NUL; other control characters must be escaped so that what is shown is what is sought.
        if let bad = scalars.firstIndex(where: { $0.value < 0x20 && !FilterParser.isSpace($0) || $0.value == 0x7F }) {
            throw .syntax(at: bad, expected: [.printable], found: .control)
        }
    }

    mutating func parse() throws(FilterError) -> Syntax {
        skipSpace()
        guard index < scalars.count else { return .all([]) }
        let syntax = try expression()
        skipSpace()
        guard index == scalars.count else { throw unexpected(["AND", "OR", .end]) }
        return syntax
    }

    // MARK: Expressions

    private mutating func expression() throws(FilterError) -> Syntax {
        var sequences = [try sequence()]
        while try acceptKeyword("AND") { sequences.append(try sequence()) }
        return sequences.count == 1 ? sequences[0] : .all(sequences)
    }

    private mutating func sequence() throws(FilterError) -> Syntax {
        var factors = [try factor()]
        while startsAnotherFactor() {
            skipSpace()
            factors.append(try factor())
        }
        try refuseSmallKeywords(factors)
        return factors.count == 1 ? factors[0] : .all(factors)
    }

    /// `a = 1 or b = 2` would ask for both, and for the word "or": beside a comparison such words are slips, not searched.
    private func refuseSmallKeywords(_ factors: [Syntax]) throws(FilterError) {
        guard factors.count > 1, factors.contains(where: \.compares) else { return }
        for case .restriction(let restriction) in factors {
            guard restriction.comparator == nil, case .member(let member) = restriction.left,
                let word = member.segments.first, member.segments.count == 1, !word.isQuoted,
                let keyword = FilterParser.meant(by: word.text)
            else { continue }
            throw FilterError(
                .syntax, at: member.position, expected: [keyword, "\"\(word.text)\""],
                "Write \(keyword) for '\(word.text)', or \"\(word.text)\" to search for the word.",
                "'\(word.text)' 대신 \(keyword)\(.object, after: keyword) 사용하거나, 단어를 검색하려면 큰따옴표로 묶으세요."
            )
        }
    }

    /// The keyword that a person has meant; nil for other words.
    private static func meant(by word: String) -> String? {
        switch word.lowercased() {
        case "and", "&&", "&": "AND"
        case "or", "||", "|": "OR"
        case "not": "NOT"
        default: nil
        }
    }

    private mutating func factor() throws(FilterError) -> Syntax {
        var terms = [try term()]
        while try acceptKeyword("OR") { terms.append(try term()) }
        return terms.count == 1 ? terms[0] : .any(terms)
    }

    private mutating func term() throws(FilterError) -> Syntax {
        // Behind a comparator `(-2.4)` is a number, as it is without the parentheses.
        if isInArgument, let number = acceptMoment() {
            try countRestriction()
            return .restriction(
                Restriction(left: .member(Member(position: number.position, segments: [number]))))
        }
        if peek() == "-" {
            index += 1
            return .not(try simple())
        }
        if word(at: index) == "NOT" {
            guard let next = scalar(at: index + 3), FilterParser.isSpace(next) else {
                index += 3
                throw unexpected([.space(after: "NOT")])
            }
            index += 3
            skipSpace()
            return .not(try simple())
        }
        return try simple()
    }

    private mutating func simple() throws(FilterError) -> Syntax {
        if peek() == "(" { return try composite() }
        return .restriction(try restriction())
    }

    private mutating func composite() throws(FilterError) -> Syntax {
        guard depth < Filter.maximumDepth else {
            throw FilterError(
                .tooLarge, at: index, "A filter nests at most \(Filter.maximumDepth) parentheses.",
                "필터의 괄호는 최대 \(grouped: Filter.maximumDepth)단계입니다.")
        }
        depth += 1
        index += 1
        skipSpace()
        let inner = try expression()
        skipSpace()
        guard peek() == ")" else { throw unexpected([")", "AND", "OR"]) }
        index += 1
        depth -= 1
        return inner
    }

    // MARK: Restrictions

    private mutating func restriction() throws(FilterError) -> Restriction {
        try countRestriction()
        let left = try comparable(startingWithMinus: false)
        let end = index
        skipSpace()
        guard let comparator = acceptComparator() else {
            index = end
            return Restriction(left: left, comparator: nil, argument: nil)
        }
        skipSpace()
        return Restriction(left: left, comparator: comparator, argument: try argument())
    }

    private mutating func countRestriction() throws(FilterError) {
        restrictions += 1
        guard restrictions <= Filter.maximumRestrictions else {
            throw FilterError(
                .tooLarge, at: index, "A filter has at most \(Filter.maximumRestrictions) restrictions.",
                "필터의 조건은 최대 \(grouped: Filter.maximumRestrictions)개입니다.")
        }
    }

    private mutating func argument() throws(FilterError) -> Argument {
        if peek() == "(" {
            let outer = isInArgument
            isInArgument = true
            defer { isInArgument = outer }
            return .composite(try composite())
        }
        if let moment = acceptMoment() { return .literal(moment) }
        switch try comparable(startingWithMinus: true) {
        case .function(let call): return .call(call)
        case .member(let member):
            guard member.segments.count == 1 || !member.segments.contains(where: \.isQuoted) else {
                throw FilterError(
                    .syntax, at: member.position, expected: ["value"], "The right side is one value.",
                    "오른쪽에는 값 하나만 올 수 있습니다.")
            }
            return .literal(member.literal)
        }
    }

    /// A number or an unquoted moment such as `2024-05-01T11:30:00+09:00`, whose colons and dot would otherwise be
    /// tokens. Nothing that begins with a digit or a signed digit on the right side can mean anything else.
    private mutating func acceptMoment() -> Literal? {
        let first = scalar(at: index) == "-" ? scalar(at: index + 1) : scalar(at: index)
        guard let first, ("0"..."9").contains(first) else { return nil }
        let start = index
        while let next = peek(), FilterParser.isText(next) || next == "." || next == ":" { index += 1 }
        return Literal(position: start, characters: scalars[start..<index].map(FilterParser.character), isQuoted: false)
    }

    private mutating func comparable(startingWithMinus: Bool) throws(FilterError) -> Restriction.Comparable {
        let start = index
        if !startingWithMinus, peek() == "-" { throw unexpected([.field, .value, "("]) }
        var segments = [try value(isFirst: true)]
        while peek() == "." {
            index += 1
            segments.append(try value(isFirst: false))
        }
        let member = Member(position: start, segments: segments)
        guard peek() == "(", !segments.contains(where: \.isQuoted) else {
            // `NOT`, `AND` and `OR` may name a field after a dot, never a value of their own.
            if segments.count == 1, !segments[0].isQuoted, FilterParser.keywords.contains(segments[0].text) {
                index = start
                throw unexpected([.field, .value, "("])
            }
            return .member(member)
        }
        if segments.count == 1, FilterParser.keywords.contains(segments[0].text) {
            throw unexpected([.space(after: segments[0].text)])
        }
        return .function(FunctionCall(position: start, name: member.path, arguments: try arguments()))
    }

    private mutating func arguments() throws(FilterError) -> [Argument] {
        index += 1
        skipSpace()
        var arguments: [Argument] = []
        if peek() == ")" {
            index += 1
            return arguments
        }
        while true {
            // Calls nest as parentheses do, and count against the same depth.
            depth += 1
            guard depth <= Filter.maximumDepth else {
                throw FilterError(
                    .tooLarge, at: index, "A filter nests at most \(Filter.maximumDepth) parentheses.",
                    "필터의 괄호는 최대 \(grouped: Filter.maximumDepth)단계입니다.")
            }
            arguments.append(try argument())
            depth -= 1
            skipSpace()
            switch peek() {
            case ",":
                index += 1
                skipSpace()
            case ")":
                index += 1
                return arguments
            default: throw unexpected([",", ")"])
            }
        }
    }

    // MARK: Tokens

    private mutating func value(isFirst: Bool) throws(FilterError) -> Literal {
        let start = index
        guard let first = peek() else { throw unexpected(isFirst ? [.field, .value, "("] : [.fieldAfterDot]) }
        if first == "\"" || first == "'" { return try string(quote: first) }
        while let next = peek(), FilterParser.isText(next) { index += 1 }
        guard index > start else { throw unexpected(isFirst ? [.field, .value, "("] : [.fieldAfterDot]) }
        return Literal(position: start, characters: scalars[start..<index].map(FilterParser.character), isQuoted: false)
    }

    private mutating func string(quote: Unicode.Scalar) throws(FilterError) -> Literal {
        let start = index
        var characters: [Literal.Character] = []
        index += 1
        while let next = peek() {
            index += 1
            switch next {
            case quote: return Literal(position: start, characters: characters, isQuoted: true)
            case "\\": characters.append(.init(scalar: try escape(), isWildcard: false))
            default: characters.append(FilterParser.character(next))
            }
        }
        throw .syntax(at: start, expected: [.closing(quote)], found: .end)
    }

    private mutating func escape() throws(FilterError) -> Unicode.Scalar {
        let known: [Unicode.Scalar: Unicode.Scalar] = [
            "\\": "\\", "\"": "\"", "'": "'", "*": "*", "n": "\n", "r": "\r", "t": "\t",
        ]
        guard let next = peek() else { throw unexpected([.escaped]) }
        if let scalar = known[next] {
            index += 1
            return scalar
        }
        if next == "u", index + 5 <= scalars.count {
            var digits = String.UnicodeScalarView()
            digits.append(contentsOf: scalars[index + 1..<index + 5])
            let isHex = digits.allSatisfy { $0.isASCII && $0.properties.isASCIIHexDigit }
            if isHex, let code = UInt32(String(digits), radix: 16), code != 0, let scalar = Unicode.Scalar(code) {
                index += 5
                return scalar
            }
        }
        throw unexpected(["\\\\", "\\\"", "\\'", "\\*", "\\n", "\\r", "\\t", "\\uXXXX"])
    }

    private mutating func acceptComparator() -> Comparator? {
        for comparator in Comparator.allCases where matches(comparator.rawValue) {
            index += comparator.rawValue.unicodeScalars.count
            return comparator
        }
        return nil
    }

    /// Takes `WS keyword WS`; leaves the position alone when another word follows.
    private mutating func acceptKeyword(_ keyword: String) throws(FilterError) -> Bool {
        let before = index
        skipSpace()
        guard index > before, word(at: index) == keyword else {
            index = before
            return false
        }
        index += keyword.unicodeScalars.count
        guard let next = peek(), FilterParser.isSpace(next) else { throw unexpected([.space(after: keyword)]) }
        skipSpace()
        return true
    }

    private func startsAnotherFactor() -> Bool {
        guard let space = peek(), FilterParser.isSpace(space) else { return false }
        var next = index
        while let scalar = scalar(at: next), FilterParser.isSpace(scalar) { next += 1 }
        guard let scalar = scalar(at: next), scalar != ")", scalar != "," else { return false }
        return word(at: next) != "AND" && word(at: next) != "OR"
    }

    /// The unquoted word that begins at a position, cut at `limit`, which is enough to tell a keyword.
    private func word(at start: Int, limit: Int = 4) -> String {
        var view = String.UnicodeScalarView()
        var next = start
        while let scalar = scalar(at: next), FilterParser.isText(scalar), next - start < limit {
            view.append(scalar)
            next += 1
        }
        return String(view)
    }

    private func matches(_ token: String) -> Bool {
        scalars[index...].starts(with: token.unicodeScalars)
    }

    private func scalar(at position: Int) -> Unicode.Scalar? {
        position < scalars.count ? scalars[position] : nil
    }

    private func peek() -> Unicode.Scalar? { scalar(at: index) }

    private mutating func skipSpace() {
        while let next = peek(), FilterParser.isSpace(next) { index += 1 }
    }

    private func unexpected(_ expected: [FilterToken]) -> FilterError {
        guard let found = peek() else { return .syntax(at: index, expected: expected, found: .end) }
        let word = FilterError.shortened(word(at: index, limit: 41))
        let shown = word.isEmpty ? String(found) : word
        return .syntax(at: index, expected: expected, found: FilterToken("“\(shown)”", shown))
    }

    private static let keywords: Set<String> = ["AND", "OR", "NOT"]

    private static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
        scalar == " " || scalar == "\t" || scalar == "\n" || scalar == "\r"
    }

    /// Characters of an unquoted TEXT: all but white space and the characters that begin another token.
    private static func isText(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case ".", ",", "(", ")", "\"", "'", "<", ">", "=", "!", ":", "\\": false
        default: !isSpace(scalar)
        }
    }

    private static func character(_ scalar: Unicode.Scalar) -> Literal.Character {
        .init(scalar: scalar, isWildcard: scalar == "*")
    }
}
