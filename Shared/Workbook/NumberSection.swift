/// One section of a number format: `"EH-"0000`, `#,##0.00`, `0.0%`, `0.00E+00`.
struct NumberSection: Sendable {
    /// `[<100]` before the section.
    struct Condition: Sendable {
        let sign: String
        let bound: Double

        func holds(_ number: DecimalDigits) -> Bool {
            let value = number.value
            return switch sign {
            case "<": value < bound
            case "<=": value <= bound
            case ">": value > bound
            case ">=": value >= bound
            case "=": value == bound
            default: value != bound
            }
        }

        /// A section for numbers below zero writes its own sign.
        var isBelowZero: Bool { sign.hasPrefix("<") && bound <= 0 && sign != "<>" }
        /// Leaves the numbers below zero to the section behind it, which writes its own sign as well.
        var isFromZero: Bool { sign.hasPrefix(">") && bound == 0 }
    }

    fileprivate enum Token {
        case literal(String)
        /// One that is neither quoted nor behind a backslash.
        case comma
        case digit(Character)
        case point
        case exponent(alwaysSigned: Bool)
        case text
        case general
    }

    /// How it shows dates, where it does.
    let dates: DateSection?
    /// Whether it shows dates or times.
    let isForDates: Bool
    private(set) var condition: Condition?
    /// False when something in it depends on the reader's Excel, or is not known here.
    private(set) var isFollowed = true
    private var tokens: [Token] = []
    private var isGrouped = false
    private var thousands = 0
    private var percents = 0

    /// Cuts a code at its semicolons.
    static func split(_ code: String) -> [String] {
        var sections = [""]
        var rest = code[...]
        while let letter = rest.popFirst() {
            switch letter {
            case ";": sections.append("")
            case "\\", "_", "*":
                sections[sections.count - 1] += String(letter) + String(rest.popFirst().map { [$0] } ?? [])
            case "\"":
                let inside = rest.prefix { $0 != "\"" }
                sections[sections.count - 1] += "\"\(inside)\""
                rest = rest.dropFirst(inside.count + 1)
            default: sections[sections.count - 1].append(letter)
            }
        }
        return sections
    }

    init(_ code: String) {
        isForDates = DateStyle(formatCode: code) != .none
        dates = isForDates ? DateSection(code) : nil
        var rest = code[...]
        while let letter = rest.popFirst() { take(letter, &rest) }
        settleCommas()
    }

    /// A comma between digits groups them by thousands; commas behind the last digit divide by a thousand each.
    private mutating func settleCommas() {
        var settled: [Token] = []
        for (index, token) in tokens.enumerated() {
            guard case .comma = token else {
                settled.append(token)
                continue
            }
            let digitBefore = tokens[..<index].contains { if case .digit = $0 { true } else { false } }
            let digitBehind = tokens[index...].first {
                switch $0 {
                case .digit, .point, .exponent: true
                default: false
                }
            }
            if case .digit = digitBehind, digitBefore {
                isGrouped = true
            } else if digitBefore {
                thousands += 1
            } else {
                settled.append(.literal(","))
            }
        }
        tokens = settled
    }

    private mutating func take(_ letter: Character, _ rest: inout Substring) {
        switch letter {
        case "0", "#", "?": tokens.append(.digit(letter))
        case ".": tokens.append(.point)
        case ",": tokens.append(.comma)
        // What follows is a character by itself in the editions of East Asia, and a second one elsewhere.
        case "!": isFollowed = false
        case "%":
            percents += 1
            tokens.append(.literal("%"))
        case "@": tokens.append(.text)
        case "\"":
            let inside = rest.prefix { $0 != "\"" }
            tokens.append(.literal(String(inside)))
            rest = rest.dropFirst(inside.count + 1)
        case "\\": if let next = rest.popFirst() { tokens.append(.literal(String(next))) }
        case "_":
            _ = rest.popFirst()
            tokens.append(.literal(" "))
        case "*":
            // What fills a cell up is as long as its column is wide.
            if rest.popFirst() != " " { isFollowed = false }
        case "[":
            let inside = rest.prefix { $0 != "]" }
            rest = rest.dropFirst(inside.count + 1)
            bracket(String(inside))
        case "E", "e":
            guard let sign = rest.first, sign == "+" || sign == "-" else {
                isFollowed = false
                return
            }
            rest = rest.dropFirst()
            tokens.append(.exponent(alwaysSigned: sign == "+"))
        case "G", "g":
            guard let word = Self.generals.first(where: { rest.lowercased().hasPrefix($0) }) else {
                isFollowed = false
                return
            }
            rest = rest.dropFirst(word.count)
            tokens.append(.general)
        case "/" where tokens.contains(where: { if case .digit = $0 { true } else { false } }):
            // A fraction such as 3 1/2.
            isFollowed = false
        default:
            if letter.isASCII && letter.isLetter { isFollowed = false }
            tokens.append(.literal(String(letter)))
        }
    }

