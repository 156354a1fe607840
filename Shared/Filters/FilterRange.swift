import Wire

/// A bound on one side of which every row is that is kept.
public struct FilterRange: Sendable {
    /// The field whose values have to be there.
    public let field: String
    /// Whether they are below it, and not above.
    public let isBelow: Bool
    /// Whether nothing else is asked for.
    public let isAll: Bool
    let kind: FilterField.Kind
    let bound: FilterValue
}

extension CheckedFilter {
    /// A bound that every row which is kept keeps, where the filter as a whole, or a part that all of it needs, has one: whoever
    /// has many filters finds by ``FilterRanges`` those whose answer may change with a value.
    public var range: FilterRange? { condition.range(isAll: true) }
}

extension Condition {
    fileprivate func range(isAll: Bool) -> FilterRange? {
        switch self {
        case .all(let parts): parts.lazy.compactMap { $0.range(isAll: isAll && parts.count == 1) }.first
        case .any(let parts): parts.count == 1 ? parts[0].range(isAll: isAll) : nil
        case .test(let field, .compare(let comparator, let bound)):
            switch comparator {
            case .less, .lessOrEqual:
                FilterRange(field: field.name, isBelow: true, isAll: isAll, kind: field.kind, bound: bound)
            case .greater, .greaterOrEqual:
                FilterRange(field: field.name, isBelow: false, isAll: isAll, kind: field.kind, bound: bound)
            case .equal, .notEqual, .has: nil
            }
        case .not, .test: nil
        }
    }
}

/// Bounds of one field and side in their order, each with a number: those that a value may keep are the first so many.
public struct FilterRanges: Sendable {
    private let numbered: [(range: FilterRange, number: Int)]

    /// Bounds that are of the same field and side.
    public init(_ ranges: [(range: FilterRange, number: Int)]) {
        numbered = ranges.sorted { one, other in
            let order = Condition.Test.order(one.range.bound, other.range.bound)
            return one.range.isBelow ? order > 0 : order < 0
        }
    }

    /// The numbers of the bounds that a value may keep.
    public func keeping(_ value: FilterValue) -> [Int] { numbered.prefix(count(value, inclusive: true)).map(\.number) }

    /// The numbers of the bounds that one of two values may keep and the other not.
    public func between(_ one: FilterValue, _ other: FilterValue) -> [Int] {
        let first = min(count(one, inclusive: false), count(other, inclusive: false))
        let last = max(count(one, inclusive: true), count(other, inclusive: true))
        return numbered[first..<max(first, last)].map(\.number)
    }

    /// How many bounds a value keeps, those it lies on counted or not.
    private func count(_ value: FilterValue, inclusive: Bool) -> Int {
        guard let first = numbered.first?.range else { return 0 }
        let held = first.kind.value(value)
        guard held != .null else { return 0 }
        var (low, high) = (0, numbered.count)
        while low < high {
            let middle = (low + high) / 2
            let order = Condition.Test.order(held, numbered[middle].range.bound)
            let keeps = order == 0 ? inclusive : (order < 0) == first.isBelow
            (low, high) = keeps ? (middle + 1, high) : (low, middle)
        }
        return low
    }
}
