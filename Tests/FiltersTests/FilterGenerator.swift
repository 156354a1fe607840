import Filters

/// Random filters and rows over the schema of ``FilterCases``, the same for the same seed.
struct FilterGenerator {
    private var random: SplitMix

    init(seed: UInt64) { random = SplitMix(state: seed) }

    /// SplitMix64: small, and the same on every machine.
    private struct SplitMix: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return mixed ^ (mixed >> 31)
        }
    }

    // Few and nasty values, so that rows and filters meet: wildcards of LIKE, escapes, cases, Unicode, the empty text.
    private static let texts = [
        "", "a", "A", "ab", "aB", "a b", "b", "%", "_", "a_b", "\\", "a\\", "\\%", "*", "a*", "'", "\"", "É", "é",
        "e\u{301}",
        "쾨", "Z", "z", "{}", "a,b", "NULL", "10", "aab", "𝒜", "a\u{200B}b", "A\u{A0}\u{3000}b", " ab ", "\u{200B}",
        "a  b",
        "ΑΣ", "ας", "|", "a|", "İ", "\u{7}a", "a\nb",
    ]
    private static let decimals = [
        "0", "-0.0", "0.10", "0.1", "-0.1", "10", "9.99", "123456789012345678901234567890.5", "1e2", "-3",
    ]
    private static let dates = ["2024-06-15", "2024-06-14", "2024-02-29", "0001-01-01", "9999-12-31", "1999-12-31"]
    private static let moments: [Int64] = [0, -1, FilterCases.now, FilterCases.now + 1, 1_718_409_600_000_000]
    private static let ids = [FilterCases.ann, FilterCases.ben]
    private static let states = ["new", "in_progress", "closed"]

    mutating func row() -> FilterCases.Row {
        var row: FilterCases.Row = [:]
        for (column, type) in FilterCases.columns where !chance(25) {
            row[column] = value(ofType: type, column: column)
        }
        return row
    }

    /// A filter that is right, as text.
    mutating func filter(depth: Int = 3) -> String {
        switch depth == 0 ? 0 : pick(0..<8) {
        case 0, 1, 2: restriction()
        case 3: "\(filter(depth: depth - 1)) AND \(filter(depth: depth - 1))"
        case 4: "\(simple(depth)) OR \(simple(depth))"
        case 5: "\(filter(depth: depth - 1)) \(filter(depth: depth - 1))"
        case 6: "NOT \(simple(depth))"
        default: "-(\(filter(depth: depth - 1)))"
        }
    }

    /// Text that is mostly no filter: pieces of the grammar and of everything else, in any order.
    mutating func noise() -> String {
        let pieces = [
            "a", "state", "=", "!=", "<", ":", "(", ")", "\"", "'", "\\", "*", ".", ",", " ", "AND", " OR ", "NOT ",
            "-", "1", "now()",
            "\u{0}", "\u{301}", "쾨", "😀", "\n", "days_from_now(", "\\u12", "2024-02-30", "title:", "-", "\u{7F}", "f(",
            "!",
        ]
        return (0..<pick(0..<24)).map { _ in pieces[pick(0..<pieces.count)] }.joined()
    }

    private mutating func simple(_ depth: Int) -> String {
        chance(50) ? restriction() : "(\(filter(depth: depth - 1)))"
    }

    private mutating func restriction() -> String {
        if chance(10) { return quoted(Self.texts[pick(0..<Self.texts.count)], wildcards: true) }
        let field = FilterCases.schema.fields[pick(0..<FilterCases.schema.fields.count)]
        if chance(12) { return "\(field.name):*" }
        let order = ["=", "!=", "<", "<=", ">", ">=", ":"]
        let comparator: String
        switch field.kind {
        case .bool, .choice, .reference: comparator = ["=", "!=", ":"][pick(0..<3)]
        case .list: comparator = ":"
        default: comparator = order[pick(0..<order.count)]
        }
        if chance(10) { return "\(field.name) \(comparator) (\(term(field)) OR NOT \(term(field)))" }
        return "\(field.name)\(comparator)\(literal(field))"
    }

    /// A literal in parentheses, where an unquoted minus negates and a colon is a comparator.
    private mutating func term(_ field: FilterField) -> String {
        let literal = literal(field)
        return literal.hasPrefix("\"") || literal.hasSuffix(")") ? literal : "\"\(literal)\""
    }

    private mutating func literal(_ field: FilterField) -> String {
        switch field.kind {
        case .string: quoted(Self.texts[pick(0..<Self.texts.count)], wildcards: true)
        case .int: String([-1, 0, 1, 10, Int64(Int32.max), Int64.max, Int64.min][pick(0..<7)])
        case .decimal: Self.decimals[pick(0..<Self.decimals.count)]
        case .bool: chance(50) ? "true" : "false"
        case .timestamp:
            chance(30)
                ? ["now()", "today()", "days_from_now(1)"][pick(0..<3)]
                : FilterValue.timestamp(Self.moments[pick(0..<Self.moments.count)]).postgresText ?? ""
        case .date: chance(20) ? "days_from_now(\(pick(-2..<3)))" : Self.dates[pick(0..<Self.dates.count)]
        case .choice(let allowed): allowed[pick(0..<allowed.count)]
        case .intChoice(let allowed): String(allowed[pick(0..<allowed.count)])
        case .reference: chance(30) ? "me()" : Self.ids[pick(0..<2)]
        case .list:
            field.sqlType == "uuid"
                ? Self.ids[pick(0..<2)] : quoted(Self.texts[pick(0..<Self.texts.count)], wildcards: true)
        }
    }

    private mutating func quoted(_ text: String, wildcards: Bool) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            if scalar == "\u{7}" {
                escaped += "\\u0007"
                continue
            }
            if "\\\"*".unicodeScalars.contains(scalar) { escaped += "\\" }
            escaped.unicodeScalars.append(scalar)
        }
        return "\"" + (wildcards && chance(20) ? "*" : "") + escaped + (wildcards && chance(20) ? "*" : "") + "\""
    }

    private mutating func value(ofType type: String, column: String) -> FilterValue {
        switch type {
        case "integer": .int([-1, 0, 1, 10, Int64(Int32.max)][pick(0..<5)])
        case "smallint": .int(Int64(pick(1..<6)))
        case "numeric": .decimal(Self.decimals[pick(0..<Self.decimals.count)])
        case "boolean": .bool(chance(50))
        case "timestamptz": .timestamp(Self.moments[pick(0..<Self.moments.count)])
        case "date": .date(Self.dates[pick(0..<Self.dates.count)])
        case "uuid": .string(Self.ids[pick(0..<2)])
        case "uuid[]": .strings((0..<pick(0..<3)).map { _ in Self.ids[pick(0..<2)] })
        case "text[]": .strings((0..<pick(0..<4)).map { _ in Self.texts[pick(0..<Self.texts.count)] })
        default: .string(column == "state" ? Self.states[pick(0..<3)] : Self.texts[pick(0..<Self.texts.count)])
        }
    }

    private mutating func pick(_ range: Range<Int>) -> Int { Int.random(in: range, using: &random) }
    private mutating func chance(_ percent: Int) -> Bool { pick(0..<100) < percent }
}
