/// A filter of AIP-160, parsed and not yet bound to fields.
///
/// `Filter.parse(text)` checks the grammar, `check(against:context:)` names, types and values; what comes out runs as SQL
/// and in memory with the same results. What AIP-160 leaves open is settled so:
///
/// * Absent values: a restriction on an absent value is false, except `!=`, which is true. `NOT` is plain negation, so
///   `NOT state = "x"` keeps rows without state. `field:*` asks whether there is a value that is not an empty text or list.
/// * Texts are equal, and are found, that look alike (`String.alike`): case, white space, characters that nobody sees and
///   how a character is composed do not count. Ids and choices are what they are.
/// * A bare word or quoted text searches all texts of the collection; with `*` at one end it must be at the other end of
///   the text. A bare `*` keeps every row.
/// * `field = (a OR b)` applies the comparator to each value. A minus before a digit is a number's there: `(-2.4)`.
/// * The empty filter keeps every row.
public struct Filter: Sendable {
    /// The longest filter, in bytes of UTF-8.
    public static let maximumBytes = 4_096
    /// The deepest nesting of parentheses.
    public static let maximumDepth = 32
    /// The most restrictions in one filter.
    public static let maximumRestrictions = 100

    let syntax: Syntax

    /// The names of the functions that it asks: `me`, `today`.
    public var functionNames: Set<String> {
        var names: Set<String> = []
        syntax.collectFunctions(into: &names)
        return names
    }

    /// Reads the text of a filter.
    /// - Throws: ``FilterError`` with code `syntax` or `tooLarge`, and the position.
    public static func parse(_ text: String) throws(FilterError) -> Filter {
        var parser = try FilterParser(text)
        return Filter(syntax: try parser.parse())
    }

    /// Binds names to fields and values to their types.
    /// - Throws: ``FilterError`` naming the field, comparator or value and what is allowed instead.
    public func check(against schema: FilterSchema, context: FilterFacts) throws(FilterError) -> CheckedFilter {
        let checker = FilterChecker(schema: schema, context: context)
        return CheckedFilter(condition: try checker.condition(syntax))
    }
}
