/// One place in which the texts of two flows differ.
public struct FlowChange: Sendable, Equatable {
    /// What became of it.
    public enum Kind: String, Sendable {
        case added, removed, changed, moved
    }

    /// The names that lead there, joined by `/`: `do/review/with/subject`. Of lists without names the place, from 1.
    public let path: String
    public let kind: Kind
    /// What stood there and what stands there; nil where there is nothing, and for what was moved.
    public let before: JSONValue?
    public let after: JSONValue?
}

extension FlowSource {
    /// What differs between two definitions, in the order of the later one, what is gone behind what stood before it. Tasks
    /// are told apart by their names: one that is called otherwise is gone and another is there.
    /// - Throws: what is wrong with one of the texts as YAML.
    public static func changes(from old: String, to new: String) throws(FlowProblem) -> [FlowChange] {
        var comparison = FlowComparison()
        comparison.compare(try YAMLTree.read(old), try YAMLTree.read(new), at: [])
        return comparison.changes
    }
}

private struct FlowComparison {
    var changes: [FlowChange] = []

    /// A part with its name.
    private struct Part {
        let name: String
        let tree: YAMLTree
    }

    mutating func compare(_ old: YAMLTree, _ new: YAMLTree, at path: [String]) {
        switch (old.value, new.value) {
        case (.mapping(let before), .mapping(let after)):
            compare(
                before.map { Part(name: $0.key, tree: $0.value) }, after.map { Part(name: $0.key, tree: $0.value) },
                isOrdered: false, at: path)
        case (.sequence(let before), .sequence(let after)):
            if let named = Self.tasks(before), let others = Self.tasks(after) {
                return compare(named, others, isOrdered: true, at: path)
            }
            compare(Self.numbered(before), Self.numbered(after), isOrdered: false, at: path)
        default:
            guard old.json != new.json else { return }
            add(.changed, old.json, new.json, at: path)
        }
    }

    /// The tasks of a list by their names; nil when the list is none of tasks, or a name is there twice.
    private static func tasks(_ items: [YAMLTree]) -> [Part]? {
        var parts: [Part] = []
        for item in items {
            guard case .mapping(let members) = item.value, members.count == 1 else { return nil }
            parts.append(Part(name: members[0].key, tree: members[0].value))
        }
        return Set(parts.map(\.name)).count == parts.count ? parts : nil
    }

    private static func numbered(_ items: [YAMLTree]) -> [Part] {
        items.enumerated().map { Part(name: String($0 + 1), tree: $1) }
    }

    private mutating func compare(_ old: [Part], _ new: [Part], isOrdered: Bool, at path: [String]) {
        let before = Dictionary(old.map { ($0.name, $0.tree) }) { first, _ in first }
        let after = Set(new.map(\.name))
        // Those that stand in both and did not change places among each other.
        let kept = Set(
            Self.longestCommon(old.map(\.name).filter(after.contains), new.map(\.name).filter { before[$0] != nil }))
        var gone = old[...]
        func removed() -> [Part] {
            let parts = gone.prefix { !after.contains($0.name) }
            gone = gone.dropFirst(parts.count)
            return Array(parts)
        }
        for part in removed() { add(.removed, part.tree.json, nil, at: path + [part.name]) }
        for part in new {
            guard let known = before[part.name] else {
                add(.added, nil, part.tree.json, at: path + [part.name])
                continue
            }
            if isOrdered, !kept.contains(part.name) { add(.moved, nil, nil, at: path + [part.name]) }
            compare(known, part.tree, at: path + [part.name])
            gone = gone.drop { after.contains($0.name) && $0.name != part.name }
            if gone.first?.name == part.name { gone = gone.dropFirst() }
            for part in removed() { add(.removed, part.tree.json, nil, at: path + [part.name]) }
        }
        for part in gone where !after.contains(part.name) {
            add(.removed, part.tree.json, nil, at: path + [part.name])
        }
    }

    /// The longest list of names that both have in the same order.
    private static func longestCommon(_ left: [String], _ right: [String]) -> [String] {
        var lengths = Array(repeating: Array(repeating: 0, count: right.count + 1), count: left.count + 1)
        for row in left.indices.reversed() {
            for column in right.indices.reversed() {
                lengths[row][column] =
                    left[row] == right[column]
                    ? lengths[row + 1][column + 1] + 1 : max(lengths[row + 1][column], lengths[row][column + 1])
            }
        }
        var (row, column, common) = (0, 0, [String]())
        while row < left.count, column < right.count {
            if left[row] == right[column] {
                common.append(left[row])
                (row, column) = (row + 1, column + 1)
            } else if lengths[row + 1][column] >= lengths[row][column + 1] {
                row += 1
            } else {
                column += 1
            }
        }
        return common
    }

    private mutating func add(_ kind: FlowChange.Kind, _ before: JSONValue?, _ after: JSONValue?, at path: [String]) {
        changes.append(
            FlowChange(path: path.joined(separator: "/"), kind: kind, before: before, after: after))
    }
}
