import Wire

/// A filter whose every name and value is known to be right. It runs as SQL and in memory with the same results.
public struct CheckedFilter: Sendable {
    let condition: Condition

    /// The filter that keeps every row.
    public static let everything = CheckedFilter(condition: .all([]))

    /// Whether every row is kept without looking at it.
    public var isEmpty: Bool {
        if case .all(let parts) = condition { parts.isEmpty } else { false }
    }

    /// The names of the fields the filter looks at, those a bare word searches included.
    public var fieldNames: Set<String> {
        var names: Set<String> = []
        condition.collectFields(into: &names)
        return names
    }

    /// The SQL of the filter for a WHERE clause (where unknown counts as false), and its parameters in order.
    ///
    /// Parameters are always bound and always cast, so they may be sent as ``FilterValue/postgresText`` without a type.
    /// Comparisons outside `NOT` are plain, so that they can use an index.
    /// - Parameter n: the number of the first parameter, 1 for `$1`.
    public func sql(startingAt n: Int) -> (text: String, parameters: [FilterValue]) {
        var text = ""
        var parameters: [FilterValue] = []
        for piece in pieces {
            switch piece {
            case .sql(let sql): text += sql
            case .parameter(let value):
                text += "$\(n + parameters.count)"
                parameters.append(value)
            }
        }
        return (text, parameters)
    }

    /// The same SQL in pieces, for a builder of statements that numbers parameters itself.
    public var pieces: [FilterSQLPiece] { FilterSQL.pieces(condition) }

    /// Whether a row is kept.
    /// - Parameter value: the value of a field by its snake_case name; a value of another type than the field's counts
    ///   as absent. Dates and decimals may also be given as `.string`.
    public func matches(_ value: (String) -> FilterValue) -> Bool {
        condition.matches(value)
    }
}

/// A truth value over a row; two-valued throughout.
indirect enum Condition: Sendable {
    case all([Condition])
    case any([Condition])
    case not(Condition)
    case test(FilterField, Test)

    enum Test: Sendable, Hashable {
        /// Equal to something no row can hold.
        case never
        /// Neither absent nor an empty text or list.
        case present
        /// Compared with a value of the field's type. `has` does not occur.
        case compare(Comparator, FilterValue)
        case like(Pattern, foldsCase: Bool)
        /// The folded text fits a pattern that is folded.
        case alike(Pattern)
        /// The list holds this text.
        case element(String)
        /// The list holds a text that fits a pattern, both folded or neither.
        case elementLike(Pattern, isFolded: Bool)
    }

    func collectFields(into names: inout Set<String>) {
        switch self {
        case .all(let parts), .any(let parts): for part in parts { part.collectFields(into: &names) }
        case .not(let part): part.collectFields(into: &names)
        case .test(let field, _): names.insert(field.name)
        }
    }

    func matches(_ value: (String) -> FilterValue) -> Bool {
        switch self {
        case .all(let parts): parts.allSatisfy { $0.matches(value) }
        case .any(let parts): parts.contains { $0.matches(value) }
        case .not(let part): !part.matches(value)
        case .test(let field, let test): test.holds(field.kind.value(value(field.name)))
        }
    }
}

extension FilterField.Kind {
    /// A row's value as this kind holds it; `null` when it is of another type.
    func value(_ value: FilterValue) -> FilterValue {
        switch (self, value) {
        case (.string, .string), (.choice, .string), (.int, .int), (.intChoice, .int), (.bool, .bool),
            (.timestamp, .timestamp), (.list, .strings):
            value
        case (.decimal, .decimal(let text)), (.decimal, .string(let text)):
            DecimalText(text).map { .decimal($0.text) } ?? .null
        case (.decimal, .int(let number)): .decimal(String(number))
        case (.date, .date(let text)), (.date, .string(let text)):
            CivilDate(text).map { .date($0.description) } ?? .null
        case (.reference, .string(let text)): text.isEmpty ? .null : .string(text.lowercased())
        default: .null
        }
    }
}

extension Condition.Test {
    fileprivate func holds(_ value: FilterValue) -> Bool {
        switch (self, value) {
        case (.compare(.notEqual, _), .null): true
        case (.never, _), (_, .null): false
        case (.present, .string(let text)): !text.isEmpty
        case (.present, .strings(let texts)): !texts.isEmpty
        case (.present, _): true
        case (.compare(let comparator, let other), _): comparator.holds(Self.order(value, other))
        case (.like(let pattern, let foldsCase), .string(let text)): pattern.matches(text, foldsCase: foldsCase)
        case (.alike(let pattern), .string(let text)): pattern.matches(text.alike, foldsCase: false)
        case (.element(let text), .strings(let texts)): texts.contains { $0.utf8.elementsEqual(text.utf8) }
        case (.elementLike(let pattern, let isFolded), .strings(let texts)):
            texts.contains { pattern.matches(isFolded ? $0.alike : $0, foldsCase: false) }
        default: false
        }
    }

    /// Below 0 when `left` comes first, 0 for the same.
    static func order(_ left: FilterValue, _ right: FilterValue) -> Int {
        switch (left, right) {
        case (.int(let left), .int(let right)), (.timestamp(let left), .timestamp(let right)):
            left < right ? -1 : left == right ? 0 : 1
        case (.bool(let left), .bool(let right)): left == right ? 0 : 1
        case (.decimal(let left), .decimal(let right)):
            if let left = DecimalText(left), let right = DecimalText(right) { left.compare(right) } else { 1 }
        // String's own == takes canonically equivalent texts for equal, Postgres does not: compare bytes.
        case (.string(let left), .string(let right)), (.date(let left), .date(let right)):
            compareBytes(left.utf8, right.utf8)
        default: 1
        }
    }
}

extension Comparator {
    /// Whether the comparator holds for an order of its sides.
    fileprivate func holds(_ order: Int) -> Bool {
        switch self {
        case .less: order < 0
        case .lessOrEqual: order <= 0
        case .greater: order > 0
        case .greaterOrEqual: order >= 0
        case .equal, .has: order == 0
        case .notEqual: order != 0
        }
    }
}

extension Pattern {
    /// Whether a text fits, compared byte by byte; `foldsCase` ignores the case of ASCII letters.
    func matches(_ text: String, foldsCase: Bool) -> Bool {
        var text = Array(text.utf8)
        var core = Array(core.utf8)
        if foldsCase {
            Pattern.fold(&text)
            Pattern.fold(&core)
        }
        switch (anyBefore, anyAfter) {
        case (false, false): return text == core
        case (false, true): return text.starts(with: core)
        case (true, false): return text.suffix(core.count).elementsEqual(core)
        case (true, true): return Pattern.contains(text, core)
        }
    }

    static func fold(_ bytes: inout [UInt8]) {
        for index in bytes.indices where (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(bytes[index]) {
            bytes[index] |= 0x20
        }
    }

    /// Search in linear time (Knuth, Morris, Pratt), whatever the texts.
    private static func contains(_ text: [UInt8], _ core: [UInt8]) -> Bool {
        guard !core.isEmpty else { return true }
        var borders = [Int](repeating: 0, count: core.count)
        var length = 0
        for index in core.indices.dropFirst() {
            while length > 0, core[index] != core[length] { length = borders[length - 1] }
            if core[index] == core[length] { length += 1 }
            borders[index] = length
        }
        length = 0
        for byte in text {
            while length > 0, byte != core[length] { length = borders[length - 1] }
            if byte == core[length] { length += 1 }
            if length == core.count { return true }
        }
        return false
    }
}