    private mutating func bracket(_ inside: String) {
        if inside.hasPrefix("$") {
            let parts = inside.dropFirst().split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
            let symbol = parts.first ?? ""
            let locale = parts.count > 1 ? parts[1] : ""
            // A locale alone may choose digits of its own; with neither, the currency is that of the reader's country.
            let isKnown = FormatLocale(locale) != nil || !symbol.isEmpty && Self.euros.contains(locale.lowercased())
            if symbol.isEmpty || !locale.isEmpty { isFollowed = isKnown && isFollowed }
            tokens.append(.literal(String(symbol)))
        } else if let sign = ["<=", ">=", "<>", "<", ">", "="].first(where: inside.hasPrefix) {
            guard let bound = Double(inside.dropFirst(sign.count)) else {
                isFollowed = false
                return
            }
            condition = Condition(sign: sign, bound: bound)
        } else if !Self.isColour(inside) {
            // Digits of East Asia, and whatever else there may be.
            isFollowed = false
        }
    }

    /// How `General` goes on behind its first letter, in English and as the editions of East Asia call it.
    private static let generals = ["eneral", "/표준", "/標準", "/通用格式"]
    /// What Excel writes for the euro before and behind an amount: it looks like a locale and is none.
    private static let euros: Set<String> = ["1", "2", "x-euro1", "x-euro2"]

    /// Whether what stands in brackets is a colour, which a text does not have.
    static func isColour(_ inside: some StringProtocol) -> Bool {
        let name = inside.lowercased()
        return ["black", "blue", "cyan", "green", "magenta", "red", "white", "yellow"].contains(name)
            || name.hasPrefix("color") && name.dropFirst(5).allSatisfy { $0 == " " || $0.isNumber }
    }

    /// Whether it says how texts are shown.
    var isForText: Bool { tokens.contains { if case .text = $0 { true } else { false } } }
    var isGeneral: Bool { tokens.contains { if case .general = $0 { true } else { false } } }
    /// Nothing but the word General.
    var isBare: Bool { tokens.count == 1 }

    /// A text among the section's own characters.
    func around(_ text: String) -> String {
        tokens.map { token in
            switch token {
            case .literal(let literal): literal
            case .text, .general: text
            default: ""
            }
        }.joined()
    }

    /// The number without its sign. Nil when the section shows no digit, so that the number cannot be seen.
    func write(_ number: DecimalDigits) -> (text: String, hasDigits: Bool)? {
        var whole: [Character] = []
        var fraction: [Character] = []
        var power: [Character] = []
        var part = 0
        for token in tokens {
            switch token {
            case .point: part = max(part, 1)
            case .exponent: part = 2
            case .digit(let digit):
                if part == 0 {
                    whole.append(digit)
                } else if part == 1 {
                    fraction.append(digit)
                } else {
                    power.append(digit)
                }
            default: break
            }
        }
        guard !whole.isEmpty || !fraction.isEmpty else {
            // A section of characters only, such as "none" for zero, is what is shown; an empty one hides the number.
            let text = around("")
            return text.isEmpty ? nil : (text, false)
        }
        var digits = number.shifted(by: 2 * percents - 3 * thousands)
        var exponent = 0
        if power.isEmpty {
            digits = digits.rounded(to: fraction.count)
        } else {
            (digits, exponent) = digits.scientific(wholeDigits: max(1, whole.count), places: fraction.count)
        }
        var line = Line(
            whole: whole.isEmpty && digits.whole != "0"
                ? [digits.whole] : Self.filled(digits.whole, whole, grouped: isGrouped),
            fraction: Self.cut(digits.fraction, fraction),
            power: Self.filled(String(abs(exponent)), power, grouped: false), isNegativePower: exponent < 0)
        let text = tokens.map { line.text(of: $0) }.joined()
        return (text, !digits.isZero)
    }

    /// Whole digits, one group for each place; the first place takes all that are left.
    private static func filled(_ digits: String, _ places: [Character], grouped: Bool) -> [String] {
        var rest = Array(digits == "0" ? "" : digits)
        var count = 0
        var filled: [String] = []
        for (index, place) in places.enumerated().reversed() {
            var text = ""
            repeat {
                let digit: Character? = rest.popLast() ?? (place == "0" ? "0" : place == "?" ? " " : nil)
                guard let digit else { break }
                text =
                    (grouped && count > 0 && count % 3 == 0 && digit != " " ? String([digit, ","]) : String(digit))
                    + text
                count += 1
            } while index == 0 && !rest.isEmpty
            filled.insert(text, at: 0)
        }
        return filled
    }

    private static func cut(_ digits: String, _ places: [Character]) -> [String] {
        var digits = Array(digits)
        while digits.count < places.count { digits.append("0") }
        // Zeros at the end are shown where the place asks for them.
        var last = places.count
        while last > 0, digits[last - 1] == "0", places[last - 1] != "0" { last -= 1 }
        return places.indices.map { $0 < last ? String(digits[$0]) : places[$0] == "?" ? " " : "" }
    }

    /// Hands out the parts of a number to the places of the section.
    private struct Line {
        var whole: [String]
        var fraction: [String]
        var power: [String]
        let isNegativePower: Bool
        var part = 0

        mutating func text(of token: Token) -> String {
            switch token {
            case .literal(let literal): return literal
            case .point:
                // A format without places before the point still shows what stands there.
                let left = part == 0 ? whole.joined() : ""
                part = max(part, 1)
                return left + "."
            case .exponent(let alwaysSigned):
                part = 2
                return isNegativePower ? "E-" : alwaysSigned ? "E+" : "E"
            case .digit:
                if part == 0 { return whole.isEmpty ? "" : whole.removeFirst() }
                if part == 1 { return fraction.isEmpty ? "" : fraction.removeFirst() }
                return power.isEmpty ? "" : power.removeFirst()
            case .text, .general, .comma: return ""
            }
        }
    }
}
