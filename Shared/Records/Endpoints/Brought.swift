import Wire

/// What a write brings: the values of the fields that it will write, and which these are.
public struct Brought<R: Record>: Sendable {
    /// The values, without those that the mask of an update leaves out; besides, the id and etag of the record.
    public let values: R
    private let fields: [Int]

    /// The filled-in fields of a new record, or those that an update with `mask` writes (AIP-134). What the mask names
    /// wrongly, and what the system sets, is left to the write to refuse.
    public init(_ values: R, mask: FieldMask? = nil) {
        let paths = mask?.paths ?? []
        let isWhole = paths.isEmpty || paths == ["*"]
        let named = Set(paths.compactMap { R.schema.index(of: $0) })
        fields = R.schema.fields.indices.filter { index in
            !R.schema.fields[index].outputOnly && (isWhole ? !values[fieldAt: index].isEmpty : named.contains(index))
        }
        var kept = R()
        (kept.id, kept.etag) = (values.id, values.etag)
        for index in fields { kept[fieldAt: index] = values[fieldAt: index] }
        self.values = kept
    }

    /// The record as the write leaves it: what it empties is empty.
    public func applied(to record: R) -> R {
        var written = record
        for index in fields { written[fieldAt: index] = R.schema.fields[index].kept(values[fieldAt: index]) }
        return written
    }
}
