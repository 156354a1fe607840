import Wire

/// A value that a row must hold in one field to be kept.
public struct FilterDemand: Sendable, Hashable {
    public let field: String
    public let value: FilterValue
    /// Whether a text counts as it looks: then `value` is what `String.alike` makes of it.
    public let isFolded: Bool
}

extension FilterValue {
    /// A text as it looks; any other value as it is.
    public var folded: FilterValue { if case .string(let text) = self { .string(text.alike) } else { self } }
}

extension CheckedFilter {
    /// One value that every row which is kept holds, where the filter as a whole, or a part that all of it needs, asks for it:
    /// whoever has many filters finds by it those that a row may meet.
    public var demand: FilterDemand? { condition.demand }
}

extension Condition {
    fileprivate var demand: FilterDemand? {
        switch self {
        case .all(let parts): parts.lazy.compactMap(\.demand).first
        case .any(let parts): parts.count == 1 ? parts[0].demand : nil
        case .test(let field, .compare(.equal, let value)):
            switch field.kind {
            case .choice, .intChoice, .reference, .int, .bool, .string:
                FilterDemand(field: field.name, value: value, isFolded: false)
            case .decimal, .timestamp, .date, .list: nil
            }
        case .test(let field, .alike(let pattern)):
            field.kind == .string && pattern.isWhole
                ? FilterDemand(field: field.name, value: .string(pattern.core), isFolded: true) : nil
        case .not, .test: nil
        }
    }
}
