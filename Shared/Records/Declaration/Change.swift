import Wire

/// One record before and after a write.
public struct Change<R: Record>: Sendable {
    /// The record as stored; nil when it is being created.
    public let old: R?
    /// The record as it will be stored.
    public var new: R

    /// Whether the record is new.
    public var isCreation: Bool { old == nil }

    /// Whether the value of `field` differs from the stored one; on creation whether it has a value.
    public func changes(_ field: R.Field) -> Bool { changes(at: R.index(field)) }

    /// The fields among `indexes` whose values differ.
    func changed(among indexes: [Int]) -> [Int] {
        guard let old else { return indexes.filter { !new[fieldAt: $0].isEmpty } }
        return indexes.filter { old[fieldAt: $0] != new[fieldAt: $0] }
    }

    func changes(at index: Int) -> Bool {
        guard let old else { return !new[fieldAt: index].isEmpty }
        return old[fieldAt: index] != new[fieldAt: index]
    }
}
