/// A piece of the SQL of a filter, for builders of statements that number parameters themselves.
public enum FilterSQLPiece: Sendable, Hashable {
    /// SQL made here and from the columns of the schema; never text of the filter.
    case sql(String)
    /// A value to bind. The next piece begins with the cast to its type.
    case parameter(FilterValue)
}

/// Writes a condition as SQL.
///
/// Inside `NOT` a comparison that may be unknown is closed with `IS TRUE`, which makes it two-valued as in memory.
/// Outside, unknown and false come to the same in a WHERE clause, and the plain comparison can use an index.
struct FilterSQL {
    private(set) var pieces: [FilterSQLPiece] = []
    private var pending = ""

    static func pieces(_ condition: Condition) -> [FilterSQLPiece] {
        var writer = FilterSQL()
        writer.write(condition, isNegated: false)
        if !writer.pending.isEmpty { writer.pieces.append(.sql(writer.pending)) }
        return writer.pieces
    }

    private mutating func write(_ condition: Condition, isNegated: Bool) {
        switch condition {
        case .all(let parts): join(parts, by: " AND ", empty: "TRUE", isNegated)
        case .any(let parts): join(parts, by: " OR ", empty: "FALSE", isNegated)
        case .not(let part):
            pending += "NOT ("
            write(part, isNegated: true)
            pending += ")"
        case .test(let field, let test):
            let comparison = Comparison(field, test)
            let closes = isNegated && comparison.mayBeUnknown
            pending += (closes ? "(" : "") + comparison.before
            if let value = comparison.value {
                pieces.append(.sql(pending))
                pieces.append(.parameter(value))
                pending = ""
            }
            pending += comparison.after + (closes ? ") IS TRUE" : "")
        }
    }

    private mutating func join(_ parts: [Condition], by word: String, empty: String, _ isNegated: Bool) {
        guard let first = parts.first else {
            pending += empty
            return
        }
        if parts.count > 1 { pending += "(" }
        write(first, isNegated: isNegated)
        for part in parts.dropFirst() {
            pending += word
            write(part, isNegated: isNegated)
        }
        if parts.count > 1 { pending += ")" }
    }
}

/// The SQL of one test: the text before and after its parameter, if it has one.
private struct Comparison {
    var before: String
    var value: FilterValue?
    var after = ""
    /// Whether an absent value makes it unknown rather than false.
    var mayBeUnknown = true

    init(_ field: FilterField, _ test: Condition.Test) {
        let column = field.column
        switch test {
        case .never:
            before = "FALSE"
            mayBeUnknown = false
        case .present:
            before = Comparison.present(field)
            mayBeUnknown = false
        case .compare(.notEqual, let value):
            (before, self.value, after) = ("\(column) IS DISTINCT FROM ", value, "::\(field.sqlType)")
            mayBeUnknown = false
        case .compare(let comparator, let value):
            let isEquality = comparator == .equal || comparator == .has
            // Order of text is the order of its bytes, whatever the database's collation.
            let collation = !isEquality && field.sqlType == "text" ? " COLLATE \"C\"" : ""
            before = "\(column)\(collation) \(isEquality ? "=" : comparator.rawValue) "
            (self.value, after) = (value, "::\(field.sqlType)\(collation)")
        case .like(let pattern, let foldsCase):
            // lower() under collation "C" changes ASCII letters only, as the search in memory does.
            before = (foldsCase ? "lower(\(column) COLLATE \"C\")" : column) + " LIKE "
            (value, after) = (.string(pattern.like(foldsCase: foldsCase)), "::text")
        case .alike(let pattern):
            guard case .alike(let function) = field.folding else { preconditionFailure("\(field.name) is not folded") }
            if pattern.isWhole {
                // Indexes over texts of any length hold this number; what follows from the parameter is worked out once.
                (before, value, after) = (
                    "md5(\(function)(\(column)))::uuid = md5(", .string(pattern.core), "::text)::uuid"
                )
            } else {
                before = "\(function)(\(column)) LIKE "
                (value, after) = (.string(pattern.like(foldsCase: false)), "::text")
            }
        case .element(let text):
            (before, value, after) = ("\(column) @> ARRAY[", .string(text), "::\(field.sqlType)]")
        case .elementLike(let pattern, _):
            let element = if case .alike(let function) = field.folding { "\(function)(element)" } else { "element" }
            before = "EXISTS (SELECT FROM unnest(\(column)) AS element WHERE \(element) LIKE "
            (value, after) = (.string(pattern.like(foldsCase: false)), "::text)")
            mayBeUnknown = false
        }
    }

    private static func present(_ field: FilterField) -> String {
        switch field.kind {
        case .string: "(\(field.column) IS NOT NULL AND \(field.column) <> '')"
        case .choice where field.sqlType == "text", .reference where field.sqlType == "text":
            "(\(field.column) IS NOT NULL AND \(field.column) <> '')"
        case .list: "(\(field.column) IS NOT NULL AND cardinality(\(field.column)) > 0)"
        default: "\(field.column) IS NOT NULL"
        }
    }
}

extension Pattern {
    /// The pattern for LIKE with its default escape character.
    fileprivate func like(foldsCase: Bool) -> String {
        var bytes = Array(core.utf8)
        if foldsCase { Pattern.fold(&bytes) }
        var pattern: [UInt8] = anyBefore ? [UInt8(ascii: "%")] : []
        for byte in bytes {
            if [UInt8(ascii: "\\"), UInt8(ascii: "%"), UInt8(ascii: "_")].contains(byte) {
                pattern.append(UInt8(ascii: "\\"))
            }
            pattern.append(byte)
        }
        if anyAfter { pattern.append(UInt8(ascii: "%")) }
        return String(decoding: pattern, as: UTF8.self)
    }
}
